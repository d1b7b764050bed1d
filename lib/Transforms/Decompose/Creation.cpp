// Tensors from nothing: filled, counted, triangular, one-hot. Sizes and types are those captured.

#include "Call.h"

using namespace mlir;

namespace tc::decompose {

static Expr filled(Call &c, const Expr &value) {
  return full(c, c.resultSizes(), castTo(value, c.element()), c.element());
}

static Results zeros(Call &c) { return filled(c, 0); }
static Results ones(Call &c) { return filled(c, 1); }
// full(size, value), full_like(self, value), new_full(self, size, value), scalar_tensor(value), fill(self, value).
static Results fullFunction(Call &c) { return filled(c, c.expr(1)); }
static Results newFull(Call &c) { return filled(c, c.expr(2)); }
static Results scalarTensor(Call &c) { return filled(c, c.expr(0)); }

// start + step * i, counted in i64 for integers and in the result's type for floats.
static Expr counted(Call &c, Expr start, Expr step) {
  Expr i = iota(c, c.resultSizes(), 0);
  if (isa<FloatType>(c.element()))
    i = castTo(i, isReducedFloat(c.element()) ? c.f32() : c.element());
  else
    for (Expr *number : {&start, &step})
      if (number->isReal())
        *number = static_cast<int64_t>(*number->getNumber());
  if (step.getNumber() != 1)
    i = i * step;
  return start.getNumber() == 0 ? i : i + start;
}
// arange(end), arange.start(start, end), arange.start_step(start, end, step).
static Results arange(Call &c) {
  if (c.getName().ends_with("start_step"))
    return counted(c, c.expr(0), c.isNone(2) ? Expr(1) : c.expr(2));
  return counted(c, c.getName().ends_with("start") ? c.expr(0) : Expr(0), 1);
}
// prims::iota(length, *, start, step).
static Results primsIota(Call &c) { return counted(c, c.expr(1), c.expr(2)); }

// linspace(start, end, steps): from either end, so that both are exact.
static Results linspace(Call &c) {
  int64_t steps = c.integer(2);
  Expr i = castTo(iota(c, c.resultSizes(), 0), c.element().isF64() ? c.element() : c.f32());
  Expr start = c.expr(0), end = c.expr(1);
  if (steps <= 1)
    return filled(c, start);
  Expr step = (end - start) / (steps - 1.0);
  return select(i < steps / 2, start + step * i, end - step * ((steps - 1.0) - i));
}

static Results eye(Call &c) {
  Sizes sizes = c.resultSizes();
  return eq(iota(c, sizes, 0), iota(c, sizes, 1));
}

// tril(self, diagonal): what is on and below it.
template <bool lower> static Results triangle(Call &c) {
  Expr x = c.expr(0);
  if (x.getRank() < 2) {
    c.fail("a triangle of a tensor of rank " + Twine(x.getRank()));
    return Expr();
  }
  Expr row = unsqueeze(iota(c, x.getSize(-2)), 1), column = unsqueeze(iota(c, x.getSize(-1)), 0);
  if (int64_t diagonal = c.integer(1, 0))
    row = row + diagonal;
  Expr kept = lower ? column <= row : column >= row;
  return isBool(x) ? kept & x : select(kept, x, 0);
}

// one_hot(self, num_classes).
static Results oneHot(Call &c) {
  Expr x = c.expr(0);
  Sizes sizes = c.resultSizes();
  return eq(unsqueeze(x, x.getRank()), iota(c, sizes.back()));
}

// complex, vander and others are built by their callers; meshgrid's results are broadcasts.
static Results meshgrid(Call &c) {
  SmallVector<Expr> inputs = c.exprs(0), results;
  bool swapped = c.string(1, "ij") == "xy" && inputs.size() > 1;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    int64_t dim = swapped && i < 2 ? 1 - i : i;
    results.push_back(alongDim(flatten(input), dim, inputs.size()));
  }
  return results;
}

void addCreation(Decompositions &d) {
  d.add({"zeros", "zeros_like", "new_zeros", "zero", "zeros.names", "_efficientzerotensor"}, zeros);
  d.add({"empty.memory_format", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted",
         "empty"},
        zeros);
  d.add({"ones", "ones_like", "new_ones"}, ones);
  d.add({"full", "full_like", "fill.Scalar", "fill.Tensor"}, fullFunction);
  d.add("new_full", newFull);
  d.add("scalar_tensor", scalarTensor);
  d.add({"arange", "arange.start", "arange.start_step"}, arange);
  d.add("prims::iota", primsIota);
  d.add("linspace", linspace);
  d.add({"eye", "eye.m"}, eye);
  d.add("tril", triangle<true>);
  d.add("triu", triangle<false>);
  d.add("one_hot", oneHot);
  d.add({"meshgrid", "meshgrid.indexing"}, meshgrid);
}

} // namespace tc::decompose
