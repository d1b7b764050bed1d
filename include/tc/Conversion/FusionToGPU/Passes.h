// The pass that generates GPU code of kernels.
#ifndef TC_CONVERSION_FUSIONTOGPU_PASSES_H
#define TC_CONVERSION_FUSIONTOGPU_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Conversion/FusionToGPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Conversion/FusionToGPU/Passes.h.inc"

} // namespace tc

#endif
