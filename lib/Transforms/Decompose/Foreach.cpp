// The list forms of arithmetic that optimizers use: each a formula for every tensor of the lists.

#include "Call.h"

using namespace mlir;

namespace tc::decompose {

// The i-th of an argument that is a list or one value for all.
static Expr each(Call &c, size_t argument, size_t i) {
  if (!c.isList(argument))
    return castTo(c.expr(argument), c.element(i));
  SmallVector<Expr> list = c.exprs(argument);
  if (i >= list.size()) {
    c.fail("lists of different lengths");
    return Expr();
  }
  return castTo(list[i], c.element(i));
}

template <typename Formula> static Results forEach(Call &c, Formula formula) {
  SmallVector<Expr> results;
  for (size_t i = 0; i < c.getNumResults(); ++i)
    results.push_back(formula(i));
  return results;
}

template <Expr (*function)(const Expr &)> static Results unary(Call &c) {
  return forEach(c, [&](size_t i) { return function(each(c, 0, i)); });
}
template <Expr (*function)(const Expr &, const Expr &)> static Results binary(Call &c) {
  return forEach(c, [&](size_t i) { return function(each(c, 0, i), each(c, 1, i)); });
}
// _foreach_add.List(self, other, alpha), .Scalar(self, scalar), .ScalarList(self, scalars).
template <Expr (*function)(const Expr &, const Expr &)> static Results scaled(Call &c) {
  return forEach(c, [&](size_t i) {
    Expr other = each(c, 1, i);
    bool hasAlpha = c.getNumArgs() > 2 && !c.isNone(2) && c.expr(2).getNumber() != 1;
    return function(each(c, 0, i), hasAlpha ? other * c.expr(2) : other);
  });
}

// _foreach_addcmul.Scalar(self, tensor1, tensor2, value), .ScalarList.
static Results addcmul(Call &c) {
  return forEach(c, [&](size_t i) {
    Expr value = c.isNone(3) ? Expr(1) : each(c, 3, i);
    return widen(each(c, 0, i)) + value * (widen(each(c, 1, i)) * widen(each(c, 2, i)));
  });
}
static Results addcdiv(Call &c) {
  return forEach(c, [&](size_t i) {
    Expr value = c.isNone(3) ? Expr(1) : each(c, 3, i);
    return widen(each(c, 0, i)) + value * (widen(each(c, 1, i)) / widen(each(c, 2, i)));
  });
}
static Results lerp(Call &c) {
  return forEach(c, [&](size_t i) {
    Expr start = widen(each(c, 0, i)), end = widen(each(c, 1, i)), weight = widen(each(c, 2, i));
    if (auto known = weight.getNumber())
      return std::abs(*known) < 0.5 ? start + weight * (end - start) : end - (end - start) * (1 - weight);
    return select(abs(weight) < 0.5, start + weight * (end - start), end - (end - start) * (1.0 - weight));
  });
}
static Results norm(Call &c) {
  double order = c.number(1, 2);
  if (order != 1 && order != 2)
    c.reject("a norm of another order than 1 and 2");
  return forEach(c, [&](size_t i) {
    Expr x = widen(each(c, 0, i));
    return order == 1 ? sum(abs(x), allDims(x)) : sqrt(sum(square(x), allDims(x)));
  });
}
static Expr zeroOf(const Expr &x) {
  return x.isTensor() ? full(*x.getBuilder(), x.getSizes(), 0, x.getElementType()) : x;
}
static Expr negate(const Expr &x) { return -x; }
static Expr subtract(const Expr &x, const Expr &y) { return x - y; }
static Expr identity(const Expr &x) { return x; }
static Expr second(const Expr &, const Expr &y) { return y; }

void addForeach(Decompositions &d) {
  d.add("_foreach_add.*", scaled<operator+ >);
  d.add("_foreach_sub.*", scaled<subtract>);
  d.add("_foreach_mul.*", binary<operator*>);
  d.add("_foreach_div.*", binary<operator/ >);
  d.add({"_foreach_maximum.*", "_foreach_clamp_min.*"}, binary<maximum>);
  d.add({"_foreach_minimum.*", "_foreach_clamp_max.*"}, binary<minimum>);
  d.add({"_foreach_pow.List", "_foreach_pow.Scalar", "_foreach_pow.ScalarList"}, binary<pow>);
  d.add("_foreach_addcmul.*", addcmul);
  d.add("_foreach_addcdiv.*", addcdiv);
  d.add("_foreach_lerp.*", lerp);
  d.add("_foreach_norm.*", norm);
  d.add("_foreach_sqrt", unary<sqrt>);
  d.add("_foreach_rsqrt", unary<rsqrt>);
  d.add("_foreach_neg", unary<negate>);
  d.add("_foreach_abs", unary<abs>);
  d.add("_foreach_exp", unary<exp>);
  d.add("_foreach_reciprocal", unary<reciprocal>);
  d.add("_foreach_sign", unary<sign>);
  d.add("_foreach_zero", unary<zeroOf>);
  d.add("_foreach_clone", unary<identity>);
  d.add("_foreach_copy", binary<second>);
}

} // namespace tc::decompose
