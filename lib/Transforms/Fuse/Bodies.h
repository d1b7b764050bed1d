// What fusion does to bodies: simplifying them, weighing them, and putting one into another.
#ifndef TC_LIB_TRANSFORMS_FUSE_BODIES_H
#define TC_LIB_TRANSFORMS_FUSE_BODIES_H

#include "mlir/IR/PatternMatch.h"
#include "tc/Dialect/Loop/IR/Loop.h"

namespace tc {

/// Folds reads of constants and reshapes, guards that always hold, conversions there and back; composes indices; merges
/// equal ops. `root` is isolated from above.
void simplifyBodies(mlir::Operation *root);

/// What a body does for one point.
struct BodyCost {
  /// Arithmetic, in additions; conversions and index arithmetic are free.
  int64_t weight = 0;
  int64_t numReads = 0;
  /// Reads whose index depends on other reads.
  int64_t numIndirectReads = 0;
  int64_t numGuards = 0;

  /// Whether the body only moves an element.
  bool isMove() const { return weight == 0 && numReads <= 1; }
};
BodyCost getBodyCost(mlir::Block &body);

/// Replaces a read of a result of `producer` by the producer's body at these indices.
void inlineRead(mlir::RewriterBase &rewriter, loop::ReadOp read, loop::MapOp producer, unsigned result,
                mlir::ValueRange indices);

/// Whether the read's first `count` indices are the body's own first `count` dimensions, in order. A dimension of size
/// 1 may be read at 0.
bool isIdentityRead(loop::ReadOp read, loop::LoopNestOpInterface nest, int64_t count);

} // namespace tc

#endif
