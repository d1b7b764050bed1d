// Kernels that are equal but for their operands and name share one piece of code.
#ifndef TC_CONVERSION_KERNELANALYSIS_DISTINCTKERNELS_H
#define TC_CONVERSION_KERNELANALYSIS_DISTINCTKERNELS_H

#include "tc/Dialect/Fusion/IR/Fusion.h"

namespace tc {

/// Appends the distinct kernels within `root` to `kernels`, the first of each: equal bodies, types and schedules are
/// one. The result maps each kernel op, in the order of a walk, to an index into `kernels`.
llvm::SmallVector<uint32_t> findDistinctKernels(mlir::Operation *root,
                                                llvm::SmallVectorImpl<fusion::KernelOp> &kernels);

} // namespace tc

#endif
