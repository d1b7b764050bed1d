// Matrix products and what adds to them.

#include "Call.h"

#include <cmath>

using namespace mlir;

namespace tc::decompose {

// A factor of integers is cut to one.
static Expr factorAt(Call &c, size_t i) {
  if (i >= c.getNumArgs() || c.isNone(i))
    return 1;
  Expr factor = c.expr(i);
  return factor.isReal() && !isa<FloatType>(c.element()) ? Expr(static_cast<int64_t>(*factor.getNumber())) : factor;
}

// beta * self + alpha * product; with beta 0 self does not take part, not even its NaN.
static Expr accumulate(Call &c, const Expr &product, size_t beta, size_t alpha) {
  Expr scale = factorAt(c, alpha), factor = factorAt(c, beta);
  Expr scaled = scale.getNumber() == 1 ? product : scale * product;
  if (factor.getNumber() == 0)
    return scaled;
  // Integers keep their type, floats take a real factor.
  Expr self = c.wide(0);
  if (factor.getNumber() != 1)
    self = factor * self;
  return scaled + self;
}

// Matrices of one element type, as eager mode demands: PyTorch refuses others by name.
static Expr product(Call &c, size_t i, size_t j, StringRef spec) {
  Expr x = c.expr(i), y = c.expr(j);
  if (x.getElementType() != y.getElementType())
    c.reject("a product of different element types");
  return contract(x, y, spec);
}

static Results mm(Call &c) { return product(c, 0, 1, "ik,kj->ij"); }
static Results intMm(Call &c) {
  return contract(castTo(c.expr(0), c.element()), castTo(c.expr(1), c.element()), "ik,kj->ij");
}
static Results bmm(Call &c) { return product(c, 0, 1, "bik,bkj->bij"); }
static Results mv(Call &c) { return product(c, 0, 1, "ik,k->i"); }
static Results dot(Call &c) { return product(c, 0, 1, "k,k->"); }
static Results outer(Call &c) { return unsqueeze(c.expr(0), 1) * unsqueeze(c.expr(1), 0); }
// addmm(self, mat1, mat2, *, beta, alpha) and its like.
static Results addmm(Call &c) { return accumulate(c, product(c, 1, 2, "ik,kj->ij"), 3, 4); }
static Results baddbmm(Call &c) { return accumulate(c, product(c, 1, 2, "bik,bkj->bij"), 3, 4); }
static Results addbmm(Call &c) {
  // Two indices are summed over: those of the batch and of the matrices.
  return accumulate(c, product(c, 1, 2, "bik,bkj->ij"), 3, 4);
}
static Results addmv(Call &c) { return accumulate(c, product(c, 1, 2, "ik,k->i"), 3, 4); }
static Results addr(Call &c) { return accumulate(c, unsqueeze(c.wide(1), 1) * unsqueeze(c.wide(2), 0), 3, 4); }

static Results matmulFunction(Call &c) {
  Expr x = c.expr(0), y = c.expr(1);
  int64_t rankX = x.getRank(), rankY = y.getRank();
  if (rankX == 0 || rankY == 0) {
    c.fail("a product of scalars");
    return Expr();
  }
  // A vector is a matrix of one row or column, which the captured sizes leave out again.
  if (rankX == 1)
    x = unsqueeze(x, 0);
  if (rankY == 1)
    y = unsqueeze(y, 1);
  if (x.getElementType() != y.getElementType())
    c.reject("a product of different element types");
  Expr result = matmul(x, y);
  if (rankY == 1)
    result = squeeze(result, -1);
  if (rankX == 1)
    result = squeeze(result, rankY == 1 ? -1 : -2);
  return result;
}

// linear(input, weight [out, in], bias) of any rank.
static Results linear(Call &c) {
  Expr x = c.expr(0), weight = c.expr(1), bias = c.wide(2);
  if (x.getRank() == 0 || weight.getRank() == 0 || x.getRank() > 20) {
    c.fail("linear of a scalar");
    return Expr();
  }
  std::string outerLetters = StringRef("abcdefghijlmnopqrstuvw").take_front(x.getRank() - 1).str();
  bool isVector = weight.getRank() == 1;
  if (x.getElementType() != weight.getElementType())
    c.reject("a product of different element types");
  Expr product =
      contract(x, weight, outerLetters + (isVector ? "z,z->" : "z,yz->") + outerLetters + (isVector ? "" : "y"));
  return bias ? product + bias : product;
}

// bilinear and einsum reach us decomposed; kron does not.
static Results kron(Call &c) {
  Expr x = c.expr(0), y = c.expr(1);
  int64_t rank = std::max(x.getRank(), y.getRank());
  while (x.getRank() < rank)
    x = unsqueeze(x, 0);
  while (y.getRank() < rank)
    y = unsqueeze(y, 0);
  for (int64_t d = 0; d < rank; ++d) {
    x = unsqueeze(x, 2 * d + 1);
    y = unsqueeze(y, 2 * d);
  }
  return reshape(x * y, c.resultSizes());
}

static Results trace(Call &c) {
  Expr x = c.expr(0);
  Expr diagonal = select(eq(iota(c, x.getSizes(), 0), iota(c, x.getSizes(), 1)), x, 0);
  return sum(castTo(diagonal, c.element()), {0, 1});
}

// _cdist_forward(x1 [..., P, M], x2 [..., R, M], p, compute_mode): distances of all pairs of rows.
static Results cdist(Call &c) {
  Expr x = c.expr(0), y = c.expr(1);
  double p = c.number(2);
  Expr apart = abs(unsqueeze(x, -2) - unsqueeze(y, -3));
  if (std::isinf(p))
    return amax(apart, -1);
  if (p == 0)
    return sum(castTo(ne(apart, 0.0), c.element()), -1);
  if (p == 1)
    return sum(apart, -1);
  return p == 2 ? sqrt(sum(apart * apart, -1)) : pow(sum(pow(apart, p), -1), 1 / p);
}

void addLinearAlgebra(Decompositions &d) {
  d.add({"mm", "mm.dtype"}, mm);
  d.add({"bmm", "bmm.dtype"}, bmm);
  d.add("mv", mv);
  d.add({"dot", "vdot", "inner"}, dot);
  d.add({"outer", "ger"}, outer);
  d.add("addmm", addmm);
  d.add("baddbmm", baddbmm);
  d.add("addbmm", addbmm);
  d.add("addmv", addmv);
  d.add("addr", addr);
  d.add({"matmul", "linalg_matmul"}, matmulFunction);
  d.add("linear", linear);
  d.add("_int_mm", intMm);
  d.add("kron", kron);
  d.add("trace", trace);
  d.add("_cdist_forward", cdist);
}

} // namespace tc::decompose
