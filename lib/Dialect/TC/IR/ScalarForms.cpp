// What every elementwise op computes, once: arith and math ops on scalars. Reduced-precision floats are computed in f32
// by the conversion to loops, so these forms need not care; integers are signless, their signedness is read off the
// tensors.

#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

#include <limits>

using namespace mlir;
using namespace tc;

namespace {

/// The builder and location at hand, with short names for the ops used below.
struct Scalars {
  OpBuilder &b;
  Location loc;
  Type type;
  bool isUnsigned;

  Scalars(OpBuilder &b, Location loc, Value tensor, Value scalar) : b(b), loc(loc), type(scalar.getType()) {
    Type element = getElementTypeOrSelf(tensor.getType());
    isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  }

  bool isFloat() const { return isa<FloatType>(type); }
  bool isBool() const { return type.isInteger(1); }
  Value constant(double value) const {
    if (auto floatType = dyn_cast<FloatType>(type))
      return arith::ConstantOp::create(b, loc, b.getFloatAttr(floatType, value));
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, static_cast<int64_t>(value)));
  }
  template <typename Op, typename... Args> Value make(Args &&...args) const {
    return Op::create(b, loc, std::forward<Args>(args)...);
  }
  Value cmpF(arith::CmpFPredicate predicate, Value x, Value y) const { return make<arith::CmpFOp>(predicate, x, y); }
  Value cmpI(arith::CmpIPredicate predicate, Value x, Value y) const { return make<arith::CmpIOp>(predicate, x, y); }
  Value select(Value condition, Value x, Value y) const { return make<arith::SelectOp>(condition, x, y); }
  Value less(Value x, Value y) const {
    if (isFloat())
      return cmpF(arith::CmpFPredicate::OLT, x, y);
    return cmpI(isUnsigned ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt, x, y);
  }
  /// Division of integers by zero is undefined in LLVM; eager raises or returns anything, so divide by one instead.
  Value safeDivisor(Value y) const {
    Value isZero = cmpI(arith::CmpIPredicate::eq, y, constant(0));
    return select(isZero, constant(1), y);
  }
};

} // namespace

#define SCALAR_FORM(OP) Value OP::buildScalar(OpBuilder &builder, Location loc, ValueRange scalars)
#define UNARY_SETUP                                                                                                    \
  Scalars s(builder, loc, getInput(), scalars[0]);                                                                     \
  Value x = scalars[0];
#define BINARY_SETUP                                                                                                   \
  Scalars s(builder, loc, getLhs(), scalars[0]);                                                                       \
  Value x = scalars[0], y = scalars[1];

/// Ops that are one op of the math dialect on floats.
#define MATH_FORM(OP, MATH)                                                                                            \
  Value OP::buildScalar(OpBuilder &builder, Location loc, ValueRange scalars) {                                        \
    return math::MATH::create(builder, loc, scalars[0]);                                                               \
  }
/// Rounding: integers are unchanged.
#define ROUND_FORM(OP, MATH)                                                                                           \
  Value OP::buildScalar(OpBuilder &builder, Location loc, ValueRange scalars) {                                        \
    return isa<FloatType>(scalars[0].getType()) ? math::MATH::create(builder, loc, scalars[0]).getResult()             \
                                                : scalars[0];                                                          \
  }

MATH_FORM(ExpOp, ExpOp)
MATH_FORM(Exp2Op, Exp2Op)
MATH_FORM(Expm1Op, ExpM1Op)
MATH_FORM(LogOp, LogOp)
MATH_FORM(Log2Op, Log2Op)
MATH_FORM(Log10Op, Log10Op)
MATH_FORM(Log1pOp, Log1pOp)
MATH_FORM(SqrtOp, SqrtOp)
MATH_FORM(SinOp, SinOp)
MATH_FORM(CosOp, CosOp)
MATH_FORM(TanOp, TanOp)
MATH_FORM(AsinOp, AsinOp)
MATH_FORM(AcosOp, AcosOp)
MATH_FORM(AtanOp, AtanOp)
MATH_FORM(SinhOp, SinhOp)
MATH_FORM(CoshOp, CoshOp)
MATH_FORM(TanhOp, TanhOp)
MATH_FORM(AsinhOp, AsinhOp)
MATH_FORM(AcoshOp, AcoshOp)
MATH_FORM(AtanhOp, AtanhOp)
MATH_FORM(ErfOp, ErfOp)
MATH_FORM(ErfcOp, ErfcOp)
ROUND_FORM(FloorOp, FloorOp)
ROUND_FORM(CeilOp, CeilOp)
ROUND_FORM(RoundOp, RoundEvenOp)
ROUND_FORM(TruncOp, TruncOp)

SCALAR_FORM(RsqrtOp) {
  UNARY_SETUP
  return s.make<arith::DivFOp>(s.constant(1.0), s.make<math::SqrtOp>(x));
}

SCALAR_FORM(AbsOp) {
  UNARY_SETUP
  if (s.isFloat())
    return s.make<math::AbsFOp>(x);
  return s.isUnsigned ? x : s.make<math::AbsIOp>(x);
}

SCALAR_FORM(NegOp) {
  UNARY_SETUP
  if (s.isFloat())
    return s.make<arith::NegFOp>(x);
  return s.make<arith::SubIOp>(s.constant(0), x);
}

SCALAR_FORM(NotOp) {
  UNARY_SETUP
  return s.make<arith::XOrIOp>(x, s.make<arith::ConstantOp>(builder.getIntegerAttr(s.type, -1)));
}

SCALAR_FORM(SignOp) {
  UNARY_SETUP
  Value zero = s.constant(0);
  if (s.isBool())
    return x;
  Value positive = s.select(s.less(zero, x), s.constant(1), zero);
  return s.isUnsigned ? positive : s.select(s.less(x, zero), s.constant(-1), positive);
}

SCALAR_FORM(IsNanOp) {
  UNARY_SETUP
  if (s.isFloat())
    return s.cmpF(arith::CmpFPredicate::UNO, x, x);
  return s.make<arith::ConstantOp>(builder.getBoolAttr(false));
}

SCALAR_FORM(AddOp) {
  BINARY_SETUP
  if (s.isFloat())
    return s.make<arith::AddFOp>(x, y);
  return s.isBool() ? s.make<arith::OrIOp>(x, y) : s.make<arith::AddIOp>(x, y);
}

SCALAR_FORM(SubOp) {
  BINARY_SETUP
  return s.isFloat() ? s.make<arith::SubFOp>(x, y) : s.make<arith::SubIOp>(x, y);
}

SCALAR_FORM(MulOp) {
  BINARY_SETUP
  if (s.isFloat())
    return s.make<arith::MulFOp>(x, y);
  return s.isBool() ? s.make<arith::AndIOp>(x, y) : s.make<arith::MulIOp>(x, y);
}

// Signed division also overflows for MIN / -1; the negation wraps as eager's does.
static Value buildSignedDivision(const Scalars &s, Value x, Value y, bool remainder) {
  Value minusOne = s.constant(-1);
  Value isMinusOne = s.cmpI(arith::CmpIPredicate::eq, y, minusOne);
  Value divisor = s.select(isMinusOne, s.constant(1), s.safeDivisor(y));
  if (remainder)
    return s.make<arith::RemSIOp>(x, divisor);
  Value quotient = s.make<arith::DivSIOp>(x, divisor);
  return s.select(isMinusOne, s.make<arith::SubIOp>(s.constant(0), x), quotient);
}

SCALAR_FORM(DivOp) {
  BINARY_SETUP
  if (s.isFloat())
    return s.make<arith::DivFOp>(x, y);
  if (s.isUnsigned)
    return s.make<arith::DivUIOp>(x, s.safeDivisor(y));
  return buildSignedDivision(s, x, y, /*remainder=*/false);
}

SCALAR_FORM(FmodOp) {
  BINARY_SETUP
  if (s.isFloat())
    return s.make<arith::RemFOp>(x, y);
  if (s.isUnsigned)
    return s.make<arith::RemUIOp>(x, s.safeDivisor(y));
  return buildSignedDivision(s, x, y, /*remainder=*/true);
}

SCALAR_FORM(RemOp) {
  BINARY_SETUP
  if (s.isUnsigned && !s.isFloat())
    return s.make<arith::RemUIOp>(x, s.safeDivisor(y));
  Value zero = s.constant(0);
  if (s.isFloat()) {
    Value remainder = s.make<arith::RemFOp>(x, y);
    Value differ = s.make<arith::XOrIOp>(s.less(remainder, zero), s.less(y, zero));
    Value fix = s.make<arith::AndIOp>(s.cmpF(arith::CmpFPredicate::UNE, remainder, zero), differ);
    return s.select(fix, s.make<arith::AddFOp>(remainder, y), remainder);
  }
  Value remainder = buildSignedDivision(s, x, y, /*remainder=*/true);
  Value differ = s.make<arith::XOrIOp>(s.less(remainder, zero), s.less(y, zero));
  Value fix = s.make<arith::AndIOp>(s.cmpI(arith::CmpIPredicate::ne, remainder, zero), differ);
  return s.select(fix, s.make<arith::AddIOp>(remainder, y), remainder);
}

// Floats follow c10's div_floor_floating: from the exact remainder, so that the quotient is not rounded up.
SCALAR_FORM(FloorDivOp) {
  BINARY_SETUP
  if (s.isUnsigned && !s.isFloat())
    return s.make<arith::DivUIOp>(x, s.safeDivisor(y));
  Value zero = s.constant(0);
  if (!s.isFloat()) {
    Value quotient = buildSignedDivision(s, x, y, /*remainder=*/false);
    Value remainder = buildSignedDivision(s, x, y, /*remainder=*/true);
    Value differ = s.make<arith::XOrIOp>(s.less(remainder, zero), s.less(y, zero));
    Value fix = s.make<arith::AndIOp>(s.cmpI(arith::CmpIPredicate::ne, remainder, zero), differ);
    return s.select(fix, s.make<arith::SubIOp>(quotient, s.constant(1)), quotient);
  }
  Value remainder = s.make<arith::RemFOp>(x, y);
  Value quotient = s.make<arith::DivFOp>(s.make<arith::SubFOp>(x, remainder), y);
  Value differ = s.make<arith::XOrIOp>(s.less(remainder, zero), s.less(y, zero));
  Value fix = s.make<arith::AndIOp>(s.cmpF(arith::CmpFPredicate::UNE, remainder, zero), differ);
  quotient = s.select(fix, s.make<arith::SubFOp>(quotient, s.constant(1)), quotient);
  Value floor = s.make<math::FloorOp>(quotient);
  Value above = s.less(s.constant(0.5), s.make<arith::SubFOp>(quotient, floor));
  floor = s.select(above, s.make<arith::AddFOp>(floor, s.constant(1)), floor);
  Value signedZero = s.make<math::CopySignOp>(zero, s.make<arith::DivFOp>(x, y));
  floor = s.select(s.cmpF(arith::CmpFPredicate::OEQ, quotient, zero), signedZero, floor);
  return s.select(s.cmpF(arith::CmpFPredicate::OEQ, y, zero), s.make<arith::DivFOp>(x, y), floor);
}

SCALAR_FORM(PowOp) {
  BINARY_SETUP
  // math.ipowi's exponents are signed. The low bits of a product do not depend on what is above them.
  if (s.isUnsigned && !s.isFloat() && s.type.getIntOrFloatBitWidth() < 64) {
    Type wide = builder.getI64Type();
    Value power = s.make<math::IPowIOp>(s.make<arith::ExtUIOp>(wide, x), s.make<arith::ExtUIOp>(wide, y));
    return s.make<arith::TruncIOp>(s.type, power);
  }
  return s.isFloat() ? s.make<math::PowFOp>(x, y) : s.make<math::IPowIOp>(x, y);
}

SCALAR_FORM(Atan2Op) {
  BINARY_SETUP
  return s.make<math::Atan2Op>(x, y);
}

SCALAR_FORM(CopysignOp) {
  BINARY_SETUP
  return s.make<math::CopySignOp>(x, y);
}

SCALAR_FORM(MaxOp) {
  BINARY_SETUP
  if (s.isFloat())
    return s.make<arith::MaximumFOp>(x, y);
  return s.isUnsigned ? s.make<arith::MaxUIOp>(x, y) : s.make<arith::MaxSIOp>(x, y);
}

SCALAR_FORM(MinOp) {
  BINARY_SETUP
  if (s.isFloat())
    return s.make<arith::MinimumFOp>(x, y);
  return s.isUnsigned ? s.make<arith::MinUIOp>(x, y) : s.make<arith::MinSIOp>(x, y);
}

SCALAR_FORM(AndOp) {
  BINARY_SETUP
  return s.make<arith::AndIOp>(x, y);
}
SCALAR_FORM(OrOp) {
  BINARY_SETUP
  return s.make<arith::OrIOp>(x, y);
}
SCALAR_FORM(XorOp) {
  BINARY_SETUP
  return s.make<arith::XOrIOp>(x, y);
}

// A shift by the width or more is poison in LLVM; eager gives 0, or the sign for arithmetic right shifts.
SCALAR_FORM(ShlOp) {
  BINARY_SETUP
  Value inRange = s.cmpI(arith::CmpIPredicate::ult, y, s.constant(s.type.getIntOrFloatBitWidth()));
  Value shifted = s.make<arith::ShLIOp>(x, s.select(inRange, y, s.constant(0)));
  return s.select(inRange, shifted, s.constant(0));
}

SCALAR_FORM(ShrOp) {
  BINARY_SETUP
  Value inRange = s.cmpI(arith::CmpIPredicate::ult, y, s.constant(s.type.getIntOrFloatBitWidth()));
  if (s.isUnsigned) {
    Value shifted = s.make<arith::ShRUIOp>(x, s.select(inRange, y, s.constant(0)));
    return s.select(inRange, shifted, s.constant(0));
  }
  return s.make<arith::ShRSIOp>(x, s.select(inRange, y, s.constant(s.type.getIntOrFloatBitWidth() - 1)));
}

// The neighbour of a float is the neighbour of its bits, away from or towards zero.
SCALAR_FORM(NextafterOp) {
  BINARY_SETUP
  Type bitsType = builder.getIntegerType(s.type.getIntOrFloatBitWidth());
  auto bitsConstant = [&](int64_t value) { return s.make<arith::ConstantOp>(builder.getIntegerAttr(bitsType, value)); };
  Value zero = s.constant(0);
  Value bits = s.make<arith::BitcastOp>(bitsType, x);
  Value away = s.make<arith::XOrIOp>(s.less(x, y), s.less(x, zero));
  Value step = s.select(away, bitsConstant(1), bitsConstant(-1));
  Value moved = s.make<arith::BitcastOp>(s.type, s.make<arith::AddIOp>(bits, step));
  Value smallest = s.make<math::CopySignOp>(s.make<arith::BitcastOp>(s.type, bitsConstant(1)), y);
  Value result = s.select(s.cmpF(arith::CmpFPredicate::OEQ, x, zero), smallest, moved);
  result = s.select(s.cmpF(arith::CmpFPredicate::OEQ, x, y), y, result);
  return s.select(s.cmpF(arith::CmpFPredicate::UNO, x, y), s.make<arith::AddFOp>(x, y), result);
}

SCALAR_FORM(CompareOp) {
  BINARY_SETUP
  static constexpr arith::CmpFPredicate floats[] = {arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE,
                                                    arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE,
                                                    arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE};
  static constexpr arith::CmpIPredicate signeds[] = {arith::CmpIPredicate::eq,  arith::CmpIPredicate::ne,
                                                     arith::CmpIPredicate::slt, arith::CmpIPredicate::sle,
                                                     arith::CmpIPredicate::sgt, arith::CmpIPredicate::sge};
  static constexpr arith::CmpIPredicate unsigneds[] = {arith::CmpIPredicate::eq,  arith::CmpIPredicate::ne,
                                                       arith::CmpIPredicate::ult, arith::CmpIPredicate::ule,
                                                       arith::CmpIPredicate::ugt, arith::CmpIPredicate::uge};
  auto index = static_cast<unsigned>(getPredicate());
  if (s.isFloat())
    return s.cmpF(floats[index], x, y);
  return s.cmpI(s.isUnsigned ? unsigneds[index] : signeds[index], x, y);
}

SCALAR_FORM(SelectOp) { return arith::SelectOp::create(builder, loc, scalars[0], scalars[1], scalars[2]); }

// Float to integer: values outside the range and NaN become the minimum of i32/i64 on x86 (as eager's cvtt does);
// narrower integers wrap from i32 or i64. The compare makes that defined in LLVM, where the plain conversion is poison.
static Value castFloatToInteger(const Scalars &s, Value x, IntegerType target, bool isUnsigned) {
  unsigned width = isUnsigned && target.getWidth() >= 32 ? 64 : std::max(32u, target.getWidth());
  Type wide = s.b.getIntegerType(width);
  double limit = width == 64 ? 9223372036854775808.0 : 2147483648.0;
  Value inRange = s.make<arith::AndIOp>(s.cmpF(arith::CmpFPredicate::OGE, x, s.constant(-limit)),
                                        s.cmpF(arith::CmpFPredicate::OLT, x, s.constant(limit)));
  Value safe = s.select(inRange, x, s.constant(0));
  Value converted = s.make<arith::FPToSIOp>(wide, safe);
  int64_t minimum = width == 64 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int32_t>::min();
  converted = s.select(inRange, converted, s.make<arith::ConstantOp>(s.b.getIntegerAttr(wide, minimum)));
  return target.getWidth() < width ? s.make<arith::TruncIOp>(target, converted) : converted;
}

SCALAR_FORM(CastOp) {
  UNARY_SETUP
  Type element = getType().getElementType();
  auto targetInteger = dyn_cast<IntegerType>(element);
  Type target = targetInteger ? builder.getIntegerType(targetInteger.getWidth()) : element;
  if (target == s.type)
    return x;
  if (target.isInteger(1)) {
    if (s.isFloat())
      return s.cmpF(arith::CmpFPredicate::UNE, x, s.constant(0));
    return s.cmpI(arith::CmpIPredicate::ne, x, s.constant(0));
  }
  if (s.isFloat() && targetInteger)
    return castFloatToInteger(s, x, cast<IntegerType>(target), element.isUnsignedInteger());
  if (s.isFloat()) {
    unsigned from = s.type.getIntOrFloatBitWidth(), to = target.getIntOrFloatBitWidth();
    if (from < to)
      return s.make<arith::ExtFOp>(target, x);
    if (from > to)
      return s.make<arith::TruncFOp>(target, x);
    return s.make<arith::TruncFOp>(target, s.make<arith::ExtFOp>(builder.getF32Type(), x));
  }
  if (isa<FloatType>(target))
    return s.isUnsigned ? s.make<arith::UIToFPOp>(target, x) : s.make<arith::SIToFPOp>(target, x);
  unsigned from = s.type.getIntOrFloatBitWidth(), to = target.getIntOrFloatBitWidth();
  if (from > to)
    return s.make<arith::TruncIOp>(target, x);
  return s.isUnsigned ? s.make<arith::ExtUIOp>(target, x) : s.make<arith::ExtSIOp>(target, x);
}

SCALAR_FORM(BitcastOp) {
  UNARY_SETUP
  Type element = getType().getElementType();
  Type target = isa<IntegerType>(element) ? builder.getIntegerType(element.getIntOrFloatBitWidth()) : element;
  return target == s.type ? x : s.make<arith::BitcastOp>(target, x);
}
