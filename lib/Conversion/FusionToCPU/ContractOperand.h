// One factor of a contraction: a read, perhaps guarded by a condition outside which it is zero, perhaps extended; or
// any other value of the body, which is packed before use.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTOPERAND_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTOPERAND_H

#include "Body.h"

namespace tc::cpu {

struct ContractOperand {
  /// What the body yields.
  Value value;
  /// Null if the value is something else.
  loop::ReadOp read;
  /// i1 of the body outside which the factor is 0; null if there is none.
  Value guard;
  /// In elements, over the dimensions of the contraction; null without a read.
  AffineExpr address;
  /// Which dimensions of the contraction the guard, and the whole value, depends on.
  llvm::SmallVector<bool> guardDims, dims;

  bool dependsOn(unsigned dim) const { return dims[dim]; }
  bool isGuardedBy(llvm::ArrayRef<unsigned> list) const {
    return guard && llvm::any_of(list, [&](unsigned dim) { return guardDims[dim]; });
  }
};

/// The factor that `yielded`, a value of the contraction's body, is.
ContractOperand matchOperand(Frame &frame, loop::ContractOp op, Value yielded);

/// Emits a scalar of the body that depends on indices alone.
Value emitIndexScalar(Frame &frame, loop::ContractOp op, Value value, mlir::ValueRange dims);

} // namespace tc::cpu

#endif
