// From loops to kernels.

#ifndef TC_TRANSFORMS_FUSE_PASSES_H
#define TC_TRANSFORMS_FUSE_PASSES_H

#include "mlir/Pass/Pass.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"

namespace mlir {
class OpPassManager;
}

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/Fuse/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Fuse/Passes.h.inc"

/// The stage: tc-align-epilogues, tc-inline-loops, tc-split-reductions, tc-align-rows, tc-form-kernels. Registered as
/// `tc-fuse`. Rows are aligned for code generators that take neighbouring rows together, as vectors (`alignsRows`):
/// others would read memory in strides.
void buildFusePipeline(mlir::OpPassManager &manager, bool alignsRows = true);
void registerFusePipeline();

} // namespace tc

#endif // TC_TRANSFORMS_FUSE_PASSES_H
