// Index arithmetic of a frame: expressions as arith ops.

#include "Frame.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

AffineExpr Frame::leaf(Value value) {
  auto [it, isNew] = leafNumbers.try_emplace(value, leaves.size());
  if (isNew)
    leaves.push_back(value);
  return getDimExpr(it->second);
}

/// Constants live in the entry block, so that they dominate everything.
Value Frame::index(int64_t value) {
  Value &known = constants[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    known = arith::ConstantIndexOp::create(builder, value);
  }
  return known;
}

Value Frame::i32(int64_t value) { return LLVM::ConstantOp::create(builder, builder.getI32IntegerAttr(value)); }
Value Frame::toI32(Value index) { return arith::IndexCastOp::create(builder, builder.getI32Type(), index); }

SmallVector<AffineExpr> Frame::delinearize(AffineExpr linear, ArrayRef<AffineExpr> sizes) {
  SmallVector<AffineExpr> indices(sizes.size());
  AffineExpr rest = linear;
  for (int64_t dim = static_cast<int64_t>(sizes.size()) - 1; dim >= 0; --dim) {
    if (sizes[dim] == getConstantExpr(1)) {
      indices[dim] = getConstantExpr(0);
    } else if (dim == 0 || llvm::all_of(sizes.take_front(dim), [&](AffineExpr s) { return s == getConstantExpr(1); })) {
      indices[dim] = rest;
    } else {
      // Values rather than expressions: each division is emitted once.
      indices[dim] = leaf(emit(rest % sizes[dim]));
      rest = leaf(emit(rest.floorDiv(sizes[dim])));
    }
  }
  return indices;
}

Value Frame::combine(AffineBinaryOpExpr expr, Value lhs, Value rhs) {
  bool isUnsigned = isNonNegative(expr.getLHS());
  auto floorMod = [&](Value a) -> Value {
    if (isUnsigned)
      return builder.createOrFold<arith::RemUIOp>(a, rhs);
    Value remainder = arith::RemSIOp::create(builder, a, rhs);
    Value negative = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, remainder, index(0));
    return arith::SelectOp::create(builder, negative, arith::AddIOp::create(builder, remainder, rhs), remainder);
  };
  auto floorDiv = [&](Value a) -> Value {
    if (isUnsigned)
      return builder.createOrFold<arith::DivUIOp>(a, rhs);
    return arith::DivSIOp::create(builder, arith::SubIOp::create(builder, a, floorMod(a)), rhs);
  };
  auto flags = arith::IntegerOverflowFlags::nsw;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(builder, lhs, rhs, flags);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(builder, lhs, rhs, flags);
  case AffineExprKind::FloorDiv:
    return floorDiv(lhs);
  case AffineExprKind::CeilDiv: {
    // -((-a) floordiv b)
    isUnsigned = false;
    Value negated = arith::SubIOp::create(builder, index(0), lhs);
    return arith::SubIOp::create(builder, index(0), floorDiv(negated));
  }
  default:
    return floorMod(lhs);
  }
}

Value Frame::emit(AffineExpr expr) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return index(cast<AffineConstantExpr>(expr).getValue());
  case AffineExprKind::DimId:
    return leaves[cast<AffineDimExpr>(expr).getPosition()];
  case AffineExprKind::SymbolId:
    return symbolValues[cast<AffineSymbolExpr>(expr).getPosition()];
  default: {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    Value lhs = emit(binary.getLHS());
    return combine(binary, lhs, emit(binary.getRHS()));
  }
  }
}
