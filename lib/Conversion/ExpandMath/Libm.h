// f64 functions by calls to libm.

#ifndef TC_LIB_CONVERSION_EXPANDMATH_LIBM_H
#define TC_LIB_CONVERSION_EXPANDMATH_LIBM_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace tc::expand_math {

/// Calls `function` once a lane of the operands, f64 or fixed-size vectors of
/// it. Declares the function in the symbol table around `op`; an error if the
/// name is taken by something else.
mlir::FailureOr<mlir::Value> callLibm(mlir::ImplicitLocOpBuilder &builder, mlir::Operation *op,
                                      llvm::StringRef function, mlir::ValueRange operands);

} // namespace tc::expand_math

#endif // TC_LIB_CONVERSION_EXPANDMATH_LIBM_H
