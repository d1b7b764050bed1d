// What loop ops need in order to share a kernel; also used by the schedule.
#ifndef TC_TRANSFORMS_FUSE_KERNELANALYSIS_H
#define TC_TRANSFORMS_FUSE_KERNELANALYSIS_H

#include "tc/Dialect/Loop/IR/Loop.h"

namespace tc {

/// How many leading indices of the read are the body's own leading dimensions, in order and of the same sizes.
int64_t getIdentityPrefix(loop::ReadOp read, loop::LoopNestOpInterface nest);

/// The most leading parallel dimensions that all ops have in common, such that each op reads values of the others only
/// at its own point of these.
int64_t getSharedParallel(llvm::ArrayRef<loop::LoopNestOpInterface> nests);

/// Bytes of one element in memory.
int64_t getElementBytes(mlir::Type elementType);

} // namespace tc

#endif
