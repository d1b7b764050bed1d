// Folds of ops that move elements: ops that move nothing, and constants.

#include "ScalarEvaluation.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "tc/Dialect/TC/IR/Sizes.h"

using namespace mlir;
using namespace tc;

// A constant with other sizes and the elements at these positions of the old one, in row-major order.
static OpFoldResult permuteElements(Attribute attribute, RankedTensorType type,
                                    llvm::function_ref<int64_t(ArrayRef<int64_t>)> positionOf) {
  auto constant = dyn_cast_if_present<DenseIntOrFPElementsAttr>(attribute);
  if (!constant || !type.hasStaticShape())
    return {};
  if (constant.isSplat())
    return constant.resizeSplat(type);
  if (type.getNumElements() > tc::detail::maxFoldedElements || type.getNumElements() == 0)
    return {};
  SmallVector<Attribute> from = llvm::to_vector(constant.getValues<Attribute>()), to;
  SmallVector<int64_t> index(type.getRank(), 0);
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    to.push_back(from[positionOf(index)]);
    for (int64_t dim = type.getRank(); dim-- > 0 && ++index[dim] == type.getDimSize(dim);)
      index[dim] = 0;
  }
  return DenseElementsAttr::get(type, to);
}

// Of a constant, whose sizes are static.
static SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult SizeOp::fold(FoldAdaptor) {
  std::optional<int64_t> constant = getSize().getConstant();
  if (!constant)
    return {};
  return DenseElementsAttr::get(getType(), APInt(64, *constant, /*isSigned=*/true));
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  // Only splats: other constants would grow.
  auto constant = dyn_cast_if_present<SplatElementsAttr>(adaptor.getInput());
  if (constant && getType().hasStaticShape())
    return constant.resizeSplat(getType());
  if (auto inner = getInput().getDefiningOp<BroadcastOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (getType().hasStaticShape()) {
    if (auto constant = dyn_cast_if_present<DenseElementsAttr>(adaptor.getInput()))
      return constant.isSplat() ? constant.resizeSplat(getType()) : constant.reshape(getType());
    if (auto resource = dyn_cast_if_present<DenseResourceElementsAttr>(adaptor.getInput()))
      return DenseResourceElementsAttr::get(getType(), resource.getRawHandle());
  }
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::equal(getPermutation(), llvm::seq<int64_t>(0, getPermutation().size())))
    return getInput();
  if (auto inner = getInput().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t dim : getPermutation())
      composed.push_back(inner.getPermutation()[dim]);
    getInputMutable().assign(inner.getInput());
    setPermutation(composed);
    return getResult();
  }
  if (!adaptor.getInput())
    return {};
  SmallVector<int64_t> strides = rowMajorStrides(getInput().getType().getShape());
  return permuteElements(adaptor.getInput(), getType(), [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [dim, source] : llvm::enumerate(getPermutation()))
      position += index[dim] * strides[source];
    return position;
  });
}

// Of a slice of a slice, and of a constant.
OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  // Strides are at least 1, so equal sizes leave no choice of offset or stride.
  if (getInput().getType() == getType())
    return getInput();
  SmallVector<SizeAttr> offsets = toSizes(getOffsets());
  if (auto inner = getInput().getDefiningOp<SliceOp>()) {
    SmallVector<SizeAttr> innerOffsets = toSizes(inner.getOffsets());
    SmallVector<int64_t> strides(getStrides());
    for (auto [dim, offset] : llvm::enumerate(offsets)) {
      offset = innerOffsets[dim] + offset * inner.getStrides()[dim];
      strides[dim] *= inner.getStrides()[dim];
    }
    getInputMutable().assign(inner.getInput());
    setOffsetsAttr(toArrayAttr(getContext(), offsets));
    setStrides(strides);
    return getResult();
  }
  if (!adaptor.getInput() || !llvm::all_of(offsets, [](SizeAttr offset) { return offset.getConstant(); }))
    return {};
  SmallVector<int64_t> strides = rowMajorStrides(getInput().getType().getShape());
  return permuteElements(adaptor.getInput(), getType(), [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [dim, offset] : llvm::enumerate(offsets))
      position += (*offset.getConstant() + index[dim] * getStrides()[dim]) * strides[dim];
    return position;
  });
}

OpFoldResult InsertSliceOp::fold(FoldAdaptor) {
  if (getSource().getType() == getType())
    return getSource();
  // Writing back what was read there changes nothing.
  auto slice = getSource().getDefiningOp<SliceOp>();
  if (slice && slice.getInput() == getInput() && slice.getOffsets() == getOffsets() &&
      slice.getStrides() == getStrides())
    return getInput();
  return llvm::is_contained(getSource().getType().getShape(), 0) ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult PadOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  // Inputs without elements do not take part.
  SmallVector<Value> kept = llvm::filter_to_vector(
      getInputs(), [&](Value input) { return cast<RankedTensorType>(input.getType()).getDimSize(getDim()) != 0; });
  if (kept.empty() || kept.size() == getInputs().size())
    return {};
  if (kept.size() == 1)
    return kept.front();
  getInputsMutable().assign(kept);
  return getResult();
}
