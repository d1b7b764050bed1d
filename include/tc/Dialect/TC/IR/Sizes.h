// Symbolic sizes: arithmetic on tc::SizeAttr, and the sizes of tensor types.
// A size is a constant or an expression over symbols; equal sizes are equal attributes.
#ifndef TC_DIALECT_TC_IR_SIZES_H
#define TC_DIALECT_TC_IR_SIZES_H

#include "tc/Dialect/TC/IR/TC.h"

namespace tc {

SizeAttr operator+(SizeAttr a, SizeAttr b);
SizeAttr operator-(SizeAttr a, SizeAttr b);
SizeAttr operator*(SizeAttr a, SizeAttr b);
SizeAttr operator+(SizeAttr a, int64_t b);
SizeAttr operator-(SizeAttr a, int64_t b);
SizeAttr operator*(SizeAttr a, int64_t b);
/// Division rounded towards minus and plus infinity, and the remainder of the first; `b` is positive.
SizeAttr floorDiv(SizeAttr a, SizeAttr b);
SizeAttr ceilDiv(SizeAttr a, SizeAttr b);
SizeAttr mod(SizeAttr a, SizeAttr b);
/// Product of sizes; 1 if there are none.
SizeAttr product(mlir::MLIRContext *context, llvm::ArrayRef<SizeAttr> sizes);
/// `expr` over `symbols` (expr's symbol i is called symbols[i]), simplified and in normal form.
SizeAttr getSize(mlir::MLIRContext *context, mlir::AffineExpr expr, llvm::ArrayRef<mlir::StringAttr> symbols);
/// The size where the symbols that `values` names have these values (IntegerAttr), none where it is null.
SizeAttr bindSymbols(SizeAttr size, mlir::DictionaryAttr values);
/// Parses the text of a bare expression, `s0 floordiv 2 + 1`; fails without a diagnostic.
mlir::FailureOr<SizeAttr> parseSize(mlir::MLIRContext *context, llvm::StringRef text);

/// The sizes of a tensor or tc.ref type. A dynamic dimension without an encoding is a symbol of its own called "?".
llvm::SmallVector<SizeAttr> getSizes(mlir::Type type);
/// A ranked tensor type of these sizes, with an encoding if one is not constant.
mlir::RankedTensorType getTensorType(llvm::ArrayRef<SizeAttr> sizes, mlir::Type elementType);
/// The same sizes with another element type.
mlir::RankedTensorType withElementType(mlir::RankedTensorType type, mlir::Type elementType);
/// Sizes of two operands broadcast against one another; fails if they do not.
mlir::FailureOr<llvm::SmallVector<SizeAttr>> broadcastSizes(llvm::ArrayRef<SizeAttr> a, llvm::ArrayRef<SizeAttr> b);
llvm::SmallVector<SizeAttr> toSizes(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> values);
/// From and to the array attributes that ops carry.
llvm::SmallVector<SizeAttr> toSizes(mlir::ArrayAttr array);
mlir::ArrayAttr toArrayAttr(mlir::MLIRContext *context, llvm::ArrayRef<SizeAttr> sizes);
/// Prints `[s0, 768]`, and parses it.
void printSizes(llvm::raw_ostream &os, llvm::ArrayRef<SizeAttr> sizes);
mlir::ParseResult parseSizes(mlir::AsmParser &parser, llvm::SmallVectorImpl<SizeAttr> &sizes);

} // namespace tc

#endif
