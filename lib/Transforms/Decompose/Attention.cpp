// Scaled dot-product attention in its variants: products, a softmax between, masks, causality, grouped heads.

#include "Call.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tc::decompose {

static constexpr double minusInfinity = -std::numeric_limits<double>::infinity();

namespace {
/// Operands [batch…, heads of k and v, queries of one head, rows, features]; without grouped heads the fourth from the
/// end is not there.
struct Attention {
  Expr query, key, value, mask, scale;
  bool causal = false;
  bool grouped = false;
  /// Letters of the batch dimensions.
  std::string batch;

  std::string queries(char row, char feature) const { return batch + (grouped ? "g" : "") + std::string{row, feature}; }
  std::string keys(char row, char feature) const { return batch + std::string{row, feature}; }
};
} // namespace

// Heads of the query as [heads of the key, queries of each].
static Expr inHeadGroups(const Expr &x, SizeAttr keyHeads) {
  SizeAttr heads = x.getSize(-3);
  return unflatten(x, -3, {keyHeads, floorDiv(heads, keyHeads)});
}

static Attention setUp(Call &c, const Expr &query, const Expr &key, const Expr &value, const Expr &mask, bool causal,
                       const Expr &scale) {
  Attention a;
  a.query = query;
  a.key = key;
  a.value = value;
  a.mask = mask;
  a.scale = scale;
  a.causal = causal;
  int64_t rank = query.getRank();
  if (rank < 2 || key.getRank() != rank || value.getRank() != rank || rank > 12) {
    c.reject("attention of tensors of different ranks");
    return a;
  }
  if (!a.scale) {
    auto features = query.getSize(-1).getConstant();
    Type wide = query.getElementType().isF64() ? query.getElementType() : c.f32();
    a.scale = features ? Expr(1 / std::sqrt(static_cast<double>(std::max<int64_t>(*features, 1))))
                       : rsqrt(Expr(query.getSize(-1)).as(c, wide));
  }
  a.grouped = rank >= 3 && query.getSize(-3) != key.getSize(-3);
  if (a.grouped) {
    SizeAttr heads = key.getSize(-3);
    a.query = inHeadGroups(query, heads);
    if (mask)
      a.mask = mask.getRank() >= 3 && mask.getSize(-3).getConstant() != 1 ? inHeadGroups(mask, heads)
               : mask.getRank() >= 3                                      ? unsqueeze(mask, mask.getRank() - 2)
                                                                          : mask;
  }
  // Batch dimensions that broadcast are repeated: rare, and views.
  Sizes batch = a.key.getSizes();
  batch.resize(rank - 2);
  for (Expr *operand : {&a.query, &a.key, &a.value}) {
    Sizes sizes = operand->getSizes();
    for (int64_t d = 0; d < rank - 2; ++d)
      if (batch[d].getConstant() == 1)
        batch[d] = sizes[d];
  }
  for (Expr *operand : {&a.query, &a.key, &a.value}) {
    Sizes sizes = operand->getSizes();
    std::copy(batch.begin(), batch.end(), sizes.begin());
    *operand = broadcast(*operand, sizes);
  }
  a.batch = std::string("abcdefhijk").substr(0, rank - 2);
  return a;
}

// Whether a key is no later than a query, [queries, keys].
static Expr isPast(Call &c, const Attention &a) {
  Expr row = unsqueeze(iota(c, a.query.getSize(-2)), 1), column = unsqueeze(iota(c, a.key.getSize(-2)), 0);
  return column <= row;
}

// What of an additive mask or a boolean one is added to the scores.
static Expr scoresOf(Call &c, const Attention &a) {
  Expr scores = contract(a.query, a.key, a.queries('l', 'e') + "," + a.keys('s', 'e') + "->" + a.queries('l', 's'));
  scores = scores * a.scale;
  if (a.mask)
    scores = isBool(a.mask) ? select(a.mask, scores, minusInfinity) : scores + widen(a.mask);
  return a.causal ? select(isPast(c, a), scores, minusInfinity) : scores;
}

namespace {
struct AttentionResult {
  Expr output, logsumexp;
};
} // namespace

// The sum of exponentials divides after the second product, where there are fewer elements. Rows that are masked
// altogether give 0.
static AttentionResult attend(Call &c, const Attention &a) {
  Expr scores = scoresOf(c, a), top = amax(scores, -1, true);
  Expr isMasked = a.mask ? eq(top, minusInfinity) : Expr();
  Expr e = exp(scores - (isMasked ? select(isMasked, 0.0, top) : top));
  Expr total = sum(e, -1, true);
  Expr weights = castTo(e, a.value.getElementType());
  // The weights are zero there already; the product is told so that it ends early.
  if (a.causal && weights.getElementType().isF32())
    weights = select(isPast(c, a), weights, 0.0);
  Expr product = contract(weights, a.value, a.queries('l', 's') + "," + a.keys('s', 'v') + "->" + a.queries('l', 'v'));
  Expr output = product / (isMasked ? select(isMasked, 1.0, total) : total);
  return {output, squeeze(log(total) + top, -1)};
}

static Expr joinHeads(const Attention &a, const Expr &x, int64_t fromEnd) {
  return a.grouped ? flatten(x, fromEnd - 1, fromEnd) : x;
}

static Results attention(Call &c, const Expr &mask, double dropout, bool causal, const Expr &scale) {
  if (dropout != 0)
    c.reject("attention with dropout");
  Attention a = setUp(c, c.expr(0), c.expr(1), c.expr(2), mask, causal, scale);
  if (c.isRejected() || c.isWrong())
    return Expr();
  AttentionResult result = attend(c, a);
  Results results = joinHeads(a, result.output, -3);
  if (c.getNumResults() > 1)
    results.push_back(joinHeads(a, result.logsumexp, -2));
  // Philox seed and offset, debug mask: of no use without dropout.
  for (size_t i = 2; i < c.getNumResults(); ++i)
    results.push_back(c.isUsed(i) ? full(c, c.resultSizes(i), 0, c.element(i)) : Expr());
  return results;
}

// scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, *, scale, enable_gqa).
static Results scaledDotProduct(Call &c) {
  return attention(c, c.expr(3), c.number(4, 0), c.flag(5, false), c.expr(6));
}
// _scaled_dot_product_flash_attention_for_cpu(query, key, value, dropout_p, is_causal, *, attn_mask, scale).
static Results flashCpu(Call &c) { return attention(c, c.expr(5), c.number(3, 0), c.flag(4, false), c.expr(6)); }
// _scaled_dot_product_efficient_attention(query, key, value, attn_bias, compute_log_sumexp, dropout_p, is_causal, *,
// scale).
static Results efficient(Call &c) { return attention(c, c.expr(3), c.number(5, 0), c.flag(6, false), c.expr(7)); }
// _scaled_dot_product_attention_math(query, key, value, attn_mask, dropout_p, is_causal, dropout_mask, *, scale,
// enable_gqa) gives the output and the weights.
static Results math(Call &c) {
  if (c.isUsed(1))
    c.reject("the weights of attention as a result");
  return attention(c, c.expr(3), c.number(4, 0), c.flag(5, false), c.expr(7));
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

static Results attentionBackward(Call &c, const Expr &mask, bool causal, const Expr &scale, double dropout) {
  if (dropout != 0)
    c.reject("attention with dropout");
  Attention a = setUp(c, c.expr(1), c.expr(2), c.expr(3), mask, causal, scale);
  Expr grad = c.expr(0), output = c.wide(4), logsumexp = c.wide(5);
  if (c.isRejected() || c.isWrong())
    return Expr();
  if (a.grouped) {
    SizeAttr heads = a.key.getSize(-3);
    grad = inHeadGroups(grad, heads);
    output = inHeadGroups(output, heads);
    logsumexp = unflatten(logsumexp, -2, {heads, floorDiv(logsumexp.getSize(-2), heads)});
  }
  Expr weights = exp(scoresOf(c, a) - unsqueeze(logsumexp, logsumexp.getRank()));
  if (a.mask)
    weights = select(unsqueeze(eq(logsumexp, minusInfinity), logsumexp.getRank()), 0.0, weights);
  Type narrow = a.query.getElementType();
  std::string rows = a.queries('l', 's'), gradIndices = a.queries('l', 'v');
  Expr weightGrad = contract(grad, a.value, gradIndices + "," + a.keys('s', 'v') + "->" + rows);
  Expr delta = sum(widen(grad) * output, -1, true);
  Expr scoreGrad = castTo(weights * (weightGrad - delta) * a.scale, narrow);
  Expr queryGrad = contract(scoreGrad, a.key, rows + "," + a.keys('s', 'e') + "->" + a.queries('l', 'e'));
  Expr keyGrad = contract(scoreGrad, a.query, rows + "," + a.queries('l', 'e') + "->" + a.keys('s', 'e'));
  Expr valueGrad = contract(castTo(weights, narrow), grad, rows + "," + gradIndices + "->" + a.keys('s', 'v'));
  return {joinHeads(a, queryGrad, -3), keyGrad, valueGrad};
}

// (grad_out, query, key, value, out, logsumexp, dropout_p, is_causal, *, attn_mask, scale).
static Results flashCpuBackward(Call &c) {
  return attentionBackward(c, c.expr(8), c.flag(7), c.expr(9), c.number(6, 0));
}
// (grad_out, query, key, value, attn_bias, out, logsumexp, …): the same arguments in another order; left for later.

void addAttention(Decompositions &d) {
  d.add("scaled_dot_product_attention", scaledDotProduct);
  d.add("_scaled_dot_product_flash_attention_for_cpu", flashCpu);
  d.add("_scaled_dot_product_efficient_attention", efficient);
  d.add("_scaled_dot_product_attention_math", math);
  d.add("_scaled_dot_product_flash_attention_for_cpu_backward", flashCpuBackward);
}

} // namespace tc::decompose
