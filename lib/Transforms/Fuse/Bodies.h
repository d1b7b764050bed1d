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
  /// All ops, those of index arithmetic too.
  int64_t numOps = 0;

  /// Whether the body only moves an element.
  bool isMove() const { return weight == 0 && numReads <= 1; }
};
BodyCost getBodyCost(mlir::Block &body);

/// More ops than this are not put into one body: what takes so much work is not held up by memory, and the time to
/// compile it grows faster than its size.
inline constexpr int64_t mostBodyOps = 256;

/// Replaces a read of a result of `producer` by the producer's body at these indices.
void inlineRead(mlir::RewriterBase &rewriter, loop::ReadOp read, loop::MapOp producer, unsigned result,
                mlir::ValueRange indices);

/// The same where `read` is all that uses `producer`, a map with one result: the body moves, and the map goes.
void moveIntoRead(mlir::RewriterBase &rewriter, loop::ReadOp read, loop::MapOp producer, mlir::ValueRange indices);

/// Whether the read's first `count` indices are the body's own first `count` dimensions, in order. A dimension of size
/// 1 may be read at 0.
bool isIdentityRead(loop::ReadOp read, loop::LoopNestOpInterface nest, int64_t count);

} // namespace tc

#endif
