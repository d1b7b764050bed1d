// How a contraction is computed: as a matrix product, which dimensions are rows, columns, depth and batch, and which
// threads compute what.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACT_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACT_H

#include "Kernels.h"
#include "tc/Conversion/KernelAnalysis/ContractOperand.h"

namespace tc::gpu {

using Values = llvm::SmallVector<Value>;
using Indices = llvm::SmallVector<AffineExpr>;

/// Dimensions of the contraction's space that are walked as one; none is of size 1.
struct DimGroup {
  llvm::SmallVector<unsigned> dims;
  llvm::SmallVector<AffineExpr> sizes;
  /// Points.
  AffineExpr count;

  bool isOne() const { return dims.empty(); }
  /// The number of points, or a guess.
  int64_t getLikely() const;
  /// Whether a number divides the points, and whether it divides the last dimension.
  bool isMultipleOf(int64_t number) const { return count.getLargestKnownDivisor() % number == 0; }
  bool isInnerMultipleOf(int64_t number) const {
    return !sizes.empty() && sizes.back().getLargestKnownDivisor() % number == 0;
  }
};

/// One of the two values that are multiplied.
struct Factor {
  /// Of the body's yielded values.
  unsigned number = 0;
  /// What it is if it is a read, perhaps extended; else it is whatever the body computes.
  std::optional<ContractOperand> read;
  /// The type it has in shared memory: the tensor's, or the body's.
  mlir::Type element;
  /// Whether neighbours in shared memory are neighbours along the depth, or along the rows (columns).
  bool isDepthMajor = true;
  /// Elements of one asynchronous copy from global to shared memory; 0 where threads load or compute and store them.
  int64_t width = 0;
};

struct ContractPlan {
  enum class Form {
    Points,      ///< a thread a point: nothing is used twice
    Dots,        ///< few rows: threads share the depth, and read the columns once, straight into registers
    Tiles,       ///< blocks of rows and columns in shared memory, register tiles of multiply-adds
    TensorCores, ///< the same, by mma.sync
  };
  Form form = Form::Points;
  loop::ContractOp op;
  /// Maps that are results of the kernel.
  llvm::SmallVector<loop::LoopNestOpInterface> maps;
  DimGroup batch, rows, columns, depth;
  /// That of the rows and that of the columns.
  Factor factors[2];
  mlir::Type accumulator;

  /// A block's rows and columns, and the depth of a step.
  int64_t blockRows = 1, blockColumns = 1, blockDepth = 1;
  /// Tiles: a thread's rows and columns. TensorCores: those of a warp.
  int64_t tileRows = 1, tileColumns = 1;
  /// Parts of the depth of a step, each for as many threads; their sums are added at the end.
  int64_t splits = 1;
  unsigned threads = 256;
  /// Steps in shared memory at a time.
  int64_t stages = 2;
  /// Multiply in TF32.
  bool isTF32 = false;

  loop::ContractOp getOp() const { return op; }
  int64_t getParallel() const { return getOp().getNumParallel(); }
};

/// Fails with a diagnostic if the kernel is no contract kernel.
mlir::FailureOr<ContractPlan> planContract(Frame &frame, const Options &options);

/// Choose the block's sizes, of the forms with few rows and with shared memory; the latter fails if none fits the
/// target.
void chooseDots(Frame &frame, ContractPlan &plan);
mlir::LogicalResult chooseTile(Frame &frame, ContractPlan &plan);

/// The dimensions of a group at point number `linear`, which lies in it, written into those of the whole space.
void setDims(Frame &frame, const DimGroup &group, AffineExpr linear, Indices &dims);
/// The lesser of two index values.
AffineExpr emitMin(Frame &frame, AffineExpr a, AffineExpr b);
/// sum + a * b, of types that may be narrower than the sum's.
Value emitMultiplyAdd(mlir::ImplicitLocOpBuilder &builder, Value a, Value b, Value sum);
Value emitZero(mlir::ImplicitLocOpBuilder &builder, mlir::Type type);

/// Emit the phase of a plan.
mlir::LogicalResult emitPoints(Frame &frame, const ContractPlan &plan);
mlir::LogicalResult emitDots(Frame &frame, const ContractPlan &plan);
mlir::LogicalResult emitTiles(Frame &frame, const ContractPlan &plan);

} // namespace tc::gpu

#endif
