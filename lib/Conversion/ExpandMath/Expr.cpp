// Values with operators: each makes one operation of arith, math or vector.

#include "Expr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace tc::expand_math {

static bool isFloat(Expr a) { return isa<FloatType>(getElementTypeOrSelf(a.getType())); }

/// The type of `a` with another element type.
static Type withElement(Expr a, Type element) {
  if (auto vector = dyn_cast<VectorType>(a.getType()))
    return vector.clone(element);
  return element;
}

template <typename OpTy, typename... Args> static Expr emit(Expr a, Args &&...args) {
  return Expr(a.getEmitter(), a.getEmitter().builder->create<OpTy>(std::forward<Args>(args)...));
}

static Expr makeConstant(Expr like, Attribute element) {
  Emitter &emitter = like.getEmitter();
  Type type = like.getType();
  TypedAttr attribute = cast<TypedAttr>(element);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, element);
  Value &known = (*emitter.constants)[{emitter.block, attribute}];
  if (!known) {
    OpBuilder::InsertionGuard guard(*emitter.builder);
    emitter.builder->setInsertionPointToStart(emitter.block);
    known = arith::ConstantOp::create(*emitter.builder, attribute);
  }
  return Expr(emitter, known);
}

Expr Expr::floatConstant(double constant) const {
  Type element = getElementTypeOrSelf(getType());
  return makeConstant(*this, FloatAttr::get(element, constant));
}

Expr Expr::integerConstant(int64_t constant) const {
  if (isFloat(*this))
    return floatConstant(double(constant));
  Type element = getElementTypeOrSelf(getType());
  unsigned width = element.getIntOrFloatBitWidth();
  return makeConstant(*this, IntegerAttr::get(element, APInt(width, constant, /*isSigned=*/true,
                                                             /*implicitTrunc=*/true)));
}

Expr operator+(Expr a, Expr b) {
  return isFloat(a) ? emit<arith::AddFOp>(a, a.get(), b.get()) : emit<arith::AddIOp>(a, a.get(), b.get());
}

Expr operator-(Expr a, Expr b) {
  return isFloat(a) ? emit<arith::SubFOp>(a, a.get(), b.get()) : emit<arith::SubIOp>(a, a.get(), b.get());
}

Expr operator*(Expr a, Expr b) {
  return isFloat(a) ? emit<arith::MulFOp>(a, a.get(), b.get()) : emit<arith::MulIOp>(a, a.get(), b.get());
}

Expr operator/(Expr a, Expr b) { return emit<arith::DivFOp>(a, a.get(), b.get()); }

Expr operator-(Expr a) { return isFloat(a) ? emit<arith::NegFOp>(a, a.get()) : 0 - a; }

Expr fma(Expr a, Expr b, Expr c) {
  if (a.getEmitter().hasFma)
    return emit<math::FmaOp>(a, a.get(), b.get(), c.get());
  return a * b + c;
}

Expr horner(Expr x, ArrayRef<double> coefficients) {
  Expr sum = x.like(coefficients.front());
  for (double coefficient : coefficients.drop_front())
    sum = fma(sum, x, coefficient);
  return sum;
}

Expr operator&(Expr a, Expr b) { return emit<arith::AndIOp>(a, a.get(), b.get()); }
Expr operator|(Expr a, Expr b) { return emit<arith::OrIOp>(a, a.get(), b.get()); }
Expr operator^(Expr a, Expr b) { return emit<arith::XOrIOp>(a, a.get(), b.get()); }

Expr operator<<(Expr a, int64_t bits) { return emit<arith::ShLIOp>(a, a.get(), a.like(bits).get()); }

Expr operator>>(Expr a, int64_t bits) { return emit<arith::ShRSIOp>(a, a.get(), a.like(bits).get()); }

Expr shiftRightLogical(Expr a, int64_t bits) { return emit<arith::ShRUIOp>(a, a.get(), a.like(bits).get()); }

static Expr compare(Expr a, Expr b, arith::CmpFPredicate floats, arith::CmpIPredicate integers) {
  return isFloat(a) ? emit<arith::CmpFOp>(a, floats, a.get(), b.get())
                    : emit<arith::CmpIOp>(a, integers, a.get(), b.get());
}

Expr operator<(Expr a, Expr b) { return compare(a, b, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt); }

Expr operator<=(Expr a, Expr b) { return compare(a, b, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle); }

Expr operator==(Expr a, Expr b) { return compare(a, b, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq); }

Expr isUnordered(Expr a, Expr b) { return emit<arith::CmpFOp>(a, arith::CmpFPredicate::UNO, a.get(), b.get()); }

Expr logicalNot(Expr a) { return a ^ a.like(1); }

Expr select(Expr condition, Expr a, Expr b) { return emit<arith::SelectOp>(a, condition.get(), a.get(), b.get()); }

Expr min(Expr a, double bound) { return select(a > bound, bound, a); }
Expr max(Expr a, double bound) { return select(a < bound, bound, a); }

Expr abs(Expr a) { return emit<math::AbsFOp>(a, a.get()); }
Expr sqrt(Expr a) { return emit<math::SqrtOp>(a, a.get()); }
Expr copySign(Expr magnitude, Expr sign) { return emit<math::CopySignOp>(magnitude, magnitude.get(), sign.get()); }

Expr toF32(Expr a) {
  Type type = withElement(a, a.getEmitter().builder->getF32Type());
  if (!isFloat(a))
    return emit<arith::SIToFPOp>(a, type, a.get());
  return getElementTypeOrSelf(a.getType()).isF64() ? emit<arith::TruncFOp>(a, type, a.get())
                                                   : emit<arith::ExtFOp>(a, type, a.get());
}

Expr toF64(Expr a) {
  Type type = withElement(a, a.getEmitter().builder->getF64Type());
  return isFloat(a) ? emit<arith::ExtFOp>(a, type, a.get()) : emit<arith::SIToFPOp>(a, type, a.get());
}

Expr toI32(Expr a) {
  Type type = withElement(a, a.getEmitter().builder->getI32Type());
  return isFloat(a) ? emit<arith::FPToSIOp>(a, type, a.get()) : emit<arith::TruncIOp>(a, type, a.get());
}

Expr bits(Expr a) {
  unsigned width = getElementTypeOrSelf(a.getType()).getIntOrFloatBitWidth();
  Type type = withElement(a, a.getEmitter().builder->getIntegerType(width));
  return emit<arith::BitcastOp>(a, type, a.get());
}

Expr fromBits(Expr a) {
  Builder &builder = *a.getEmitter().builder;
  bool wide = getElementTypeOrSelf(a.getType()).getIntOrFloatBitWidth() == 64;
  Type element = wide ? Type(builder.getF64Type()) : Type(builder.getF32Type());
  return emit<arith::BitcastOp>(a, withElement(a, element), a.get());
}

Value anyLane(Expr condition) {
  auto vector = dyn_cast<VectorType>(condition.getType());
  if (!vector)
    return condition.get();
  ImplicitLocOpBuilder &builder = *condition.getEmitter().builder;
  Value lanes = condition.get();
  if (vector.getRank() == 0)
    return vector::ExtractOp::create(builder, lanes, ArrayRef<int64_t>());
  if (vector.getRank() > 1) {
    auto flat = VectorType::get({vector.getNumElements()}, vector.getElementType());
    lanes = vector::ShapeCastOp::create(builder, flat, lanes);
  }
  return vector::ReductionOp::create(builder, vector::CombiningKind::OR, lanes);
}

} // namespace tc::expand_math
