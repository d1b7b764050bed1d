// Dropout where it does nothing. Random numbers themselves are still PyTorch's.

#include "Call.h"

using namespace mlir;

namespace tc::decompose {

// dropout(input, p, train).
static Results dropout(Call &c) {
  Expr x = c.expr(0);
  if (!c.flag(2, true) || c.number(1) == 0)
    return x;
  if (c.number(1) == 1)
    return full(c, c.resultSizes(), 0, c.element());
  c.reject("random numbers");
  return Expr();
}

// native_dropout(input, p, train) -> (output, mask).
static Results nativeDropout(Call &c) {
  Expr x = c.expr(0);
  bool training = c.flag(2, true);
  if (!training || c.number(1) == 0)
    return {x, Expr(true)};
  if (c.number(1) == 1)
    return {Expr(0), Expr(false)};
  c.reject("random numbers");
  return Expr();
}

// native_dropout_backward(grad, mask, scale).
static Results nativeDropoutBackward(Call &c) {
  Expr grad = c.wide(0);
  return grad * (castTo(c.expr(1), grad.getElementType()) * c.number(2));
}

void addRandom(Decompositions &d) {
  d.add({"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}, dropout);
  d.add("native_dropout", nativeDropout);
  d.add("native_dropout_backward", nativeDropoutBackward);
}

} // namespace tc::decompose
