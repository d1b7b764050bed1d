// One factor of a contraction: a read, perhaps guarded by a condition outside which it is zero, perhaps extended.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTOPERAND_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTOPERAND_H

#include "Body.h"

namespace tc::cpu {

struct ContractOperand {
  loop::ReadOp read;
  /// i1 of the body outside which the factor is 0; null if there is none.
  Value guard;
  /// In elements, over the dimensions of the contraction.
  AffineExpr address;
  /// The same for the guard: which dimensions it depends on.
  llvm::SmallVector<bool> guardDims;

  bool dependsOn(unsigned dim) const { return address.isFunctionOfDim(dim) || (guard && guardDims[dim]); }
};

/// The factor that `yielded`, a value of the contraction's body, is; nothing if it is something else.
std::optional<ContractOperand> matchOperand(Frame &frame, loop::ContractOp op, Value yielded);

/// Emits a scalar of the body that depends on indices alone.
Value emitIndexScalar(Frame &frame, loop::ContractOp op, Value value, mlir::ValueRange dims);

} // namespace tc::cpu

#endif
