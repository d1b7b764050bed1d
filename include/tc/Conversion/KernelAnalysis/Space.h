// Iteration spaces: which indices bodies use how, and which dimensions can be walked as one.
#ifndef TC_CONVERSION_KERNELANALYSIS_SPACE_H
#define TC_CONVERSION_KERNELANALYSIS_SPACE_H

#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"

namespace tc {

/// Coefficients of an expression that is linear in its dimensions: expr = sum of coefficients[i] * d_i + rest,
/// coefficients over symbols. `nonLinear` marks dimensions that also occur in other ways, in `rest`.
struct LinearForm {
  llvm::SmallVector<mlir::AffineExpr> coefficients;
  llvm::SmallVector<bool> nonLinear;
  mlir::AffineExpr rest;
};
LinearForm getLinearForm(mlir::AffineExpr expr, unsigned numDims);

/// What the body of a loop op does with its indices. Dimensions from the rank of the space on are data-dependent
/// indices.
struct IndexUses {
  /// Of each read, the address in elements in a row-major tensor.
  llvm::SmallVector<std::pair<loop::ReadOp, mlir::AffineExpr>> reads;
  /// Addresses of the results.
  llvm::SmallVector<mlir::AffineExpr> results;
  /// Indices used as values.
  llvm::SmallVector<mlir::AffineExpr> others;
};
IndexUses getIndexUses(const KernelSymbols &symbols, loop::LoopNestOpInterface op);

/// A space with neighbouring dimensions merged where no index tells them apart, and dimensions of size 1 left out.
struct MergedSpace {
  llvm::SmallVector<mlir::AffineExpr> sizes;
  /// The indices of the original space, over the merged dimensions: the last of a group is the merged one, the others
  /// are 0. Right in sums where the group occurs as one.
  llvm::SmallVector<mlir::AffineExpr> arguments;
  /// The merged dimension of each original one, -1 for size 1.
  llvm::SmallVector<int64_t> dimOf;

  std::optional<int64_t> getConstantSize(unsigned dim) const;
};
/// Merges the dimensions [first, last) of `sizes`; merged dimensions are numbered from `base`. No merge goes across a
/// boundary: a dimension before which one group ends.
MergedSpace mergeDims(const KernelSymbols &symbols, llvm::ArrayRef<SizeAttr> sizes, unsigned first, unsigned last,
                      llvm::ArrayRef<IndexUses> uses, unsigned base, llvm::ArrayRef<int64_t> boundaries = {});

} // namespace tc

#endif
