// Softmax and its logarithm, forward and backward.

#include "Call.h"

#include <limits>

using namespace mlir;

namespace tc::decompose {

Expr softmax(const Expr &x, int64_t dim) {
  Expr e = exp(x - amax(x, dim, true));
  return e / sum(e, dim, true);
}

Expr logSoftmax(const Expr &x, int64_t dim) {
  Expr shifted = x - amax(x, dim, true);
  return shifted - log(sum(exp(shifted), dim, true));
}

static Results softmaxFunction(Call &c) {
  Expr x = c.real(0);
  return softmax(x, c.dim(1, x.getRank()));
}
static Results logSoftmaxFunction(Call &c) {
  Expr x = c.real(0);
  return logSoftmax(x, c.dim(1, x.getRank()));
}

// Rows that are masked altogether are 0, not NaN.
static Results safeSoftmax(Call &c) {
  Expr x = c.real(0);
  int64_t dim = c.dim(1, x.getRank());
  Expr top = amax(x, dim, true), isMasked = eq(top, -std::numeric_limits<double>::infinity());
  Expr e = exp(x - select(isMasked, 0.0, top));
  return e / select(isMasked, 1.0, sum(e, dim, true));
}

// _softmax_backward_data(grad_output, output, dim, input_dtype).
static Results softmaxBackward(Call &c) {
  Expr grad = c.wide(0), y = c.wide(1), product = grad * y;
  return product - y * sum(product, c.dim(2, y.getRank()), true);
}
static Results logSoftmaxBackward(Call &c) {
  Expr grad = c.wide(0), y = c.wide(1);
  return grad - exp(y) * sum(grad, c.dim(2, y.getRank()), true);
}

void addSoftmax(Decompositions &d) {
  d.add({"_softmax", "softmax.int", "special_softmax"}, softmaxFunction);
  d.add({"_log_softmax", "log_softmax.int", "special_log_softmax"}, logSoftmaxFunction);
  d.add("_safe_softmax", safeSoftmax);
  d.add("_softmax_backward_data", softmaxBackward);
  d.add("_log_softmax_backward_data", logSoftmaxBackward);
}

} // namespace tc::decompose
