// Losses, forward and backward.

#include "Call.h"

using namespace mlir;

namespace tc::decompose {

// at::Reduction.
enum Reduction : int64_t { None = 0, Mean = 1, Sum = 2 };

static Expr applyReduction(const Expr &loss, int64_t reduction) {
  if (reduction == Mean)
    return mean(loss, allDims(loss));
  return reduction == Sum ? sum(loss, allDims(loss)) : loss;
}

// The derivative of the reduction: the gradient of one element.
static Expr reducedGradient(const Expr &grad, const Expr &loss, int64_t reduction) {
  return reduction == Mean ? grad / Expr(countElements(loss, allDims(loss))) : grad;
}

//===----------------------------------------------------------------------===//
// Negative log likelihood: classes are dimension 1, or 0 of a vector
//===----------------------------------------------------------------------===//

static int64_t classDim(const Expr &x) { return x.getRank() == 1 ? 0 : 1; }

// nll_loss_forward(self, target, weight, reduction, ignore_index) -> (output, total_weight).
static Results nllLoss(Call &c) {
  Expr x = c.wide(0), target = c.expr(1), weight = c.wide(2);
  int64_t reduction = c.integer(3, Mean), ignored = c.integer(4, -100), dim = classDim(x);
  Expr counts = ne(target, ignored), label = select(counts, target, 0);
  Expr picked = squeeze(gather(x, alongIndices(unsqueeze(label, dim), dim), allDims(x)), dim);
  Expr factor = castTo(counts, x.getElementType());
  if (weight)
    factor = select(counts, gather(weight, label, 0), 0.0);
  Expr losses = select(counts, weight ? -picked * factor : -picked, 0.0), total = sum(factor, allDims(factor));
  if (reduction == None)
    return c.getNumResults() == 1 ? Results(losses) : Results{losses, Expr(0.0)};
  Expr result = sum(losses, allDims(losses));
  if (reduction == Mean)
    result = result / total;
  return c.getNumResults() == 1 ? Results(result) : Results{result, total};
}

// nll_loss_backward(grad, self, target, weight, reduction, ignore_index, total_weight).
static Results nllLossBackward(Call &c) {
  Expr grad = c.wide(0), x = c.expr(1), target = c.expr(2), weight = c.wide(3);
  int64_t reduction = c.integer(4), ignored = c.integer(5), dim = classDim(x);
  if (reduction == Mean)
    grad = grad / c.wide(6);
  if (reduction == None)
    grad = unsqueeze(grad, dim);
  Expr label = unsqueeze(target, dim), scaled = -grad;
  if (weight)
    scaled = scaled * alongDim(weight, dim, x.getRank());
  Expr hit = eq(alongDim(iota(c, x.getSize(dim)), dim, x.getRank()), label) & ne(label, ignored);
  return select(hit, scaled, 0.0);
}

// cross_entropy_loss(self, target, weight, reduction, ignore_index, label_smoothing), of class indices.
static Results crossEntropy(Call &c) {
  Expr x = c.wide(0), target = c.expr(1);
  int64_t dim = classDim(x), reduction = c.integer(3, Mean), ignored = c.integer(4, -100);
  if (!c.isNone(2) || c.number(5, 0) != 0 || isFloat(target)) {
    c.reject("cross entropy with weights, smoothing or probabilities as targets");
    return Expr();
  }
  Expr logs = logSoftmax(x, dim), counts = ne(target, ignored), label = select(counts, target, 0);
  Expr picked = squeeze(gather(logs, alongIndices(unsqueeze(label, dim), dim), allDims(logs)), dim);
  Expr losses = select(counts, -picked, 0.0);
  if (reduction == None)
    return losses;
  Expr result = sum(losses, allDims(losses));
  return reduction == Mean ? result / sum(castTo(counts, x.getElementType()), allDims(counts)) : result;
}

//===----------------------------------------------------------------------===//
// Distances
//===----------------------------------------------------------------------===//

static Results mseLoss(Call &c) { return applyReduction(square(c.wide(0) - c.wide(1)), c.integer(2, Mean)); }
static Results l1Loss(Call &c) { return applyReduction(abs(c.wide(0) - c.wide(1)), c.integer(2, Mean)); }
static Results mseLossBackward(Call &c) {
  Expr difference = c.wide(1) - c.wide(2);
  return reducedGradient(c.wide(0), difference, c.integer(3)) * (difference * 2.0);
}
static Results l1LossBackward(Call &c) {
  Expr difference = c.wide(1) - c.wide(2);
  return reducedGradient(c.wide(0), difference, c.integer(3)) * sign(difference);
}

// smooth_l1_loss(self, target, reduction, beta); huber_loss the same times delta.
static Results smoothL1Loss(Call &c) {
  Expr difference = abs(c.wide(0) - c.wide(1));
  double beta = c.number(3, 1.0);
  if (beta == 0)
    return applyReduction(difference, c.integer(2, Mean));
  Expr loss = select(difference < beta, 0.5 * square(difference) / beta, difference - 0.5 * beta);
  return applyReduction(loss, c.integer(2, Mean));
}
static Results huberLoss(Call &c) {
  Expr difference = abs(c.wide(0) - c.wide(1));
  double delta = c.number(3, 1.0);
  Expr loss = select(difference <= delta, 0.5 * square(difference), delta * (difference - 0.5 * delta));
  return applyReduction(loss, c.integer(2, Mean));
}
// smooth_l1_loss_backward(grad, self, target, reduction, beta).
static Results smoothL1LossBackward(Call &c) {
  Expr difference = c.wide(1) - c.wide(2), grad = reducedGradient(c.wide(0), difference, c.integer(3));
  double beta = c.number(4);
  if (beta == 0)
    return grad * sign(difference);
  return grad * clamp(difference / beta, -1.0, 1.0);
}
static Results huberLossBackward(Call &c) {
  Expr difference = c.wide(1) - c.wide(2), grad = reducedGradient(c.wide(0), difference, c.integer(3));
  double delta = c.number(4);
  return grad * clamp(difference, -delta, delta);
}

//===----------------------------------------------------------------------===//
// Probabilities
//===----------------------------------------------------------------------===//

// binary_cross_entropy(self, target, weight, reduction), with logarithms of at least -100.
static Results binaryCrossEntropy(Call &c) {
  Expr x = c.wide(0), target = c.wide(1), weight = c.wide(2);
  Expr loss = (target - 1.0) * maximum(log1p(-x), -100.0) - target * maximum(log(x), -100.0);
  return applyReduction(weight ? loss * weight : loss, c.integer(3, Mean));
}
static Results binaryCrossEntropyBackward(Call &c) {
  Expr x = c.wide(1), target = c.wide(2), weight = c.wide(3);
  Expr grad = reducedGradient(c.wide(0), x, c.integer(4, Mean)) * (x - target) / maximum(x * (1.0 - x), 1e-12);
  return weight ? grad * weight : grad;
}
// binary_cross_entropy_with_logits(self, target, weight, pos_weight, reduction).
static Results binaryCrossEntropyWithLogits(Call &c) {
  Expr x = c.wide(0), target = c.wide(1), weight = c.wide(2), positive = c.wide(3);
  Expr logSigmoid = minimum(x, 0.0) - log1p(exp(-abs(x)));
  Expr factor = positive ? (positive - 1.0) * target + 1.0 : Expr(1.0);
  Expr loss = (1.0 - target) * x - factor * logSigmoid;
  return applyReduction(weight ? loss * weight : loss, c.integer(4, Mean));
}
// kl_div(self, target, reduction, log_target).
static Results klDiv(Call &c) {
  Expr x = c.wide(0), target = c.wide(1);
  Expr loss =
      c.flag(3, false) ? exp(target) * (target - x) : select(target > 0.0, target * log(target), 0.0) - target * x;
  return applyReduction(loss, c.integer(2, Mean));
}
static Results softMarginLoss(Call &c) {
  return applyReduction(log1p(exp(-c.wide(1) * c.wide(0))), c.integer(2, Mean));
}

void addLosses(Decompositions &d) {
  d.add({"nll_loss_forward", "nll_loss2d_forward", "nll_loss", "nll_loss2d", "nll_loss_nd"}, nllLoss);
  d.add({"nll_loss_backward", "nll_loss2d_backward"}, nllLossBackward);
  d.add("cross_entropy_loss", crossEntropy);
  d.add("mse_loss", mseLoss);
  d.add("mse_loss_backward", mseLossBackward);
  d.add("l1_loss", l1Loss);
  d.add("l1_loss_backward", l1LossBackward);
  d.add("smooth_l1_loss", smoothL1Loss);
  d.add("smooth_l1_loss_backward", smoothL1LossBackward);
  d.add("huber_loss", huberLoss);
  d.add("huber_loss_backward", huberLossBackward);
  d.add("binary_cross_entropy", binaryCrossEntropy);
  d.add("binary_cross_entropy_backward", binaryCrossEntropyBackward);
  d.add("binary_cross_entropy_with_logits", binaryCrossEntropyWithLogits);
  d.add("kl_div", klDiv);
  d.add("soft_margin_loss", softMarginLoss);
}

} // namespace tc::decompose
