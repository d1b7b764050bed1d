// The functions of one f32 value, or a vector of them, as formulas. Errors are
// in the tests: test/unit/ExpandMath checks each against double libm.
//
// Coefficients come from utils/fit_polynomials.py, highest power first.

#ifndef TC_LIB_CONVERSION_EXPANDMATH_FUNCTIONS_H
#define TC_LIB_CONVERSION_EXPANDMATH_FUNCTIONS_H

#include "Expr.h"

namespace tc::expand_math {

// Exponential.cpp
Expr expandExp(Expr x);
Expr expandExp2(Expr x);
Expr expandExpM1(Expr x);

// Logarithm.cpp
Expr expandLog(Expr x);
Expr expandLog2(Expr x);
Expr expandLog10(Expr x);
Expr expandLog1p(Expr x);

// Trigonometric.cpp
Expr expandSin(Expr x);
Expr expandCos(Expr x);
Expr expandTan(Expr x);
std::pair<Expr, Expr> expandSinCos(Expr x);

// InverseTrigonometric.cpp
Expr expandAsin(Expr x);
Expr expandAcos(Expr x);
Expr expandAtan(Expr x);
Expr expandAtan2(Expr y, Expr x);

// Hyperbolic.cpp
Expr expandTanh(Expr x);
Expr expandSinh(Expr x);
Expr expandCosh(Expr x);
Expr expandAsinh(Expr x);
Expr expandAcosh(Expr x);
Expr expandAtanh(Expr x);

// Error.cpp
Expr expandErf(Expr x);
Expr expandErfc(Expr x);

// Power.cpp
Expr expandPow(Expr x, Expr y);
/// x^n by multiplications, for a constant n.
Expr expandPowConstant(Expr x, int64_t n);
/// x^n for i32 n.
Expr expandPowInteger(Expr x, Expr n);
/// Integer x^n: 0 or a unit for negative n, as C++ converts 1 / x^-n.
Expr expandIntegerPow(Expr x, Expr n);
Expr expandCbrt(Expr x);
Expr expandRsqrt(Expr x);

// Rounding.cpp: for targets without rounding instructions.
Expr expandFloor(Expr x);
Expr expandCeil(Expr x);
Expr expandTrunc(Expr x);
Expr expandRound(Expr x);
Expr expandRoundEven(Expr x);
/// a b + c through f64, for targets without a fused multiply-add.
Expr expandFma(Expr a, Expr b, Expr c);

} // namespace tc::expand_math

#endif // TC_LIB_CONVERSION_EXPANDMATH_FUNCTIONS_H
