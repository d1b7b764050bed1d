// Row kernels: each point of the leading, parallel dimensions is a row, which a team of threads computes.
//
// Maps are computed where they are read, so a row is a sequence of steps: reductions, scans and sorts, each after what
// it reads, and the maps that are results. Steps over few enough points are written out, so that what one loaded or
// computed stays in registers for the next.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_ROW_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_ROW_H

#include "Kernels.h"
#include "Team.h"

namespace tc::gpu {

/// Ops that run over the same points of a row without waiting for one another.
struct Step {
  enum class Kind {
    Points, ///< reductions to one value a row, and maps
    Kept,   ///< reductions to more than one value a row: each by one thread
    Scan,
    Sort,
  };
  Kind kind = Kind::Points;
  /// Steps of lower levels come before.
  unsigned level = 0;
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::SmallVector<SizeAttr> sizes;
  Line line;
};

class RowLowering {
public:
  RowLowering(Frame &frame, fusion::ScheduleAttr schedule)
      : frame(frame), builder(frame.getBuilder()), schedule(schedule) {}
  mlir::LogicalResult run();

private:
  mlir::LogicalResult plan();
  mlir::LogicalResult check(mlir::Operation &op);
  bool isRowScalar(Value value) const;
  bool readsAlongRows() const;
  Team chooseTeam() const;

  mlir::LogicalResult emitRow();
  mlir::LogicalResult emitPoints(Step &step);
  mlir::LogicalResult emitKept(Step &step);
  mlir::LogicalResult emitScan(Step &step);
  mlir::LogicalResult emitSort(Step &step);
  /// Where later steps and the caller find the elements of a value; the first is bound.
  llvm::SmallVector<Storage, 1> allocate(Value value);
  void storeScalar(Value value, Value scalar);

  /// Runs `body` for this thread's units of a line; `valid` is null where all are, else the last unit stands in.
  using UnitBody = llvm::function_ref<llvm::SmallVector<Value>(AffineExpr unit, Value valid, mlir::ValueRange state)>;
  llvm::SmallVector<Value> forUnits(AffineExpr units, int64_t unroll, mlir::ValueRange state, UnitBody body);
  llvm::SmallVector<AffineExpr> getIndices(llvm::ArrayRef<AffineExpr> inner) const;

  Frame &frame;
  mlir::ImplicitLocOpBuilder &builder;
  fusion::ScheduleAttr schedule;
  int64_t parallel = 0;
  llvm::SmallVector<SizeAttr> rowSizes;
  std::vector<Step> steps;
  Team *team = nullptr;
  Evaluator *evaluator = nullptr;
  llvm::SmallVector<AffineExpr> rowIndices;
};

} // namespace tc::gpu

#endif
