// Writing at indices, data-dependent and fixed: scatter, index_add, slice_scatter, gradients of indexing.

#include "Call.h"

#include "tc/Dialect/TC/IR/SizeRange.h"

#include <limits>

using namespace mlir;

namespace tc::decompose {

// scatter(self, dim, index, src or value), with a reduction.
static Expr scatterAlong(Call &c, const Expr &x, int64_t dim, const Expr &index, Expr source,
                         std::optional<ReductionKind> kind) {
  if (x.getRank() == 0)
    return reshape(scatter(reshape(x, c.size(1)), reshape(index, c.size(1)), reshape(source, c.size(1)), 0, kind), {});
  if (index.getRank() != x.getRank()) {
    c.fail("index and tensor have different ranks");
    return {};
  }
  // The source may be larger than the index.
  if (source.isTensor() && source.getRank() == index.getRank())
    for (int64_t d : allDims(index))
      source = slice(source, d, c.size(0), index.getSize(d));
  return scatter(x, alongIndices(index, dim), source, allDims(x), kind);
}

static std::optional<ReductionKind> reductionNamed(Call &c, StringRef name) {
  auto kind = llvm::StringSwitch<std::optional<ReductionKind>>(name)
                  .Cases({"add", "sum"}, ReductionKind::sum)
                  .Cases({"multiply", "prod"}, ReductionKind::prod)
                  .Case("amax", ReductionKind::max)
                  .Case("amin", ReductionKind::min)
                  .Default(std::nullopt);
  if (!kind && !name.empty())
    c.reject("scatter with the reduction " + name);
  return kind;
}

static Results scatterFunction(Call &c) {
  Expr x = c.expr(0);
  auto kind = reductionNamed(c, c.getNumArgs() > 4 ? c.string(4) : "");
  return scatterAlong(c, x, c.dim(1, x.getRank()), c.expr(2), castTo(c.expr(3), c.element()), kind);
}
static Results scatterAdd(Call &c) {
  Expr x = c.expr(0);
  return scatterAlong(c, x, c.dim(1, x.getRank()), c.expr(2), c.expr(3), ReductionKind::sum);
}
// What a reduction starts from.
static Expr identityOf(Call &c, ReductionKind kind, Type type) {
  if (kind == ReductionKind::sum || kind == ReductionKind::prod)
    return kind == ReductionKind::prod ? 1 : 0;
  bool isMax = kind == ReductionKind::max;
  if (isa<FloatType>(type))
    return isMax ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  if (type.isInteger(1))
    return !isMax;
  unsigned width = type.getIntOrFloatBitWidth();
  APInt limit = type.isUnsignedInteger() ? (isMax ? APInt::getMinValue(width) : APInt::getMaxValue(width))
                                         : (isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width));
  return type.isUnsignedInteger() ? static_cast<int64_t>(limit.getZExtValue()) : limit.getSExtValue();
}

// scatter_reduce and index_reduce: `write(base, updates, kind)` scatters. Without the tensor itself, elements that are
// written start from the reduction's identity.
template <typename Write> static Expr reduceInto(Call &c, StringRef name, bool includesSelf, const Write &write) {
  Expr x = c.expr(0), source = c.expr(3);
  bool isMean = name == "mean";
  auto kind = isMean ? std::optional(ReductionKind::sum) : reductionNamed(c, name);
  if (!kind)
    return {};
  Expr base = x;
  if (!includesSelf) {
    Expr written = write(full(c, x.getSizes(), false, c.boolType()), full(c, source.getSizes(), true, c.boolType()),
                         std::optional(ReductionKind::max));
    base = select(written, identityOf(c, *kind, c.element()), x);
  }
  Expr result = write(base, source, kind);
  if (!isMean)
    return result;
  Expr counts = write(full(c, x.getSizes(), includesSelf ? 1 : 0, c.element()),
                      full(c, source.getSizes(), 1, c.element()), std::optional(ReductionKind::sum));
  counts = maximum(counts, 1);
  return isFloat(result) ? result / counts : floorDiv(result, counts);
}

// scatter_reduce.two(self, dim, index, src, reduce, include_self).
static Results scatterReduce(Call &c) {
  Expr x = c.expr(0), index = c.expr(2);
  int64_t dim = c.dim(1, x.getRank());
  return reduceInto(c, c.string(4), c.flag(5, true), [&](const Expr &base, const Expr &updates, auto kind) {
    return scatterAlong(c, base, dim, index, updates, kind);
  });
}

// index_add(self, dim, index, source, alpha), index_copy, index_fill.
static Expr scatterSlices(Call &c, const Expr &x, const Expr &source, std::optional<ReductionKind> kind) {
  int64_t dim = c.dim(1, x.getRank());
  if (x.getRank() == 0) {
    c.reject("an indexed scalar");
    return {};
  }
  Expr updates = source.isTensor() && source.getRank() > 0 ? moveDim(source, dim, 0) : source;
  return scatter(x, wrapIndex(flatten(c.expr(2)), x.getSize(dim)), updates, dim, kind);
}
static Results indexAdd(Call &c) {
  Expr source = c.expr(3), alpha = c.expr(4);
  return scatterSlices(c, c.expr(0), !alpha || alpha.getNumber() == 1 ? source : source * alpha, ReductionKind::sum);
}
static Results indexCopy(Call &c) { return scatterSlices(c, c.expr(0), c.expr(3), std::nullopt); }
static Results indexFill(Call &c) { return scatterSlices(c, c.expr(0), castTo(c.expr(3), c.element()), std::nullopt); }

// index_reduce(self, dim, index, source, reduce, include_self).
static Results indexReduce(Call &c) {
  return reduceInto(c, c.string(4), c.flag(5, true), [&](const Expr &base, const Expr &updates, auto kind) {
    return scatterSlices(c, base, updates, kind);
  });
}

// masked_scatter(self, mask, source): the elements of the source in turn.
static Results maskedScatter(Call &c) {
  Sizes sizes = c.resultSizes();
  Expr x = c.expr(0), mask = broadcast(toBool(c.expr(1)), sizes), source = flatten(c.expr(2));
  if (source.getSize(0).getConstant() == 0)
    return x;
  Expr place = scan(ReductionKind::sum, castTo(flatten(mask), c.i64()), 0) - 1;
  return select(mask, reshape(gather(source, maximum(place, 0), 0), sizes), x);
}

// put(self, index, source, accumulate) of the flattened tensor.
static Results put(Call &c) {
  Expr x = flatten(c.expr(0)), index = flatten(c.expr(1));
  auto kind = c.flag(3, false) ? std::optional(ReductionKind::sum) : std::nullopt;
  Expr result = scatter(x, wrapIndex(index, x.getSize(0)), flatten(c.expr(2)), 0, kind);
  return reshape(result, c.resultSizes());
}

//===----------------------------------------------------------------------===//
// At fixed places
//===----------------------------------------------------------------------===//

// Where a slice.Tensor starts.
static SizeAttr sliceStart(Call &c, size_t i, SizeAttr size) {
  return c.isNone(i) ? c.size(0) : wrapIndex(c.sizeArg(i), size, c.getOp());
}

// slice_scatter(self, src, dim, start, end, step).
static Results sliceScatter(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(2, x.getRank(), 0);
  return insertSlice(x, c.expr(1), dim, sliceStart(c, 3, x.getSize(dim)), c.integer(5, 1));
}
// select_scatter(self, src, dim, index).
static Results selectScatter(Call &c) {
  Expr x = c.expr(0);
  int64_t dim = c.dim(2, x.getRank());
  return insertSlice(x, unsqueeze(c.expr(1), dim), dim, wrapIndex(c.sizeArg(3), x.getSize(dim), c.getOp()));
}
// slice_backward(grad, input_sizes, dim, start, end, step).
static Results sliceBackward(Call &c) {
  Sizes sizes = c.resultSizes();
  int64_t dim = c.dim(2, sizes.size());
  Expr grad = c.expr(0), zeros = full(c, sizes, 0, c.element());
  SizeAttr start = sliceStart(c, 3, sizes[dim]);
  return insertSlice(zeros, grad, dim, start, c.integer(5, 1));
}
// select_backward(grad, input_sizes, dim, index).
static Results selectBackward(Call &c) {
  Sizes sizes = c.resultSizes();
  int64_t dim = c.dim(2, sizes.size());
  return insertSlice(full(c, sizes, 0, c.element()), unsqueeze(c.expr(0), dim), dim,
                     wrapIndex(c.sizeArg(3), sizes[dim], c.getOp()));
}

// diagonal_scatter(self, src, offset, dim1, dim2), diagonal_backward(grad, input_sizes, offset, dim1, dim2).
static Results diagonalWrite(Call &c) {
  bool isBackward = c.getPacket() == "diagonal_backward";
  Sizes sizes = c.resultSizes();
  int64_t offset = c.integer(2, 0), a = c.dim(3, sizes.size(), 0), b = c.dim(4, sizes.size(), 1);
  Expr source = c.expr(isBackward ? 0 : 1), base = isBackward ? full(c, sizes, 0, c.element()) : c.expr(0);

  Expr row = iota(c, source.getSize(-1)) + std::max<int64_t>(-offset, 0),
       column = iota(c, source.getSize(-1)) + std::max<int64_t>(offset, 0);
  return scatter(base, {row, column}, moveDim(source, -1, 0), {a, b}, std::nullopt, Range::Known);
}

//===----------------------------------------------------------------------===//
// Gradients of indexing
//===----------------------------------------------------------------------===//

// embedding_dense_backward(grad, indices, num_weights, padding_idx, scale_grad_by_freq).
static Results embeddingDenseBackward(Call &c) {
  Expr grad = c.wide(0), indices = c.expr(1);
  Sizes sizes = c.resultSizes();
  Expr zeros = full(c, sizes, 0.0, grad.getElementType());
  if (int64_t padding = c.integer(3, -1); padding >= 0)
    grad = select(unsqueezeTo(eq(indices, padding), grad.getRank()), 0.0, grad);
  if (c.flag(4, false)) {
    Expr counts = scatter(full(c, sizes.front(), 0.0, grad.getElementType()), indices, 1.0, 0, ReductionKind::sum);
    grad = grad / unsqueezeTo(gather(counts, indices, 0), grad.getRank());
  }
  return scatter(zeros, indices, grad, 0, ReductionKind::sum);
}

void addScattering(Decompositions &d) {
  d.add({"scatter.src", "scatter.value", "scatter.reduce", "scatter.value_reduce"}, scatterFunction);
  d.add("scatter_add", scatterAdd);
  d.add("scatter_reduce.two", scatterReduce);
  d.add("index_add", indexAdd);
  d.add("index_copy", indexCopy);
  d.add({"index_fill.int_Scalar", "index_fill.int_Tensor"}, indexFill);
  d.add("index_reduce", indexReduce);
  d.add("masked_scatter", maskedScatter);
  d.add("put", put);
  d.add("slice_scatter", sliceScatter);
  d.add("select_scatter", selectScatter);
  d.add("slice_backward", sliceBackward);
  d.add("select_backward", selectBackward);
  d.add({"diagonal_scatter", "diagonal_backward"}, diagonalWrite);
  d.add("embedding_dense_backward", embeddingDenseBackward);
}

} // namespace tc::decompose
