// Whole layers that torch.nn calls as one operator when nothing needs a gradient: multi-head attention, and an
// encoder's layer around it.

#include "Call.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tc::decompose {

static Expr linear(const Expr &x, const Expr &weight, const Expr &bias) {
  Expr y = contract(x, weight, "bse,fe->bsf");
  return bias ? y + widen(bias) : y;
}

static Expr normalize(const Expr &x, const Expr &weight, const Expr &bias, double eps) {
  Expr average = mean(x, -1, true), centered = x - average;
  return centered * rsqrt(mean(square(centered), -1, true) + eps) * widen(weight) + widen(bias);
}

namespace {
struct Heads {
  Expr output, weights;
};
} // namespace

// What a boolean mask excludes, over [batch, heads, queries, keys]. Type 0 is [queries, keys], 1 [batch, keys], 2 has
// all.
static Expr expandMask(Call &c, size_t mask, size_t maskType) {
  Expr excluded = c.expr(mask);
  if (excluded && !isBool(excluded)) {
    c.reject("a mask that is not boolean");
    return {};
  }
  if (excluded && c.integer(maskType, 2) == 1)
    excluded = unsqueeze(unsqueeze(excluded, 1), 1);
  return excluded;
}

// Weight and bias of the projections to queries, keys and values lie one after the other.
static Heads attend(Call &c, ArrayRef<Expr> inputs, int64_t numHeads, const Expr &weight, const Expr &bias,
                    const Expr &outWeight, const Expr &outBias, const Expr &excluded) {
  constexpr double minusInfinity = -std::numeric_limits<double>::infinity();
  SizeAttr features = weight.getSize(1), heads = c.size(numHeads), width = floorDiv(features, heads);
  SmallVector<Expr, 3> projected;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    SizeAttr offset = features * static_cast<int64_t>(i);
    Expr y = linear(input, slice(weight, 0, offset, features), bias ? slice(bias, 0, offset, features) : Expr());
    projected.push_back(unflatten(y, -1, {heads, width}));
  }
  std::optional<int64_t> constantWidth = width.getConstant();
  if (!constantWidth || *constantWidth < 1) {
    c.reject("attention of heads of unknown width");
    return {};
  }
  Expr scores =
      contract(projected[0] * (1 / std::sqrt(static_cast<double>(*constantWidth))), projected[1], "bqhd,bkhd->bhqk");
  if (excluded)
    scores = select(excluded, minusInfinity, scores);
  Expr weights = softmax(scores, -1);
  Expr mixed = flatten(contract(weights, projected[2], "bhqk,bkhd->bqhd"), 2, 3);
  return {linear(mixed, outWeight, outBias), weights};
}

// _native_multi_head_attention(query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias,
// mask, need_weights, average_attn_weights, mask_type) -> (output, weights).
static Results multiHeadAttention(Call &c) {
  if (c.wide(0).getRank() != 3) {
    c.reject("attention without a batch dimension");
    return Expr();
  }
  Heads heads = attend(c, {c.wide(0), c.wide(1), c.wide(2)}, c.integer(4), c.wide(5), c.wide(6), c.wide(7), c.wide(8),
                       expandMask(c, 9, 12));
  if (c.isRejected() || c.isWrong())
    return Expr();
  if (!c.flag(10, true))
    return {heads.output, c.isUsed(1) ? full(c, c.resultSizes(1), 0, c.element(1)) : Expr()};
  return {heads.output, c.flag(11, true) ? mean(heads.weights, 1) : heads.weights};
}

// _transformer_encoder_layer_fwd(src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu,
// norm_first, eps, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1, ffn_bias_1, ffn_weight_2,
// ffn_bias_2, mask, mask_type).
static Results encoderLayer(Call &c) {
  Expr x = c.wide(0);
  if (x.getRank() != 3) {
    c.reject("an encoder layer without a batch dimension");
    return Expr();
  }
  bool normFirst = c.flag(8);
  double eps = c.number(9);
  auto norm = [&](const Expr &y, size_t weight) { return normalize(y, c.expr(weight), c.expr(weight + 1), eps); };
  auto attention = [&](const Expr &y) {
    return attend(c, {y, y, y}, c.integer(2), c.wide(3), c.wide(4), c.wide(5), c.wide(6), expandMask(c, 18, 19)).output;
  };
  auto feedForward = [&](const Expr &y) {
    Expr hidden = linear(y, c.wide(14), c.wide(15));
    hidden = c.flag(7) ? 0.5 * hidden * (1.0 + erf(hidden * M_SQRT1_2)) : maximum(hidden, 0);
    return linear(hidden, c.wide(16), c.wide(17));
  };
  Expr attended = attention(normFirst ? norm(x, 10) : x);
  if (c.isRejected() || c.isWrong())
    return Expr();
  x = x + attended;
  if (!normFirst)
    x = norm(x, 10);
  x = x + feedForward(normFirst ? norm(x, 12) : x);
  return normFirst ? x : norm(x, 12);
}

void addTransformerLayers(Decompositions &d) {
  d.add("_native_multi_head_attention", multiHeadAttention);
  d.add("_transformer_encoder_layer_fwd", encoderLayer);
}

} // namespace tc::decompose
