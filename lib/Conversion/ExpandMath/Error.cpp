// erf, erfc.

#include "Functions.h"
#include "Kernels.h"

namespace tc::expand_math {

/// erf a, for 0 <= a <= 0.875.
static Expr erfSmall(Expr a) {
  Expr z = a * a;
  return fma(a,
             horner(z, {7.878276665e-05, -8.028142038e-04, 5.191025324e-03, -2.685537562e-02, 1.128362268e-01,
                        -3.761262894e-01, 1.283791661e-01}),
             a);
}

Expr expandErf(Expr x) {
  Expr magnitude = min(abs(x), 3.95); // erf rounds to 1 from 3.92
  // 1 - 2^y; y = log2(erfc |x|) is |x| times a smooth function.
  Expr y = magnitude * horner(magnitude, {-8.755275303e-06, 8.545717719e-05, -2.790717917e-05, -3.955221735e-03,
                                          3.227596730e-02, -1.514529735e-01, -9.172216654e-01, -1.628111601e+00});
  Rounded n = roundProduct(y, 1.0);
  Expr large = 1.0 - scaleNormal(exp2Reduced(y - n.value), n.bits);

  // NaN is not large, and passes through the polynomial.
  return copySign(select(magnitude >= 0.875, large, erfSmall(magnitude)), x);
}

Expr expandErfc(Expr x) {
  // erfc(a) = e^(-a^2) g((a - 4) / (a + 4)) / (11/16 (1 + 2 a)), for a = |x|.
  Expr a = min(abs(x), 10.8);
  Expr t = (a - 4.0) / (a + 4.0);
  Expr g =
      horner(t, {3.294382623e-05, 3.692713333e-03, -1.136413962e-02, 2.541350760e-02, -4.557146505e-02, 6.446573883e-02,
                 -6.946565956e-02, 4.681520909e-02, 1.057350542e-02, -9.598949552e-02, 8.476841450e-01});
  Expr factor = g / fma(a, 11.0 / 8, 11.0 / 16);

  // e^(-a^2) to f32 precision needs a^2 to more: it is exact in f64.
  Expr wide = toF64(a);
  Expr y = wide * wide * -1.4426950408889634;
  Rounded n = roundProduct(y, 1.0, scaleBias);
  Expr positive = scale(exp2Reduced(toF32(y - n.value)) * factor, toI32(n.bits));
  // For small a the rounding of t is felt.
  positive = select(a < 0.5, 1.0 - erfSmall(a), positive);
  return select(x < 0.0, 2.0 - positive, positive);
}

} // namespace tc::expand_math
