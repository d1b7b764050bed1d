// Body values: scalars where all lanes agree, vectors where they differ, masks for conditions.

#include "Body.h"
#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// More work than a test and a branch take, as countOps has it.
static constexpr int64_t workWorthSkipping = 12;

BodyEmitter::BodyEmitter(Frame &frame, Point point, Elements &elements)
    : frame(frame), builder(frame.getBuilder()), point(std::move(point)), elements(elements) {}

VectorType BodyEmitter::getVectorType(Type element) const {
  if (element.isIndex())
    element = const_cast<BodyEmitter *>(this)->getLaneIndexType();
  return VectorType::get({point.space.lanes}, element);
}

Type BodyEmitter::getLaneIndexType() { return frame.hasNarrowIndices() ? builder.getI32Type() : builder.getI64Type(); }

Value BodyEmitter::toVector(Value value) {
  if (isa<VectorType>(value.getType()) || !isVector())
    return value;
  if (value.getType().isIndex())
    value = arith::IndexCastOp::create(builder, getLaneIndexType(), value);
  return vector::BroadcastOp::create(builder, getVectorType(value.getType()), value);
}

Value BodyEmitter::getLaneNumbers(Type type) {
  SmallVector<Attribute> numbers;
  for (int64_t lane = 0; lane < point.space.lanes; ++lane)
    numbers.push_back(builder.getIntegerAttr(type, lane));
  return arith::ConstantOp::create(builder, DenseElementsAttr::get(getVectorType(type), numbers));
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

AffineExpr BodyEmitter::getExpr(Value index, bool isEmitting) {
  return getIndexExpr(frame, index, [&](Value leaf) -> AffineExpr {
    if (AffineExpr known = exprs.lookup(leaf))
      return known;
    Value value = values.lookup(leaf);
    if (!value && leaf.getDefiningOp() && !(isEmitting && leaf == index)) {
      emitOp(*leaf.getDefiningOp());
      value = values.lookup(leaf);
    }
    if (!value || isa<VectorType>(value.getType()))
      return {};
    // A data-dependent index that all lanes share is one more dimension.
    point.dims.push_back(value);
    return exprs[leaf] = frame.getDimExpr(point.dims.size() - 1);
  });
}

Value BodyEmitter::emitLanes(AffineExpr expr, ValueRange dims) {
  Type type = getLaneIndexType();
  AffineExpr stride = getLaneStride(expr, point.space);
  if (stride) {
    Value base = toVector(frame.emit(expr, dims));
    if (stride == frame.getConstantExpr(0))
      return base;
    Value offsets = getLaneNumbers(type);
    if (stride != frame.getConstantExpr(1))
      offsets = arith::MulIOp::create(builder, offsets, toVector(frame.emit(stride)));
    return arith::AddIOp::create(builder, base, offsets);
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  return frame.combine(binary, emitLanes(binary.getLHS(), dims), emitLanes(binary.getRHS(), dims));
}

Value BodyEmitter::materialize(AffineExpr expr) {
  if (!isVector() || !expr.isFunctionOfDim(point.space.dim) ||
      getLaneStride(expr, point.space) == frame.getConstantExpr(0))
    return frame.emit(expr, point.dims);
  return emitLanes(expr, point.dims);
}

Value BodyEmitter::getIndexVector(AffineExpr expr) {
  Value value = materialize(expr);
  Type i64 = builder.getI64Type();
  if (!isa<VectorType>(value.getType()))
    return toVector(arith::IndexCastOp::create(builder, i64, value));
  if (getElementTypeOrSelf(value.getType()) == i64)
    return value;
  return arith::ExtSIOp::create(builder, getVectorType(i64), value);
}

Value BodyEmitter::get(Value value) {
  if (Value known = values.lookup(value))
    return known;
  AffineExpr expr = value.getType().isIndex() ? getExpr(value) : AffineExpr();
  if (!expr) {
    if (!values.contains(value))
      emitOp(*value.getDefiningOp());
    return values.lookup(value);
  }
  // Not kept: it may be emitted inside a branch and used after it.
  return materialize(expr);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

SmallVector<Value> BodyEmitter::emit(Block &body, ArrayRef<AffineExpr> arguments) {
  for (auto [argument, expr] : llvm::zip_equal(body.getArguments(), arguments))
    exprs[argument] = expr;
  return emitBlock(body);
}

Value BodyEmitter::emitValue(Block &body, Value value, ArrayRef<AffineExpr> arguments) {
  for (auto [argument, expr] : llvm::zip_equal(body.getArguments(), arguments))
    exprs[argument] = expr;
  return get(value);
}

Value BodyEmitter::emitRead(Block &body, loop::ReadOp read, ArrayRef<AffineExpr> arguments) {
  for (auto [argument, expr] : llvm::zip_equal(body.getArguments(), arguments))
    exprs[argument] = expr;
  SmallVector<Block *> nest;
  for (Block *block = read->getBlock(); block != &body; block = block->getParentOp()->getBlock())
    nest.push_back(block);
  for (Block *block : llvm::reverse(nest)) {
    auto branch = cast<scf::IfOp>(block->getParentOp());
    Value mask = toVector(get(branch.getCondition()));
    if (block == branch.elseBlock())
      mask =
          arith::XOrIOp::create(builder, mask, toVector(arith::ConstantOp::create(builder, builder.getBoolAttr(true))));
    point.mask = point.mask ? arith::AndIOp::create(builder, point.mask, mask).getResult() : mask;
    guarded = true;
  }
  emitRead(read);
  return values.lookup(read.getResult());
}

SmallVector<Value> BodyEmitter::emitBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    emitOp(op);
  return llvm::map_to_vector(block.getTerminator()->getOperands(), [&](Value value) { return get(value); });
}

void BodyEmitter::emitOp(Operation &op) {
  if (op.getNumResults() == 1 && values.contains(op.getResult(0)))
    return; // preloaded
  if (op.getNumResults() == 1 && op.getResult(0).getType().isIndex() && getExpr(op.getResult(0), /*isEmitting=*/true))
    return; // an expression, materialised where it is used
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](loop::ReadOp read) { emitRead(read); })
      .Case([&](scf::IfOp branch) { emitIf(branch); })
      .Case([&](loop::IndexOp index) {
        // Some operand is a vector: evaluate the map on vectors, each operand a dimension.
        SmallVector<Value> operands;
        SmallVector<AffineExpr> dims;
        for (auto [i, operand] : llvm::enumerate(index.getOperands())) {
          operands.push_back(toVector(get(operand)));
          dims.push_back(frame.getDimExpr(i));
        }
        std::function<Value(AffineExpr)> evaluate = [&](AffineExpr expr) -> Value {
          if (auto dim = dyn_cast<AffineDimExpr>(expr))
            return operands[dim.getPosition()];
          if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr))
            return frame.combine(binary, evaluate(binary.getLHS()), evaluate(binary.getRHS()));
          return toVector(frame.emit(expr));
        };
        values[index.getResult()] = evaluate(frame.getExpr(index, dims));
      })
      .Case([&](arith::IndexCastOp cast) { emitIndexCast(*cast, false); })
      .Case([&](arith::IndexCastUIOp cast) { emitIndexCast(*cast, true); })
      .Case([&](arith::ExtFOp extend) {
        Value input = get(extend.getIn());
        if (!getElementTypeOrSelf(input.getType()).isBF16())
          return emitGeneric(op);
        Value wide = extendBF16(builder, input);
        if (!extend.getType().isF32())
          wide = arith::ExtFOp::create(
              builder, isa<VectorType>(wide.getType()) ? Type(getVectorType(extend.getType())) : extend.getType(),
              wide);
        values[extend.getResult()] = wide;
      })
      .Case([&](arith::TruncFOp truncate) {
        if (!truncate.getType().isBF16() || frame.getTarget().hasBF16)
          return emitGeneric(op);
        Value input = get(truncate.getIn());
        if (!getElementTypeOrSelf(input.getType()).isF32())
          input = arith::TruncFOp::create(builder,
                                          isa<VectorType>(input.getType()) ? Type(getVectorType(builder.getF32Type()))
                                                                           : builder.getF32Type(),
                                          input);
        values[truncate.getResult()] = truncateToBF16(builder, input);
      })
      .Default([&](Operation *) { emitGeneric(op); });
}

void BodyEmitter::emitGeneric(Operation &op) {
  SmallVector<Value> operands = llvm::map_to_vector(op.getOperands(), [&](Value value) { return get(value); });
  bool vector = llvm::any_of(operands, [](Value value) { return isa<VectorType>(value.getType()); });
  IRMapping mapping;
  for (auto [from, to] : llvm::zip_equal(op.getOperands(), operands))
    mapping.map(from, vector ? toVector(to) : to);
  Operation *clone = builder.clone(op, mapping);
  for (auto [from, to] : llvm::zip_equal(op.getResults(), clone->getResults())) {
    if (vector)
      to.setType(getVectorType(from.getType()));
    values[from] = to;
  }
}

void BodyEmitter::emitIndexCast(Operation &op, bool isUnsigned) {
  Value input = get(op.getOperand(0));
  auto vector = dyn_cast<VectorType>(input.getType());
  if (!vector)
    return emitGeneric(op);
  VectorType type = getVectorType(op.getResult(0).getType());
  unsigned from = vector.getElementType().getIntOrFloatBitWidth(), to = type.getElementType().getIntOrFloatBitWidth();
  Value result = input;
  if (from > to)
    result = arith::TruncIOp::create(builder, type, input);
  else if (from < to && isUnsigned)
    result = arith::ExtUIOp::create(builder, type, input);
  else if (from < to)
    result = arith::ExtSIOp::create(builder, type, input);
  values[op.getResult(0)] = result;
}

void BodyEmitter::emitIf(scf::IfOp op) {
  Value condition = get(op.getCondition());
  if (!isa<VectorType>(condition.getType()))
    return emitUniformIf(op, condition);
  Value outerMask = point.mask;
  bool outerGuarded = guarded;
  guarded = true;
  auto both = [&](Value mask) {
    return outerMask ? arith::AndIOp::create(builder, outerMask, mask).getResult() : mask;
  };
  point.mask = both(condition);
  SmallVector<Value> thenValues = emitMasked(op, *op.thenBlock());
  Value yes = arith::ConstantOp::create(builder, builder.getBoolAttr(true));
  Value inverse = arith::XOrIOp::create(builder, condition, toVector(yes));
  point.mask = both(inverse);
  SmallVector<Value> elseValues;
  if (op.elseBlock())
    elseValues = emitMasked(op, *op.elseBlock());
  point.mask = outerMask;
  guarded = outerGuarded;
  for (auto [result, yes, no] : llvm::zip(op.getResults(), thenValues, elseValues))
    values[result] = arith::SelectOp::create(builder, condition, toVector(yes), toVector(no));
}

/// One branch of a condition that differs between lanes, under the point's mask. Where no lane takes it, much work is
/// skipped: in a concatenation all vectors but those at the seams are of one piece.
SmallVector<Value> BodyEmitter::emitMasked(scf::IfOp op, Block &branch) {
  int64_t work = 0;
  for (Operation &inner : branch)
    work += countOps(&inner);
  if (work < workWorthSkipping)
    return emitBlock(branch);
  Value any = vector::ReductionOp::create(builder, vector::CombiningKind::OR, point.mask);
  auto compute = [&] {
    SmallVector<Value> computed = emitBlock(branch);
    return llvm::map_to_vector(computed, [&](Value value) { return toVector(value); });
  };
  auto skip = [&] {
    return llvm::map_to_vector(op.getResultTypes(), [&](Type type) {
      return toVector(arith::ConstantOp::create(builder, builder.getZeroAttr(type)));
    });
  };
  return emitBranches(any, compute, skip);
}

void BodyEmitter::emitUniformIf(scf::IfOp op, Value condition) {
  SmallVector<Value> results = emitBranches(
      condition, [&] { return emitBlock(*op.thenBlock()); },
      [&] { return op.elseBlock() ? emitBlock(*op.elseBlock()) : SmallVector<Value>(); });
  for (auto [result, value] : llvm::zip(op.getResults(), results))
    values[result] = value;
}

SmallVector<Value> BodyEmitter::emitBranches(Value condition, function_ref<SmallVector<Value>()> emitThen,
                                             function_ref<SmallVector<Value>()> emitElse) {
  // The types yielded are known only after both branches are emitted.
  auto draft = scf::IfOp::create(builder, TypeRange(), condition, /*withElse=*/true);
  SmallVector<Value> yielded[2];
  Block *const to[] = {draft.thenBlock(), draft.elseBlock()};
  for (unsigned i = 0; i < 2; ++i) {
    OpBuilder::InsertionGuard guard(builder);
    if (to[i]->mightHaveTerminator())
      to[i]->getTerminator()->erase();
    builder.setInsertionPointToEnd(to[i]);
    yielded[i] = i == 0 ? emitThen() : emitElse();
  }
  SmallVector<Type> types;
  for (auto [yes, no] : llvm::zip(yielded[0], yielded[1])) {
    Type type = isa<VectorType>(no.getType()) ? no.getType() : yes.getType();
    types.push_back(type);
  }
  auto final = scf::IfOp::create(builder, types, condition, /*addThenBlock=*/false, /*addElseBlock=*/false);
  final.getThenRegion().takeBody(draft.getThenRegion());
  final.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  // The draft's blocks are these now.
  for (unsigned i = 0; i < 2; ++i) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(to[i]);
    SmallVector<Value> results;
    for (auto [value, type] : llvm::zip(yielded[i], types))
      results.push_back(isa<VectorType>(type) ? toVector(value) : value);
    scf::YieldOp::create(builder, results);
  }
  return SmallVector<Value>(final.getResults());
}

//===----------------------------------------------------------------------===//
// bf16
//===----------------------------------------------------------------------===//

static Type withElement(Type like, Type element) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(VectorType::get(vector.getShape(), element)) : element;
}

static Value splat(ImplicitLocOpBuilder &builder, Type type, int64_t value) {
  TypedAttr attribute = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return arith::ConstantOp::create(builder, attribute);
}

Value tc::cpu::extendBF16(ImplicitLocOpBuilder &builder, Value value) {
  Type narrow = withElement(value.getType(), builder.getI16Type()),
       wide = withElement(value.getType(), builder.getI32Type());
  Value bits = arith::BitcastOp::create(builder, narrow, value);
  bits = arith::ExtUIOp::create(builder, wide, bits);
  bits = arith::ShLIOp::create(builder, bits, splat(builder, wide, 16));
  return arith::BitcastOp::create(builder, withElement(value.getType(), builder.getF32Type()), bits);
}

Value tc::cpu::truncateToBF16(ImplicitLocOpBuilder &builder, Value value) {
  // Round to nearest even by adding just under half of the last place, and the last bit; NaN would overflow, so it is
  // replaced.
  Type wide = withElement(value.getType(), builder.getI32Type()),
       narrow = withElement(value.getType(), builder.getI16Type());
  Value bits = arith::BitcastOp::create(builder, wide, value);
  Value sixteen = splat(builder, wide, 16);
  Value last = arith::AndIOp::create(builder, arith::ShRUIOp::create(builder, bits, sixteen), splat(builder, wide, 1));
  Value rounded =
      arith::AddIOp::create(builder, bits, arith::AddIOp::create(builder, last, splat(builder, wide, 0x7fff)));
  Value isNaN = arith::CmpFOp::create(builder, arith::CmpFPredicate::UNO, value, value);
  rounded = arith::SelectOp::create(builder, isNaN, splat(builder, wide, 0x7fc00000), rounded);
  Value half = arith::TruncIOp::create(builder, narrow, arith::ShRUIOp::create(builder, rounded, sixteen));
  return arith::BitcastOp::create(builder, withElement(value.getType(), builder.getBF16Type()), half);
}
