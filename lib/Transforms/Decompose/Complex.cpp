// Complex numbers: formulas on real and imaginary parts, which lie side by side in memory.

#include "Call.h"

#include <cmath>

using namespace mlir;

namespace tc::decompose {

namespace {
/// A complex value; a real one has no imaginary part.
struct Parts {
  Expr re, im;
  Expr imaginary() const { return im ? im : Expr(0.0); }
};
} // namespace

// A tensor's parts, side by side in a last dimension.
static Expr viewAsReal(Call &c, const Expr &x) {
  Sizes sizes = x.getSizes();
  sizes.push_back(c.size(2));
  Type element = cast<ComplexType>(x.getElementType()).getElementType();
  return Expr(c, ReinterpretOp::create(c, c.loc, getTensorType(sizes, element), x.getValue()));
}

static Parts parts(Call &c, size_t i) {
  Expr x = c.expr(i);
  if (!x.isTensor() || !isa<ComplexType>(x.getElementType()))
    return {x, Expr()};
  Expr both = viewAsReal(c, x);
  return {at(both, -1, c.size(0)), at(both, -1, c.size(1))};
}

// A complex tensor of the captured result's sizes.
static Expr join(Call &c, const Parts &z) {
  RankedTensorType type = c.resultType();
  auto complex = dyn_cast<ComplexType>(type.getElementType());
  if (!complex)
    return z.re;
  auto part = [&](const Expr &x) {
    return unsqueeze(broadcast(castTo(x.as(c, complex.getElementType()), complex.getElementType()), c.resultSizes()),
                     type.getRank());
  };
  Expr both = concat({part(z.re), part(z.imaginary())}, type.getRank());
  return Expr(c, ReinterpretOp::create(c, c.loc, type, both.getValue()));
}

static Parts operator+(const Parts &a, const Parts &b) {
  return {a.re + b.re, a.im && b.im ? a.im + b.im : a.im ? a.im : b.im};
}
static Parts operator-(const Parts &a) { return {-a.re, a.im ? -a.im : Expr()}; }
static Parts operator-(const Parts &a, const Parts &b) { return a + -b; }
static Parts operator*(const Parts &a, const Parts &b) {
  if (!a.im || !b.im)
    return {a.re * b.re, a.im ? a.im * b.re : b.im ? a.re * b.im : Expr()};
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
static Parts conjugate(const Parts &a) { return {a.re, a.im ? -a.im : Expr()}; }
static Parts scale(const Parts &a, const Expr &factor) { return {a.re * factor, a.im ? a.im * factor : Expr()}; }
static Expr squaredNorm(const Parts &a) { return a.re * a.re + (a.im ? a.im * a.im : Expr(0.0)); }

// The absolute value without overflow.
static Expr norm(const Parts &a) {
  if (!a.im)
    return abs(a.re);
  Expr x = abs(a.re), y = abs(a.im), large = maximum(x, y), small = minimum(x, y);
  Expr ratio = small / select(eq(large, 0.0), 1.0, large), infinite = std::numeric_limits<double>::infinity();
  Expr result = select(eq(large, small), large * M_SQRT2, large * sqrt(1.0 + ratio * ratio));
  return select(eq(x, infinite) | eq(y, infinite), infinite, result);
}
static Expr angle(const Parts &a) { return atan2(a.imaginary(), a.re); }

// Divided by the larger part of the divisor first, so that its square does not overflow.
static Parts operator/(const Parts &a, const Parts &b) {
  if (!b.im)
    return {a.re / b.re, a.im ? a.im / b.re : Expr()};
  Expr large = maximum(abs(b.re), abs(b.im));
  Parts unit{b.re / large, b.im / large};
  Parts product = Parts{a.re / large, a.im ? a.im / large : Expr()} * conjugate(unit);
  Expr divisor = squaredNorm(unit);
  return {product.re / divisor, product.im / divisor};
}

static Parts exponential(const Parts &a) {
  Expr size = exp(a.re);
  return {size * cos(a.imaginary()), size * sin(a.imaginary())};
}
static Parts logarithm(const Parts &a) { return {log(norm(a)), angle(a)}; }
static Parts fromPolar(const Expr &size, const Expr &angle) { return {size * cos(angle), size * sin(angle)}; }

// Of the half-plane on the right.
static Parts squareRoot(const Parts &a) {
  Expr size = norm(a), re = sqrt((size + abs(a.re)) * 0.5), im = a.imaginary() / (2.0 * re);
  Expr isZero = eq(size, 0.0), isRight = a.re >= 0.0;
  Expr root = select(isRight, re, abs(im)), rest = select(isRight, im, copysign(re, a.imaginary()));
  return {select(isZero, 0.0, root), select(isZero, a.imaginary(), rest)};
}

template <Parts (*function)(const Parts &)> static Results unary(Call &c) { return join(c, function(parts(c, 0))); }
template <Expr (*function)(const Parts &)> static Results realOf(Call &c) { return function(parts(c, 0)); }
template <Parts (*function)(const Parts &, const Parts &)> static Results binary(Call &c) {
  return join(c, function(parts(c, 0), parts(c, 1)));
}

// add(self, other, alpha), sub, rsub.
static Parts scaled(Call &c, size_t i) {
  Expr alpha = c.expr(2);
  return alpha && alpha.getNumber() != 1 ? scale(parts(c, i), alpha) : parts(c, i);
}
static Results add(Call &c) { return join(c, parts(c, 0) + scaled(c, 1)); }
static Results sub(Call &c) { return join(c, parts(c, 0) - scaled(c, 1)); }
static Results rsub(Call &c) { return join(c, parts(c, 1) - scaled(c, 0)); }
static Results divide(Call &c) {
  if (c.getNumArgs() > 2)
    c.fail("complex numbers have no rounding mode");
  return join(c, parts(c, 0) / parts(c, 1));
}

static Parts reciprocalOf(const Parts &a) { return Parts{Expr(1.0), Expr()} / a; }
static Parts squareOf(const Parts &a) { return a * a; }
static Parts sine(const Parts &a) { return {sin(a.re) * cosh(a.imaginary()), cos(a.re) * sinh(a.imaginary())}; }
static Parts cosine(const Parts &a) { return {cos(a.re) * cosh(a.imaginary()), -(sin(a.re) * sinh(a.imaginary()))}; }
static Parts signOf(const Parts &a) {
  Expr size = norm(a), isZero = eq(size, 0.0), divisor = select(isZero, 1.0, size);
  return {a.re / divisor, a.imaginary() / divisor};
}
static Parts same(const Parts &a) { return a; }

static Results complex(Call &c) { return join(c, {c.expr(0), c.expr(1)}); }
static Results polar(Call &c) { return join(c, fromPolar(c.expr(0), c.expr(1))); }
static Results imaginaryPart(Call &c) { return parts(c, 0).imaginary(); }
static Results realPart(Call &c) { return parts(c, 0).re; }

static Results equal(Call &c) {
  Parts x = parts(c, 0), y = parts(c, 1);
  Expr result = eq(x.re, y.re) & eq(x.imaginary(), y.imaginary());
  return c.getPacket() == "ne" ? ~result : result;
}
static Results isNan(Call &c) {
  Parts x = parts(c, 0);
  return isnan(x.re) | isnan(x.imaginary());
}

// sum(self, …), sum.dim_IntList(self, dims, keepdim, …), mean likewise.
static Results sumOrMean(Call &c) {
  Parts x = parts(c, 0);
  bool hasDims = c.getName().contains(".dim") || c.getName().contains("dim_IntList");
  Ints dims = hasDims ? c.dims(1, x.re.getRank()) : allDims(x.re);
  bool keep = hasDims && c.flag(2, false);
  auto reduced = [&](const Expr &part) {
    return c.getPacket() == "mean" ? mean(part, dims, keep) : sum(part, dims, keep);
  };
  return join(c, {reduced(x.re), reduced(x.imaginary().as(c, x.re.getElementType()))});
}
static Results cumulativeSum(Call &c) {
  Parts x = parts(c, 0);
  return join(c, {scan(ReductionKind::sum, x.re, c.integer(1)), scan(ReductionKind::sum, x.im, c.integer(1))});
}

// Products of matrices: four real ones.
static Results product(Call &c, size_t i, StringRef spec) {
  Parts x = parts(c, i), y = parts(c, i + 1);
  if (!x.im || !y.im) {
    c.reject("a product of real and complex matrices");
    return Expr();
  }
  return join(c, {contract(x.re, y.re, spec) - contract(x.im, y.im, spec),
                  contract(x.re, y.im, spec) + contract(x.im, y.re, spec)});
}
static Results mm(Call &c) { return product(c, 0, "ik,kj->ij"); }
static Results bmm(Call &c) { return product(c, 0, "bik,bkj->bij"); }
static Results mv(Call &c) { return product(c, 0, "ik,k->i"); }
static Results dot(Call &c) { return product(c, 0, "k,k->"); }

void addComplex(Decompositions &d, const Decompositions &real) {
  // What moves elements has the formula that it has for others; tc-expand-complex takes the result apart.
  for (StringRef name : {"cat",
                         "flip",
                         "clone",
                         "index_select",
                         "index.Tensor",
                         "gather",
                         "repeat",
                         "roll",
                         "stack",
                         "unbind.int",
                         "split.Tensor",
                         "split_with_sizes",
                         "slice.Tensor",
                         "select.int",
                         "permute",
                         "transpose.int",
                         "t",
                         "view",
                         "reshape",
                         "_reshape_alias",
                         "_unsafe_view",
                         "expand",
                         "squeeze",
                         "squeeze.dim",
                         "squeeze.dims",
                         "unsqueeze",
                         "contiguous",
                         "take",
                         "take_along_dim",
                         "slice_scatter",
                         "slice_backward",
                         "select_backward",
                         "constant_pad_nd",
                         "zeros",
                         "zeros_like",
                         "new_zeros",
                         "select_scatter",
                         "diagonal",
                         "alias",
                         "detach",
                         "lift_fresh_copy",
                         "copy",
                         "_to_copy",
                         "prims::convert_element_type"})
    if (const Decomposition *formula = real.lookup(name))
      d.add(name, *formula);
  d.add("add.*", add);
  d.add({"sub.*", "subtract.*"}, sub);
  d.add("rsub.*", rsub);
  d.add({"mul.*", "multiply.*"}, binary<operator*>);
  d.add({"div.Tensor", "div.Scalar", "true_divide.*", "divide.Tensor"}, divide);
  d.add({"neg", "negative"}, unary<operator- >);
  d.add({"conj_physical", "_conj_physical", "_conj", "conj"}, unary<conjugate>);
  d.add({"resolve_conj", "resolve_neg", "positive"}, unary<same>);
  d.add("reciprocal", unary<reciprocalOf>);
  d.add("square", unary<squareOf>);
  d.add("exp", unary<exponential>);
  d.add("log", unary<logarithm>);
  d.add("sqrt", unary<squareRoot>);
  d.add("sin", unary<sine>);
  d.add("cos", unary<cosine>);
  d.add("sgn", unary<signOf>);
  d.add({"abs", "absolute"}, realOf<norm>);
  d.add("angle", realOf<angle>);
  d.add("real", realPart);
  d.add("imag", imaginaryPart);
  d.add("complex", complex);
  d.add("polar", polar);
  d.add({"eq.*", "ne.*"}, equal);
  d.add("isnan", isNan);
  d.add({"sum", "sum.dim_IntList", "mean", "mean.dim"}, sumOrMean);
  d.add("cumsum", cumulativeSum);
  d.add("mm", mm);
  d.add("bmm", bmm);
  d.add("mv", mv);
  d.add("dot", dot);
}

} // namespace tc::decompose
