// Views that change nothing but the element type, if that.

#include "Views.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

static LogicalResult alias(View &view) { return success(view.steps.getType() == view.type); }

// The conjugate of what is real.
static LogicalResult conj(View &view) { return isa<ComplexType>(view.type.getElementType()) ? failure() : alias(view); }

// Tensor.to returns its input if that is right already; the cast is left to whoever reads the copy.
static LogicalResult to(View &view) {
  view.isCopy = view.steps.getType() != view.type || view.call.integer("copy").value_or(0);
  return success();
}

static LogicalResult viewDtype(View &view) {
  Type from = view.steps.getType().getElementType(), to = view.type.getElementType();
  if (from == to)
    return success();
  if (from.isIntOrFloat() && to.isIntOrFloat() && from.getIntOrFloatBitWidth() == to.getIntOrFloatBitWidth())
    view.steps.bitcast(to);
  else
    view.steps.reinterpret(view.type);
  return success();
}

// Real and imaginary parts side by side are what a complex number is in memory.
static LogicalResult viewParts(View &view) {
  view.steps.reinterpret(view.type);
  return success();
}

// One part of each complex number: [..., 2] at 0 or 1.
static LogicalResult part(View &view, int64_t index) {
  SmallVector<SizeAttr> sizes = view.steps.getSizes();
  sizes.push_back(view.constant(2));
  view.steps.reinterpret(getTensorType(sizes, view.type.getElementType()));
  view.steps.slice(sizes.size() - 1, view.constant(index), 1, view.constant(1));
  sizes.pop_back();
  view.steps.reshape(sizes);
  return success();
}
static LogicalResult real(View &view) {
  return isa<ComplexType>(view.steps.getType().getElementType()) ? part(view, 0) : alias(view);
}
static LogicalResult imaginary(View &view) { return part(view, 1); }

ArrayRef<ViewEntry> functionalize::typeViews() {
  static constexpr ViewEntry entries[] = {
      {"alias", alias},
      {"detach", alias},
      {"lift_fresh", alias},
      {"positive", alias},
      {"resolve_conj", alias},
      {"resolve_neg", alias},
      {"conj", conj},
      {"real", real},
      {"imag", imaginary},
      {"pin_memory", alias},
      {"_fw_primal", alias},
      {"_autocast_to_reduced_precision", to},
      {"_autocast_to_full_precision", to},
      {"to.dtype_layout", to},
      {"to.device", to},
      {"to.dtype", to},
      {"to.other", to},
      {"view.dtype", viewDtype},
      {"view_as_real", viewParts},
      {"view_as_complex", viewParts},
  };
  return entries;
}
