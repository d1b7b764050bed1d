// Elements of tensors: loads, registers, or the bodies of the maps that compute them.

#include "Evaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

/// Values of a body at one point. What is needed is emitted when it is asked for.
struct Evaluator::BodyState {
  llvm::DenseMap<Value, AffineExpr> exprs;
  llvm::DenseMap<Value, Value> values;
};

Evaluator::Evaluator(Frame &frame) : frame(frame), builder(frame.getBuilder()) {
  for (auto [i, argument] : llvm::enumerate(frame.getKernel().getBody().getArguments()))
    storages[argument] = frame.getInput(i);
}

LogicalResult Evaluator::bindConstants() {
  for (auto constant : frame.getKernel().getBody().getOps<ConstantOp>()) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return constant.emitError("expected a splat in a kernel");
    auto value = cast<TypedAttr>(splat.getSplatValue<Attribute>());
    // Signless, as reads give it.
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = IntegerAttr::get(loop::getScalarType(integer.getType()), integer.getValue());
    splats[constant.getResult()] = value;
  }
  return success();
}

Value Evaluator::readMemory(const Storage &storage, Value tensor, ArrayRef<AffineExpr> indices) {
  SmallVector<SizeAttr> sizes = getSizes(tensor.getType());
  AffineExpr address = storage.skipped == 0 ? frame.getAddress(tensor, indices)
                                            : frame.getAddress(ArrayRef(sizes).drop_front(storage.skipped),
                                                               indices.drop_front(storage.skipped));
  return frame.load(storage, cast<RankedTensorType>(tensor.getType()).getElementType(), address);
}

Value Evaluator::read(Value tensor, ArrayRef<AffineExpr> indices) {
  Value base = stripReshapes(tensor);
  if (Value scalar = scalars.lookup(base))
    return scalar;
  if (TypedAttr splat = splats.lookup(base))
    return arith::ConstantOp::create(builder, splat);
  SmallVector<AffineExpr> baseIndices(indices);
  if (base != tensor) {
    AffineExpr address = frame.getAddress(tensor, indices);
    auto storage = storages.find(base);
    if (storage != storages.end() && storage->second.skipped == 0)
      return frame.load(storage->second, cast<RankedTensorType>(base.getType()).getElementType(), address);
    SmallVector<AffineExpr> sizes =
        llvm::map_to_vector(getSizes(base.getType()), [&](SizeAttr size) { return frame.getExpr(size); });
    baseIndices = frame.delinearize(address, sizes);
  }
  if (auto storage = storages.find(base); storage != storages.end())
    return readMemory(storage->second, base, baseIndices);
  auto map = base.getDefiningOp<loop::MapOp>();
  if (!map) {
    emitError(base.getLoc(), "this value is read before the kernel has it");
    return {};
  }
  SmallVector<Value> values = evaluate(map, baseIndices);
  return values.empty() ? Value() : values[cast<OpResult>(base).getResultNumber()];
}

SmallVector<Value> Evaluator::evaluate(loop::LoopNestOpInterface op, ArrayRef<AffineExpr> indices) {
  for (const Known &entry : known)
    if (entry.op == op && entry.indices == indices)
      return entry.values;
  BodyState state;
  Block *body = op.getBodyBlock();
  for (auto [argument, index] : llvm::zip_equal(body->getArguments(), indices))
    state.exprs[argument] = index;
  SmallVector<Value> results;
  for (Value operand : body->getTerminator()->getOperands()) {
    results.push_back(get(state, operand));
    if (!results.back())
      return {};
  }
  known.push_back({op, SmallVector<AffineExpr>(indices), results});
  return results;
}

Value Evaluator::evaluateOperand(loop::LoopNestOpInterface op, unsigned operand, ArrayRef<AffineExpr> indices) {
  return evaluateValue(op, op.getBodyBlock()->getTerminator()->getOperand(operand), indices);
}

Value Evaluator::evaluateValue(loop::LoopNestOpInterface op, Value value, ArrayRef<AffineExpr> indices) {
  BodyState state;
  for (auto [argument, index] : llvm::zip(op.getBodyBlock()->getArguments(), indices))
    state.exprs[argument] = index;
  return get(state, value);
}

AffineExpr Evaluator::getExpr(BodyState &state, Value index) {
  return getIndexExpr(frame, index, [&](Value leaf) -> AffineExpr {
    if (AffineExpr expr = state.exprs.lookup(leaf))
      return expr;
    Value value = get(state, leaf);
    return value ? frame.leaf(value) : AffineExpr();
  });
}

/// Index arithmetic stays symbolic as long as it is affine.
static bool isIndexArithmetic(Operation *op) {
  return op && op->getNumResults() == 1 && op->getResult(0).getType().isIndex() &&
         isa<loop::IndexOp, arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::ConstantOp>(op);
}

Value Evaluator::get(BodyState &state, Value value) {
  if (Value known = state.values.lookup(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (AffineExpr expr = state.exprs.lookup(value))
    return state.values[value] = frame.emit(frame.simplify(expr));
  if (isIndexArithmetic(op)) {
    bool isLinear = !isa<arith::MulIOp>(op);
    if (auto multiply = dyn_cast<arith::MulIOp>(op)) {
      AffineExpr lhs = getExpr(state, multiply.getLhs()), rhs = getExpr(state, multiply.getRhs());
      isLinear = lhs && rhs && (lhs.isSymbolicOrConstant() || rhs.isSymbolicOrConstant());
    }
    if (isLinear) {
      AffineExpr expr = getExpr(state, value);
      if (!expr)
        return {};
      state.exprs[value] = expr;
      return state.values[value] = frame.emit(frame.simplify(expr));
    }
  }
  if (!op || failed(emitOp(state, op)))
    return {};
  return state.values.lookup(value);
}

LogicalResult Evaluator::emitOp(BodyState &state, Operation *op) {
  if (auto read = dyn_cast<loop::ReadOp>(op)) {
    SmallVector<AffineExpr> indices;
    for (Value index : read.getIndices())
      if (!indices.emplace_back(getExpr(state, index)))
        return failure();
    Value element = this->read(read.getSource(), indices);
    state.values[read.getResult()] = element;
    return success(element != nullptr);
  }
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return emitIf(state, branch);
  if (op->getNumRegions() != 0)
    return op->emitError("is not allowed in the body of a loop op");
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    Value value = get(state, operand);
    if (!value)
      return failure();
    mapping.map(operand, value);
  }
  Operation *clone = builder.clone(*op, mapping);
  for (auto [from, to] : llvm::zip_equal(op->getResults(), clone->getResults()))
    state.values[from] = to;
  return success();
}

LogicalResult Evaluator::emitIf(BodyState &state, scf::IfOp op) {
  Value condition = get(state, op.getCondition());
  if (!condition)
    return failure();
  auto branch =
      scf::IfOp::create(builder, op.getResultTypes(), condition, /*addThenBlock=*/true, /*addElseBlock=*/true);
  std::pair<Region *, Block *> branches[] = {{&op.getThenRegion(), branch.thenBlock()},
                                             {&op.getElseRegion(), branch.elseBlock()}};
  for (auto [from, to] : branches) {
    OpBuilder::InsertionGuard guard(builder);
    if (!to->empty())
      to->back().erase();
    builder.setInsertionPointToEnd(to);
    Scope scope(*this);
    // What a branch emits is known in the branch alone.
    BodyState inner = state;
    SmallVector<Value> yielded;
    if (!from->empty())
      for (Value operand : from->front().getTerminator()->getOperands())
        if (!yielded.emplace_back(get(inner, operand)))
          return failure();
    scf::YieldOp::create(builder, yielded);
  }
  for (auto [from, to] : llvm::zip_equal(op.getResults(), branch.getResults()))
    state.values[from] = to;
  return success();
}
