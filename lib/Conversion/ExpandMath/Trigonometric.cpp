// sin, cos, tan: x = q pi/2 + r with |r| <= pi/4, for every float x.

#include "Functions.h"
#include "Kernels.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace tc::expand_math {

namespace {
/// The quadrant (i64, its two low bits) and the rest, in f64.
struct Reduced {
  Expr quadrant;
  Expr r;
};

/// 2/pi without the bits that times x >= 2^from give multiples of 4. Two parts
/// of at most 29 bits, whose products with a float are exact in f64, and the
/// rest. Good for 27 binary orders.
struct TwoOverPi {
  double from;
  double high, middle, low;
};
} // namespace

static constexpr TwoOverPi twoOverPi[] = {
    {0x1p20, 0x1.45f306p-1, 0x1.b939104p-26, 0x1.4a7f09d5f47d5p-54},
    {0x1p47, 0x1.b72722p-23, 0x1.529fc27p-52, 0x1.5f47d4d377037p-82},
    {0x1p74, 0x1.529fc24p-52, 0x1.abe8fa9p-79, 0x1.4ddc0db629599p-108},
    {0x1p101, 0x1.d5f47d4p-78, 0x1.a6ee06cp-107, 0x1.b14acc9e21c82p-135},
};
static constexpr double reduceBySubtraction = 0x1p20;
static constexpr double halfPi = 1.5707963267948966;

/// Cody and Waite in f64, for |x| < 2^20: n times the high part of pi/2, of 33
/// bits, is exact.
static Reduced reduceModerate(Expr x) {
  Expr wide = toF64(x);
  Rounded n = roundProduct(wide, 0.6366197723675814);
  Expr r = fma(n.value, -1.57079632673412561417e+00, wide);
  return {n.bits, fma(n.value, -6.07710050650619224932e-11, r)};
}

/// Payne and Hanek, for |x| >= 2^20: only the bits of 2/pi that matter for x.
static Reduced reduceLarge(Expr x) {
  Expr wide = toF64(x);
  Expr magnitude = abs(wide);
  auto choose = [&](double TwoOverPi::*part) {
    Expr chosen = wide.like(twoOverPi[0].*part);
    for (const TwoOverPi &band : llvm::ArrayRef(twoOverPi).drop_front())
      chosen = select(magnitude >= band.from, band.*part, chosen);
    return chosen;
  };
  Expr high = wide * choose(&TwoOverPi::high);
  Expr middle = wide * choose(&TwoOverPi::middle);
  Expr low = wide * choose(&TwoOverPi::low);
  // The last place of a double at 1.5 * 2^54 is 4: drop whole turns, exactly.
  high = high - ((high + 0x1.8p54) - 0x1.8p54);
  Rounded n = roundProduct(high + middle + low, 1.0);
  Expr r = (high - n.value) + middle + low;
  return {n.bits, r * halfPi};
}

static Reduced reduce(Expr x) {
  // Large arguments are rare, so they are a branch, not a select.
  Emitter &emitter = x.getEmitter();
  ImplicitLocOpBuilder &builder = *emitter.builder;
  Value anyLarge = anyLane(abs(x) >= reduceBySubtraction);
  auto branch = [&](Reduced (*reduction)(Expr)) {
    return [&, reduction](OpBuilder &inner, Location loc) {
      OpBuilder::InsertionGuard guard(builder);
      builder.restoreInsertionPoint(inner.saveInsertionPoint());
      Reduced result = reduction(x);
      scf::YieldOp::create(builder, ValueRange{result.quadrant.get(), result.r.get()});
    };
  };
  auto either = [&](OpBuilder &inner, Location loc) {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(inner.saveInsertionPoint());
    // Lanes of one vector may be of both kinds.
    Reduced moderate = reduceModerate(x), large = reduceLarge(x);
    Expr isLarge = abs(x) >= reduceBySubtraction;
    scf::YieldOp::create(builder, ValueRange{select(isLarge, large.quadrant, moderate.quadrant).get(),
                                             select(isLarge, large.r, moderate.r).get()});
  };
  auto ifOp = scf::IfOp::create(builder, anyLarge, either, branch(reduceModerate));
  return {Expr(emitter, ifOp.getResult(0)), Expr(emitter, ifOp.getResult(1))};
}

static Expr sinReduced(Expr r) {
  Expr z = r * r;
  return fma(r * z, horner(z, {-1.950684236e-04, 8.332101628e-03, -1.666665375e-01}), r);
}

static Expr cosReduced(Expr r) {
  Expr z = r * r;
  Expr tail = horner(z, {2.443088124e-05, -1.388730248e-03, 4.166664556e-02});
  return fma(z * z, tail, fma(z, -0.5, 1.0));
}

namespace {
struct SinCosParts {
  Expr quadrant;
  Expr sin;
  Expr cos;
};
} // namespace

static SinCosParts sinCosParts(Expr x) {
  Reduced reduced = reduce(x);
  Expr r = toF32(reduced.r);
  return {toI32(reduced.quadrant), sinReduced(r), cosReduced(r)};
}

/// sin(q pi/2 + r).
static Expr sinOfQuadrant(Expr quadrant, const SinCosParts &parts) {
  Expr unsignedSin = select((quadrant & 1) == 0, parts.sin, parts.cos);
  return fromBits(bits(unsignedSin) ^ ((quadrant & 2) << 30));
}

static Expr sinOf(Expr x, const SinCosParts &parts) {
  return select(x == 0.0, x, sinOfQuadrant(parts.quadrant, parts)); // -0 stays -0
}

static Expr cosOf(const SinCosParts &parts) { return sinOfQuadrant(parts.quadrant + 1, parts); }

Expr expandSin(Expr x) { return sinOf(x, sinCosParts(x)); }
Expr expandCos(Expr x) { return cosOf(sinCosParts(x)); }

std::pair<Expr, Expr> expandSinCos(Expr x) {
  SinCosParts parts = sinCosParts(x);
  return {sinOf(x, parts), cosOf(parts)};
}

Expr expandTan(Expr x) {
  Reduced reduced = reduce(x);
  Expr quadrant = toI32(reduced.quadrant), r = toF32(reduced.r);
  Expr z = r * r;
  Expr tail =
      horner(z, {9.673948400e-03, 2.622113097e-03, 2.474817075e-02, 5.331955850e-02, 1.333994567e-01, 3.333311081e-01});
  Expr tanR = fma(r * z, tail, r);
  return select((quadrant & 1) == 0, tanR, -1.0 / tanR);
}

} // namespace tc::expand_math
