// The kernel function's frame: arguments, loops over units, scratch.

#include "Frame.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

Frame::Frame(fusion::KernelOp kernel, const Target &target, StringRef name)
    : KernelSymbols(kernel), kernel(kernel), target(target), builder(kernel.getLoc(), kernel.getContext()) {
  result.module = ModuleOp::create(builder, kernel.getLoc());
  result.name = name.str();
  result.symbols.assign(getSymbols().begin(), getSymbols().end());
  scratchBytes = SizeAttr::constant(getContext(), 0);
  auto domain = LLVM::AliasScopeDomainAttr::get(getContext(), builder.getStringAttr(name), StringAttr());
  for (unsigned i = 0; i <= kernel.getNumResults(); ++i)
    scopes.push_back(LLVM::AliasScopeAttr::get(
        getContext(), builder.getStringAttr(i < kernel.getNumResults() ? "result" + Twine(i) : "scratch"), domain,
        StringAttr()));
}

void Frame::startPhase() {
  builder.setInsertionPointToEnd(result.module->getBody());
  auto pointer = LLVM::LLVMPointerType::get(getContext());
  Type i64 = builder.getI64Type();
  std::string name = result.name;
  if (!result.phases.empty())
    name += "." + std::to_string(result.phases.size());
  function = func::FuncOp::create(builder, name, builder.getFunctionType({pointer, pointer, i64, i64, pointer}, {}));
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  buffers.clear();
  constants.clear();
  symbolValues.clear();
  storages.clear();
  workspace = {};
  scratchBytes = SizeAttr::constant(getContext(), 0);

  auto loadEntry = [&](Type type, Value base, int64_t position) -> Value {
    Value address =
        LLVM::GEPOp::create(builder, pointer, type, base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(position)});
    auto load = LLVM::LoadOp::create(builder, type, address);
    load.setInvariant(true);
    return load;
  };
  unsigned count = kernel.getInputs().size() + kernel.getNumResults() + (workspaceBytes ? 1 : 0);
  for (unsigned i = 0; i < count; ++i)
    buffers.push_back(loadEntry(pointer, entry->getArgument(0), i));
  if (workspaceBytes)
    workspace = buffers.back();
  for (unsigned i = 0; i < getSymbols().size(); ++i)
    symbolValues.push_back(
        arith::IndexCastOp::create(builder, builder.getIndexType(), loadEntry(i64, entry->getArgument(1), i)));
  begin = arith::IndexCastOp::create(builder, builder.getIndexType(), entry->getArgument(2));
  end = arith::IndexCastOp::create(builder, builder.getIndexType(), entry->getArgument(3));
  scratch = entry->getArgument(4);

  for (auto [i, argument] : llvm::enumerate(kernel.getBody().getArguments())) {
    Storage storage;
    storage.pointer = buffers[i];
    storage.input = i;
    storages[argument] = storage;
  }
}

void Frame::finishPhase(SizeAttr extent, int64_t grain, SizeAttr bytes) {
  func::ReturnOp::create(builder);
  result.phases.push_back({function.getName().str(), extent, std::max<int64_t>(1, grain), bytes});
}

CpuKernel Frame::take() {
  result.workspaceBytes = workspaceBytes;
  return std::move(result);
}

Value Frame::getScratch(SizeAttr bytes) {
  SizeAttr aligned = tc::floorDiv(bytes + 63, SizeAttr::constant(getContext(), 64)) * 64;
  Value offset = emit(getExpr(scratchBytes));
  scratchBytes = scratchBytes + aligned;
  return LLVM::GEPOp::create(
      builder, scratch.getType(), builder.getI8Type(), scratch,
      ArrayRef<LLVM::GEPArg>{arith::IndexCastOp::create(builder, builder.getI64Type(), offset).getResult()});
}

Value Frame::getWorkspace(SizeAttr bytes) {
  assert(workspace && workspaceBytes == bytes && "set workspaceBytes before the first phase");
  return workspace;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> Frame::loop(Value lower, Value upper, Value step, ValueRange state, LoopBody body) {
  auto loop = scf::ForOp::create(builder, lower, upper, step, state);
  OpBuilder::InsertionGuard guard(builder);
  if (loop.getBody()->mightHaveTerminator())
    loop.getBody()->getTerminator()->erase();
  builder.setInsertionPointToEnd(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(builder, next);
  return SmallVector<Value>(loop.getResults());
}

void Frame::forEachUnit(ArrayRef<AffineExpr> sizes, function_ref<void(ValueRange)> body) {
  bool empty = llvm::any_of(sizes, [&](AffineExpr size) { return size == getConstantExpr(0); });
  if (empty)
    return;
  if (sizes.size() <= 1) {
    loop(begin, end, index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
      if (sizes.empty())
        body({});
      else
        body(iv);
      return {};
    });
    return;
  }
  // Runs of the last dimension: everything else is computed once a run.
  // An empty space has no units, but its sizes must not be divided by.
  auto sizeOf = [&](AffineExpr size) -> Value {
    Value value = emit(size);
    return isa<AffineConstantExpr>(size) ? value : arith::MaxSIOp::create(builder, value, index(1)).getResult();
  };
  Value last = sizeOf(sizes.back());
  Value firstRun = builder.createOrFold<arith::DivUIOp>(begin, last);
  Value endRun = builder.createOrFold<arith::DivUIOp>(add(end, sub(last, index(1))), last);
  loop(firstRun, endRun, index(1), {}, [&](Value run, ValueRange) -> SmallVector<Value> {
    SmallVector<Value> indices(sizes.size());
    Value rest = run;
    for (int64_t dim = static_cast<int64_t>(sizes.size()) - 2; dim > 0; --dim) {
      Value size = sizeOf(sizes[dim]);
      indices[dim] = arith::RemUIOp::create(builder, rest, size);
      rest = arith::DivUIOp::create(builder, rest, size);
    }
    indices[0] = rest;
    Value start = mul(run, last);
    Value lower = arith::MaxSIOp::create(builder, sub(begin, start), index(0));
    Value upper = arith::MinSIOp::create(builder, sub(end, start), last);
    loop(lower, upper, index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
      indices.back() = iv;
      body(indices);
      return {};
    });
    return {};
  });
}

//===----------------------------------------------------------------------===//
// Alias scopes
//===----------------------------------------------------------------------===//

ArrayAttr Frame::getNoAliasScopes(const Storage &storage) {
  SmallVector<Attribute> others;
  for (auto [number, scope] : llvm::enumerate(scopes)) {
    bool inPlace = llvm::any_of(result.inPlace, [&, number = number](auto pair) {
      return pair.first == number && static_cast<int64_t>(pair.second) == storage.input;
    });
    if (static_cast<int64_t>(number) != storage.scope && !inPlace)
      others.push_back(scope);
  }
  return builder.getArrayAttr(others);
}

ArrayAttr Frame::getScopes(const Storage &storage) {
  return storage.scope < 0 ? ArrayAttr() : builder.getArrayAttr({scopes[storage.scope]});
}
