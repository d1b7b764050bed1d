// exp, exp2, expm1: n = round(x / ln 2), e^x = 2^n e^r with |r| <= ln(2) / 2.

#include "Functions.h"
#include "Kernels.h"

#include "mlir/IR/TypeUtilities.h"

namespace tc::expand_math {

static constexpr double log2E = 1.4426950408889634;

// ln 2 in two parts; the high one has 9 bits, so n times it is exact.
static constexpr double ln2Hi = 0.693359375;
static constexpr double ln2Lo = -2.12194440054690583e-4;

Rounded roundProduct(Expr x, double factor, int bias) {
  // At 1.5 * 2^23 the last place of a float is 1, so the addition rounds to an
  // integer and leaves it in the low bits: no rounding instruction is needed.
  bool wide = mlir::getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth() == 64;
  double magic = (wide ? 0x1.8p52 : 0x1.8p23) + bias;
  Expr shifted = factor == 1.0 ? x + magic : fma(x, factor, magic);
  return {shifted - magic, bits(shifted)};
}

Expr powerOfTwo(Expr n) { return fromBits((n << 23) + 0x3f800000); }

Expr scale(Expr x, Expr biasedN) {
  // In two halves, as 2^n alone may be out of range; only the last product
  // rounds. Halves of n + 254 have a float's bias of 127 each.
  Expr half = biasedN >> 1;
  return x * fromBits(half << 23) * fromBits((biasedN - half) << 23);
}

Expr scaleNormal(Expr x, Expr n) { return fromBits(bits(x) + (n << 23)); }

/// r = x - n ln 2.
static Expr subtractLn2(Expr x, Expr n) { return fma(n, -ln2Lo, fma(n, -ln2Hi, x)); }

ScaledExp expParts(Expr x, int bias) {
  Rounded n = roundProduct(x, log2E, bias);
  Expr r = subtractLn2(x, n.value);
  Expr tail = horner(r, {1.382080023e-03, 8.369250223e-03, 4.166828096e-02, 1.666651666e-01, 4.999999404e-01});
  return {fma(r * r, tail, r) + 1.0, n.bits};
}

Expr expM1Reduced(Expr r) {
  Expr tail =
      horner(r, {1.994425547e-04, 1.393356477e-03, 8.333208039e-03, 4.166648164e-02, 1.666666716e-01, 5.000000000e-01});
  return fma(r * r, tail, r);
}

Expr exp2Reduced(Expr f) {
  Expr tail =
      horner(f, {1.546289714e-04, 1.339120092e-03, 9.618062526e-03, 5.550359190e-02, 2.402265072e-01, 6.931471825e-01});
  return fma(f, tail, 1.0);
}

Expr exp2Wide(Expr x) {
  x = min(max(x, -200.0), 200.0);
  Rounded n = roundProduct(x, 1.0, scaleBias);
  return scale(exp2Reduced(toF32(x - n.value)), toI32(n.bits));
}

Expr expandExp(Expr x) {
  // Beyond these the result is 0 or infinity.
  ScaledExp e = expParts(min(max(x, -104.0), 89.0), scaleBias);
  return scale(e.fraction, e.exponent);
}

Expr expandExp2(Expr x) {
  x = min(max(x, -151.0), 129.0);
  Rounded n = roundProduct(x, 1.0, scaleBias);
  return scale(exp2Reduced(x - n.value), n.bits);
}

Expr expandExpM1(Expr x) {
  Expr clamped = min(max(x, -40.0), 89.0);
  Rounded n = roundProduct(clamped, log2E);
  Expr m1 = expM1Reduced(subtractLn2(clamped, n.value));
  // 2^n (m1 + 1) - 1, with 2^(n-1) because 2^128 is not a float.
  Expr half = powerOfTwo(n.bits - 1);
  Expr result = fma(m1, half, half - 0.5);
  result = result + result;
  // Halving would lose the last bit of a denormal; -0 stays -0.
  return copySign(select(n.value == 0.0, m1, result), x);
}

} // namespace tc::expand_math
