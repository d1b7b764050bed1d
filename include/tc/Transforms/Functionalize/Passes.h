// The pass from the as-captured to the functional form.
#ifndef TC_TRANSFORMS_FUNCTIONALIZE_PASSES_H
#define TC_TRANSFORMS_FUNCTIONALIZE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/Functionalize/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Functionalize/Passes.h.inc"

} // namespace tc

#endif // TC_TRANSFORMS_FUNCTIONALIZE_PASSES_H
