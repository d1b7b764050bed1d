// What happens inside a kernel once it is formed, and what it is called.
#ifndef TC_LIB_TRANSFORMS_FUSE_KERNELBODIES_H
#define TC_LIB_TRANSFORMS_FUSE_KERNELBODIES_H

#include "mlir/IR/PatternMatch.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"

#include <string>

namespace tc {

/// Puts maps that only one op of the kernel reads into it, and makes one op of maps, and of reductions, over one space.
void simplifyKernel(mlir::RewriterBase &rewriter, fusion::KernelOp kernel);

/// A name made of what the kernel computes, in order: `contract_add_tanh`, `max_sub_exp_sum_div`.
std::string nameKernel(fusion::KernelOp kernel);

} // namespace tc

#endif
