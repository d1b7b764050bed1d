// What a host program gives back: results in memory of their own, views of inputs and of other results, integers.

#include "ProgramBuilder.h"

#include "tc/Dialect/TC/IR/Sizes.h"

using namespace mlir;

namespace tc {

using runtime::SizeExpr;
using runtime::ValueId;

void unpermute(ArrayRef<int64_t> permutation, std::vector<SizeExpr> &sizes, std::vector<SizeExpr> &strides) {
  std::vector<SizeExpr> physicalStrides = runtime::getRowMajorStrides(sizes);
  std::vector<SizeExpr> physicalSizes = sizes;
  strides = physicalStrides;
  for (auto [physical, logical] : llvm::enumerate(permutation)) {
    sizes[logical] = physicalSizes[physical];
    strides[logical] = physicalStrides[physical];
  }
}

// The function's attribute tc.outputs lists what the program returns besides tensors; without it there are only
// tensors.
LogicalResult ProgramBuilder::planOutputs() {
  auto terminator = function.getBody().front().getTerminator();
  programOutput.assign(terminator->getNumOperands(), -1);
  if (auto outputs = function->getAttrOfType<ArrayAttr>("tc.outputs")) {
    for (Attribute output : outputs) {
      if (auto operand = dyn_cast<OperandAttr>(output)) {
        if (operand.getIndex() >= programOutput.size())
          return function.emitError("tc.outputs names result ") << operand.getIndex() << " of " << programOutput.size();
        programOutput[operand.getIndex()] = result.program.outputs.size();
        result.program.outputs.emplace_back();
      } else if (auto size = dyn_cast<SizeAttr>(output)) {
        addIntOutput(convert(size));
      } else if (auto integer = dyn_cast<IntegerAttr>(output); integer && !isa<BoolAttr>(output)) {
        addIntOutput(SizeExpr(integer.getInt()));
      }
    }
  } else {
    for (auto [number, index] : llvm::enumerate(programOutput)) {
      if (function.getResultAttr(number, "tc.mutates"))
        continue;
      index = result.program.outputs.size();
      result.program.outputs.emplace_back();
    }
  }
  // Where several results are one value, one gets the kernel's memory, if possible of the kernel's own type.
  for (bool sameElement : {true, false})
    for (auto [number, operand] : llvm::enumerate(terminator->getOperands())) {
      Value root = getRoot(operand);
      if (programOutput[number] >= 0 && !function.getResultAttr(number, "tc.view") &&
          root.getDefiningOp<fusion::KernelOp>() &&
          sameElement == (getElementTypeOrSelf(root.getType()) == getElementTypeOrSelf(operand.getType())))
        outputOf.try_emplace(root, number);
    }
  return success();
}

void ProgramBuilder::addIntOutput(SizeExpr value) {
  runtime::Output &output = result.program.outputs.emplace_back();
  output.kind = runtime::Output::Kind::Int;
  output.name = "output" + std::to_string(result.program.outputs.size() - 1);
  output.sizes = {std::move(value)};
}

// The program's input that an argument is; none if the program owns it.
static std::optional<uint32_t> getInput(func::FuncOp function, unsigned argument) {
  auto isOwn = [&](unsigned i) { return function.getArgAttr(i, "tc.value") != Attribute(); };
  if (isOwn(argument))
    return std::nullopt;
  return argument - llvm::count_if(llvm::seq(argument), isOwn);
}

// Writes an argument's next value. One that is another argument's old value is read before that is written.
LogicalResult ProgramBuilder::addMutation(BlockArgument target, Value next,
                                          SmallVectorImpl<runtime::Instruction> &last) {
  Value root = getRoot(next);
  if (root == target)
    return success();
  FailureOr<SizeExpr> bytes = byteSize(function, next.getType());
  if (failed(bytes))
    return failure();
  ValueId source = values.lookup(next);
  if (isa<BlockArgument>(root)) {
    ValueId copy = result.program.addArena(*bytes, "mutation", device);
    result.program.body.push_back(runtime::Copy{copy, source, *bytes});
    source = copy;
  }
  last.push_back(runtime::Copy{values.lookup(target), source, *bytes});
  return success();
}

LogicalResult ProgramBuilder::describeView(DictionaryAttr view, runtime::Output &output) {
  if (auto argument = view.getAs<IntegerAttr>("argument")) {
    output.kind = runtime::Output::Kind::AliasInput;
    output.index = *getInput(function, argument.getInt());
  } else {
    int64_t result = view.getAs<IntegerAttr>("result").getInt();
    if (programOutput[result] < 0)
      return function.emitError("result ") << result << " has a view, expected it among the outputs";
    output.kind = runtime::Output::Kind::AliasOutput;
    output.index = programOutput[result];
  }
  output.sizes = convert(toSizes(view.getAs<ArrayAttr>("sizes")));
  output.strides = convert(toSizes(view.getAs<ArrayAttr>("strides")));
  output.offset = convert(view.getAs<SizeAttr>("offset"));
  return success();
}

LogicalResult ProgramBuilder::addOutputs() {
  Operation *terminator = function.getBody().front().getTerminator();
  SmallVector<runtime::Instruction> mutations;
  for (auto [number, operand] : llvm::enumerate(terminator->getOperands())) {
    if (auto argument = function.getResultAttrOfType<IntegerAttr>(number, "tc.mutates")) {
      if (failed(addMutation(function.getArgument(argument.getInt()), operand, mutations)))
        return failure();
      continue;
    }
    if (programOutput[number] < 0)
      continue;
    runtime::Output &output = result.program.outputs[programOutput[number]];
    output.name = "output" + std::to_string(programOutput[number]);
    // A symbol that the program defines, or a size that it was given.
    if (operand.getType().isIndex()) {
      Attribute size;
      if (Operation *producer = operand.getDefiningOp())
        size = producer->getAttr("tc.symbol");
      else
        size = function.getArgAttr(cast<BlockArgument>(operand).getArgNumber(), "tc.symbol");
      output.kind = runtime::Output::Kind::Int;
      if (auto symbol = dyn_cast_if_present<StringAttr>(size))
        output.sizes = {SizeExpr::symbol(symbolNumber(symbol))};
      else if (auto expr = dyn_cast_if_present<SizeAttr>(size))
        output.sizes = {convert(expr)};
      else
        return function.emitError("result ") << number << " is an index whose symbol is unknown";
      continue;
    }
    FailureOr<runtime::DType> dtype = getDType(getElementTypeOrSelf(operand.getType()));
    if (failed(dtype) || !isa<RankedTensorType>(operand.getType()))
      return function.emitError("result ") << number << " has an unsupported type " << operand.getType();
    if (cast<RankedTensorType>(operand.getType()).getRank() > runtime::maxRank)
      return function.emitError("result ") << number << " has " << cast<RankedTensorType>(operand.getType()).getRank()
                                           << " dimensions, expected at most " << runtime::maxRank;
    output.dtype = *dtype;
    output.device = device;
    if (auto view = function.getResultAttrOfType<DictionaryAttr>(number, "tc.view")) {
      if (failed(describeView(view, output)))
        return failure();
      continue;
    }
    std::vector<SizeExpr> sizes = convert(getSizes(operand.getType())), strides;
    if (auto permutation = function.getResultAttrOfType<DenseI64ArrayAttr>(number, "tc.permutation"))
      unpermute(permutation, sizes, strides);
    auto first = outputOf.find(getRoot(operand));
    if (first != outputOf.end() && first->second == number)
      continue; // the kernel has set it
    output.sizes = sizes;
    output.strides = strides;
    FailureOr<SizeExpr> bytes = byteSize(terminator, operand.getType());
    if (failed(bytes))
      return failure();
    runtime::Value memory;
    memory.kind = runtime::Value::Kind::Output;
    memory.index = programOutput[number];
    memory.bytes = *bytes;
    memory.device = device;
    ValueId id = result.program.values.size();
    result.program.values.push_back(std::move(memory));
    result.program.body.push_back(runtime::Instruction(runtime::Copy{id, values.lookup(operand), *bytes}));
  }
  // After all reads of the arguments' old values.
  for (runtime::Instruction &mutation : mutations)
    result.program.body.push_back(std::move(mutation));
  return success();
}

} // namespace tc
