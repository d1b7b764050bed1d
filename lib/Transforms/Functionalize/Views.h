// The table of views: for each op, the steps from its input to a result. Inverses are the steps' own (ViewSteps.h).
#ifndef TC_LIB_TRANSFORMS_FUNCTIONALIZE_VIEWS_H
#define TC_LIB_TRANSFORMS_FUNCTIONALIZE_VIEWS_H

#include "Call.h"
#include "ViewSteps.h"

namespace tc::functionalize {

/// One result of a call of a view op, and what is made of it.
struct View {
  Call &call;
  /// The result's number among the op's results, and its type.
  unsigned result;
  mlir::RankedTensorType type;
  /// Layout of the input, if known.
  std::optional<Layout> layout;
  /// The whole storage as one dimension, from which as_strided starts; null if it is not known.
  mlir::RankedTensorType storage;

  /// Steps from the input.
  ViewBuilder steps;
  /// The steps start at the storage, not at the input.
  bool fromStorage = false;
  /// The result is storage of its own: reshape of what cannot be viewed, contiguous, to, and the `_copy` ops.
  bool isCopy = false;

  /// Sizes of the result and of the input so far.
  llvm::SmallVector<SizeAttr> target() { return getSizes(type); }
  int64_t rank() { return steps.getType().getRank(); }
  bool hasTargetRank(int64_t rank) { return type.getRank() == rank; }
  /// Wraps a negative dimension; nothing if it is out of range for `rank` dimensions.
  std::optional<int64_t> dim(llvm::StringRef argument, std::optional<int64_t> defaultDim = std::nullopt);
  SizeAttr constant(int64_t value) { return SizeAttr::constant(type.getContext(), value); }
};

/// Fails, without a diagnostic, if the arguments are not understood.
using ViewRule = llvm::LogicalResult (*)(View &view);

/// The rule of a view op, of the in-place form of one (`t_`) and of the copying form (`t_copy`); null if there is none.
struct ViewEntry {
  llvm::StringLiteral name;
  ViewRule rule;
};
const ViewEntry *findView(llvm::StringRef name);

// Families.
llvm::ArrayRef<ViewEntry> shapeViews();
llvm::ArrayRef<ViewEntry> permutationViews();
llvm::ArrayRef<ViewEntry> sliceViews();
llvm::ArrayRef<ViewEntry> stridedViews();
llvm::ArrayRef<ViewEntry> typeViews();

} // namespace tc::functionalize

#endif
