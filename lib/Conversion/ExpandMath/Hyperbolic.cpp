// tanh, sinh, cosh and their inverses.

#include "Functions.h"
#include "Kernels.h"

#include <limits>

namespace tc::expand_math {

static constexpr double ln2 = 0.6931471805599453;

Expr expandTanh(Expr x) {
  Expr magnitude = abs(x);
  Expr z = x * x;
  Expr tail = horner(z, {-5.715499166e-03, 2.064910345e-02, -5.374300480e-02, 1.333148479e-01, -3.333328366e-01});
  Expr small = fma(magnitude * z, tail, magnitude);

  // 1 - 2 / (e^2|x| + 1), which rounds to 1 from 9.02.
  ScaledExp e = expParts(min(magnitude, 10.0) * 2.0, /*bias=*/0);
  Expr large = 1.0 - 2.0 / (scaleNormal(e.fraction, e.exponent) + 1.0);

  // NaN is not large, and passes through the polynomial.
  return copySign(select(magnitude >= 0.625, large, small), x);
}

/// e^|x| / 2: e^|x| may overflow where half of it, or sinh x, does not.
static Expr halfExp(Expr magnitude) {
  ScaledExp e = expParts(min(magnitude, 90.0), scaleBias - 1);
  return scale(e.fraction, e.exponent);
}

Expr expandSinh(Expr x) {
  Expr magnitude = abs(x);
  Expr z = x * x;
  Expr tail = horner(z, {2.783925538e-06, 1.984263508e-04, 8.333311416e-03, 1.666666716e-01});
  Expr small = fma(magnitude * z, tail, magnitude);
  Expr half = halfExp(magnitude);
  Expr large = half - 0.25 / half;
  return copySign(select(magnitude >= 1.0, large, small), x);
}

Expr expandCosh(Expr x) {
  Expr half = halfExp(abs(x));
  return half + 0.25 / half;
}

// The inverses by log1p of an argument that does not cancel. From `linear` on,
// where its square could overflow, asinh x = acosh x = log 2x to a float's
// precision, and log1p x = log x.
static constexpr double linear = 1e9;

Expr expandAsinh(Expr x) {
  Expr magnitude = abs(x);
  Expr z = x * x;
  Expr argument = magnitude + z / (sqrt(z + 1.0) + 1.0);
  Expr isLarge = magnitude > linear;
  Expr result = expandLog1p(select(isLarge, magnitude, argument));
  return copySign(select(isLarge, result + ln2, result), x);
}

Expr expandAcosh(Expr x) {
  Expr t = x - 1.0;
  Expr argument = t + sqrt(t * (x + 1.0));
  Expr isLarge = x > linear;
  Expr result = expandLog1p(select(isLarge, x, argument));
  result = select(isLarge, result + ln2, result);
  return select(x < 1.0, std::numeric_limits<double>::quiet_NaN(), result);
}

Expr expandAtanh(Expr x) {
  Expr magnitude = abs(x);
  Expr result = expandLog1p((magnitude + magnitude) / (1.0 - magnitude)) * 0.5;
  return copySign(result, x);
}

} // namespace tc::expand_math
