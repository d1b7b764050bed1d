// Loops over vectors of points, and how many lanes they have.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_SPACE_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_SPACE_H

#include "Body.h"
#include "tc/Conversion/KernelAnalysis/Space.h"

namespace tc::cpu {

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
