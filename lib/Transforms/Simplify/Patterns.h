// The patterns of tc-simplify by family, and questions that several passes ask.
#ifndef TC_LIB_TRANSFORMS_SIMPLIFY_PATTERNS_H
#define TC_LIB_TRANSFORMS_SIMPLIFY_PATTERNS_H

#include "mlir/IR/PatternMatch.h"
#include "tc/Dialect/TC/IR/Sizes.h"

namespace tc::simplify {

void addBroadcastPatterns(mlir::RewritePatternSet &patterns);
void addArithmeticPatterns(mlir::RewritePatternSet &patterns);
void addSlicePatterns(mlir::RewritePatternSet &patterns);
void addComputePatterns(mlir::RewritePatternSet &patterns);
void addEmptyPatterns(mlir::RewritePatternSet &patterns);

/// The constant that all elements of a value equal.
std::optional<llvm::APFloat> splatFloat(mlir::Value value);
/// A 0-d float constant, rounded to the element type.
mlir::Value floatConstant(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type elementType, double value);
/// Whether the value is computed from constants alone, so that it can be computed once.
bool isFromConstants(mlir::Value value);
/// Elementwise on other operands of the same element types; the result type follows from their sizes.
mlir::Value cloneElementwise(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange operands);
/// Sizes that the operands of an elementwise op broadcast to.
mlir::FailureOr<llvm::SmallVector<SizeAttr>> broadcastOperandSizes(mlir::ValueRange operands);

} // namespace tc::simplify

#endif
