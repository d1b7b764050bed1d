// The passes from the primitive form to itself.
#ifndef TC_TRANSFORMS_SIMPLIFY_PASSES_H
#define TC_TRANSFORMS_SIMPLIFY_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/Simplify/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Simplify/Passes.h.inc"

/// The stage `simplify`: all passes of this room, in order.
void addSimplifyPasses(mlir::OpPassManager &manager);

} // namespace tc

#endif // TC_TRANSFORMS_SIMPLIFY_PASSES_H
