// How a contraction is computed: which dimensions are rows, columns and depth, and the register tile.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACT_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACT_H

#include "ContractOperand.h"
#include "Kernels.h"

namespace tc::cpu {

struct ContractPlan {
  loop::ContractOp op;
  llvm::SmallVector<loop::MapOp> epilogue;
  /// The factor that is read one scalar a row, and the one read a vector of columns at a time.
  ContractOperand rows, columns;
  /// Dimensions of the contraction's space. The column dimension is vectorised; batch dimensions index both factors.
  llvm::SmallVector<unsigned> batchDims, rowDims, depthDims;
  unsigned columnDim = 0;
  /// Register tile: rows times vectors.
  int64_t tileRows = 6, tileVectors = 4, lanes = 16;
  /// Rows that a unit of work computes with the same columns.
  int64_t chunkRows = 96;
  mlir::Type accumulator;

  int64_t getTileColumns() const { return tileVectors * lanes; }
};

/// The plan of a kernel, if its contraction has columns that are contiguous in memory in one factor.
std::optional<ContractPlan> planContract(Frame &frame, fusion::ScheduleAttr schedule);

/// Emits the phase of a planned contraction.
void emitContract(Frame &frame, ContractPlan plan);

} // namespace tc::cpu

#endif
