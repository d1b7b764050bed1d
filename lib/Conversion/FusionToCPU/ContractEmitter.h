// What the forms of a contraction share: access to the factors, loops over the depth, the epilogue.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTEMITTER_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTEMITTER_H

#include "Contract.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace tc::cpu {

class ContractEmitter {
protected:
  using Values = llvm::SmallVector<Value>;
  /// Indices of a row, of which the outer depth dimensions are set as the loops around them are built.
  using Rows = llvm::SmallVector<Values>;

  ContractEmitter(Frame &frame, ContractPlan &&plan);

  /// Begins the phase, runs `body` for each unit (batch…, block of `columns` columns, chunk of rows) and ends the
  /// phase.
  void emitUnits(int64_t columns, llvm::function_ref<void()> prepare,
                 llvm::function_ref<void(Value firstRow, Value lastRow)> body);
  /// The indices of `count` rows from `first` on, which reach no further than `limit` if it is given.
  Rows getRows(Value first, int64_t count, Value limit = {});
  /// Loops over the whole depth, adding partial sums to `sums`, which are null for zeros. `inner` sums the steps
  /// [low, high) of the innermost dimension, of which there are a multiple of `divisor` if it is known.
  using InnerLoop =
      llvm::function_ref<Values(Rows &, Value low, Value high, std::optional<int64_t> divisor, Values accumulators)>;
  Values emitDepth(Rows &rows, unsigned accumulators, Values sums, InnerLoop inner);
  /// The steps of a depth dimension: all, or those of the current block.
  std::pair<Value, Value> getDepthBounds(unsigned dim);
  /// The size of a dimension, or of a block of it.
  SizeAttr getBlockedSize(unsigned dim);
  bool isBlocked(unsigned dim) const { return plan.depthBlock && dim == plan.blockedDim; }
  /// Runs the epilogue on a vector of columns at a point and stores the results.
  void emitEpilogue(llvm::ArrayRef<Value> point, Value accumulator, Value mask);

  /// Loops over the depth dimensions [first, last).
  Values emitOuterDepth(Rows &rows, Values accumulators, llvm::function_ref<Values(Rows &, Values)> inner,
                        unsigned first, unsigned last);
  AffineExpr getSize(unsigned dim) { return frame.getExpr(sizes[dim]); }
  AffineExpr getRowCount();
  /// The innermost depth dimension; there is one.
  unsigned getInnerDim() { return plan.depthDims.back(); }
  /// The address with the innermost depth dimension at 0, and its stride in that dimension (null if not linear).
  AffineExpr getStart(const ContractOperand &operand);
  AffineExpr getStep(const ContractOperand &operand);

  mlir::Type getElement(const ContractOperand &operand);
  Value getPointer(Value base, mlir::Type element, Value offset);
  /// The pointer to a factor's element at a point.
  Value getPointer(const ContractOperand &operand, AffineExpr address, mlir::ValueRange point);
  /// A factor's scalar or, if `lanes` > 1, vector, extended to the accumulator.
  Value load(const ContractOperand &operand, Value pointer, int64_t lanes, Value mask = {}) {
    return extend(loadNarrow(operand, pointer, lanes, mask));
  }
  /// The same as it is in memory.
  Value loadNarrow(const ContractOperand &operand, Value pointer, int64_t lanes, Value mask = {});
  /// A scalar or vector of a factor as one of the accumulator.
  Value extend(Value value);
  Value multiplyAdd(Value a, Value b, Value c);
  /// The same, adding two products of bf16 to each f32.
  Value multiplyAddPairs(Value a, Value b, Value c);
  Value getZero();
  Values getZeros(unsigned count) { return Values(count, getZero()); }
  Value broadcast(Value scalar);

  Frame &frame;
  ContractPlan plan;
  mlir::ImplicitLocOpBuilder &builder;
  llvm::SmallVector<SizeAttr> sizes;
  mlir::VectorType vectorType;
  /// Values of the contraction's dimensions: batch and first column of the unit.
  Values dims;
  /// The current block of the blocked depth dimension; null if there is none.
  Value blockLow, blockHigh;
};

} // namespace tc::cpu

#endif
