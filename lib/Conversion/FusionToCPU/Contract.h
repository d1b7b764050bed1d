// How a contraction is computed: which dimensions are rows, columns and depth, and the register tile.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACT_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACT_H

#include "ContractOperand.h"
#include "Kernels.h"

namespace tc::cpu {

struct ContractPlan {
  enum class Form {
    Tiles, ///< columns contiguous in a factor: vectors of columns times scalars of rows
    Dots,  ///< both factors contiguous along the depth: vectors along the depth
  };
  Form form = Form::Tiles;
  loop::ContractOp op;
  llvm::SmallVector<loop::MapOp> epilogue;
  /// The factors: `rows` does not depend on the column dimension.
  ContractOperand rows, columns;
  /// The other dimensions of the contraction's space. Batch dimensions index the columns (and, mostly, the rows).
  llvm::SmallVector<unsigned> batchDims, rowDims, depthDims;
  unsigned columnDim = 0;
  int64_t lanes = 16;
  /// How columns come to the innermost loop of Tiles.
  enum class Packing {
    None,       ///< as they lie in memory
    Copied,     ///< copied to scratch by blocks: contiguous, but far apart from one step of the depth to the next
    Transposed, ///< the same, contiguous along `transposedDims` in memory
    Computed,   ///< the same, of any layout or any function of the indices
  };
  Packing packing = Packing::None;
  /// Depth dimensions along which columns are contiguous, as one: the innermost in memory first.
  llvm::SmallVector<unsigned> transposedDims;
  /// Whether bf16 factors are multiplied in pairs of steps of the innermost depth dimension, along which rows are
  /// contiguous: columns of Tiles are then packed as pairs.
  bool areInPairs = false;
  /// Steps of the depth dimension `blockedDim` that are summed for all rows of a unit before the next; 0 for all.
  int64_t depthBlock = 0;
  unsigned blockedDim = 0;
  /// Partial sums, which are added to the whole at their end so that errors do not grow with the depth: the steps of
  /// the dimensions from `depthDims[partialFrom]` on and, if `partialSteps` is not 0, so many of the innermost one.
  unsigned partialFrom = 0;
  int64_t partialSteps = 0;
  /// Register tile: rows times vectors of columns (Tiles) or single columns (Dots).
  int64_t tileRows = 6, tileVectors = 4, tileColumns = 4;
  /// Columns of a unit of Dots.
  int64_t blockColumns = 64;
  /// Rows that a unit of work computes with the same columns.
  int64_t chunkRows = 96;
  /// Tiles of columns of a unit of Tiles; more than one only where the depth is blocked: for each block of the depth,
  /// the unit walks all of them, so that columns that are long rows in memory are read along these rows.
  int64_t unitTiles = 1;
  /// Whether units with the same rows come one after the other; else those with the same columns.
  bool areRowsOuter = false;
  /// Units that are worth a thread.
  int64_t grain = 1;
  mlir::Type accumulator;

  int64_t getTileColumns() const { return tileVectors * lanes; }
};

/// The plan of a kernel; nothing if its contraction is of neither form.
std::optional<ContractPlan> planContract(Frame &frame, fusion::ScheduleAttr schedule);

/// Emit the phase of a planned contraction.
void emitTiles(Frame &frame, ContractPlan &&plan);
void emitDots(Frame &frame, ContractPlan &&plan);

} // namespace tc::cpu

#endif
