// Maps whose dimensions are in another order than those of what they compute: `tc.transpose` of the result gives the
// order in memory, and stands behind the map until kernels are formed.
#ifndef TC_LIB_TRANSFORMS_FUSE_MEMORYORDER_H
#define TC_LIB_TRANSFORMS_FUSE_MEMORYORDER_H

#include "mlir/IR/PatternMatch.h"
#include "tc/Dialect/Loop/IR/Loop.h"

namespace tc {

/// The transposition of the map's result into memory's order; null if the map is in that order.
TransposeOp getMemoryOrder(loop::MapOp map);

/// The map with one result over permuted dimensions: dimension i is `permutation[i]` of the old one. What reads it
/// reads the new one, the rest uses its transposition.
loop::MapOp permuteMap(mlir::RewriterBase &rewriter, loop::MapOp map, llvm::ArrayRef<int64_t> permutation);

/// Undoes permuteMap.
loop::MapOp restoreMap(mlir::RewriterBase &rewriter, loop::MapOp map);

/// Makes a read of a permuted map's result one of the transposition.
void readInMemoryOrder(mlir::RewriterBase &rewriter, loop::ReadOp read, TransposeOp order);

} // namespace tc

#endif
