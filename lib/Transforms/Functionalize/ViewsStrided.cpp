// Views whose elements are an affine function of the result's indices.

#include "Views.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

static LogicalResult diagonalOf(View &view, std::optional<int64_t> dim1, std::optional<int64_t> dim2) {
  if (!dim1 || !dim2 || *dim1 == *dim2 || !view.hasTargetRank(view.rank() - 1))
    return failure();
  int64_t offset = view.call.integer("offset").value_or(0);
  SizeAttr one = view.constant(1), length = view.target().back();
  AffineIndex rows{view.constant(std::max<int64_t>(-offset, 0)), {one}};
  AffineIndex columns{view.constant(std::max<int64_t>(offset, 0)), {one}};
  if (failed(view.steps.gather({*dim1, *dim2}, {length}, {rows, columns})))
    return failure();
  // A gather's new dimension comes first, a diagonal's last.
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(1, view.rank()));
  permutation.push_back(0);
  view.steps.transpose(permutation);
  return success();
}

static LogicalResult diagonal(View &view) { return diagonalOf(view, view.dim("dim1", 0), view.dim("dim2", 1)); }
static LogicalResult linalgDiagonal(View &view) { return diagonalOf(view, view.dim("dim1", -2), view.dim("dim2", -1)); }

static LogicalResult unfold(View &view) {
  std::optional<int64_t> step = view.call.integer("step"), window = view.call.integer("size");
  if (!step || !window)
    return failure();
  SizeAttr one = view.constant(1);
  if (view.rank() == 0) {
    view.steps.reshape(view.target());
    return success();
  }
  std::optional<int64_t> dim = view.dim("dimension");
  int64_t rank = view.rank();
  if (!dim || !view.hasTargetRank(rank + 1))
    return failure();
  SmallVector<SizeAttr> target = view.target();
  if (failed(view.steps.gather({*dim}, {target[*dim], target.back()},
                               {AffineIndex{view.constant(0), {view.constant(*step), one}}})))
    return failure();
  // [count, window, others…] to [others with count at dim…, window].
  SmallVector<int64_t> permutation;
  for (int64_t i = 0, other = 2; i < rank; ++i)
    permutation.push_back(i == *dim ? 0 : other++);
  permutation.push_back(1);
  view.steps.transpose(permutation);
  return success();
}

// A window of the storage without gaps, in some order: a slice, a reshape and a transposition.
static bool denseWindow(View &view, ArrayRef<SizeAttr> sizes, const Layout &layout) {
  SmallVector<SizeAttr> kept, strides;
  // Repeated dimensions are broadcast at the end.
  for (auto [size, stride] : llvm::zip_equal(sizes, layout.strides))
    if (stride.getConstant() != 0) {
      kept.push_back(size);
      strides.push_back(stride);
    }
  std::optional<SmallVector<int64_t>> order = densePermutation({layout.offset, strides}, kept);
  if (!order)
    return false;
  MLIRContext *context = view.type.getContext();
  view.steps.slice(0, layout.offset, 1, product(context, kept));
  SmallVector<SizeAttr> physical, withUnits;
  for (int64_t dim : *order)
    physical.push_back(kept[dim]);
  view.steps.reshape(physical);
  SmallVector<int64_t> back(order->size());
  for (auto [i, dim] : llvm::enumerate(*order))
    back[dim] = i;
  view.steps.transpose(back);
  for (auto [size, stride] : llvm::zip_equal(sizes, layout.strides))
    withUnits.push_back(stride.getConstant() == 0 ? view.constant(1) : size);
  view.steps.reshape(withUnits);
  view.steps.broadcast(sizes);
  return true;
}

static LogicalResult asStrided(View &view) {
  auto strideArgs = dyn_cast_if_present<ArrayAttr>(view.call.argument("stride"));
  if (!strideArgs || strideArgs.size() != static_cast<size_t>(view.type.getRank()))
    return failure();
  Layout layout;
  for (Attribute stride : strideArgs)
    if (!layout.strides.emplace_back(asSize(stride)))
      return failure();
  if (SizeAttr offset = view.call.size("storage_offset"))
    layout.offset = offset;
  else if (view.layout)
    layout.offset = view.layout->offset;
  else
    return failure();
  if (!view.storage)
    return failure();
  view.steps = ViewBuilder(view.storage);
  view.fromStorage = true;
  SmallVector<SizeAttr> sizes = view.target();
  if (denseWindow(view, sizes, layout))
    return success();
  return view.steps.gather({0}, sizes, {AffineIndex{layout.offset, layout.strides}});
}

ArrayRef<ViewEntry> functionalize::stridedViews() {
  static constexpr ViewEntry entries[] = {
      {"diagonal", diagonal}, {"linalg_diagonal", linalgDiagonal}, {"unfold", unfold}, {"as_strided", asStrided}};
  return entries;
}
