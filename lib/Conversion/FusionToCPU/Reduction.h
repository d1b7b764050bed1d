// Reductions of vectors: combining, and folding a vector to a scalar.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_REDUCTION_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_REDUCTION_H

#include "Body.h"
#include "tc/Conversion/KernelAnalysis/Reductions.h"

namespace tc::cpu {

/// Combines two values of one type, scalars or vectors; narrow floats in f32.
Value combineNarrow(mlir::ImplicitLocOpBuilder &builder, ReductionKind kind, mlir::Type element, Value a, Value b);
/// a + b, as one operation where b is a product that nothing else uses.
Value accumulate(mlir::ImplicitLocOpBuilder &builder, ReductionKind kind, mlir::Type element, Value accumulator,
                 Value value, bool hasFMA);
/// Halves a vector until it is a scalar; the order does not depend on the target's choice of instructions.
Value foldLanes(mlir::ImplicitLocOpBuilder &builder, Value vector, llvm::function_ref<Value(Value, Value)> combine);
/// The upper half of the lanes of a vector moved down, as a vector of half the lanes; with `low`, the lower half.
Value takeHalf(mlir::ImplicitLocOpBuilder &builder, Value vector, bool low);

} // namespace tc::cpu

#endif
