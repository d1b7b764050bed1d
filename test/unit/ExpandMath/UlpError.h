// The distance of a float from the true value, and floats worth trying.

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

/// Ends of ranges, and where integers, squares and reductions change their kind.
inline constexpr float specialFloats[] = {
    0.0f,
    -0.0f,
    1.0f,
    -1.0f,
    0.5f,
    -0.5f,
    2.0f,
    -2.0f,
    3.0f,
    -3.0f,
    1.5f,
    -1.5f,
    0.875f,
    -0.625f,
    1e30f,
    -1e30f,
    1e-30f,
    -1e-30f,
    0x1p-149f,
    -0x1p-149f,
    0x1p-126f,
    -0x1p-126f,
    0x1p20f,
    -0x1p20f,
    0x1p23f,
    8388609.0f,
    -8388609.0f,
    16777215.0f,
    0x1p24f,
    -0x1p31f,
    0x1.fffffep127f,
    -0x1.fffffep127f,
    0.99999994f,
    1.0000001f,
    88.72284f,
    -87.33655f,
    -103.97208f,
    std::numeric_limits<float>::infinity(),
    -std::numeric_limits<float>::infinity(),
    std::numeric_limits<float>::quiet_NaN(),
};

} // namespace tc::test

#endif // TC_TEST_UNIT_EXPANDMATH_ULPERROR_H
