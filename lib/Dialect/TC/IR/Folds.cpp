// Folds of all ops.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tc;

OpFoldResult tc::detail::foldElementwise(ElementwiseOpInterface, ArrayRef<Attribute>) { return {}; }

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult SizeOp::fold(FoldAdaptor) {
  std::optional<int64_t> constant = getSize().getConstant();
  if (!constant)
    return {};
  return DenseElementsAttr::get(getType(), APInt(64, *constant, /*isSigned=*/true));
}

OpFoldResult CastOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }
OpFoldResult BroadcastOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }
OpFoldResult ReshapeOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [dim, source] : llvm::enumerate(getPermutation()))
    if (source != static_cast<int64_t>(dim))
      return {};
  return getInput();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  // Strides are at least 1, so equal sizes leave no choice of offset or stride.
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

OpFoldResult InsertSliceOp::fold(FoldAdaptor) {
  return getSource().getType() == getType() ? getSource() : OpFoldResult();
}

OpFoldResult PadOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }

OpFoldResult ConcatOp::fold(FoldAdaptor) { return getInputs().size() == 1 ? getInputs().front() : OpFoldResult(); }

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  return getDims().empty() && getInput().getType() == getType() ? getInput() : OpFoldResult();
}
