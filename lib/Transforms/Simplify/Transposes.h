// Patterns of tc-sink-transposes, and arithmetic on permutations. Permutation p: result dimension i is input dimension
// p[i].
#ifndef TC_LIB_TRANSFORMS_SIMPLIFY_TRANSPOSES_H
#define TC_LIB_TRANSFORMS_SIMPLIFY_TRANSPOSES_H

#include "Patterns.h"

namespace tc::simplify {

using Permutation = llvm::SmallVector<int64_t>;

Permutation invert(llvm::ArrayRef<int64_t> permutation);
/// list[i] = of[permutation[i]].
template <typename T> llvm::SmallVector<T> permute(llvm::ArrayRef<T> of, llvm::ArrayRef<int64_t> permutation) {
  llvm::SmallVector<T> result;
  for (int64_t dim : permutation)
    result.push_back(of[dim]);
  return result;
}
/// Whether only dimensions of size 1 change places, so that the transpose is a reshape.
bool isReshape(llvm::ArrayRef<SizeAttr> sizes, llvm::ArrayRef<int64_t> permutation);
/// The transpose that defines the value and that may sink: not one that is a reshape, which becomes one, and not one of
/// what is computed from constants, which is done once wherever it is. Null if there is none.
TransposeOp getSinkableTranspose(mlir::Value value);
/// A permutation of the last dimensions as one of `rank` dimensions.
Permutation extend(llvm::ArrayRef<int64_t> permutation, int64_t rank);
/// The value transposed, by a reshape if that does it.
mlir::Value transpose(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                      llvm::ArrayRef<int64_t> permutation);
/// An operand of fewer dimensions than `rank` that is broadcast, with leading dimensions of size 1, transposed.
mlir::Value transposeBroadcast(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                               llvm::ArrayRef<int64_t> permutation);
/// Whether that costs nothing: the value is a transpose by the inverse, the transpose is a reshape, or it is done once.
bool isCheapToTranspose(mlir::Value value, llvm::ArrayRef<int64_t> permutation);

void addSinkElementwisePatterns(mlir::RewritePatternSet &patterns);
void addSinkShapePatterns(mlir::RewritePatternSet &patterns);
void addSinkComputePatterns(mlir::RewritePatternSet &patterns);

} // namespace tc::simplify

#endif
