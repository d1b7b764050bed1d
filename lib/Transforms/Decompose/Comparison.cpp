// Comparisons, logic, and choices between elements.

#include "Call.h"

#include <limits>

using namespace mlir;

namespace tc::decompose {

template <ComparePredicate predicate> static Results comparison(Call &c) {
  Expr x = c.expr(0), y = c.expr(1);
  // A tensor of numbers only: compared in the type that both promote to.
  if (!x.isTensor() && !y.isTensor())
    x = x.as(c, promote(c, {x, y}));
  return compare(predicate, x, y);
}

static Results logicalAnd(Call &c) { return toBool(c.expr(0)) & toBool(c.expr(1)); }
static Results logicalOr(Call &c) { return toBool(c.expr(0)) | toBool(c.expr(1)); }
static Results logicalXor(Call &c) { return toBool(c.expr(0)) ^ toBool(c.expr(1)); }

static Expr isInfinite(const Expr &x) {
  return isFloat(x) ? eq(abs(x), std::numeric_limits<double>::infinity()) : ne(x, x);
}
static Results isinf(Call &c) { return isInfinite(c.expr(0)); }
static Results isnanFunction(Call &c) { return isnan(c.expr(0)); }
static Results isfinite(Call &c) { return ~(isInfinite(c.expr(0)) | isnan(c.expr(0))); }
static Results isposinf(Call &c) {
  Expr x = c.expr(0);
  return isFloat(x) ? eq(x, std::numeric_limits<double>::infinity()) : ne(x, x);
}
static Results isneginf(Call &c) {
  Expr x = c.expr(0);
  return isFloat(x) ? eq(x, -std::numeric_limits<double>::infinity()) : ne(x, x);
}

static Results isclose(Call &c) {
  Expr x = c.real(0), y = c.real(1);
  Expr near = abs(x - y) <= c.number(3, 1e-8) + abs(c.number(2, 1e-5) * y);
  Expr close = eq(x, y) | (near & ~isInfinite(x - y));
  return c.flag(4, false) ? close | (isnan(x) & isnan(y)) : close;
}

// where(condition, self, other), either of them a number.
static Results where(Call &c) {
  Expr x = castTo(c.expr(1), c.element()), y = castTo(c.expr(2), c.element());
  return select(c.expr(0), x.as(c, c.element()), y);
}

// masked_fill(self, mask, value).
static Results maskedFill(Call &c) { return select(c.expr(1), castTo(c.expr(2), c.element()), c.expr(0)); }

static Results heaviside(Call &c) {
  Expr x = c.expr(0), one = Expr(1).as(c, c.element()), zero = Expr(0).as(c, c.element());
  return select(eq(x, 0), c.expr(1), select(isnan(x), x, select(x < 0, zero, one)));
}

void addComparisons(Decompositions &d) {
  d.add({"eq.*", "prims::eq.*"}, comparison<ComparePredicate::eq>);
  d.add({"ne.*", "not_equal.*", "prims::ne.*"}, comparison<ComparePredicate::ne>);
  d.add({"lt.*", "less.*", "prims::lt.*"}, comparison<ComparePredicate::lt>);
  d.add({"le.*", "less_equal.*", "prims::le.*"}, comparison<ComparePredicate::le>);
  d.add({"gt.*", "greater.*", "prims::gt.*"}, comparison<ComparePredicate::gt>);
  d.add({"ge.*", "greater_equal.*", "prims::ge.*"}, comparison<ComparePredicate::ge>);
  d.add("logical_and", logicalAnd);
  d.add("logical_or", logicalOr);
  d.add("logical_xor", logicalXor);
  d.add("isinf", isinf);
  d.add("isnan", isnanFunction);
  d.add("isfinite", isfinite);
  d.add("isposinf", isposinf);
  d.add("isneginf", isneginf);
  d.add("isclose", isclose);
  d.add({"where.*", "prims::where.*"}, where);
  d.add("masked_fill.*", maskedFill);
  d.add("heaviside", heaviside);
}

} // namespace tc::decompose
