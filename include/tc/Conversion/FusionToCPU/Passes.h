// The pass that generates CPU code of kernels.
#ifndef TC_CONVERSION_FUSIONTOCPU_PASSES_H
#define TC_CONVERSION_FUSIONTOCPU_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Conversion/FusionToCPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Conversion/FusionToCPU/Passes.h.inc"

} // namespace tc

#endif
