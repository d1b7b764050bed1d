// Index arithmetic of a frame: expressions as arith ops.

#include "Frame.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

Value Frame::index(int64_t value) {
  Value &known = constants[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    known = arith::ConstantIndexOp::create(builder, value);
  }
  return known;
}

Value Frame::add(Value a, Value b) { return builder.createOrFold<arith::AddIOp>(a, b); }
Value Frame::sub(Value a, Value b) { return builder.createOrFold<arith::SubIOp>(a, b); }
Value Frame::mul(Value a, Value b) { return builder.createOrFold<arith::MulIOp>(a, b); }

Value Frame::floorMod(Value lhs, Value rhs, bool isUnsigned) {
  if (isUnsigned)
    return builder.createOrFold<arith::RemUIOp>(lhs, rhs);
  Value result = arith::RemSIOp::create(builder, lhs, rhs);
  Value negative = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, result, zeroLike(result));
  return arith::SelectOp::create(builder, negative, arith::AddIOp::create(builder, result, rhs), result);
}

Value Frame::floorDiv(Value lhs, Value rhs, bool isUnsigned) {
  if (isUnsigned)
    return builder.createOrFold<arith::DivUIOp>(lhs, rhs);
  Value multiple = arith::SubIOp::create(builder, lhs, floorMod(lhs, rhs, false));
  return arith::DivSIOp::create(builder, multiple, rhs);
}

Value Frame::zeroLike(Value value) { return arith::ConstantOp::create(builder, builder.getZeroAttr(value.getType())); }

Value Frame::combine(AffineBinaryOpExpr expr, Value lhs, Value rhs) {
  bool isUnsigned = isNonNegative(expr.getLHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return add(lhs, rhs);
  case AffineExprKind::Mul:
    return mul(lhs, rhs);
  case AffineExprKind::FloorDiv:
    return floorDiv(lhs, rhs, isUnsigned);
  case AffineExprKind::CeilDiv: {
    // -((-a) floordiv b)
    Value negated = arith::SubIOp::create(builder, zeroLike(lhs), lhs);
    return arith::SubIOp::create(builder, zeroLike(lhs), floorDiv(negated, rhs, false));
  }
  default:
    return floorMod(lhs, rhs, isUnsigned);
  }
}

Value Frame::emit(AffineExpr expr, ValueRange dims) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return index(cast<AffineConstantExpr>(expr).getValue());
  case AffineExprKind::DimId:
    return dims[cast<AffineDimExpr>(expr).getPosition()];
  case AffineExprKind::SymbolId:
    return symbolValues[cast<AffineSymbolExpr>(expr).getPosition()];
  default: {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return combine(binary, emit(binary.getLHS(), dims), emit(binary.getRHS(), dims));
  }
  }
}
