// What is said about a kernel to people.

#include "KernelRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace tc {

namespace {

using runtime::SizeExpr;
using ToExpr = llvm::function_ref<SizeExpr(SizeAttr)>;

SizeExpr product(ArrayRef<SizeAttr> sizes, ToExpr toExpr) {
  SizeExpr result(1);
  for (SizeAttr size : sizes)
    result = result * toExpr(size);
  return result;
}

/// Bytes of a tensor; none for a type that no tensor at run time has.
SizeExpr getTensorBytes(Type type, ToExpr toExpr) {
  FailureOr<runtime::DType> dtype = getDType(getElementTypeOrSelf(type));
  return succeeded(dtype) ? product(getSizes(type), toExpr) * runtime::getByteSize(*dtype) : SizeExpr(0);
}

/// Bytes that have to come from memory for one input: all of it, or less where fewer elements than that are read.
SizeExpr getReadBytes(Value argument, ToExpr toExpr) {
  SizeExpr whole = getTensorBytes(argument.getType(), toExpr), read(0);
  SmallVector<Value> aliases{argument};
  while (!aliases.empty())
    for (Operation *user : aliases.pop_back_val().getUsers()) {
      if (auto reshape = dyn_cast<ReshapeOp>(user)) {
        aliases.push_back(reshape.getResult());
        continue;
      }
      auto nest = isa<loop::ReadOp>(user) ? user->getParentOfType<loop::LoopNestOpInterface>() : nullptr;
      if (!nest)
        return whole;
      read = read + product(nest.getIterationSizes(), toExpr);
    }
  FailureOr<runtime::DType> dtype = getDType(getElementTypeOrSelf(argument.getType()));
  // Two expressions in symbols are most often within a constant of each other, and readers want one.
  if (failed(dtype) || (!whole.isConstant() && !read.isConstant()))
    return whole;
  return runtime::min(whole, read * runtime::getByteSize(*dtype));
}

SizeExpr getBytes(fusion::KernelOp kernel, ToExpr toExpr) {
  SizeExpr bytes(0);
  for (Value argument : kernel.getBody().getArguments())
    bytes = bytes + getReadBytes(argument, toExpr);
  for (Type type : kernel.getResultTypes())
    bytes = bytes + getTensorBytes(type, toExpr);
  return bytes;
}

/// Operations on floating-point numbers at one point of the space.
int64_t countFlops(loop::LoopNestOpInterface nest) {
  int64_t flops = 0;
  nest.walk([&](Operation *op) {
    if (op->getNumResults() != 1 || !isa<FloatType>(op->getResult(0).getType()))
      return;
    if (isa<arith::ConstantOp, arith::ExtFOp, arith::TruncFOp, arith::SelectOp, arith::BitcastOp, arith::SIToFPOp,
            arith::UIToFPOp>(op))
      return;
    flops += isa<arith::ArithDialect, math::MathDialect>(op->getDialect());
  });
  if (isa<loop::ContractOp>(nest.getOperation()))
    return flops + 2;
  bool combines = isa<loop::ReduceOp, loop::ArgReduceOp, loop::ScanOp>(nest.getOperation());
  if (auto scatter = dyn_cast<loop::ScatterOp>(nest.getOperation()))
    combines = scatter.getKind().has_value();
  if (combines)
    flops +=
        llvm::count_if(nest->getResultTypes(), [](Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); });
  return flops;
}

SizeExpr getFlops(fusion::KernelOp kernel, ToExpr toExpr) {
  SizeExpr flops(0);
  for (auto nest : kernel.getBody().getOps<loop::LoopNestOpInterface>())
    flops = flops + product(nest.getIterationSizes(), toExpr) * countFlops(nest);
  return flops;
}

std::string printTypes(TypeRange types) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(types, os, [&](Type type) {
    os << getElementTypeOrSelf(type);
    printSizes(os, getSizes(type));
  });
  return text;
}

/// "layer1.0.conv1 (resnet.py:92)": the module and the line of each op that went into the kernel.
void collectSources(Location location, std::vector<std::string> &sources) {
  if (auto fused = dyn_cast<FusedLoc>(location)) {
    for (Location part : fused.getLocations())
      collectSources(part, sources);
    return;
  }
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return collectSources(call.getCallee(), sources);
  std::string text;
  if (auto name = dyn_cast<NameLoc>(location)) {
    text = name.getName().str();
    location = name.getChildLoc();
  }
  if (auto file = dyn_cast<FileLineColLoc>(location)) {
    std::string line = llvm::sys::path::filename(file.getFilename()).str() + ":" + std::to_string(file.getLine());
    text += text.empty() ? line : " (" + line + ")";
  }
  if (!text.empty() && !llvm::is_contained(sources, text))
    sources.push_back(std::move(text));
}

/// How often each kernel is launched by `body`, counted by its first phase.
void countLaunches(const std::vector<runtime::Instruction> &body, llvm::DenseMap<uint32_t, unsigned> &counts) {
  for (const runtime::Instruction &instruction : body) {
    if (auto *launch = std::get_if<runtime::Launch>(&instruction.op))
      ++counts[launch->kernel];
    else if (auto *launch = std::get_if<runtime::CudaLaunch>(&instruction.op))
      ++counts[launch->kernel];
    else if (auto *branch = std::get_if<runtime::If>(&instruction.op))
      countLaunches(branch->thenBody, counts), countLaunches(branch->elseBody, counts);
    else if (auto *loop = std::get_if<runtime::While>(&instruction.op))
      countLaunches(loop->before, counts), countLaunches(loop->body, counts);
  }
}

} // namespace

std::vector<CompiledGraph::KernelRow> describeKernels(const HostProgram &host) {
  llvm::StringMap<uint32_t> symbols;
  for (auto [number, symbol] : llvm::enumerate(host.program.symbols))
    symbols[symbol.name] = number;
  llvm::DenseMap<uint32_t, unsigned> launches, onceLaunches;
  countLaunches(host.program.body, launches);
  countLaunches(host.program.init, onceLaunches);

  std::vector<CompiledGraph::KernelRow> rows;
  for (auto [number, op] : llvm::enumerate(host.kernels)) {
    fusion::KernelOp kernel = op;
    CompiledGraph::KernelRow &row = rows.emplace_back();
    auto toExpr = [&](SizeAttr size) {
      return toSizeExpr(bindSymbols(size, kernel.getSizesAttr()),
                        [&](StringAttr name) { return symbols.lookup(name.getValue()); });
    };
    row.name = kernel.getName().str();
    row.kind = stringifyKernelKind(getScheduleOrDefault(kernel).getKind()).str();
    row.inputs = printTypes(kernel.getBody().getArgumentTypes());
    row.results = printTypes(kernel.getBody().front().getTerminator()->getOperandTypes());
    row.launches = launches.lookup(host.firstEntry[number]);
    row.onceLaunches = onceLaunches.lookup(host.firstEntry[number]);
    row.bytes = getBytes(kernel, toExpr);
    row.flops = getFlops(kernel, toExpr);
    for (Operation &nest : kernel.getBody().front().without_terminator())
      // What was fused into a nest is in its body; constants are where they are used.
      nest.walk([&](Operation *op) {
        if (!op->hasTrait<OpTrait::ConstantLike>())
          collectSources(op->getLoc(), row.sources);
      });
    if (auto reasons = kernel->getAttrOfType<ArrayAttr>("not_fused"))
      for (auto reason : reasons.getAsRange<StringAttr>())
        row.notFused.push_back(reason.str());
  }
  return rows;
}

} // namespace tc
