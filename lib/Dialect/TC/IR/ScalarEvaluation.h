// Elementwise ops on constants, computed by their scalar forms.
#ifndef TC_LIB_DIALECT_TC_IR_SCALAREVALUATION_H
#define TC_LIB_DIALECT_TC_IR_SCALAREVALUATION_H

#include "tc/Dialect/TC/IR/TC.h"

namespace tc::detail {

/// Constants of more elements are left to run time, unless they are splats.
inline constexpr int64_t maxFoldedElements = 4096;

/// The op's result on constant operands, or null: operands that are not dense constants, too many elements, a type with
/// a symbolic size, or a scalar form that does not fold (a libm function on f16, say).
mlir::DenseElementsAttr evaluateElementwise(ElementwiseOpInterface op, llvm::ArrayRef<mlir::Attribute> operands);

} // namespace tc::detail

#endif
