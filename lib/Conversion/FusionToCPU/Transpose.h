// Reads that are contiguous along another dimension than the one that is vectorised.
//
// Such a map walks tiles of lanes × lanes points: the read's vectors are loaded along its own dimension, transposed in
// registers and put into a buffer in L1, from which the body takes vectors of the other dimension.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_TRANSPOSE_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_TRANSPOSE_H

#include "Space.h"

namespace tc::cpu {

/// A read to transpose, by the number of its op in the kernel.
struct TransposedRead {
  unsigned op;
  loop::ReadOp read;
};

/// The reads that jump from lane to lane along `vectorDim` and are contiguous along `dim`.
struct TransposePlan {
  int64_t dim = -1;
  llvm::SmallVector<TransposedRead> reads;
};
TransposePlan planTranspose(Frame &frame, llvm::ArrayRef<IndexUses> uses, const MergedSpace &space, int64_t vectorDim,
                            int64_t lanes);

/// Transposes as many vectors as each has lanes, a power of two of at least 4; or 2.
llvm::SmallVector<Value> transposeVectors(mlir::ImplicitLocOpBuilder &builder, llvm::ArrayRef<Value> rows);

} // namespace tc::cpu

#endif
