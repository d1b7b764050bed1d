// A contraction whose factors are both contiguous along the depth, of few rows: dot products, vectorised along the
// depth. A unit of work is a block of columns, of which a few are walked at once: as many streams from memory. The sums
// of a block are kept in scratch, and the epilogue is vectorised along the columns.

#include "ContractEmitter.h"
#include "Space.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

class DotEmitter : ContractEmitter {
public:
  DotEmitter(Frame &frame, ContractPlan &&plan) : ContractEmitter(frame, std::move(plan)) {}
  void emit();

private:
  void emitUnit(Value first, Value last);
  /// Sums of a tile of rows from `row` on and columns from `column` of the block on, into scratch.
  void emitTile(Value row, Value column);
  Values emitInnerLoop(Rows &rows, ArrayRef<Value> columns, Value low, Value high, std::optional<int64_t> divisor,
                       Values accumulators);
  Value getSumPointer(Value row, Value column);

  /// Sums, [rows of a tile, columns of a block].
  Value sums;
};

} // namespace

void DotEmitter::emit() {
  int64_t bytes = plan.tileRows * plan.blockColumns * plan.accumulator.getIntOrFloatBitWidth() / 8;
  emitUnits(
      plan.blockColumns, [&]() { sums = frame.getScratch(SizeAttr::constant(builder.getContext(), bytes)); },
      [&](Value first, Value last) { emitUnit(first, last); });
}

Value DotEmitter::getSumPointer(Value row, Value column) {
  return getPointer(sums, plan.accumulator, frame.add(frame.mul(row, frame.index(plan.blockColumns)), column));
}

void DotEmitter::emitUnit(Value first, Value last) {
  Value zero = frame.index(0), one = frame.index(1), count = frame.emit(getSize(plan.columnDim));
  Value columns =
      arith::MinSIOp::create(builder, frame.sub(count, dims[plan.columnDim]), frame.index(plan.blockColumns));
  unsigned alignment = plan.accumulator.getIntOrFloatBitWidth() / 8;
  frame.loop(first, last, frame.index(plan.tileRows), {}, [&](Value row, ValueRange) -> Values {
    frame.loop(zero, columns, frame.index(plan.tileColumns), {}, [&](Value column, ValueRange) -> Values {
      emitTile(row, column);
      return {};
    });
    Value rows = arith::MinSIOp::create(builder, frame.sub(last, row), frame.index(plan.tileRows));
    frame.loop(zero, rows, one, {}, [&](Value i, ValueRange) -> Values {
      Values point = getRows(frame.add(row, i), 1).front();
      Value start = point[plan.columnDim];
      emitVectorLoop(frame, zero, columns, std::nullopt, plan.lanes, 1, {},
                     [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                       auto sum = LLVM::LoadOp::create(builder, vectorType, getSumPointer(i, iv));
                       sum.setAlignment(alignment);
                       point[plan.columnDim] = frame.add(start, iv);
                       emitEpilogue(point, sum, mask);
                     });
      return {};
    });
    return {};
  });
}

void DotEmitter::emitTile(Value row, Value column) {
  Value lastRow = frame.sub(frame.emit(getRowCount()), frame.index(1));
  Value lastColumn = frame.sub(frame.emit(getSize(plan.columnDim)), frame.index(1));
  Rows rows = getRows(row, plan.tileRows, lastRow);
  // Columns and rows past the end are the last ones again; the epilogue leaves them out.
  Values columns;
  for (int64_t j = 0; j < plan.tileColumns; ++j)
    columns.push_back(arith::MinSIOp::create(
        builder, frame.add(dims[plan.columnDim], frame.add(column, frame.index(j))), lastColumn));
  Values accumulators = emitDepth(rows, plan.tileRows * plan.tileColumns, {},
                                  [&](Rows &here, Value low, Value high, std::optional<int64_t> divisor, Values state) {
                                    return emitInnerLoop(here, columns, low, high, divisor, std::move(state));
                                  });
  for (int64_t i = 0; i < plan.tileRows; ++i)
    for (int64_t j = 0; j < plan.tileColumns; ++j) {
      // Reassociated as the lanes are, which is what summing in lanes has done before.
      Value sum = vector::ReductionOp::create(builder, vector::CombiningKind::ADD,
                                              accumulators[i * plan.tileColumns + j], arith::FastMathFlags::reassoc);
      LLVM::StoreOp::create(builder, sum, getSumPointer(frame.index(i), frame.add(column, frame.index(j))),
                            plan.accumulator.getIntOrFloatBitWidth() / 8);
    }
}

ContractEmitter::Values DotEmitter::emitInnerLoop(Rows &rows, ArrayRef<Value> columns, Value low, Value high,
                                                  std::optional<int64_t> divisor, Values accumulators) {
  Values rowPointers, columnPointers;
  for (Values &point : rows)
    rowPointers.push_back(getPointer(plan.rows, getStart(plan.rows), point));
  for (Value column : columns) {
    Values point(rows.front());
    point[plan.columnDim] = column;
    columnPointers.push_back(getPointer(plan.columns, getStart(plan.columns), point));
  }
  std::optional<int64_t> length = sizes[getInnerDim()].getConstant();
  if (plan.partialSteps && length != plan.partialSteps)
    length = divisor == plan.partialSteps ? divisor : std::nullopt;
  int64_t lanes = plan.areInPairs ? 2 * plan.lanes : plan.lanes;
  auto loadAt = [&](const ContractOperand &operand, Value pointer, Value iv, Value mask) {
    Value loaded = loadNarrow(operand, getPointer(pointer, getElement(operand), iv), lanes, mask);
    return plan.areInPairs ? loaded : extend(loaded);
  };
  return emitVectorLoop(frame, low, high, length, lanes, 1, accumulators,
                        [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &state) {
                          Values left;
                          for (Value pointer : rowPointers)
                            left.push_back(loadAt(plan.rows, pointer, iv, mask));
                          for (auto [j, pointer] : llvm::enumerate(columnPointers)) {
                            Value right = loadAt(plan.columns, pointer, iv, mask);
                            for (auto [i, factor] : llvm::enumerate(left)) {
                              Value &accumulator = state[i * plan.tileColumns + j];
                              accumulator = plan.areInPairs ? multiplyAddPairs(factor, right, accumulator)
                                                            : multiplyAdd(factor, right, accumulator);
                            }
                          }
                        });
}

void tc::cpu::emitDots(Frame &frame, ContractPlan &&plan) { DotEmitter(frame, std::move(plan)).emit(); }
