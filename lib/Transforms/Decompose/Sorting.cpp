// Sorts, selections by rank, and running reductions.

#include "Call.h"

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

// median(self), median.dim(self, dim, keepdim), nanmedian likewise: of an even number the lower one. NaN if there is
// one, the first; nanmedian leaves NaN out, which is sorted last. Of several equal elements the first has the index.
static Results median(Call &c) {
  bool hasDim = c.getNumResults() > 1, leavesNaN = c.getPacket() == "nanmedian";
  Expr x = hasDim ? c.expr(0) : flatten(c.expr(0));
  if (x.getRank() == 0)
    return hasDim ? Results{x, Expr(0)} : Results(x);
  int64_t dim = hasDim ? c.dim(1, x.getRank()) : 0;
  SizeAttr size = x.getSize(dim);
  if (!size.getConstant() || *size.getConstant() == 0) {
    c.reject("a median of a size only known at run time, or of nothing");
    return Expr();
  }
  auto [values, indices] = sort(x, dim, false);
  Expr place = iota(c, c.size(1)) + (*size.getConstant() - 1) / 2;
  if (isFloat(x)) {
    Expr count = sum(castTo(~isnan(x), c.i64()), dim, true);
    // Sorted, the first NaN is behind all numbers.
    place = leavesNaN ? maximum(floorDiv(count - 1, 2), 0)
                      : select(count < Expr(size), count, (*size.getConstant() - 1) / 2);
  }
  Sizes one = x.getSizes();
  one[dim] = c.size(1);
  if (place.getRank() != x.getRank())
    place = unsqueezeTo(place, x.getRank());
  SmallVector<Expr> at = alongIndices(broadcast(place, one), dim);
  Expr value = reshape(gather(values, at, allDims(x), Range::Known), c.resultSizes());
  if (!hasDim)
    return value;
  return {value, reshape(gather(indices, at, allDims(x), Range::Known), c.resultSizes(1))};
}

// mode(self, dim, keepdim): the most frequent value, the least of several, and the last of its indices.
static Results mode(Call &c) {
  Expr x = c.expr(0);
  if (x.getRank() == 0)
    return {x, Expr(0)};
  int64_t dim = c.dim(1, x.getRank(), -1);
  auto [values, indices] = sort(x, dim, false);
  // How long the run of equal values is that ends here: the distance to the last place where one began.
  Expr places = iota(c, x.getSizes(), dim);
  Expr before = gather(values, alongIndices(maximum(places - 1, 0), dim), allDims(x), Range::Known);
  Expr begins = eq(places, 0) | ne(values, before);
  Expr start = scan(ReductionKind::max, select(begins, places, 0), dim);
  Expr end = argReduce(ReductionKind::max, places - start, dim, true).index;
  Sizes one = x.getSizes();
  one[dim] = c.size(1);
  SmallVector<Expr> at = alongIndices(reshape(end, one), dim);
  return {reshape(gather(values, at, allDims(x), Range::Known), c.resultSizes()),
          reshape(gather(indices, at, allDims(x), Range::Known), c.resultSizes(1))};
}

void addSorting(Decompositions &d) {
  d.add({"sort", "sort.stable"}, sortFunction);
  d.add({"argsort", "argsort.stable"}, argsort);
  d.add("topk", topk);
  d.add("kthvalue", kthvalue);
  d.add("cumsum", running<ReductionKind::sum>);
  d.add("cumprod", running<ReductionKind::prod>);
  d.add({"cummax", "cummin"}, cummaxValues);
  d.add({"median", "median.dim", "nanmedian"}, median);
  d.add("mode", mode);
}

} // namespace tc::decompose
