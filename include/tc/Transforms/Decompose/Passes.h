// The pass from functional to primitive.

#ifndef TC_TRANSFORMS_DECOMPOSE_PASSES_H
#define TC_TRANSFORMS_DECOMPOSE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/Decompose/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Decompose/Passes.h.inc"

/// Whether the pass has a formula for the op of this name ("aten::silu", "add.Tensor"), for some arguments at least.
bool hasDecomposition(llvm::StringRef name);

} // namespace tc

#endif // TC_TRANSFORMS_DECOMPOSE_PASSES_H
