// Activation functions and their derivatives. Computed in f32 for f16 and bf16.

#include "Call.h"

#include <cmath>

using namespace mlir;

namespace tc::decompose {

static Expr tanhApproximation(const Expr &x) { return tanh(std::sqrt(M_2_PI) * (x + 0.044715 * x * x * x)); }
static Expr gaussian(const Expr &x) { return exp(-0.5 * x * x) * (M_2_SQRTPI * M_SQRT1_2 * 0.5); }
static Expr softplusOf(const Expr &x) { return maximum(x, 0.0) + log1p(exp(-abs(x))); }

static Results relu(Call &c) { return maximum(c.expr(0), 0); }
static Results relu6(Call &c) { return clamp(c.expr(0), 0, 6); }
static Results sigmoidFunction(Call &c) { return sigmoid(c.real(0)); }
static Results logSigmoid(Call &c) {
  Expr x = c.wide(0), result = minimum(x, 0.0) - log1p(exp(-abs(x)));
  if (c.getNumResults() == 1)
    return result;
  // The buffer is empty on CUDA and exp(-|x|) on CPU.
  return {result, c.resultSizes(1) == c.resultSizes(0) ? exp(-abs(x)) : Expr(0.0)};
}
static Results silu(Call &c) {
  Expr x = c.wide(0);
  return x / (1.0 + exp(-x));
}
static Results gelu(Call &c) {
  Expr x = c.wide(0);
  if (c.string(1, "none") == "tanh")
    return 0.5 * x * (1.0 + tanhApproximation(x));
  return 0.5 * x * (1.0 + erf(x * M_SQRT1_2));
}
static Results hardtanh(Call &c) { return clamp(c.expr(0), c.number(1, -1.0), c.number(2, 1.0)); }
static Expr hardGate(const Expr &x) { return clamp(x + 3.0, 0.0, 6.0) * (1.0 / 6.0); }
static Results hardsigmoid(Call &c) { return hardGate(c.wide(0)); }
static Results hardswish(Call &c) {
  Expr x = c.wide(0);
  return x * hardGate(x);
}
static Results leakyRelu(Call &c) {
  Expr x = c.wide(0);
  return select(x > 0.0, x, x * c.number(1, 0.01));
}
static Results prelu(Call &c) {
  Expr x = c.wide(0), slope = c.wide(1);
  if (slope.getRank() == 1 && x.getRank() > 1)
    slope = alongDim(slope, 1, x.getRank());
  return select(x > 0.0, x, x * slope);
}
// elu(self, alpha, scale, input_scale).
static Results elu(Call &c) {
  Expr x = c.wide(0);
  double alpha = c.number(1, 1.0), scale = c.number(2, 1.0), inputScale = c.number(3, 1.0);
  return select(x > 0.0, x * scale, expm1(x * inputScale) * (alpha * scale));
}
static Results selu(Call &c) {
  constexpr double alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946;
  Expr x = c.wide(0);
  return select(x > 0.0, x * scale, expm1(x) * (alpha * scale));
}
static Results celu(Call &c) {
  Expr x = c.wide(0);
  double alpha = c.number(1, 1.0);
  return select(x > 0.0, x, alpha * expm1(x / alpha));
}
static Results softplus(Call &c) {
  Expr x = c.wide(0), scaled = x * c.number(1, 1.0);
  return select(scaled > c.number(2, 20.0), x, log1p(exp(scaled)) / c.number(1, 1.0));
}
static Results mish(Call &c) {
  Expr x = c.wide(0);
  return x * tanh(softplusOf(x));
}
static Results threshold(Call &c) {
  Expr x = c.expr(0);
  return select(x <= c.expr(1), castTo(c.expr(2), c.element()).as(c, c.element()), x);
}
static Results softsign(Call &c) {
  Expr x = c.wide(0);
  return x / (1.0 + abs(x));
}
static Results tanhshrink(Call &c) { return c.wide(0) - tanh(c.wide(0)); }
static Results softshrink(Call &c) {
  Expr x = c.wide(0);
  double lambda = c.number(1, 0.5);
  return select(x > lambda, x - lambda, select(x < -lambda, x + lambda, x * 0.0));
}
static Results hardshrink(Call &c) {
  Expr x = c.wide(0);
  double lambda = c.number(1, 0.5);
  return select((x >= -lambda) & (x <= lambda), 0.0, x);
}
static Results glu(Call &c) {
  Expr x = c.wide(0);
  int64_t dim = c.dim(1, x.getRank(), -1);
  SizeAttr half = floorDiv(x.getSize(dim), c.size(2));
  return slice(x, dim, c.size(0), half) * sigmoid(slice(x, dim, half, half));
}

//===----------------------------------------------------------------------===//
// Derivatives: (grad_output, self or result, …)
//===----------------------------------------------------------------------===//

static Results thresholdBackward(Call &c) {
  Expr grad = c.expr(0), x = c.expr(1);
  return select(x <= c.expr(2), Expr(0).as(c, grad.getElementType()), grad);
}
static Results sigmoidBackward(Call &c) {
  Expr grad = c.wide(0), y = c.wide(1);
  return grad * (1.0 - y) * y;
}
static Results tanhBackward(Call &c) {
  Expr grad = c.wide(0), y = c.wide(1);
  return grad * (1.0 - y * y);
}
static Results siluBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1), s = sigmoid(x);
  return grad * s * (1.0 + x * (1.0 - s));
}
static Results geluBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  if (c.string(2, "none") == "tanh") {
    Expr t = tanhApproximation(x), inner = std::sqrt(M_2_PI) * (1.0 + 3 * 0.044715 * x * x);
    return grad * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner);
  }
  return grad * (0.5 * (1.0 + erf(x * M_SQRT1_2)) + x * gaussian(x));
}
static Results hardtanhBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  return select((x <= c.number(2)) | (x >= c.number(3)), 0.0, grad);
}
static Results hardsigmoidBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  return select((x > -3.0) & (x < 3.0), grad * (1.0 / 6.0), 0.0);
}
static Results hardswishBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  return select(x <= -3.0, 0.0, select(x < 3.0, grad * (x / 3.0 + 0.5), grad));
}
static Results leakyReluBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  return select(x > 0.0, grad, grad * c.number(2));
}
// elu_backward(grad, alpha, scale, input_scale, is_result, self_or_result).
static Results eluBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(5);
  double alpha = c.number(1), scale = c.number(2), inputScale = c.number(3);
  Expr negative =
      c.flag(4) ? grad * inputScale * (x + alpha * scale) : grad * (inputScale * alpha * scale) * exp(x * inputScale);
  return select(x <= 0.0, negative, grad * scale);
}
static Results softplusBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1) * c.number(2);
  return select(x > c.number(3), grad, grad * sigmoid(x));
}
static Results logSigmoidBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  return grad * sigmoid(-x);
}
static Results mishBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1), t = tanh(softplusOf(x));
  return grad * (t + x * sigmoid(x) * (1.0 - t * t));
}
static Results softshrinkBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  double lambda = c.number(2);
  return select((x >= -lambda) & (x <= lambda), 0.0, grad);
}
static Results gluBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1);
  int64_t dim = c.dim(2, x.getRank());
  SizeAttr half = floorDiv(x.getSize(dim), c.size(2));
  Expr a = slice(x, dim, c.size(0), half), s = sigmoid(slice(x, dim, half, half));
  return concat({grad * s, grad * a * s * (1.0 - s)}, dim);
}
// _prelu_kernel_backward(grad, self, weight), of one shape after broadcasting.
static Results preluBackward(Call &c) {
  Expr grad = c.wide(0), x = c.wide(1), slope = c.wide(2);
  return {select(x > 0.0, grad, grad * slope), select(x > 0.0, 0.0, grad * x)};
}

void addActivations(Decompositions &d) {
  d.add("relu", relu);
  d.add("relu6", relu6);
  d.add({"sigmoid", "special_expit"}, sigmoidFunction);
  d.add({"log_sigmoid", "log_sigmoid_forward"}, logSigmoid);
  d.add("silu", silu);
  d.add("gelu", gelu);
  d.add("hardtanh", hardtanh);
  d.add("hardsigmoid", hardsigmoid);
  d.add("hardswish", hardswish);
  d.add("leaky_relu", leakyRelu);
  d.add({"prelu", "_prelu_kernel"}, prelu);
  d.add("elu", elu);
  d.add("selu", selu);
  d.add("celu", celu);
  d.add("softplus", softplus);
  d.add("mish", mish);
  d.add("threshold", threshold);
  d.add("softsign", softsign);
  d.add("tanhshrink", tanhshrink);
  d.add("softshrink", softshrink);
  d.add("hardshrink.*", hardshrink);
  d.add("glu", glu);

  d.add("threshold_backward", thresholdBackward);
  d.add("sigmoid_backward", sigmoidBackward);
  d.add("tanh_backward", tanhBackward);
  d.add("silu_backward", siluBackward);
  d.add("gelu_backward", geluBackward);
  d.add("hardtanh_backward", hardtanhBackward);
  d.add("hardsigmoid_backward", hardsigmoidBackward);
  d.add("hardswish_backward", hardswishBackward);
  d.add("leaky_relu_backward", leakyReluBackward);
  d.add("elu_backward", eluBackward);
  d.add("softplus_backward", softplusBackward);
  d.add("log_sigmoid_backward", logSigmoidBackward);
  d.add("mish_backward", mishBackward);
  d.add({"softshrink_backward", "hardshrink_backward"}, softshrinkBackward);
  d.add("glu_backward", gluBackward);
  d.add("_prelu_kernel_backward", preluBackward);
}

} // namespace tc::decompose
