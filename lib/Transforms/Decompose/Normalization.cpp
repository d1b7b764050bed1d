// Batch, layer, group, instance and RMS normalisation, forward and backward. Statistics are f32 for f16 and bf16.

#include "Call.h"

#include <cmath>

using namespace mlir;

namespace tc::decompose {

static Expr scaleAndShift(Expr x, const Expr &weight, const Expr &bias) {
  if (weight)
    x = x * weight;
  return bias ? x + bias : x;
}

//===----------------------------------------------------------------------===//
// Batch normalisation: channels are dimension 1
//===----------------------------------------------------------------------===//

// A vector of channels against a tensor [N, C, …].
static Expr channels(const Expr &vector, const Expr &x) {
  return vector ? alongDim(widen(vector), 1, x.getRank()) : vector;
}

// One multiplication and one addition an element, which a convolution before can take along.
static Expr batchNormInference(const Expr &x, const Expr &weight, const Expr &bias, const Expr &average,
                               const Expr &var, double eps) {
  Expr scale = rsqrt(widen(var) + eps);
  if (weight)
    scale = scale * widen(weight);
  Expr shift = -widen(average) * scale;
  if (bias)
    shift = widen(bias) + shift;
  return x * channels(scale, x) + channels(shift, x);
}

struct BatchNorm {
  Expr output, mean, invstd, runningMean, runningVar;
};

static BatchNorm batchNormTraining(const Expr &x, const Expr &weight, const Expr &bias, const Expr &runningMean,
                                   const Expr &runningVar, double momentum, double eps) {
  Ints dims = otherDims(x, 1);
  Expr average = mean(x, dims), centered = x - channels(average, x);
  Expr var = mean(square(centered), dims), invstd = rsqrt(var + eps);
  Expr y = scaleAndShift(centered * channels(invstd, x), channels(weight, x), channels(bias, x));
  BatchNorm result{y, average, invstd, {}, {}};
  if (runningMean && runningVar) {
    // The running variance is the unbiased one.
    Expr count = countElements(x, dims), unbiased;
    if (auto known = count.getNumber())
      unbiased = var * (*known / std::max(*known - 1, 1.0));
    else
      unbiased = var * (castTo(count.as(*x.getBuilder(), x.getElementType()), x.getElementType()) / (count - 1));
    result.runningMean = momentum * average + (1 - momentum) * widen(runningMean);
    result.runningVar = momentum * unbiased + (1 - momentum) * widen(runningVar);
  }
  return result;
}

// Saved statistics that inference leaves empty.
static Expr empty(Call &c, size_t i) {
  return i < c.getNumResults() ? full(c, c.resultSizes(i), 0.0, c.element(i)) : Expr();
}

// _native_batch_norm_legit_no_training(input, weight, bias, running_mean, running_var, momentum, eps).
static Results batchNormNoTraining(Call &c) {
  return {batchNormInference(c.wide(0), c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(6)), empty(c, 1),
          empty(c, 2)};
}

// (input, weight, bias, running_mean, running_var, training, momentum, eps), with and without updated statistics as
// results.
static Results nativeBatchNorm(Call &c) {
  bool isFunctional = c.getName().contains("functional");
  if (!c.flag(5)) {
    Results results = {batchNormInference(c.wide(0), c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(7)),
                       empty(c, 1), empty(c, 2)};
    if (isFunctional)
      results.append({c.expr(3), c.expr(4)});
    return results;
  }
  BatchNorm n = batchNormTraining(c.wide(0), c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(6), c.number(7));
  if (isFunctional || c.getNumResults() == 5)
    return {n.output, n.mean, n.invstd, n.runningMean, n.runningVar};
  return {n.output, n.mean, n.invstd};
}
// _native_batch_norm_legit.no_stats(input, weight, bias, training, momentum, eps).
static Results batchNormNoStats(Call &c) {
  BatchNorm n = batchNormTraining(c.wide(0), c.expr(1), c.expr(2), {}, {}, 0, c.number(5));
  return {n.output, n.mean, n.invstd};
}
// _batch_norm_with_update_functional(input, weight, bias, running_mean, running_var, momentum, eps)
// -> (output, mean, invstd, reserve, running_mean, running_var).
static Results batchNormWithUpdate(Call &c) {
  BatchNorm n = batchNormTraining(c.wide(0), c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(5), c.number(6));
  return {n.output, n.mean, n.invstd, empty(c, 3), n.runningMean, n.runningVar};
}
static Results batchNormNoUpdate(Call &c) {
  return {batchNormInference(c.wide(0), c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(6)), empty(c, 1),
          empty(c, 2), empty(c, 3)};
}
// batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled).
static Results batchNorm(Call &c) {
  if (!c.flag(5))
    return batchNormInference(c.wide(0), c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(7));
  if (!c.isNone(3))
    c.reject("batch_norm in training mode updates its statistics in place");
  return batchNormTraining(c.wide(0), c.expr(1), c.expr(2), {}, {}, 0, c.number(7)).output;
}

static Results batchNormGradients(Call &c, const Expr &grad, const Expr &x, const Expr &weight, const Expr &average,
                                  const Expr &invstd, bool training, ArrayRef<bool> mask) {
  Ints dims = otherDims(x, 1);
  Expr normalised = (x - channels(average, x)) * channels(invstd, x);
  Expr sumGrad = sum(grad, dims), sumProduct = sum(grad * normalised, dims);
  Expr scale = weight ? widen(weight) * invstd : invstd, gradInput = grad;
  if (training) {
    Expr count = countElements(x, dims);
    gradInput = grad - channels(sumGrad / count, x) - normalised * channels(sumProduct / count, x);
  }
  Results results = {gradInput * channels(scale, x), sumProduct, sumGrad};
  for (auto [result, wanted] : llvm::zip(results, mask))
    if (!wanted)
      result = {};
  return results;
}
// native_batch_norm_backward(grad, input, weight, running_mean, running_var, save_mean, save_invstd, train, eps,
// output_mask).
static Results batchNormBackward(Call &c) {
  bool training = c.flag(7);
  Expr average = training ? c.expr(5) : widen(c.expr(3));
  Expr invstd = training ? c.expr(6) : rsqrt(widen(c.expr(4)) + c.number(8));
  return batchNormGradients(c, c.wide(0), c.wide(1), c.expr(2), average, invstd, training, c.flags(9));
}
// batch_norm_backward(grad, input, weight, running_mean, running_var, save_mean, save_var, update, eps, mask, reserve).
// cudnn_batch_norm_backward(input, grad, weight, running_mean, running_var, save_mean, save_var, eps, reserve).
static Results cudnnBatchNormBackward(Call &c) {
  return batchNormGradients(c, c.wide(1), c.wide(0), c.expr(2), c.expr(5), c.expr(6), true, {true, true, true});
}

//===----------------------------------------------------------------------===//
// Layer and RMS normalisation: over the last dimensions
//===----------------------------------------------------------------------===//

static Ints lastDims(Call &c, const Expr &x, size_t count) {
  Ints dims = allDims(x);
  if (count > dims.size())
    c.fail("normalised shape has more dimensions than the input");
  return Ints(ArrayRef<int64_t>(dims).take_back(std::min(count, dims.size())));
}

// native_layer_norm(input, normalized_shape, weight, bias, eps) -> (output, mean, rstd); layer_norm the first of them.
static Results layerNorm(Call &c) {
  Expr x = c.wide(0);
  Ints dims = lastDims(c, x, c.sizes(1).size());
  Expr average = mean(x, dims, true), centered = x - average;
  Expr rstd = rsqrt(mean(square(centered), dims, true) + c.number(4, 1e-5));
  Expr y = scaleAndShift(centered * rstd, c.wide(2), c.wide(3));
  if (c.getNumResults() == 1)
    return y;
  return {y, average, rstd};
}

// native_layer_norm_backward(grad, input, normalized_shape, mean, rstd, weight, bias, output_mask).
static Results layerNormBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1), rstd = c.wide(4), weight = c.wide(5);
  Ints dims = lastDims(c, x, c.sizes(2).size()), outer = otherDims(x, dims);
  SmallVector<bool> mask = c.flags(7);
  mask.resize(3, true);
  Expr normalised = (x - c.wide(3)) * rstd;
  Expr scaled = weight ? grad * weight : grad;
  auto gradInput = [&]() {
    Expr projected = mean(scaled, dims, true) + normalised * mean(scaled * normalised, dims, true);
    return rstd * (scaled - projected);
  };
  return {mask[0] ? gradInput() : Expr(), mask[1] && weight ? sum(grad * normalised, outer) : Expr(),
          mask[2] ? sum(grad, outer) : Expr()};
}

// rms_norm(input, normalized_shape, weight, eps); _fused_rms_norm also gives the reciprocal root.
static Results rmsNorm(Call &c) {
  Expr x = c.wide(0);
  Ints dims = lastDims(c, x, c.sizes(1).size());
  Type element = x.getElementType();
  double smallest = element && element.isF64() ? 2.220446049250313e-16 : 1.1920928955078125e-07;
  Expr rstd = rsqrt(mean(square(x), dims, true) + c.number(3, smallest));
  Expr y = scaleAndShift(x * rstd, c.wide(2), {});
  if (c.getNumResults() == 1)
    return y;
  return {y, rstd};
}
// _fused_rms_norm_backward(grad, input, normalized_shape, rstd, weight, output_mask).
static Results rmsNormBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1), rstd = c.wide(3), weight = c.wide(4);
  Ints dims = lastDims(c, x, c.sizes(2).size());
  SmallVector<bool> mask = c.flags(5);
  mask.resize(2, true);
  Expr normalised = x * rstd, scaled = weight ? grad * weight : grad;
  return {mask[0] ? rstd * (scaled - normalised * mean(scaled * normalised, dims, true)) : Expr(),
          mask[1] && weight ? sum(grad * normalised, otherDims(x, dims)) : Expr()};
}

//===----------------------------------------------------------------------===//
// Group normalisation: over the channels of a group and all positions
//===----------------------------------------------------------------------===//

// [N, C, …] as [N, groups, C / groups, positions].
static Expr inGroups(Call &c, const Expr &x, int64_t groups) {
  SizeAttr inner = floorDiv(x.getSize(1), c.size(groups));
  Sizes sizes = x.getSizes();
  return reshape(x,
                 {sizes[0], c.size(groups), inner, product(c.getContext(), ArrayRef<SizeAttr>(sizes).drop_front(2))});
}
static Expr channelsInGroups(Call &c, const Expr &vector, int64_t groups) {
  if (!vector)
    return vector;
  return reshape(widen(vector), {c.size(groups), floorDiv(vector.getSize(0), c.size(groups)), c.size(1)});
}

static Results groupNormOf(Call &c, const Expr &x, const Expr &weight, const Expr &bias, int64_t groups, double eps) {
  if (x.getRank() < 2 || groups < 1) {
    c.fail("group normalisation needs channels and groups");
    return Expr();
  }
  Expr grouped = inGroups(c, x, groups), average = mean(grouped, {2, 3}, true), centered = grouped - average;
  Expr rstd = rsqrt(mean(square(centered), {2, 3}, true) + eps);
  Expr y = scaleAndShift(centered * rstd, channelsInGroups(c, weight, groups), channelsInGroups(c, bias, groups));
  Results results = reshape(y, x.getSizes());
  if (c.getNumResults() == 3)
    results.append({squeeze(average, {2, 3}), squeeze(rstd, {2, 3})});
  return results;
}
// native_group_norm(input, weight, bias, N, C, HxW, group, eps).
static Results nativeGroupNorm(Call &c) {
  return groupNormOf(c, c.wide(0), c.expr(1), c.expr(2), c.integer(6), c.number(7));
}
// group_norm(input, num_groups, weight, bias, eps, cudnn_enabled).
static Results groupNorm(Call &c) {
  return groupNormOf(c, c.wide(0), c.expr(2), c.expr(3), c.integer(1), c.number(4, 1e-5));
}
// instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled).
static Results instanceNorm(Call &c) {
  Expr x = c.wide(0);
  if (!c.flag(5))
    return batchNormInference(x, c.expr(1), c.expr(2), c.expr(3), c.expr(4), c.number(7));
  if (!c.isNone(3))
    c.reject("instance_norm in training mode updates its statistics in place");
  Ints dims = llvm::to_vector(llvm::seq<int64_t>(2, x.getRank()));
  Expr centered = x - mean(x, dims, true), rstd = rsqrt(mean(square(centered), dims, true) + c.number(7));
  return scaleAndShift(centered * rstd, channels(c.expr(1), x), channels(c.expr(2), x));
}

// native_group_norm_backward(grad, input, mean, rstd, weight, N, C, HxW, group, output_mask).
static Results groupNormBackward(Call &c) {
  Expr input = c.wide(1), weight = c.expr(4);
  int64_t groups = c.integer(8);
  SmallVector<bool> mask = c.flags(9);
  mask.resize(3, true);
  Expr x = inGroups(c, input, groups), grad = inGroups(c, c.wide(0), groups);
  Expr average = unsqueezeTo(c.wide(2), 4), rstd = unsqueezeTo(c.wide(3), 4);
  Expr normalised = (x - average) * rstd, scaled = weight ? grad * channelsInGroups(c, weight, groups) : grad;
  Sizes channel = {input.getSize(1)};
  auto gradInput = [&]() {
    Expr projected = mean(scaled, {2, 3}, true) + normalised * mean(scaled * normalised, {2, 3}, true);
    return reshape(rstd * (scaled - projected), input.getSizes());
  };
  return {mask[0] ? gradInput() : Expr(), mask[1] ? reshape(sum(grad * normalised, {0, 3}), channel) : Expr(),
          mask[2] ? reshape(sum(grad, {0, 3}), channel) : Expr()};
}

// _weight_norm_interface(v, g, dim) -> (v * g / norms, norms): a norm for each index of the one dimension; _weight_norm
// the first of them.
static Results weightNorm(Call &c) {
  Expr v = c.wide(0), norms = sqrt(sum(square(v), otherDims(v, c.dim(2, v.getRank(), 0)), true));
  Expr weight = v * (c.wide(1) / norms);
  return c.getNumResults() == 1 ? Results(weight) : Results({weight, norms});
}
// _weight_norm_interface_backward(grad_w, saved_v, saved_g, saved_norms, dim).
static Results weightNormBackward(Call &c) {
  Expr grad = c.wide(0), v = c.wide(1), norms = c.wide(3);
  Expr gradG = sum(grad * v, otherDims(v, c.dim(4, v.getRank())), true) / norms;
  return {c.wide(2) / norms * (grad - v * (gradG / norms)), gradG};
}

void addNormalization(Decompositions &d) {
  d.add({"_weight_norm", "_weight_norm_interface"}, weightNorm);
  d.add("_weight_norm_interface_backward", weightNormBackward);
  d.add("_native_batch_norm_legit_no_training", batchNormNoTraining);
  d.add({"native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_functional"}, nativeBatchNorm);
  d.add("_native_batch_norm_legit.no_stats", batchNormNoStats);
  d.add({"_batch_norm_with_update", "_batch_norm_with_update_functional"}, batchNormWithUpdate);
  d.add("_batch_norm_no_update", batchNormNoUpdate);
  d.add("batch_norm", batchNorm);
  d.add({"native_batch_norm_backward", "batch_norm_backward"}, batchNormBackward);
  d.add("cudnn_batch_norm_backward", cudnnBatchNormBackward);
  d.add({"native_layer_norm", "layer_norm"}, layerNorm);
  d.add("native_layer_norm_backward", layerNormBackward);
  d.add({"rms_norm", "_fused_rms_norm"}, rmsNorm);
  d.add("_fused_rms_norm_backward", rmsNormBackward);
  d.add("native_group_norm", nativeGroupNorm);
  d.add("group_norm", groupNorm);
  d.add("instance_norm", instanceNorm);
  d.add("native_group_norm_backward", groupNormBackward);
}

} // namespace tc::decompose
