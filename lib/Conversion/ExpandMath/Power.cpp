// pow, integer powers, cbrt, rsqrt.

#include "Functions.h"
#include "Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;

namespace tc::expand_math {

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

static bool isF32(Expr x) { return getElementTypeOrSelf(x.getType()).isF32(); }

/// |x|^y for an f64 y, with the sign of x where y is odd. y log2 x is in f64:
/// its absolute error is the relative one of the result, and y may be large.
static Expr powOfMagnitude(Expr x, Expr y, Expr isOdd) {
  Expr power = exp2Wide(y * log2Wide(abs(x)));
  return select(isOdd, copySign(power, x), power);
}

Expr expandPow(Expr x, Expr y) {
  // Beyond 2^24 every float is an even integer. NaN fails both comparisons.
  Expr inRange = select(abs(y) <= y.like(0x1p24), y, y.like(0.0));
  Expr integer = toI32(inRange);
  Expr isInteger = toF32(integer) == inRange;
  Expr isOdd = (integer & 1) == 1;

  Expr power = powOfMagnitude(x, toF64(y), isOdd & isInteger);
  Expr isNegative = (x < 0.0) & (x > -infinity);
  Expr isUndefined = isNegative & logicalNot(isInteger);
  power = select(isUndefined, nan, power);
  // These hold for NaN and infinity in the other operand too.
  Expr isOne = (y == 0.0) | (x == 1.0) | ((x == -1.0) & (abs(y) == infinity));
  return select(isOne, 1.0, power);
}

Expr expandPowInteger(Expr x, Expr n) {
  Expr power = powOfMagnitude(x, toF64(n), (n & 1) == 1);
  return select((n == 0) | (x == 1.0), 1.0, power);
}

Expr expandPowConstant(Expr x, int64_t n) {
  if (n == 0)
    return x.like(1.0);
  uint64_t exponent = n < 0 ? -uint64_t(n) : uint64_t(n);
  // Up to the fourth power rounding stays small; f64 covers the rest.
  bool widen = exponent > 4 && isF32(x);
  Expr square = widen ? toF64(x) : x;
  if (n < 0)
    square = 1.0 / square;
  std::optional<Expr> power;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1)
      power = power ? *power * square : square;
    if (exponent > 1)
      square = square * square;
  }
  return widen ? toF32(*power) : *power;
}

Expr expandIntegerPow(Expr x, Expr n) {
  Emitter &emitter = x.getEmitter();
  ImplicitLocOpBuilder &builder = *emitter.builder;
  unsigned width = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  Value one = arith::ConstantIndexOp::create(builder, 1);
  Value end = arith::ConstantIndexOp::create(builder, width);
  Value start[] = {x.like(1).get(), x.get(), n.get()};

  // Square and multiply, a bit of n a round.
  auto round = [&](OpBuilder &inner, Location, Value, ValueRange carried) {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(inner.saveInsertionPoint());
    Expr power(emitter, carried[0]), square(emitter, carried[1]), rest(emitter, carried[2]);
    power = select((rest & 1) == 1, power * square, power);
    scf::YieldOp::create(builder, ValueRange{power.get(), (square * square).get(), shiftRightLogical(rest, 1).get()});
  };
  auto loop = scf::ForOp::create(builder, zero, end, one, start, round);
  Expr power(emitter, loop.getResult(0));

  Expr unit = select((n & 1) == 1, x, x.like(1));
  Expr isUnit = (x == 1) | (x == -1);
  return select(n < 0, select(isUnit, unit, x.like(0)), power);
}

Expr expandCbrt(Expr x) {
  Expr magnitude = abs(x);
  Expr isDenormal = magnitude < 0x1p-126;
  Expr scaled = select(isDenormal, magnitude * 0x1p24, magnitude);

  // y = scaled^(-1/3): a third of the exponent, then Halley's iteration twice
  // (3e-2, 2e-4, 2e-11), without a division.
  Expr third = toI32(toF32(bits(scaled)) * (1.0 / 3));
  Expr y = fromBits(0x54a21d2a - third);
  for (int i = 0; i < 2; ++i) {
    Expr error = 1.0 - scaled * y * y * y;
    y = fma(y * error, fma(error, 2.0 / 9, 1.0 / 3), y);
  }

  // One step of Newton's on the root itself, in f64 as its residual cancels.
  Expr square = toF64(y * y);
  Expr wide = toF64(scaled);
  Expr root = wide * square;
  root = root - (root * root * root - wide) * square * (1.0 / 3);
  Expr result = toF32(root);
  result = select(isDenormal, result * 0x1p-8, result);
  return select(magnitude < infinity, copySign(result, x), x);
}

Expr expandRsqrt(Expr x) { return 1.0 / sqrt(x); }

} // namespace tc::expand_math
