// Access to a contraction's factors, its loops and its epilogue.

#include "ContractEmitter.h"

#include "Space.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

ContractEmitter::ContractEmitter(Frame &frame, ContractPlan &&given)
    : frame(frame), plan(std::move(given)), builder(frame.getBuilder()), sizes(plan.op.getIterationSizes()),
      vectorType(VectorType::get({plan.lanes}, plan.accumulator)) {}

void ContractEmitter::emitUnits(int64_t columns, function_ref<void()> prepare, function_ref<void(Value, Value)> body) {
  frame.startPhase();
  // Not a splat is an error that the caller has seen.
  (void)bindConstants(frame);
  prepare();
  SmallVector<AffineExpr> units;
  for (unsigned dim : plan.batchDims)
    units.push_back(getSize(dim));
  unsigned columnUnit = units.size() + plan.areRowsOuter, rowUnit = units.size() + !plan.areRowsOuter;
  units.resize(units.size() + 2);
  units[columnUnit] = frame.simplify(getSize(plan.columnDim).ceilDiv(columns));
  units[rowUnit] = frame.simplify(getRowCount().ceilDiv(plan.chunkRows));
  dims.resize(sizes.size());
  frame.forEachUnit(units, [&](ValueRange unit) {
    for (auto [dim, index] : llvm::zip(plan.batchDims, unit))
      dims[dim] = index;
    dims[plan.columnDim] = frame.mul(unit[columnUnit], frame.index(columns));
    Value first = frame.mul(unit[rowUnit], frame.index(plan.chunkRows));
    body(first,
         arith::MinSIOp::create(builder, frame.add(first, frame.index(plan.chunkRows)), frame.emit(getRowCount())));
  });
  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  frame.finishPhase(frame.getSize(frame.simplify(extent)), plan.grain, frame.getScratchBytes());
}

AffineExpr ContractEmitter::getRowCount() {
  AffineExpr count = frame.getConstantExpr(1);
  for (unsigned dim : plan.rowDims)
    count = count * getSize(dim);
  return frame.simplify(count);
}

ContractEmitter::Rows ContractEmitter::getRows(Value first, int64_t count, Value limit) {
  Rows rows;
  for (int64_t i = 0; i < count; ++i) {
    Values point(dims);
    Value rest = i == 0 ? first : frame.add(first, frame.index(i));
    if (limit && i > 0)
      rest = arith::MinSIOp::create(builder, rest, limit);
    for (unsigned position = plan.rowDims.size(); position-- > 0;) {
      unsigned dim = plan.rowDims[position];
      if (position == 0) {
        point[dim] = rest;
        break;
      }
      Value size = frame.emit(getSize(dim));
      point[dim] = builder.createOrFold<arith::RemUIOp>(rest, size);
      rest = builder.createOrFold<arith::DivUIOp>(rest, size);
    }
    rows.push_back(std::move(point));
  }
  return rows;
}

std::pair<Value, Value> ContractEmitter::getDepthBounds(unsigned dim) {
  if (blockLow && isBlocked(dim))
    return {blockLow, blockHigh};
  return {frame.index(0), frame.emit(getSize(dim))};
}

SizeAttr ContractEmitter::getBlockedSize(unsigned dim) {
  return isBlocked(dim) ? SizeAttr::constant(builder.getContext(), plan.depthBlock) : sizes[dim];
}

ContractEmitter::Values ContractEmitter::emitOuterDepth(Rows &rows, Values accumulators,
                                                        function_ref<Values(Rows &, Values)> inner, unsigned first,
                                                        unsigned last) {
  if (first == last)
    return inner(rows, std::move(accumulators));
  unsigned dim = plan.depthDims[first];
  auto [low, high] = getDepthBounds(dim);
  return frame.loop(low, high, frame.index(1), accumulators, [&](Value iv, ValueRange state) {
    Rows here(rows);
    for (Values &point : here)
      point[dim] = iv;
    return emitOuterDepth(here, Values(state), inner, first + 1, last);
  });
}

ContractEmitter::Values ContractEmitter::emitDepth(Rows &rows, unsigned accumulators, Values sums, InnerLoop inner) {
  unsigned dim = getInnerDim(), last = plan.depthDims.size() - 1;
  auto [low, high] = getDepthBounds(dim);
  std::optional<int64_t> divisor = sizes[dim].getConstant();
  if (divisor && isBlocked(dim))
    divisor = std::gcd(*divisor, plan.depthBlock);
  auto sumSteps = [&](Rows &here, Value first, Value end, std::optional<int64_t> count) {
    return emitOuterDepth(
        here, getZeros(accumulators),
        [&](Rows &innermost, Values state) { return inner(innermost, first, end, count, std::move(state)); },
        plan.partialFrom, last);
  };
  if (sums.empty() && plan.partialFrom == 0 && !plan.partialSteps)
    return sumSteps(rows, low, high, divisor);
  auto add = [&](ValueRange whole, ValueRange partial) {
    Values result;
    for (auto [a, b] : llvm::zip(whole, partial))
      result.push_back(arith::AddFOp::create(builder, a, b));
    return result;
  };
  if (sums.empty())
    sums = getZeros(accumulators);
  return emitOuterDepth(
      rows, std::move(sums),
      [&](Rows &here, Values state) {
        if (!plan.partialSteps)
          return add(state, sumSteps(here, low, high, divisor));
        Value block = frame.index(plan.partialSteps);
        if (divisor)
          divisor = std::gcd(*divisor, plan.partialSteps);
        return frame.loop(low, high, block, state, [&](Value iv, ValueRange carried) {
          Value end = arith::MinSIOp::create(builder, frame.add(iv, block), high);
          return add(carried, sumSteps(here, iv, end, divisor));
        });
      },
      0, plan.partialFrom);
}

void ContractEmitter::emitEpilogue(ArrayRef<Value> dimValues, Value accumulator, Value mask) {
  Point point;
  point.dims.assign(dimValues.begin(), dimValues.begin() + plan.op.getParallel());
  point.space = {static_cast<int64_t>(plan.columnDim), plan.lanes};
  point.mask = mask;
  Elements elements;
  SmallVector<AffineExpr> arguments;
  AffineExpr address = frame.getConstantExpr(0);
  for (auto [dim, stride] : llvm::enumerate(frame.getStrides(ArrayRef(sizes).take_front(plan.op.getParallel())))) {
    arguments.push_back(frame.getDimExpr(dim));
    address = address + frame.getDimExpr(dim) * stride;
  }
  SmallVector<std::pair<unsigned, Value>> stores;
  auto define = [&](Value tensor, Value value) {
    elements[tensor] = value;
    for (unsigned number : getResultNumbers(frame.getKernel(), tensor))
      stores.push_back({number, value});
  };
  define(plan.op.getResult(0), accumulator);
  for (loop::MapOp map : plan.epilogue) {
    BodyEmitter emitter(frame, point, elements);
    for (auto [tensor, value] : llvm::zip(map.getResults(), emitter.emit(*map.getBodyBlock(), arguments)))
      define(tensor, value);
  }
  BodyEmitter emitter(frame, point, elements);
  for (auto [number, value] : stores)
    emitter.store(getResultStorage(frame, number), value, frame.simplify(address));
}

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

AffineExpr ContractEmitter::getStart(const ContractOperand &operand) {
  return frame.simplify(operand.address.replace(frame.getDimExpr(getInnerDim()), frame.getConstantExpr(0)));
}

AffineExpr ContractEmitter::getStep(const ContractOperand &operand) {
  LinearForm form = getLinearForm(operand.address, sizes.size());
  return form.nonLinear[getInnerDim()] ? AffineExpr() : frame.simplify(form.coefficients[getInnerDim()]);
}

Type ContractEmitter::getElement(const ContractOperand &operand) {
  loop::ReadOp read = operand.read;
  return read.getType();
}

Value ContractEmitter::getPointer(Value base, Type element, Value offset) {
  Value wide = builder.createOrFold<arith::IndexCastOp>(builder.getI64Type(), offset);
  return LLVM::GEPOp::create(builder, LLVM::LLVMPointerType::get(builder.getContext()), element, base,
                             ArrayRef<LLVM::GEPArg>{wide});
}

Value ContractEmitter::getPointer(const ContractOperand &operand, AffineExpr address, ValueRange point) {
  loop::ReadOp read = operand.read;
  return getPointer(frame.storages[stripReshapes(read.getSource())].pointer, getElement(operand),
                    frame.emit(address, point));
}

Value ContractEmitter::loadNarrow(const ContractOperand &operand, Value pointer, int64_t lanes, Value mask) {
  Type element = getElement(operand), type = lanes > 1 ? Type(VectorType::get({lanes}, element)) : element;
  unsigned alignment = element.getIntOrFloatBitWidth() / 8;
  if (mask) {
    Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
    return LLVM::MaskedLoadOp::create(builder, type, pointer, mask, zero, alignment);
  }
  auto load = LLVM::LoadOp::create(builder, type, pointer);
  load.setAlignment(alignment);
  loop::ReadOp read = operand.read;
  const Storage &storage = frame.storages[stripReshapes(read.getSource())];
  if (ArrayAttr scopes = frame.getScopes(storage))
    load.setAliasScopesAttr(scopes);
  if (ArrayAttr others = frame.getNoAliasScopes(storage); others && !others.empty())
    load.setNoaliasScopesAttr(others);
  return load;
}

Value ContractEmitter::extend(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element == plan.accumulator)
    return value;
  if (element.isBF16() && plan.accumulator.isF32())
    return extendBF16(builder, value);
  auto vector = dyn_cast<VectorType>(value.getType());
  return arith::ExtFOp::create(
      builder, vector ? Type(VectorType::get(vector.getShape(), plan.accumulator)) : plan.accumulator, value);
}

Value ContractEmitter::multiplyAdd(Value a, Value b, Value c) {
  if (frame.getTarget().hasFMA)
    return vector::FMAOp::create(builder, a, b, c);
  return arith::AddFOp::create(builder, arith::MulFOp::create(builder, a, b), c);
}

Value ContractEmitter::multiplyAddPairs(Value a, Value b, Value c) {
  std::string name = "llvm.x86.avx512bf16.dpbf16ps." + std::to_string(plan.lanes * 32);
  return LLVM::CallIntrinsicOp::create(builder, c.getType(), builder.getStringAttr(name), ValueRange{c, a, b})
      .getResult(0);
}

Value ContractEmitter::getZero() { return arith::ConstantOp::create(builder, builder.getZeroAttr(vectorType)); }
Value ContractEmitter::broadcast(Value scalar) { return vector::BroadcastOp::create(builder, vectorType, scalar); }
