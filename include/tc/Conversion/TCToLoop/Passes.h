// The pass from primitive ops to loops.

#ifndef TC_CONVERSION_TCTOLOOP_PASSES_H
#define TC_CONVERSION_TCTOLOOP_PASSES_H

#include "mlir/Pass/Pass.h"
#include "tc/Dialect/Loop/IR/Loop.h"

namespace tc {

#define GEN_PASS_DECL
#include "tc/Conversion/TCToLoop/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Conversion/TCToLoop/Passes.h.inc"

} // namespace tc

#endif // TC_CONVERSION_TCTOLOOP_PASSES_H
