// Views that keep the order of elements, or repeat them.

#include "Views.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

// Valid on what the input's strides allow, which eager has checked: always the elements in row-major order.
static LogicalResult reshape(View &view) {
  view.steps.reshape(view.target());
  return success();
}

// Copies what cannot be viewed.
static LogicalResult reshapeOrCopy(View &view) {
  view.steps.reshape(view.target());
  for (const ViewStep &step : view.steps.steps)
    view.isCopy = view.layout && !layoutAfter(step, *view.layout);
  return success();
}

static LogicalResult unsafeView(View &view) {
  view.isCopy = true;
  return reshape(view);
}

static LogicalResult expand(View &view) {
  view.steps.broadcast(view.target());
  return success();
}

static LogicalResult contiguous(View &view) {
  view.isCopy = view.layout && !isContiguous(*view.layout, view.steps.getSizes());
  return success();
}

ArrayRef<ViewEntry> functionalize::shapeViews() {
  static constexpr ViewEntry entries[] = {
      {"view", reshape},
      {"squeeze", reshape},
      {"squeeze.dim", reshape},
      {"squeeze.dims", reshape},
      {"unsqueeze", reshape},
      {"unflatten.int", reshape},
      {"view_as", reshape},
      {"_reshape_alias", reshape},
      {"_unsafe_view", unsafeView},
      {"reshape", reshapeOrCopy},
      {"reshape_as", reshapeOrCopy},
      {"flatten.using_ints", reshapeOrCopy},
      {"ravel", reshapeOrCopy},
      {"expand", expand},
      {"expand_as", expand},
      {"broadcast_to", expand},
      {"contiguous", contiguous},
  };
  return entries;
}
