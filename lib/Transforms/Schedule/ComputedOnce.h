// Which values are the same in all runs.
#ifndef TC_LIB_TRANSFORMS_SCHEDULE_COMPUTEDONCE_H
#define TC_LIB_TRANSFORMS_SCHEDULE_COMPUTEDONCE_H

#include "tc/Dialect/Fusion/IR/Fusion.h"

namespace tc {

/// Whether a value is a constant, or what kernels make of constants alone; these run once.
bool isComputedOnce(mlir::Value value);

} // namespace tc

#endif
