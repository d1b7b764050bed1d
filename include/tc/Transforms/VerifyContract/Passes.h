// The pass that checks what a stage guarantees.
#ifndef TC_TRANSFORMS_VERIFYCONTRACT_PASSES_H
#define TC_TRANSFORMS_VERIFYCONTRACT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/VerifyContract/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/VerifyContract/Passes.h.inc"

} // namespace tc

#endif // TC_TRANSFORMS_VERIFYCONTRACT_PASSES_H
