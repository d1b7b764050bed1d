// Views of a part of their input.

#include "Views.h"

#include "tc/Dialect/TC/IR/SizeRange.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

// The result's size along the dimension is the captured one; only where it starts is to be found.
static LogicalResult sliceTo(View &view, int64_t dim, SizeAttr start, int64_t stride) {
  if (!view.hasTargetRank(view.rank()))
    return failure();
  SizeAttr length = view.target()[dim];
  if (length.getConstant() == 0 || (stride == 1 && length == view.steps.getSizes()[dim]))
    start = view.constant(0);
  view.steps.slice(dim, start, stride, length);
  return success();
}

static LogicalResult slice(View &view) {
  std::optional<int64_t> dim = view.dim("dim", 0), step = view.call.integer("step");
  if (!dim || step.value_or(1) < 1)
    return failure();
  SizeAttr start = view.call.size("start");
  if (!start && view.call.argument("start"))
    return failure();
  return sliceTo(view, *dim, wrapIndex(start ? start : view.constant(0), view.steps.getSizes()[*dim], view.call.op),
                 step.value_or(1));
}

static LogicalResult narrow(View &view) {
  std::optional<int64_t> dim = view.dim("dim");
  SizeAttr start = view.call.size("start");
  if (!dim || !start)
    return failure();
  return sliceTo(view, *dim, wrapIndex(start, view.steps.getSizes()[*dim], view.call.op), 1);
}

static LogicalResult selectAt(View &view, std::optional<int64_t> dim, SizeAttr index) {
  if (!dim || !index)
    return failure();
  view.steps.slice(*dim, wrapIndex(index, view.steps.getSizes()[*dim], view.call.op), 1, view.constant(1));
  view.steps.reshape(view.target());
  return success();
}

static LogicalResult select(View &view) { return selectAt(view, view.dim("dim"), view.call.size("index")); }
static LogicalResult unbind(View &view) { return selectAt(view, view.dim("dim", 0), view.constant(view.result)); }

// The results of a split follow one another, however the call describes them.
static LogicalResult splitAlong(View &view, std::optional<int64_t> dim) {
  if (!dim)
    return failure();
  SizeAttr start = view.constant(0);
  for (unsigned i = 0; i < view.result; ++i) {
    RankedTensorType before = asTensorType(view.call.op.getResult(i).getType());
    if (!before || before.getRank() != view.rank())
      return failure();
    start = start + getSizes(before)[*dim];
  }
  return sliceTo(view, *dim, start, 1);
}

static LogicalResult split(View &view) { return splitAlong(view, view.dim("dim", 0)); }
// Along a dimension that the op implies.
static LogicalResult splitAt(View &view, int64_t dim) { return dim < view.rank() ? splitAlong(view, dim) : failure(); }
static LogicalResult hsplit(View &view) { return splitAt(view, view.rank() > 1 ? 1 : 0); }
static LogicalResult vsplit(View &view) { return splitAt(view, 0); }
static LogicalResult dsplit(View &view) { return splitAt(view, 2); }

ArrayRef<ViewEntry> functionalize::sliceViews() {
  static constexpr ViewEntry entries[] = {
      {"slice.Tensor", slice},
      {"narrow", narrow},
      {"select.int", select},
      {"unbind.int", unbind},
      {"split.Tensor", split},
      {"split.sizes", split},
      {"split_with_sizes", split},
      {"unsafe_split.Tensor", split},
      {"unsafe_split_with_sizes", split},
      {"chunk", split},
      {"unsafe_chunk", split},
      {"tensor_split.sections", split},
      {"tensor_split.indices", split},
      {"hsplit.int", hsplit},
      {"hsplit.array", hsplit},
      {"vsplit.int", vsplit},
      {"vsplit.array", vsplit},
      {"dsplit.int", dsplit},
      {"dsplit.array", dsplit},
  };
  return entries;
}
