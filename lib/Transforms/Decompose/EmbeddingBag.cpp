// Embeddings summed, averaged or maximised over bags of indices, and their gradients.

#include "Call.h"

#include <limits>

using namespace mlir;

namespace tc::decompose {

namespace {
enum Mode { sumMode, meanMode, maxMode };
} // namespace

// The bag that each index is in: how many bags begin at or before it, less one. Offsets ascend from 0:
// bags that others give are clamped.
static Expr bagOfIndex(Call &c, const Expr &indices, const Expr &offsets, SizeAttr bags) {
  Expr begins = slice(offsets, 0, c.size(0), bags);
  // A bag that begins at the end is empty: its mark is behind the last index.
  Sizes sizes{indices.getSize(0) + 1};
  Expr marks = scatter(full(c, sizes, 0, c.i64()), castTo(begins, c.i64()), full(c, begins.getSizes(), 1, c.i64()), 0,
                       ReductionKind::sum);
  return slice(scan(ReductionKind::sum, marks, 0), 0, c.size(0), indices.getSize(0)) - 1;
}

static Expr isPadding(const Expr &indices, int64_t padding) { return eq(indices, padding); }

// _embedding_bag(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset,
// padding_idx) -> (output, offset2bag, bag_size, max_indices). What of the last three has no use, eager mode leaves
// empty or zero.
static Results embeddingBag(Call &c) {
  Expr weight = c.wide(0), indices = c.expr(1), offsets = c.expr(2);
  int64_t mode = c.integer(4, sumMode), padding = c.integer(8, -1);
  Sizes sizes = c.resultSizes();
  SizeAttr bags = sizes[0];
  if (bags.getConstant() == 0 || indices.getSize(0).getConstant() == 0) {
    c.reject("no bags, or nothing in them");
    return Expr();
  }
  Expr bag = bagOfIndex(c, indices, offsets, bags), rows = gather(weight, indices, 0);
  if (c.expr(6))
    rows = rows * unsqueeze(c.wide(6), 1);
  Type element = rows.getElementType();
  Expr ignored = padding >= 0 ? isPadding(indices, padding) : Expr();
  Expr ones = full(c, indices.getSizes(), 1, c.i64());
  if (ignored)
    ones = select(ignored, 0, ones);
  Expr counts = scatter(full(c, bags, 0, c.i64()), bag, ones, 0, ReductionKind::sum);
  Expr nothing = mode == maxMode ? Expr(-std::numeric_limits<double>::infinity()) : Expr(0.0);
  if (ignored)
    rows = select(unsqueeze(ignored, 1), nothing, rows);
  auto kind = mode == maxMode ? ReductionKind::max : ReductionKind::sum;
  Expr output = scatter(full(c, sizes, nothing, element), bag, rows, 0, kind);
  Expr filled = unsqueeze(counts, 1) > 0, places;
  if (mode == meanMode)
    output = output / castTo(maximum(unsqueeze(counts, 1), 1), element);
  if (mode == maxMode) {
    // The first row of a bag that has its maximum: by the least of those places.
    Expr number = unsqueeze(iota(c, indices.getSize(0)), 1), last = Expr(indices.getSize(0));
    Expr isBest = eq(rows, gather(output, bag, 0));
    Expr candidates = select(isBest, number, last);
    Expr first = scatter(full(c, sizes, last, c.i64()), bag, candidates, 0, ReductionKind::min);
    first = minimum(first, Expr(indices.getSize(0) - 1));
    places = select(filled, gather(castTo(indices, c.i64()), first, 0), 0);
    output = select(filled, output, 0.0);
  }
  auto ofSizes = [&](size_t i, const Expr &value) {
    Sizes wanted = c.resultSizes(i);
    if (value && value.getRank() == static_cast<int64_t>(wanted.size()) && value.getSizes() == wanted)
      return value;
    return full(c, wanted, 0, c.element(i));
  };
  if (mode == sumMode)
    return {output, ofSizes(1, bag), ofSizes(2, Expr()), ofSizes(3, Expr())};
  return {output, ofSizes(1, bag), ofSizes(2, counts), mode == maxMode ? ofSizes(3, places) : ofSizes(3, counts)};
}

// _embedding_bag_backward(grad, indices, offsets, offset2bag, bag_size, maximum_indices, num_weights,
// scale_grad_by_freq, mode, sparse, per_sample_weights, padding_idx).
static Results embeddingBagBackward(Call &c) {
  Expr grad = c.wide(0), indices = c.expr(1), offsets = c.expr(2);
  int64_t mode = c.integer(8), padding = c.integer(11, -1);
  Sizes sizes = c.resultSizes();
  if (c.flag(9, false)) {
    c.reject("a sparse gradient");
    return Expr();
  }
  if (indices.getSize(0).getConstant() == 0)
    return full(c, sizes, 0, c.element());
  Type element = grad.getElementType();
  Expr zeros = full(c, sizes, 0.0, element), bag = bagOfIndex(c, indices, offsets, grad.getSize(0));
  if (mode == maxMode) {
    // Each column's gradient goes to the row that it was taken from.
    Expr column = iota(c, grad.getSizes(), 1), filled = unsqueeze(c.expr(4), 1) > 0;
    return scatter(zeros, {c.expr(5), column}, select(filled, grad, 0.0), {0, 1}, ReductionKind::sum);
  }
  Expr rows = gather(grad, bag, 0);
  if (c.expr(10))
    rows = rows * unsqueeze(c.wide(10), 1);
  if (mode == meanMode)
    rows = rows / castTo(maximum(unsqueeze(gather(c.expr(4), bag, 0), 1), 1), element);
  if (c.flag(7, false)) {
    Expr uses = scatter(full(c, sizes[0], 0.0, element), indices, full(c, indices.getSizes(), 1.0, element), 0,
                        ReductionKind::sum);
    rows = rows / unsqueeze(gather(uses, indices, 0), 1);
  }
  if (padding >= 0)
    rows = select(unsqueeze(isPadding(indices, padding), 1), 0.0, rows);
  return scatter(zeros, indices, rows, 0, ReductionKind::sum);
}

// _embedding_bag_per_sample_weights_backward(grad, weight, indices, offsets, offset2bag, mode, padding_idx).
static Results perSampleWeightsBackward(Call &c) {
  Expr grad = c.wide(0), weight = c.wide(1), indices = c.expr(2);
  if (indices.getSize(0).getConstant() == 0)
    return full(c, c.resultSizes(), 0, c.element());
  Expr bag = bagOfIndex(c, indices, c.expr(3), grad.getSize(0));
  Expr products = sum(gather(grad, bag, 0) * gather(weight, indices, 0), 1);
  int64_t padding = c.integer(6, -1);
  return padding >= 0 ? select(isPadding(indices, padding), 0.0, products) : products;
}

void addEmbeddingBag(Decompositions &d) {
  d.add({"_embedding_bag", "_embedding_bag_forward_only"}, embeddingBag);
  d.add("_embedding_bag_backward", embeddingBagBackward);
  d.add("_embedding_bag_per_sample_weights_backward", perSampleWeightsBackward);
}

} // namespace tc::decompose
