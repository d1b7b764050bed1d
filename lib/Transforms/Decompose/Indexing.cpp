// Reading at data-dependent indices: embedding, index, gather, take.

#include "Call.h"

using namespace mlir;

namespace tc::decompose {

// embedding(weight, indices, padding_idx, …).
static Results embedding(Call &c) { return gather(c.expr(0), c.expr(1), 0); }

namespace {
/// index.Tensor's arguments: which dimensions are indexed, and by what.
struct IndexList {
  SmallVector<Expr> indices;
  Ints dims;
  /// Where the indices' dimensions are in the result.
  int64_t position = 0;
  int64_t rank = 0;
};
} // namespace

static IndexList readIndices(Call &c, const Expr &x, size_t i) {
  IndexList list;
  bool adjacent = true;
  for (auto [dim, index] : llvm::enumerate(c.exprs(i))) {
    if (!index)
      continue;
    if (isBool(index) || (index.getElementType() && index.getElementType().isUnsignedInteger(8))) {
      c.reject("indices by a mask: how many there are depends on data");
      return list;
    }
    if (static_cast<int64_t>(dim) >= x.getRank()) {
      c.fail("more indices than dimensions");
      return list;
    }
    adjacent &= list.dims.empty() || list.dims.back() + 1 == static_cast<int64_t>(dim);
    list.indices.push_back(wrapIndex(index, x.getSize(dim)));
    list.dims.push_back(dim);
    list.rank = std::max(list.rank, index.getRank());
  }
  // Indices of neighbouring dimensions stay in their place, others come first.
  list.position = adjacent && !list.dims.empty() ? list.dims.front() : 0;
  return list;
}

// Moves the leading `count` dimensions to `position`, or back.
static Expr moveIndexDims(Expr x, int64_t count, int64_t position, bool back) {
  if (position == 0 || !x.isTensor())
    return x;
  Ints permutation;
  int64_t first = back ? position : count, second = back ? count : position;
  for (int64_t d : llvm::seq<int64_t>(first, first + second))
    permutation.push_back(d);
  for (int64_t d : llvm::seq<int64_t>(0, first))
    permutation.push_back(d);
  for (int64_t d : llvm::seq<int64_t>(first + second, x.getRank()))
    permutation.push_back(d);
  return transpose(x, permutation);
}

static Results index(Call &c) {
  Expr x = c.expr(0);
  IndexList list = readIndices(c, x, 1);
  if (c.isRejected() || c.isWrong())
    return Expr();
  return moveIndexDims(gather(x, list.indices, list.dims), list.rank, list.position, /*back=*/false);
}

// index_put(self, indices, values, accumulate). A mask of all dimensions is a choice.
static Results indexPut(Call &c) {
  Expr x = c.expr(0), values = castTo(c.expr(2), c.element());
  bool accumulate = c.flag(3, false);
  SmallVector<Expr> given = c.exprs(1);
  if (given.size() == 1 && isBool(given[0]) && product(c.getContext(), values.getSizes()).getConstant() == 1) {
    Expr mask = unsqueezeTo(given[0], x.getRank()), value = reshape(values, {});
    return select(mask, accumulate ? x + value : value, x);
  }
  IndexList list = readIndices(c, x, 1);
  if (c.isRejected() || c.isWrong())
    return Expr();
  if (list.dims.empty())
    return accumulate ? x + values : values;
  // The values broadcast to what index gives, whose index dimensions scatter wants first.
  if (list.position > 0) {
    Sizes sizes, from = x.getSizes();
    for (const Expr &index : list.indices)
      if (auto next = broadcastSizes(sizes, index.getSizes()); succeeded(next))
        sizes = *next;
    Sizes full(ArrayRef<SizeAttr>(from).take_front(list.position));
    full.append(sizes);
    full.append(from.begin() + list.position + list.dims.size(), from.end());
    values = moveIndexDims(broadcast(values, full), list.rank, list.position, /*back=*/true);
  }
  auto kind = accumulate ? std::optional(ReductionKind::sum) : std::nullopt;
  return scatter(x, list.indices, values, list.dims, kind);
}

// gather(self, dim, index).
static Results gatherFunction(Call &c) {
  Expr x = c.expr(0), index = c.expr(2);
  if (x.getRank() == 0)
    return reshape(x, c.resultSizes());
  int64_t dim = c.dim(1, x.getRank());
  if (index.getRank() != x.getRank()) {
    c.fail("index and tensor have different ranks");
    return Expr();
  }
  return gather(x, alongIndices(index, dim), allDims(x));
}

static Results takeAlongDim(Call &c) {
  Expr x = c.expr(0), index = c.expr(1);
  if (c.isNone(2)) {
    x = flatten(x);
    index = flatten(index);
  }
  int64_t dim = c.dim(2, x.getRank(), 0);
  Sizes sizes = c.resultSizes();
  if (c.isNone(2))
    sizes = index.getSizes();
  index = broadcast(wrapIndex(index, x.getSize(dim)), sizes);
  return gather(x, alongIndices(index, dim), allDims(x));
}

// index_select(self, dim, index).
static Results indexSelect(Call &c) {
  Expr x = c.expr(0), index = c.expr(2);
  if (x.getRank() == 0)
    return x;
  int64_t dim = c.dim(1, x.getRank());
  return moveDim(gather(x, flatten(index), dim), 0, dim);
}

// take(self, index) of the flattened tensor.
static Results take(Call &c) {
  Expr x = flatten(c.expr(0));
  return gather(x, wrapIndex(c.expr(1), x.getSize(0)), 0);
}

// bucketize and searchsorted over one sorted sequence: how many boundaries are before each value.
static Expr countBefore(const Expr &values, const Expr &boundaries, bool right) {
  Expr x = unsqueeze(values, values.getRank());
  Expr before = right ? boundaries <= x : boundaries < x;
  return sum(castTo(before, values.getBuilder()->i64()), -1);
}
// Few boundaries are all compared; among many PyTorch searches.
static bool areFew(Call &c, const Expr &boundaries) {
  constexpr int64_t few = 256;
  if (boundaries.getRank() > 0 && boundaries.getSize(-1).getConstant().value_or(few + 1) <= few)
    return true;
  c.reject("a search among many boundaries");
  return false;
}

// bucketize(self, boundaries, out_int32, right).
static Results bucketize(Call &c) {
  Expr x = c.expr(0), boundaries = c.expr(1);
  if (!areFew(c, boundaries))
    return Expr();
  if (!x.isTensor())
    x = x.as(c, x.isReal() ? c.f32() : c.i64());
  return countBefore(x, boundaries, c.flag(3, false));
}

// searchsorted(sorted_sequence, self, *, out_int32, right, side, sorter).
static Results searchsorted(Call &c) {
  Expr boundaries = c.expr(0), x = c.expr(1);
  if (!areFew(c, boundaries))
    return Expr();
  if (!x.isTensor())
    x = x.as(c, x.isReal() ? c.f32() : c.i64());
  if (Expr sorter = c.expr(5))
    boundaries = gather(boundaries, alongIndices(sorter, boundaries.getRank() - 1), allDims(boundaries));
  bool right = c.flag(3, false) || c.string(4) == "right";
  return countBefore(x, boundaries.getRank() > 1 ? unsqueeze(boundaries, boundaries.getRank() - 1) : boundaries, right);
}

void addIndexing(Decompositions &d) {
  d.add("embedding", embedding);
  d.add({"index.Tensor", "_unsafe_index.Tensor"}, index);
  d.add({"index_put", "_unsafe_index_put", "_index_put_impl"}, indexPut);
  d.add("gather", gatherFunction);
  d.add("take_along_dim", takeAlongDim);
  d.add("index_select", indexSelect);
  d.add("take", take);
  d.add({"bucketize.Tensor", "bucketize.Scalar"}, bucketize);
  d.add({"searchsorted.Tensor", "searchsorted.Scalar"}, searchsorted);
}

} // namespace tc::decompose
