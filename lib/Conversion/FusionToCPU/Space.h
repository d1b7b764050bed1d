// Iteration spaces: which indices bodies use how, and which dimensions can be walked as one.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_SPACE_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_SPACE_H

#include "Body.h"

namespace tc::cpu {

/// What the body of a loop op does with its indices. Dimensions from the rank of the space on are data-dependent
/// indices.
struct IndexUses {
  /// Of each read, the address in elements in a row-major tensor.
  llvm::SmallVector<std::pair<loop::ReadOp, AffineExpr>> reads;
  /// Addresses of the results.
  llvm::SmallVector<AffineExpr> results;
  /// Indices used as values.
  llvm::SmallVector<AffineExpr> others;
};
IndexUses getIndexUses(Frame &frame, loop::LoopNestOpInterface op);

/// A space with neighbouring dimensions merged where no index tells them apart, and dimensions of size 1 left out.
struct MergedSpace {
  llvm::SmallVector<AffineExpr> sizes;
  /// The indices of the original space, over the merged dimensions: the last of a group is the merged one, the others
  /// are 0. Right in sums where the group occurs as one.
  llvm::SmallVector<AffineExpr> arguments;
  /// The merged dimension of each original one, -1 for size 1.
  llvm::SmallVector<int64_t> dimOf;

  std::optional<int64_t> getConstantSize(unsigned dim) const;
};
/// Merges the dimensions [first, last) of `sizes`; merged dimensions are numbered from `base`. No merge goes across a
/// boundary: a dimension before which one group ends.
MergedSpace mergeDims(Frame &frame, llvm::ArrayRef<SizeAttr> sizes, unsigned first, unsigned last,
                      llvm::ArrayRef<IndexUses> uses, unsigned base, llvm::ArrayRef<int64_t> boundaries = {});

/// Lanes that suit the types a kernel computes with.
int64_t chooseLanes(fusion::KernelOp kernel, const Target &target);
/// Ops of bodies, as a measure of their size.
int64_t countOps(mlir::Operation *op);

/// The lanes of a vector at `iv` that are below `upper`.
Value emitTailMask(Frame &frame, Value iv, Value upper, int64_t lanes);

/// Runs `body` for lower, lower + lanes, … below upper, `unroll` vectors at a time; `lower` is a multiple of the lanes.
/// `length` is upper - lower if known. The state is that of all `unroll` slots; a body gets its slot's number and
/// updates what is its. The last vectors get a mask.
using VectorBody = llvm::function_ref<void(Value iv, Value mask, unsigned slot, llvm::SmallVectorImpl<Value> &state)>;
llvm::SmallVector<Value> emitVectorLoop(Frame &frame, Value lower, Value upper, std::optional<int64_t> length,
                                        int64_t lanes, unsigned unroll, mlir::ValueRange state, VectorBody body);

} // namespace tc::cpu

#endif
