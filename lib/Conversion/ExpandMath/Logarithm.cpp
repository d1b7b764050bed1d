// log, log2, log10, log1p: x = 2^n (1 + f) with f in [-1/3, 1/3].

#include "Functions.h"
#include "Kernels.h"

#include <limits>

namespace tc::expand_math {

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
static constexpr double ln2 = 0.6931471805599453;
static constexpr double log2E = 1.4426950408889634;
static constexpr double log10E = 0.4342944819032518;
static constexpr double log10Of2 = 0.3010299956639812;

/// The bits of 2^n, n chosen such that x 2^-n is in [2/3, 4/3).
static Expr exponentBits(Expr xBits) { return (xBits - 0x3f2aaaab) & 0xff800000; }

/// log(1 + f) - f.
static Expr logTail(Expr f) {
  Expr tail = horner(f, {-1.287448853e-01, 1.398670673e-01, -1.218834370e-01, 1.400534064e-01, -1.668018103e-01,
                         2.001044452e-01, -2.499980479e-01, 3.333321512e-01});
  return f * f * fma(f, tail, -0.5);
}

namespace {
/// x = 2^n (1 + f), of a positive finite x.
struct LogParts {
  Expr n;
  Expr f;
};
} // namespace

static LogParts logParts(Expr x) {
  Expr isDenormal = x < 0x1p-126;
  Expr xBits = bits(select(isDenormal, x * 0x1p23, x));
  Expr nBits = exponentBits(xBits);
  Expr n = fma(toF32(nBits), 0x1p-23, select(isDenormal, -23.0, x.like(0.0)));
  return {n, fromBits(xBits - nBits) - 1.0};
}

/// What every logarithm gives where `result`, from the parts of x, is no number.
static Expr withLogSpecials(Expr x, Expr result) {
  result = select(x < infinity, result, x); // infinity and NaN stay
  result = select(x < 0.0, nan, result);
  return select(x == 0.0, -infinity, result);
}

Expr expandLog(Expr x) {
  auto [n, f] = logParts(x);
  return withLogSpecials(x, fma(n, ln2, logTail(f) + f));
}

Expr expandLog2(Expr x) {
  // f log2(e) = f + f (log2(e) - 1): f itself has no error.
  auto [n, f] = logParts(x);
  Expr logOfFraction = fma(f, log2E - 1, logTail(f) * log2E) + f;
  return withLogSpecials(x, logOfFraction + n);
}

Expr expandLog10(Expr x) {
  auto [n, f] = logParts(x);
  return withLogSpecials(x, fma(n, log10Of2, (logTail(f) + f) * log10E));
}

Expr expandLog1p(Expr x) {
  // f = (1 + x) 2^-n - 1 = x 2^-n + (2^-n - 1), so that a small x is not lost in
  // 1 + x. 2^(2-n) stands for 2^-n, which is denormal for the largest x.
  Expr nBits = exponentBits(bits(x + 1.0));
  Expr inverse = fromBits(0x40800000 - nBits);
  Expr f = fromBits(bits(x) - nBits) + (inverse * 0.25 - 1.0);
  Expr result = fma(toF32(nBits) * 0x1p-23, ln2, logTail(f) + f);
  result = copySign(result, x); // -0 stays -0
  result = select(x < infinity, result, x);
  result = select(x < -1.0, nan, result);
  return select(x == -1.0, -infinity, result);
}

Expr log2Wide(Expr x) {
  // In f64 every float is normal. The high word has the exponent.
  Expr xBits = bits(toF64(x));
  Expr nBits = (xBits - 0x3fe5555555555555) & int64_t(0xfff0000000000000);
  Expr n = toF64(toI32(shiftRightLogical(nBits, 32)) >> 20);
  Expr f = fromBits(xBits - nBits) - 1.0;
  Expr tail =
      horner(f, {1.6192331061318396e-01, -1.6610271691461762e-01, 1.2210219310355340e-01, -1.3746188181469451e-01,
                 1.6107382059440226e-01, -1.8080597772641602e-01, 2.0606545268389848e-01, -2.4043366457133408e-01,
                 2.8853971574498588e-01, -3.6067397853333716e-01, 4.8089834135159409e-01, -7.2134751956976118e-01,
                 1.4426950408963590e+00});
  Expr result = fma(f, tail, n);
  result = select(toF64(x) < infinity, result, toF64(x));
  return select(x == 0.0, -infinity, result);
}

} // namespace tc::expand_math
