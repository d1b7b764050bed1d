// Passes that decide how tensors lie in memory.
#ifndef TC_TRANSFORMS_LAYOUT_PASSES_H
#define TC_TRANSFORMS_LAYOUT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {
#define GEN_PASS_DECL
#include "tc/Transforms/Layout/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Layout/Passes.h.inc"
} // namespace tc

#endif
