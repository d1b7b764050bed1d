// Reductions. Sums and products are accumulated in the captured result type, in f32 for f16 and bf16.

#include "Call.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tc::decompose {

static bool keepDims(Call &c, size_t i) { return c.flag(i, false); }

// The input in the type it is accumulated in: that of the result, unless that is reduced.
static Expr accumulated(Call &c, const Expr &x) {
  return isReducedFloat(c.element()) ? widen(x) : castTo(x, c.element());
}

// sum(self, dtype), sum.dim_IntList(self, dim, keepdim, dtype).
static Results sumAll(Call &c) { return sum(accumulated(c, c.expr(0)), allDims(c.expr(0))); }
static Results sumDims(Call &c) {
  Expr x = c.expr(0);
  return sum(accumulated(c, x), c.dims(1, x.getRank()), keepDims(c, 2));
}
static Results nansum(Call &c) {
  Expr x = accumulated(c, c.expr(0));
  return sum(select(isnan(x), 0, x), c.dims(1, x.getRank()), keepDims(c, 2));
}
static Results meanAll(Call &c) { return mean(accumulated(c, c.expr(0)), allDims(c.expr(0))); }
static Results meanDims(Call &c) {
  Expr x = c.expr(0);
  return mean(accumulated(c, x), c.dims(1, x.getRank()), keepDims(c, 2));
}
static Results prodAll(Call &c) { return reduce(ReductionKind::prod, accumulated(c, c.expr(0)), allDims(c.expr(0))); }
static Results prodDim(Call &c) {
  Expr x = c.expr(0);
  return reduce(ReductionKind::prod, accumulated(c, x), c.dim(1, x.getRank()), keepDims(c, 2));
}

template <ReductionKind kind> static Results extremeAll(Call &c) { return reduce(kind, c.expr(0), allDims(c.expr(0))); }
template <ReductionKind kind> static Results extremeDims(Call &c) {
  Expr x = c.expr(0);
  return reduce(kind, x, c.dims(1, x.getRank()), keepDims(c, 2));
}
// max.dim(self, dim, keepdim) -> (values, indices).
template <ReductionKind kind> static Results extremeDim(Call &c) {
  Expr x = c.expr(0);
  auto [value, index] = argReduce(kind, x, c.dim(1, x.getRank()), keepDims(c, 2));
  return {value, index};
}
// argmax(self, dim, keepdim); without a dimension over the flattened tensor.
template <ReductionKind kind> static Results argExtreme(Call &c) {
  Expr x = c.expr(0);
  if (c.isNone(1))
    return reshape(argReduce(kind, flatten(x), 0).index, c.resultSizes());
  return argReduce(kind, x, c.dim(1, x.getRank()), keepDims(c, 2)).index;
}
static Results aminmax(Call &c) {
  Expr x = c.expr(0);
  Ints dims = c.isNone(1) ? allDims(x) : Ints{c.dim(1, x.getRank())};
  return {reduce(ReductionKind::min, x, dims, keepDims(c, 2)), reduce(ReductionKind::max, x, dims, keepDims(c, 2))};
}

template <ReductionKind kind> static Results logicalAll(Call &c) {
  return reduce(kind, toBool(c.expr(0)), allDims(c.expr(0)));
}
template <ReductionKind kind> static Results logicalDims(Call &c) {
  Expr x = c.expr(0);
  return reduce(kind, toBool(x), c.dims(1, x.getRank()), keepDims(c, 2));
}

//===----------------------------------------------------------------------===//
// Variance and norms
//===----------------------------------------------------------------------===//

// Variance in two passes, divided by the count less the correction (never less than 0 of it).
static Expr variance(const Expr &x, const Expr &average, ArrayRef<int64_t> dims, const Expr &correction, bool keep) {
  Expr squares = sum(square(x - average), dims, keep), count = countElements(x, dims);
  if (auto known = count.getNumber(), less = correction.getNumber(); known && less)
    return squares / std::max(0.0, *known - *less);
  Expr divisor = castTo(count.as(*x.getBuilder(), x.getElementType()), x.getElementType()) - correction;
  return squares / maximum(divisor, 0.0);
}

// The overloads of var, std and var_mean: (self, unbiased), (self, dim, unbiased, keepdim), (self, dim, *, correction,
// keepdim).
static Results varianceFamily(Call &c) {
  Expr x = c.real(0), correction;
  Ints dims = allDims(x);
  bool keep = false;
  StringRef overload = c.getName().split('.').second;
  if (overload.empty() || overload == "default") {
    correction = c.flag(1, true) ? 1 : 0;
  } else {
    dims = c.dims(1, x.getRank());
    keep = keepDims(c, 3);
    correction = c.isNone(2) ? Expr(1) : c.expr(2);
    if (overload == "dim")
      correction = c.flag(2, true) ? 1 : 0;
  }
  Expr average = mean(x, dims, true), var = variance(x, average, dims, correction, keep);
  Expr result = c.getPacket().starts_with("std") ? sqrt(var) : var;
  if (!c.getPacket().ends_with("_mean"))
    return result;
  return {result, keep ? average : squeeze(average, dims)};
}

static Expr vectorNorm(const Expr &x, double order, ArrayRef<int64_t> dims, bool keep) {
  if (order == 2)
    return sqrt(sum(square(x), dims, keep));
  if (order == 1)
    return sum(abs(x), dims, keep);
  if (order == 0)
    return sum(castTo(ne(x, 0.0), x.getElementType()), dims, keep);
  if (std::isinf(order))
    return reduce(order > 0 ? ReductionKind::max : ReductionKind::min, abs(x), dims, keep);
  return pow(sum(pow(abs(x), order), dims, keep), 1 / order);
}
// linalg_vector_norm(self, ord, dim, keepdim, dtype).
static Results linalgVectorNorm(Call &c) {
  Expr x = accumulated(c, c.expr(0));
  return vectorNorm(x, c.number(1, 2), c.dims(2, x.getRank()), keepDims(c, 3));
}
// norm.Scalar(self, p), norm.ScalarOpt_dim(self, p, dim, keepdim), norm.ScalarOpt_dtype(self, p, *, dtype).
static Results norm(Call &c) {
  Expr x = accumulated(c, c.expr(0));
  bool hasDims = c.getName().contains("dim");
  return vectorNorm(x, c.number(1, 2), hasDims ? c.dims(2, x.getRank()) : allDims(x), hasDims && keepDims(c, 3));
}

static Results logsumexp(Call &c) {
  Expr x = c.real(0);
  Ints dims = c.dims(1, x.getRank());
  Expr top = amax(x, dims, true);
  Expr shift = select(eq(abs(top), std::numeric_limits<double>::infinity()), 0.0, top);
  Expr result = log(sum(exp(x - shift), dims, true)) + shift;
  return keepDims(c, 2) ? result : squeeze(result, dims);
}

static Results countNonzero(Call &c) {
  Expr x = c.expr(0);
  return sum(castTo(toBool(x), c.i64()), c.dims(1, x.getRank()));
}

// dist(self, other, p).
static Results dist(Call &c) {
  Expr difference = c.wide(0) - c.wide(1);
  return vectorNorm(difference, c.number(2, 2), allDims(difference), false);
}

void addReductions(Decompositions &d) {
  d.add("sum", sumAll);
  d.add("sum.dim_IntList", sumDims);
  d.add("nansum", nansum);
  d.add("mean", meanAll);
  d.add("mean.dim", meanDims);
  d.add("prod", prodAll);
  d.add("prod.dim_int", prodDim);
  d.add("amax", extremeDims<ReductionKind::max>);
  d.add("amin", extremeDims<ReductionKind::min>);
  d.add("max", extremeAll<ReductionKind::max>);
  d.add("min", extremeAll<ReductionKind::min>);
  d.add("max.dim", extremeDim<ReductionKind::max>);
  d.add("min.dim", extremeDim<ReductionKind::min>);
  d.add("argmax", argExtreme<ReductionKind::max>);
  d.add("argmin", argExtreme<ReductionKind::min>);
  d.add("aminmax", aminmax);
  d.add("any", logicalAll<ReductionKind::any>);
  d.add({"any.dim", "any.dims"}, logicalDims<ReductionKind::any>);
  d.add("all", logicalAll<ReductionKind::all>);
  d.add({"all.dim", "all.dims"}, logicalDims<ReductionKind::all>);
  d.add({"var", "var.correction", "var.dim", "std", "std.correction", "std.dim", "var_mean", "var_mean.correction",
         "var_mean.dim", "std_mean", "std_mean.correction", "std_mean.dim"},
        varianceFamily);
  d.add("linalg_vector_norm", linalgVectorNorm);
  d.add({"norm.Scalar", "norm.ScalarOpt_dim", "norm.ScalarOpt_dtype", "norm.ScalarOpt_dim_dtype"}, norm);
  d.add("logsumexp", logsumexp);
  d.add({"count_nonzero", "count_nonzero.dim_IntList"}, countNonzero);
  d.add("dist", dist);
}

} // namespace tc::decompose
