// Where elements lie in memory, as eager would have them: needed to tell views from copies and for as_strided.

#include "ViewSteps.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

Layout Layout::contiguous(MLIRContext *context, ArrayRef<SizeAttr> sizes) {
  SmallVector<SizeAttr> strides(sizes.size());
  SizeAttr stride = SizeAttr::constant(context, 1);
  for (size_t dim = sizes.size(); dim-- > 0;) {
    strides[dim] = stride;
    stride = stride * sizes[dim];
  }
  return {SizeAttr::constant(context, 0), strides};
}

bool functionalize::isContiguous(const Layout &layout, ArrayRef<SizeAttr> sizes) {
  SizeAttr expected = SizeAttr::constant(layout.offset.getContext(), 1);
  for (auto [size, stride] : llvm::reverse(llvm::zip_equal(sizes, layout.strides))) {
    if (size.getConstant() == 1)
      continue;
    if (stride != expected)
      return false;
    expected = expected * size;
  }
  return true;
}

std::optional<SmallVector<int64_t>> functionalize::densePermutation(const Layout &layout, ArrayRef<SizeAttr> sizes) {
  // From the innermost dimension outwards: each next stride is the number of elements so far.
  SmallVector<int64_t> inner;
  SmallVector<bool> taken(sizes.size(), false);
  SizeAttr expected = SizeAttr::constant(layout.offset.getContext(), 1);
  for (size_t count = 0; count < sizes.size(); ++count) {
    bool found = false;
    // Unit dimensions fit anywhere; the last ones go first, so that contiguous tensors give the identity.
    for (size_t dim = sizes.size(); dim-- > 0 && !found;) {
      if (taken[dim] || (sizes[dim].getConstant() != 1 && layout.strides[dim] != expected))
        continue;
      found = taken[dim] = true;
      inner.push_back(dim);
      expected = expected * sizes[dim];
    }
    if (!found)
      return std::nullopt;
  }
  return SmallVector<int64_t>(llvm::reverse(inner));
}

// The strides of a reshaped tensor, as at::detail::computeStride finds them: input dimensions that are contiguous in
// one another form chunks, and each chunk is split into result dimensions.
static std::optional<Layout> reshapeLayout(const ViewStep &step, const Layout &layout) {
  SmallVector<SizeAttr> from = getSizes(step.from), to = getSizes(step.to);
  MLIRContext *context = step.from.getContext();
  if (isContiguous(layout, from)) {
    Layout result = Layout::contiguous(context, to);
    result.offset = layout.offset;
    return result;
  }
  Layout result{layout.offset, SmallVector<SizeAttr>(to.size(), SizeAttr::constant(context, 1))};
  SizeAttr one = SizeAttr::constant(context, 1), chunk = one, split = one;
  if (from.empty())
    return result;
  SizeAttr base = layout.strides.back();
  int64_t next = static_cast<int64_t>(to.size()) - 1;
  for (size_t dim = from.size(); dim-- > 0;) {
    chunk = chunk * from[dim];
    bool ends = dim == 0 || (from[dim - 1].getConstant() != 1 && layout.strides[dim - 1] != chunk * base);
    if (!ends)
      continue;
    while (next >= 0 && (split != chunk || to[next].getConstant() == 1)) {
      result.strides[next] = split * base;
      split = split * to[next];
      --next;
      if (split.getConstant() && chunk.getConstant() && *split.getConstant() > *chunk.getConstant())
        return std::nullopt;
    }
    if (split != chunk)
      return std::nullopt;
    if (dim > 0) {
      base = layout.strides[dim - 1];
      chunk = split = one;
    }
  }
  return next < 0 ? std::optional<Layout>(result) : std::nullopt;
}

static Layout gatherLayout(const ViewStep &step, const Layout &layout) {
  SizeAttr zero = SizeAttr::constant(step.from.getContext(), 0);
  Layout result{layout.offset, SmallVector<SizeAttr>(step.indices.front().coefficients.size(), zero)};
  for (auto [dim, index] : llvm::zip_equal(step.dims, step.indices)) {
    result.offset = result.offset + index.offset * layout.strides[dim];
    for (auto [stride, coefficient] : llvm::zip_equal(result.strides, index.coefficients))
      stride = stride + coefficient * layout.strides[dim];
  }
  for (auto [dim, stride] : llvm::enumerate(layout.strides))
    if (!llvm::is_contained(step.dims, static_cast<int64_t>(dim)))
      result.strides.push_back(stride);
  return result;
}

std::optional<Layout> functionalize::layoutAfter(const ViewStep &step, const Layout &layout) {
  Layout result{layout.offset, {}};
  switch (step.kind) {
  case ViewStep::Kind::Reshape:
    return reshapeLayout(step, layout);
  case ViewStep::Kind::Transpose:
    for (int64_t dim : step.dims)
      result.strides.push_back(layout.strides[dim]);
    return result;
  case ViewStep::Kind::Slice:
    for (auto [offset, by, stride] : llvm::zip_equal(step.offsets, step.dims, layout.strides)) {
      result.offset = result.offset + offset * stride;
      result.strides.push_back(stride * by);
    }
    return result;
  case ViewStep::Kind::Broadcast: {
    SmallVector<SizeAttr> from = getSizes(step.from), to = getSizes(step.to);
    SizeAttr zero = SizeAttr::constant(step.from.getContext(), 0);
    result.strides.assign(to.size(), zero);
    for (size_t dim = 0; dim < from.size(); ++dim) {
      size_t at = to.size() - from.size() + dim;
      result.strides[at] = from[dim] == to[at] ? layout.strides[dim] : zero;
    }
    return result;
  }
  case ViewStep::Kind::Bitcast:
    return layout;
  case ViewStep::Kind::Reinterpret:
    // Offsets count elements, of which there are others now.
    if (layout.offset.getConstant() == 0 && isContiguous(layout, getSizes(step.from)))
      return Layout::contiguous(step.from.getContext(), getSizes(step.to));
    return std::nullopt;
  case ViewStep::Kind::Gather:
    return gatherLayout(step, layout);
  case ViewStep::Kind::Aten:
    return std::nullopt;
  }
  llvm_unreachable("covered switch");
}
