// asin, acos, atan, atan2.

#include "Functions.h"

#include <limits>

namespace tc::expand_math {

// pi as a float, and what it lacks.
static constexpr double piHi = 3.14159274101257324;
static constexpr double piLo = -8.74227765734758577e-08;

namespace {
/// asin |x| for |x| <= 1/2; pi/2 - 2 asin(sqrt((1 - |x|) / 2)) beyond.
struct AsinParts {
  Expr isLarge;
  Expr angle;
};
} // namespace

static AsinParts asinParts(Expr x) {
  Expr magnitude = abs(x);
  Expr isLarge = magnitude > 0.5;
  Expr halfRest = (1.0 - magnitude) * 0.5; // negative beyond 1: its root is NaN
  Expr z = select(isLarge, halfRest, x * x);
  Expr s = select(isLarge, sqrt(halfRest), magnitude);
  Expr tail = horner(z, {4.221179709e-02, 2.415209264e-02, 4.547604173e-02, 7.495252043e-02, 1.666675359e-01});
  return {isLarge, fma(s * z, tail, s)};
}

Expr expandAsin(Expr x) {
  auto [isLarge, angle] = asinParts(x);
  Expr large = fma(angle, -2.0, piLo / 2) + piHi / 2;
  return copySign(select(isLarge, large, angle), x);
}

Expr expandAcos(Expr x) {
  auto [isLarge, angle] = asinParts(x);
  Expr twice = angle + angle;
  Expr large = select(x < 0.0, (piLo - twice) + piHi, twice);
  Expr small = (piLo / 2 - copySign(angle, x)) + piHi / 2;
  return select(isLarge, large, small);
}

/// atan t for t in [0, 1].
static Expr atanReduced(Expr t) {
  Expr z = t * t;
  Expr tail = horner(z, {2.919722814e-03, -1.636413299e-02, 4.320585728e-02, -7.551723719e-02, 1.066578552e-01,
                         -1.421100348e-01, 1.999376714e-01, -3.333315253e-01});
  return fma(t * z, tail, t);
}

Expr expandAtan(Expr x) {
  Expr magnitude = abs(x);
  Expr isLarge = magnitude > 1.0;
  Expr angle = atanReduced(select(isLarge, 1.0 / magnitude, magnitude));
  Expr large = (piLo / 2 - angle) + piHi / 2;
  return copySign(select(isLarge, large, angle), x);
}

Expr expandAtan2(Expr y, Expr x) {
  Expr absX = abs(x), absY = abs(y);
  Expr isSteep = absY > absX;
  Expr small = select(isSteep, absX, absY), large = select(isSteep, absY, absX);
  // 0 / 0 and infinity / infinity: on an axis, and on a diagonal.
  Expr ratio = select(small == large, 1.0, small / large);
  ratio = select(small == 0.0, small, ratio);
  Expr angle = atanReduced(ratio);
  angle = select(isSteep, (piLo / 2 - angle) + piHi / 2, angle);
  Expr isLeft = bits(x) < 0; // -0 too
  angle = select(isLeft, (piLo - angle) + piHi, angle);
  return select(isUnordered(x, y), std::numeric_limits<double>::quiet_NaN(), copySign(angle, y));
}

} // namespace tc::expand_math
