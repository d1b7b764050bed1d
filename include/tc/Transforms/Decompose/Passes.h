// The pass from functional to primitive.

#ifndef TC_TRANSFORMS_DECOMPOSE_PASSES_H
#define TC_TRANSFORMS_DECOMPOSE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/Decompose/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Decompose/Passes.h.inc"

} // namespace tc

#endif // TC_TRANSFORMS_DECOMPOSE_PASSES_H
