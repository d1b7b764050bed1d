// Index values of bodies as affine expressions, with what is known of their ranges.
#ifndef TC_DIALECT_LOOP_IR_INDEXEXPRS_H
#define TC_DIALECT_LOOP_IR_INDEXEXPRS_H

#include "tc/Dialect/Loop/IR/BodyBuilder.h"

#include <optional>
#include <utility>

namespace tc {

/// Expressions over a growing list of index values (dimensions) and size names (symbols).
class IndexExprs {
public:
  explicit IndexExprs(mlir::MLIRContext *context) : context(context) {}

  /// The expression of an index value, through loop.index and constants.
  mlir::AffineExpr get(mlir::Value index);
  mlir::AffineExpr get(SizeAttr size);
  mlir::AffineExpr simplify(mlir::AffineExpr expr);
  mlir::Value emit(mlir::OpBuilder &builder, mlir::Location loc, mlir::AffineExpr expr);
  /// Smallest and largest value, if constant.
  std::optional<std::pair<int64_t, int64_t>> getRange(mlir::AffineExpr expr);
  /// Quotient and remainder by a size without floordiv or mod, where ranges show that they are not needed.
  std::optional<std::pair<mlir::AffineExpr, mlir::AffineExpr>> divide(mlir::AffineExpr expr, SizeAttr divisor);
  /// The index value that a dimension of an expression stands for.
  mlir::Value getOperand(unsigned position) const { return operands[position]; }
  unsigned getNumOperands() const { return operands.size(); }

private:
  mlir::MLIRContext *context;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::StringAttr> names;
};

/// If the value is an index argument of a loop op's body, the size of its dimension.
SizeAttr getDimSize(mlir::Value index);

/// Part of a reshape: dimensions [firstFrom, endFrom) of the source hold the same elements as [firstTo, endTo) of the
/// result.
struct ReshapeBlock {
  size_t firstFrom, endFrom, firstTo, endTo;
};
/// Takes a reshape apart into the smallest blocks of equal products; nothing if it cannot be told which are equal.
std::optional<llvm::SmallVector<ReshapeBlock>>
getReshapeBlocks(mlir::MLIRContext *context, llvm::ArrayRef<SizeAttr> from, llvm::ArrayRef<SizeAttr> to);

/// Indices into the source of a reshape for indices into its result. Nothing if that takes floordiv or mod, unless
/// `allowDivision`.
std::optional<llvm::SmallVector<mlir::Value>> getReshapedIndices(mlir::OpBuilder &builder, mlir::Location loc,
                                                                 mlir::Type source, mlir::Type result,
                                                                 mlir::ValueRange indices, bool allowDivision);
/// Whether getReshapedIndices finds indices when division is allowed.
bool canSplitIndices(mlir::Type source, mlir::Type result);
/// By how many elements a read's address moves when a dimension of the body's space moves by one: a number, or nothing
/// if that varies or is not known. The other reads that its indices depend on make it vary.
std::optional<int64_t> getReadStride(loop::ReadOp read, mlir::BlockArgument dim);

} // namespace tc

#endif
