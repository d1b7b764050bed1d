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
  if (c.isUsed(1)) {
    c.reject("indices of a running maximum");
    return Expr();
  }
  return {scan(c.getPacket() == "cummax" ? ReductionKind::max : ReductionKind::min, c.expr(0), c.integer(1)), Expr()};
}

void addSorting(Decompositions &d) {
  d.add({"sort", "sort.stable"}, sortFunction);
  d.add({"argsort", "argsort.stable"}, argsort);
  d.add("topk", topk);
  d.add("kthvalue", kthvalue);
  d.add("cumsum", running<ReductionKind::sum>);
  d.add("cumprod", running<ReductionKind::prod>);
  d.add({"cummax", "cummin"}, cummaxValues);
}

} // namespace tc::decompose
