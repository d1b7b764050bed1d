// Sorts, selections by rank, and running reductions.

#include "Call.h"

#include <limits>

using namespace mlir;

namespace tc::decompose {

// sort(self, dim, descending), sort.stable(self, *, stable, dim, descending), argsort likewise: all are stable here.
static ValueAndIndex sorted(Call &c) {
  Expr x = c.expr(0);
  size_t first = c.getName().ends_with("stable") ? 2 : 1;
  return sort(x, c.dim(first, x.getRank(), -1), c.flag(first + 1, false));
}
static Results sortFunction(Call &c) {
  auto [values, indices] = sorted(c);
  return {values, indices};
}
static Results argsort(Call &c) {
  // argsort.stable(self, *, stable, dim, descending) has sort.stable's arguments.
  return sorted(c).index;
}

// topk(self, k, dim, largest, sorted).
static Results topk(Call &c) {
  Expr x = c.expr(0);
  if (x.getRank() == 0)
    return {x, Expr(0)};
  int64_t dim = c.dim(2, x.getRank(), -1);
  auto [values, indices] = sort(x, dim, c.flag(3, true));
  SizeAttr count = c.resultSizes()[dim];
  return {slice(values, dim, c.size(0), count), slice(indices, dim, c.size(0), count)};
}

// kthvalue(self, k, dim, keepdim).
static Results kthvalue(Call &c) {
  Expr x = c.expr(0);
  if (x.getRank() == 0)
    return {x, Expr(0)};
  int64_t dim = c.dim(2, x.getRank(), -1);
  auto [values, indices] = sort(x, dim, false);
  SizeAttr place = c.sizeArg(1) - 1;
  return {reshape(slice(values, dim, place, c.size(1)), c.resultSizes()),
          reshape(slice(indices, dim, place, c.size(1)), c.resultSizes(1))};
}

template <ReductionKind kind> static Results running(Call &c) {
  Expr x = castTo(c.expr(0), isReducedFloat(c.element()) ? c.f32() : c.element());
  return scan(kind, x, c.integer(1));
}

// cummax(self, dim) -> (values, indices).
static Results cummaxValues(Call &c) {
  Expr x = c.expr(0);
  Expr values = scan(c.getPacket() == "cummax" ? ReductionKind::max : ReductionKind::min, x, c.integer(1));
  if (x.getRank() == 0 || !c.isUsed(1))
    return {values, c.isUsed(1) ? Expr(0) : Expr()};
  // The last place at which the extreme was met: it is never left again. NaN is one that only NaN follows.
  int64_t dim = c.dim(1, x.getRank());
  Expr isMet = isFloat(x) ? eq(x, values) | isnan(x) : eq(x, values);
  return {values, scan(ReductionKind::max, select(isMet, iota(c, x.getSizes(), dim), 0), dim)};
}

// median(self), median.dim(self, dim, keepdim): of an even number the lower one; NaN if there is one. Which of several
// equal elements has the index is PyTorch's choice.
static Results median(Call &c) {
  bool hasDim = c.getNumResults() > 1;
  if (hasDim && c.isUsed(1)) {
    c.reject("the index of a median");
    return Expr();
  }
  Expr x = hasDim ? c.expr(0) : flatten(c.expr(0));
  if (x.getRank() == 0)
    return {x, Expr()};
  int64_t dim = hasDim ? c.dim(1, x.getRank()) : 0;
  Expr sorted = sort(x, dim, false).value;
  SizeAttr size = x.getSize(dim);
  if (!size.getConstant() || *size.getConstant() == 0) {
    c.reject("a median of a size only known at run time, or of nothing");
    return Expr();
  }
  Expr middle = at(sorted, dim, c.size((*size.getConstant() - 1) / 2));
  if (isFloat(x))
    middle = select(reduce(ReductionKind::max, isnan(x), dim), std::numeric_limits<double>::quiet_NaN(), middle);
  Expr value = reshape(middle, c.resultSizes());
  return hasDim ? Results{value, Expr()} : Results(value);
}

void addSorting(Decompositions &d) {
  d.add({"sort", "sort.stable"}, sortFunction);
  d.add({"argsort", "argsort.stable"}, argsort);
  d.add("topk", topk);
  d.add("kthvalue", kthvalue);
  d.add("cumsum", running<ReductionKind::sum>);
  d.add("cumprod", running<ReductionKind::prod>);
  d.add({"cummax", "cummin"}, cummaxValues);
  d.add({"median", "median.dim"}, median);
}

} // namespace tc::decompose
