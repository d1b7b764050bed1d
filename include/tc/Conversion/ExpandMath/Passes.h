// The pass that writes math functions as polynomials.

#ifndef TC_CONVERSION_EXPANDMATH_PASSES_H
#define TC_CONVERSION_EXPANDMATH_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Conversion/ExpandMath/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Conversion/ExpandMath/Passes.h.inc"

} // namespace tc

#endif // TC_CONVERSION_EXPANDMATH_PASSES_H
