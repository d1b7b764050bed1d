// Copies a block of a contraction's columns to scratch, in the order in which the innermost loop reads them.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTPACK_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTPACK_H

#include "ContractEmitter.h"

namespace tc::cpu {

class ColumnPacker : protected ContractEmitter {
protected:
  using ContractEmitter::ContractEmitter;

  bool packs() const { return plan.packing != ContractPlan::Packing::None; }
  /// Reserves the scratch.
  void preparePack();
  /// Packs the block of columns at `dims`, over the current block of the depth. Columns that do not exist have any
  /// values. `masks` has the columns that exist, for each vector; null for all.
  void emitPack(llvm::ArrayRef<Value> masks);
  /// The first packed column at a point.
  Value getPackedPointer(mlir::ValueRange point);
  /// From one step of the innermost loop to the next, of pairs if the plan is in pairs.
  AffineExpr getPackedStep();

private:
  /// Elements from the start of the pack, over the contraction's dimensions, of single steps or of pairs.
  AffineExpr getPackedAddress(bool inPairs);
  /// The place of the vectors of a step, or pair of steps, at a point.
  Value getStepPointer(mlir::ValueRange point, bool inPairs);
  void emitPackLoops(llvm::ArrayRef<unsigned> loops, Values point, llvm::ArrayRef<Value> masks);
  void copyRow(Values point, llvm::ArrayRef<Value> masks);
  void computeRow(Values point, llvm::ArrayRef<Value> masks);
  void transposeTiles(Values point, bool isTail);
  /// Whether pairs are moved as they lie in memory, else joined from single steps.
  bool transposesPairs();
  Value loadPairs(Value pointer, Value mask);
  /// Makes pairs of the steps that were packed, in place.
  void joinSteps(llvm::ArrayRef<unsigned> loops, Values point);
  void store(Value pointer, int64_t vector, Value value);

  Value pack;
  /// Elements of the pack, after which there is room for one row that is not used.
  AffineExpr packedElements;
};

} // namespace tc::cpu

#endif
