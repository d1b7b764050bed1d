// The families of patterns that make up tc-to-loop, one file each.
#ifndef TC_LIB_CONVERSION_TCTOLOOP_PATTERNS_H
#define TC_LIB_CONVERSION_TCTOLOOP_PATTERNS_H

#include "mlir/IR/PatternMatch.h"
#include "tc/Dialect/Loop/IR/BodyBuilder.h"

namespace tc {

void populateElementwiseToLoop(mlir::RewritePatternSet &patterns);
void populateShapeToLoop(mlir::RewritePatternSet &patterns);
void populateIndexedToLoop(mlir::RewritePatternSet &patterns);
void populateReductionToLoop(mlir::RewritePatternSet &patterns);
void populateWindowToLoop(mlir::RewritePatternSet &patterns);
void populateContractionToLoop(mlir::RewritePatternSet &patterns);
void populateRandomToLoop(mlir::RewritePatternSet &patterns);

/// A map that copies `tensor`, whose element type may differ from the result's, at permuted indices: result dimension i
/// is dimension permutation[i] of the tensor.
mlir::Value permuteAndConvert(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tensor,
                              llvm::ArrayRef<int64_t> permutation, mlir::RankedTensorType result);
/// The same without a permutation; the tensor itself if the types are equal.
mlir::Value convertTensor(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tensor,
                          mlir::RankedTensorType result);

} // namespace tc

#endif
