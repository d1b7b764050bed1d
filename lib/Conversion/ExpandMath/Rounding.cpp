// Rounding on targets without instructions for it, where LLVM would call libm
// once a lane. Only conversions to i32 and additions are used.

#include "Functions.h"

namespace tc::expand_math {

/// From here on every float is an integer.
static constexpr double allIntegers = 0x1p23;

/// `rounded`, of a magnitude, where x has a fraction at all; x elsewhere.
static Expr withSignOf(Expr x, Expr rounded) { return select(abs(x) < allIntegers, copySign(rounded, x), x); }

/// The integer part of a magnitude below 2^23; anything for others.
static Expr integerPart(Expr magnitude) {
  Expr inRange = select(magnitude < allIntegers, magnitude, magnitude.like(0.0));
  return toF32(toI32(inRange));
}

Expr expandTrunc(Expr x) { return withSignOf(x, integerPart(abs(x))); }

Expr expandFloor(Expr x) {
  Expr truncated = expandTrunc(x);
  return select(truncated > x, truncated - 1.0, truncated);
}

Expr expandCeil(Expr x) {
  Expr truncated = expandTrunc(x);
  return select(truncated < x, copySign(truncated + 1.0, x), truncated);
}

Expr expandRound(Expr x) {
  // The float below 1/2: adding 1/2 would round 0.49999997 up to 1.
  return withSignOf(x, integerPart(abs(x) + 0x1.fffffep-2));
}

Expr expandRoundEven(Expr x) { return withSignOf(x, (abs(x) + allIntegers) - allIntegers); }

Expr expandFma(Expr a, Expr b, Expr c) {
  // The product is exact in f64. The sum rounds there and again to f32, which
  // differs from one rounding only next to a tie.
  return toF32(toF64(a) * toF64(b) + toF64(c));
}

} // namespace tc::expand_math
