// The tc dialect: types, attributes and ops of the graph. Sizes are in Sizes.h.
#ifndef TC_DIALECT_TC_IR_TC_H
#define TC_DIALECT_TC_IR_TC_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "tc/Dialect/TC/IR/TCDialect.h.inc"
#include "tc/Dialect/TC/IR/TCEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "tc/Dialect/TC/IR/TCAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "tc/Dialect/TC/IR/TCTypes.h.inc"

#include "tc/Dialect/TC/IR/TCInterfaces.h.inc"

namespace tc {
/// Whether tensors may have elements of this type: those that exist at run time (runtime::DType).
bool isElementType(mlir::Type type);
/// What every operand and result of the dialects fulfils: a ranked tensor of an element type, whose constant sizes
/// multiply to at most 2^56, so that no offset within it comes near overflowing 64 bits.
bool isTensor(mlir::Type type);
} // namespace tc

namespace tc::detail {
/// Result types of elementwise ops: the operands' sizes broadcast, with their common element type, with booleans, or
/// with the element type of the second and third operand. Errors are emitted at `loc`.
mlir::LogicalResult inferSameElement(std::optional<mlir::Location> loc, mlir::ValueRange operands,
                                     llvm::SmallVectorImpl<mlir::Type> &types);
mlir::LogicalResult inferBool(std::optional<mlir::Location> loc, mlir::ValueRange operands,
                              llvm::SmallVectorImpl<mlir::Type> &types);
mlir::LogicalResult inferSelect(std::optional<mlir::Location> loc, mlir::ValueRange operands,
                                llvm::SmallVectorImpl<mlir::Type> &types);
/// Folds an elementwise op: identities of the op, and constants through its scalar form.
mlir::OpFoldResult foldElementwise(ElementwiseOpInterface op, llvm::ArrayRef<mlir::Attribute> operands);
} // namespace tc::detail

#define GET_OP_CLASSES
#include "tc/Dialect/TC/IR/TCOps.h.inc"

#endif
