// The distance of a float from the true value.

#ifndef TC_TEST_UNIT_EXPANDMATH_ULPERROR_H
#define TC_TEST_UNIT_EXPANDMATH_ULPERROR_H

#include <algorithm>
#include <cmath>
#include <limits>

namespace tc::test {

/// |actual - expected| in units of the last place of a float at `expected`.
inline double ulpError(float actual, double expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(expected) || std::isnan(actual))
    return std::isnan(expected) && std::isnan(actual) ? 0 : infinity;
  if (std::signbit(actual) != std::signbit(expected) && (actual == 0 || expected == 0))
    return infinity;
  // What overflows counts as 2^128, the next float if there were one.
  double a = std::clamp<double>(actual, -0x1p128, 0x1p128);
  double e = std::clamp(expected, -0x1p128, 0x1p128);
  int exponent = std::max(std::ilogb(e), -126);
  return std::fabs(a - e) / std::ldexp(1.0, exponent - 23);
}

} // namespace tc::test

#endif // TC_TEST_UNIT_EXPANDMATH_ULPERROR_H
