// One factor of a contraction: a read, perhaps guarded by a condition outside which it is zero, perhaps extended.
#ifndef TC_CONVERSION_KERNELANALYSIS_CONTRACTOPERAND_H
#define TC_CONVERSION_KERNELANALYSIS_CONTRACTOPERAND_H

#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"

#include <optional>

namespace tc {

struct ContractOperand {
  loop::ReadOp read;
  /// i1 of the body outside which the factor is 0; null if there is none.
  mlir::Value guard;
  /// In elements, over the dimensions of the contraction.
  mlir::AffineExpr address;
  /// The same for the guard: which dimensions it depends on.
  llvm::SmallVector<bool> guardDims;

  bool dependsOn(unsigned dim) const { return address.isFunctionOfDim(dim) || (guard && guardDims[dim]); }
};

/// The factor that `yielded`, a value of the contraction's body, is; nothing if it is something else.
std::optional<ContractOperand> matchOperand(const KernelSymbols &symbols, loop::ContractOp op, mlir::Value yielded);

/// The dimensions of the space that a value of the body is computed from.
llvm::SmallVector<bool> getUsedDims(loop::LoopNestOpInterface op, mlir::Value value);

} // namespace tc

#endif
