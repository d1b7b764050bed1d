// One factor of a contraction: a read, perhaps guarded by a condition outside which it is zero, perhaps extended; or
// any other value of the body.
#ifndef TC_CONVERSION_KERNELANALYSIS_CONTRACTOPERAND_H
#define TC_CONVERSION_KERNELANALYSIS_CONTRACTOPERAND_H

#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"

namespace tc {

struct ContractOperand {
  /// What the body yields.
  mlir::Value value;
  /// Null if the value is something else.
  loop::ReadOp read;
  /// i1 of the body outside which the factor is 0; null if there is none.
  mlir::Value guard;
  /// In elements, over the dimensions of the contraction; null without a read.
  mlir::AffineExpr address;
  /// Which dimensions of the contraction the guard, and the whole value, depends on.
  llvm::SmallVector<bool> guardDims, dims;

  bool dependsOn(unsigned dim) const { return dims[dim]; }
  bool isGuardedBy(llvm::ArrayRef<unsigned> list) const {
    return guard && llvm::any_of(list, [&](unsigned dim) { return guardDims[dim]; });
  }
};

/// The factor that `yielded`, a value of the contraction's body, is.
ContractOperand matchOperand(const KernelSymbols &symbols, loop::ContractOp op, mlir::Value yielded);

/// The dimensions of the space that a value of the body is computed from.
llvm::SmallVector<bool> getUsedDims(loop::LoopNestOpInterface op, mlir::Value value);

} // namespace tc

#endif
