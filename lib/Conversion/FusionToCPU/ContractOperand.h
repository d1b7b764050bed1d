// Factors of contractions, and the scalars that their guards are.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTOPERAND_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTOPERAND_H

#include "Body.h"
#include "tc/Conversion/KernelAnalysis/ContractOperand.h"

namespace tc::cpu {

/// Emits a scalar of the body that depends on indices alone.
Value emitIndexScalar(Frame &frame, loop::ContractOp op, Value value, mlir::ValueRange dims);

} // namespace tc::cpu

#endif
