// The pieces that several functions share: rounding to an integer, 2^f and e^r
// on the reduced range, scaling by a power of two.

#ifndef TC_LIB_CONVERSION_EXPANDMATH_KERNELS_H
#define TC_LIB_CONVERSION_EXPANDMATH_KERNELS_H

#include "Expr.h"

namespace tc::expand_math {

/// An integer n as a float, and n + bias as i32 or i64 bits. (Above the low
/// half are bits of the rounding constant; shifts into the exponent drop them.)
struct Rounded {
  Expr value;
  Expr bits;
};

/// n = round(x * factor), ties to even, for |x * factor| < 2^22 (f64: 2^51).
Rounded roundProduct(Expr x, double factor, int bias = 0);

/// 2^n as a float, for n in [-126, 127].
Expr powerOfTwo(Expr n);

/// x 2^n, rounded once, for n in [-250, 252]: overflow and denormals included.
/// n comes biased, which saves biasing two exponents.
constexpr int scaleBias = 254;
Expr scale(Expr x, Expr biasedN);

/// x 2^n where neither x nor the result is denormal, infinite or NaN.
Expr scaleNormal(Expr x, Expr n);

/// e^x = fraction 2^exponent, with the fraction in [0.7, 1.42], for |x| <= 2^20.
struct ScaledExp {
  Expr fraction;
  Expr exponent; ///< Plus the bias.
};
ScaledExp expParts(Expr x, int bias);

/// e^r - 1 for |r| <= ln(2) / 2.
Expr expM1Reduced(Expr r);

/// 2^f for |f| <= 1/2.
Expr exp2Reduced(Expr f);

/// log2 x, in f64 to f32 precision and 12 bits more, of an f32 x >= 0.
Expr log2Wide(Expr x);

/// 2^x of an f64 x, as f32.
Expr exp2Wide(Expr x);

} // namespace tc::expand_math

#endif // TC_LIB_CONVERSION_EXPANDMATH_KERNELS_H
