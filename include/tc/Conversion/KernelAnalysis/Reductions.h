// Arithmetic of reductions on scalars.
#ifndef TC_CONVERSION_KERNELANALYSIS_REDUCTIONS_H
#define TC_CONVERSION_KERNELANALYSIS_REDUCTIONS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "tc/Dialect/TC/IR/TC.h"

namespace tc {

/// What a reduction starts from, a scalar as loop.read gives it for the tensor element type `element`.
mlir::TypedAttr getReductionIdentity(ReductionKind kind, mlir::Type element);
/// `element` is the tensor's, which tells unsigned integers and booleans.
mlir::Value emitCombine(mlir::ImplicitLocOpBuilder &builder, ReductionKind kind, mlir::Type element, mlir::Value a,
                        mlir::Value b);

/// A value and where it is.
struct IndexedValue {
  mlir::Value value, index;
};
/// The greater (or smaller) one; NaN is the greatest and smallest of all; of equals the first index.
IndexedValue emitCombineExtremes(mlir::ImplicitLocOpBuilder &builder, ReductionKind kind, mlir::Type element,
                                 IndexedValue a, IndexedValue b);

} // namespace tc

#endif
