// A contraction whose columns are contiguous in one factor: units of work are blocks of columns times chunks of rows; a
// unit walks its chunk one register tile at a time while the block of columns stays in L2. The layout of the loops is
// that of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", without packing the rows: each
// row of a tile is a pointer, so that a convolution's windows and its padding (a row of zeros) cost nothing in the
// innermost loop. A great depth is walked by blocks, between which the sums of the unit are kept in scratch.

#include "ContractPack.h"
#include "ContractSkip.h"
#include "Space.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

class TileEmitter : ColumnPacker {
public:
  TileEmitter(Frame &frame, ContractPlan &&plan) : ColumnPacker(frame, std::move(plan)) {}
  void emit();

private:
  void prepareZeros();
  void emitUnit(Value first, Value last);
  /// Runs `body` for each tile of the unit's columns; with `isTail`, columns may be missing.
  using ColumnBody = function_ref<void(bool isTail)>;
  void forEachColumnTile(ColumnBody body);
  void emitColumnTile(ColumnBody body);
  /// Runs `body` for each tile of rows [first, last) with the place of its sums in scratch.
  using TileBody = function_ref<void(Rows rows, Value sums)>;
  void forEachTile(Value first, Value last, TileBody body);
  unsigned countSums(Rows &rows) { return rows.size() * plan.tileVectors; }
  /// The whole depth added to `sums`, which are null for zeros.
  Values sumDepth(Rows &rows, Values sums);
  /// The same, or zeros where the epilogue looks at none of the tile's sums.
  Values sumNeeded(Rows &rows);
  Values loadSums(Rows &rows, Value place);
  void storeSums(ArrayRef<Value> accumulators, Value place);
  void emitEpilogues(Rows &rows, ArrayRef<Value> accumulators, bool isTail);
  Values emitInnerLoop(Rows &rows, Value low, Value high, std::optional<int64_t> divisor, Values accumulators);
  /// The state after a step, or as it was where the condition does not hold.
  Values emitGuarded(Value condition, ValueRange state, function_ref<Values()> step);
  /// Pointers `number` steps further: what unrolling adds is then a constant, which the address of a load takes.
  Values advance(ValueRange pointers, Type element, Value number, AffineExpr step);
  Type getColumnElement() { return packs() ? plan.accumulator : getElement(plan.columns); }
  Values emitStep(ArrayRef<Value> rowPointers, Value columnPointer, Value k, Values accumulators,
                  ArrayRef<Value> ends = {});
  /// The steps from `low` on, of which rows have terms up to their ends alone.
  Values emitEndingRows(Rows &rows, ArrayRef<Value> rowPointers, Value columnPointer, Value low, Value size,
                        Values accumulators);
  /// All steps from the pointers on, two at a time.
  Values emitPairs(ArrayRef<Value> rowPointers, Value columnPointer, Value size, std::optional<int64_t> known,
                   Values accumulators);
  Values emitPair(ArrayRef<Value> rowPointers, Value columnPointer, Value number, bool isWhole, Values accumulators);
  Value getColumnPointer(AffineExpr address, ValueRange point) {
    return packs() ? getPackedPointer(point) : getPointer(plan.columns, address, point);
  }
  Value emitGuard(const ContractOperand &operand, ArrayRef<Value> point) {
    return emitIndexScalar(frame, plan.op, operand.guard, point);
  }
  bool isGuardedInside(const ContractOperand &operand) { return operand.guard && operand.guardDims[getInnerDim()]; }
  /// Whether all rows of a tile are guarded alike, and each step of the innermost loop for itself.
  bool areStepsGuarded() { return isGuardedInside(plan.rows) && !plan.rows.isGuardedBy(plan.rowDims); }

  /// Expressions that are negative where no sum is needed.
  llvm::SmallVector<AffineExpr> skips;
  /// Where a row's terms end; null if the rows' guard says something else, or there is none.
  AffineExpr rowEnd;
  /// As many zeros as the innermost loop reads of a row.
  Value zeros;
  /// Sums of the tiles of a unit, between blocks of the depth.
  Value sums;
  /// The tile of the unit's columns.
  Value tileNumber;
  /// Of the vectors of a tile at the right edge: the columns that exist. Null elsewhere.
  Values masks;
  /// Elements from one step of the innermost loop to the next; null if the addresses of each step are computed.
  AffineExpr rowStep, columnStep;
};

} // namespace

void TileEmitter::emit() {
  rowEnd = findRowEnd(frame, plan);
  if ((!isGuardedInside(plan.rows) || areStepsGuarded() || rowEnd) && (packs() || !isGuardedInside(plan.columns))) {
    rowStep = getStep(plan.rows);
    columnStep = packs() ? getPackedStep() : getStep(plan.columns);
  }
  if (!rowStep || !columnStep)
    rowStep = columnStep = rowEnd = AffineExpr();
  skips = findSkips(frame, plan);
  emitUnits(
      plan.getTileColumns() * plan.unitTiles,
      [&]() {
        prepareZeros();
        preparePack();
        int64_t bytes =
            plan.unitTiles * plan.chunkRows * plan.getTileColumns() * plan.accumulator.getIntOrFloatBitWidth() / 8;
        if (plan.depthBlock)
          sums = frame.getScratch(SizeAttr::constant(builder.getContext(), bytes));
      },
      [&](Value first, Value last) { emitUnit(first, last); });
}

void TileEmitter::prepareZeros() {
  if (!plan.rows.guard || areStepsGuarded())
    return;
  AffineExpr count = rowStep ? (getSize(getInnerDim()) - 1) * rowStep + 1 : frame.getConstantExpr(1);
  int64_t bytes = getElement(plan.rows).getIntOrFloatBitWidth() / 8;
  // Whole vectors are cleared.
  AffineExpr vectors = frame.simplify((count * bytes).ceilDiv(64));
  zeros = frame.getScratch(frame.getSize(frame.simplify(vectors * 64)));
  auto type = VectorType::get({16}, builder.getF32Type());
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
  frame.loop(frame.index(0), frame.emit(vectors), frame.index(1), {}, [&](Value iv, ValueRange) -> Values {
    LLVM::StoreOp::create(builder, zero, getPointer(zeros, type, iv), /*alignment=*/64);
    return {};
  });
}

void TileEmitter::emitUnit(Value first, Value last) {
  if (!plan.depthBlock)
    return forEachColumnTile([&](bool isTail) {
      emitPack(masks);
      forEachTile(first, last, [&](Rows rows, Value) { emitEpilogues(rows, sumNeeded(rows), isTail); });
    });
  forEachColumnTile([&](bool) {
    forEachTile(first, last, [&](Rows rows, Value place) { storeSums(getZeros(countSums(rows)), place); });
  });
  Value size = frame.emit(getSize(plan.blockedDim)), block = frame.index(plan.depthBlock);
  frame.loop(frame.index(0), size, block, {}, [&](Value low, ValueRange) -> Values {
    blockLow = low;
    blockHigh = arith::MinSIOp::create(builder, frame.add(low, block), size);
    forEachColumnTile([&](bool) {
      emitPack(masks);
      forEachTile(first, last,
                  [&](Rows rows, Value place) { storeSums(sumDepth(rows, loadSums(rows, place)), place); });
    });
    blockLow = blockHigh = Value();
    return {};
  });
  forEachColumnTile([&](bool isTail) {
    forEachTile(first, last, [&](Rows rows, Value place) { emitEpilogues(rows, loadSums(rows, place), isTail); });
  });
}

void TileEmitter::forEachColumnTile(ColumnBody body) {
  tileNumber = frame.index(0);
  if (plan.unitTiles == 1)
    return emitColumnTile(body);
  Value start = dims[plan.columnDim], width = frame.index(plan.getTileColumns());
  Value rest = frame.sub(frame.emit(getSize(plan.columnDim)), start);
  rest = builder.createOrFold<arith::DivUIOp>(frame.add(rest, frame.index(plan.getTileColumns() - 1)), width);
  Value tiles = arith::MinSIOp::create(builder, rest, frame.index(plan.unitTiles));
  frame.loop(frame.index(0), tiles, frame.index(1), {}, [&](Value number, ValueRange) -> Values {
    tileNumber = number;
    dims[plan.columnDim] = frame.add(start, frame.mul(number, width));
    emitColumnTile(body);
    return {};
  });
  dims[plan.columnDim] = start;
}

void TileEmitter::emitColumnTile(ColumnBody body) {
  int64_t width = plan.getTileColumns();
  Value size = frame.emit(getSize(plan.columnDim));
  auto emit = [&](bool isTail) {
    masks.assign(plan.tileVectors, Value());
    if (isTail)
      for (int64_t v = 0; v < plan.tileVectors; ++v)
        masks[v] = emitTailMask(frame, frame.add(dims[plan.columnDim], frame.index(v * plan.lanes)), size, plan.lanes);
    body(isTail);
  };
  std::optional<int64_t> columns = sizes[plan.columnDim].getConstant();
  if (columns && (*columns % width == 0 || *columns < width))
    return emit(*columns % width != 0);
  Value whole = arith::CmpIOp::create(builder, arith::CmpIPredicate::sle,
                                      frame.add(dims[plan.columnDim], frame.index(width)), size);
  auto branch = scf::IfOp::create(builder, whole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emit(false);
  builder.setInsertionPointToStart(branch.elseBlock());
  emit(true);
}

void TileEmitter::forEachTile(Value first, Value last, TileBody body) {
  Value zero = frame.index(0), count = frame.emit(getRowCount());
  std::optional<int64_t> known;
  if (auto constant = dyn_cast<AffineConstantExpr>(getRowCount()))
    known = constant.getValue();
  // The last tile overlaps the one before it, perhaps in the chunk before, when the rows do not divide: it computes the
  // same values there. Where there may be fewer rows than a tile has, its last rows are the last row, again and again.
  auto walk = [&](int64_t rows) {
    frame.loop(first, last, frame.index(rows), {}, [&](Value row, ValueRange) -> Values {
      Value place;
      if (sums)
        place =
            getPointer(sums, plan.accumulator,
                       frame.mul(frame.add(frame.mul(tileNumber, frame.index(plan.chunkRows)), frame.sub(row, first)),
                                 frame.index(plan.getTileColumns())));
      if (rows > 1 && (!known || *known % rows != 0))
        row = arith::MaxSIOp::create(builder, arith::MinSIOp::create(builder, row, frame.sub(last, frame.index(rows))),
                                     zero);
      body(getRows(row, rows, known ? Value() : frame.sub(count, frame.index(1))), place);
      return {};
    });
  };
  if (known || plan.tileRows == 1)
    return walk(plan.tileRows);
  // Rows that are computed in vain cost less than reading the columns again, but for one or two.
  Value enough = arith::CmpIOp::create(builder, arith::CmpIPredicate::sgt, count, frame.index(2));
  auto branch = scf::IfOp::create(builder, enough, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  walk(plan.tileRows);
  builder.setInsertionPointToStart(branch.elseBlock());
  walk(1);
}

ContractEmitter::Values TileEmitter::sumDepth(Rows &rows, Values sums) {
  return emitDepth(rows, countSums(rows), std::move(sums),
                   [&](Rows &here, Value low, Value high, std::optional<int64_t> divisor, Values state) {
                     return emitInnerLoop(here, low, high, divisor, std::move(state));
                   });
}

ContractEmitter::Values TileEmitter::sumNeeded(Rows &rows) {
  Value needed, zero = frame.index(0);
  for (AffineExpr skip : skips) {
    LinearForm form = getLinearForm(skip, sizes.size());
    bool grows = cast<AffineConstantExpr>(frame.simplify(form.coefficients[plan.columnDim])).getValue() > 0;
    Value most;
    for (Values point : rows) {
      if (grows)
        point[plan.columnDim] = frame.add(point[plan.columnDim], frame.index(plan.getTileColumns() - 1));
      Value here = frame.emit(skip, point);
      most = most ? arith::MaxSIOp::create(builder, most, here).getResult() : here;
    }
    Value some = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, most, zero);
    needed = needed ? arith::AndIOp::create(builder, needed, some).getResult() : some;
  }
  if (!needed)
    return sumDepth(rows, {});
  return emitGuarded(needed, getZeros(countSums(rows)), [&]() { return sumDepth(rows, {}); });
}

ContractEmitter::Values TileEmitter::loadSums(Rows &rows, Value place) {
  Values loaded;
  for (int64_t i = 0, e = countSums(rows); i < e; ++i)
    loaded.push_back(LLVM::LoadOp::create(builder, vectorType,
                                          getPointer(place, plan.accumulator, frame.index(i * plan.lanes)),
                                          plan.accumulator.getIntOrFloatBitWidth() / 8));
  return loaded;
}

void TileEmitter::storeSums(ArrayRef<Value> accumulators, Value place) {
  for (auto [i, value] : llvm::enumerate(accumulators))
    LLVM::StoreOp::create(builder, value, getPointer(place, plan.accumulator, frame.index(i * plan.lanes)),
                          plan.accumulator.getIntOrFloatBitWidth() / 8);
}

void TileEmitter::emitEpilogues(Rows &rows, ArrayRef<Value> accumulators, bool isTail) {
  for (auto [i, row] : llvm::enumerate(rows))
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Values point(row);
      point[plan.columnDim] = frame.add(point[plan.columnDim], frame.index(v * plan.lanes));
      Value accumulator = accumulators[i * plan.tileVectors + v];
      if (!isTail || v == 0) {
        emitEpilogue(point, accumulator, masks[v]);
        continue;
      }
      Value any = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, point[plan.columnDim],
                                        frame.emit(getSize(plan.columnDim)));
      auto branch = scf::IfOp::create(builder, any, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(branch.thenBlock());
      emitEpilogue(point, accumulator, masks[v]);
    }
}

ContractEmitter::Values TileEmitter::emitInnerLoop(Rows &rows, Value low, Value high, std::optional<int64_t> divisor,
                                                   Values accumulators) {
  unsigned inner = getInnerDim();
  Value zero = frame.index(0);
  auto getRowPointers = [&](Rows &points, AffineExpr address) {
    Values pointers;
    for (Values &point : points) {
      Value pointer = getPointer(plan.rows, address, point);
      if (plan.rows.guard && !areStepsGuarded() && !rowEnd)
        pointer = arith::SelectOp::create(builder, emitGuard(plan.rows, point), pointer, zeros);
      pointers.push_back(pointer);
    }
    return pointers;
  };

  if (rowStep) {
    // Pointers are computed once. Where the columns are zero, there is nothing to add.
    Value size = frame.sub(high, low);
    if (plan.columns.guard && !packs())
      size = arith::SelectOp::create(builder, emitGuard(plan.columns, rows.front()), size, zero);
    Rows starts(rows);
    for (Values &point : starts)
      point[inner] = low;
    Values rowPointers = getRowPointers(starts, plan.rows.address);
    Value columnPointer = getColumnPointer(plan.columns.address, starts.front());
    if (plan.areInPairs)
      return emitPairs(rowPointers, columnPointer, size, divisor, std::move(accumulators));
    if (rowEnd)
      return emitEndingRows(rows, rowPointers, columnPointer, low, size, std::move(accumulators));
    if (areStepsGuarded())
      return frame.loop(zero, size, frame.index(1), accumulators, [&](Value iv, ValueRange state) -> Values {
        Values point(rows.front());
        point[inner] = frame.add(low, iv);
        return emitGuarded(emitGuard(plan.rows, point), state,
                           [&]() { return emitStep(rowPointers, columnPointer, iv, Values(state)); });
      });
    int64_t unroll = divisor && *divisor % 4 == 0 ? 4 : divisor && *divisor % 2 == 0 ? 2 : 1;
    return frame.loop(zero, size, frame.index(unroll), accumulators, [&](Value iv, ValueRange state) {
      Values rowsHere = advance(rowPointers, getElement(plan.rows), iv, rowStep);
      Value columnHere = advance(columnPointer, getColumnElement(), iv, columnStep).front();
      Values current(state);
      for (int64_t u = 0; u < unroll; ++u)
        current = emitStep(rowsHere, columnHere, frame.index(u), std::move(current));
      return current;
    });
  }
  return frame.loop(low, high, frame.index(1), accumulators, [&](Value iv, ValueRange state) -> Values {
    Rows points(rows);
    for (Values &point : points)
      point[inner] = iv;
    auto step = [&]() {
      return emitStep(getRowPointers(points, plan.rows.address), getColumnPointer(plan.columns.address, points.front()),
                      zero, Values(state));
    };
    if (!plan.columns.guard || packs())
      return step();
    return emitGuarded(emitGuard(plan.columns, points.front()), state, step);
  });
}

ContractEmitter::Values TileEmitter::advance(ValueRange pointers, Type element, Value number, AffineExpr step) {
  AffineExpr distance = frame.getDimExpr(0) * (step ? step : frame.getConstantExpr(0));
  Value offset = frame.emit(frame.simplify(distance), number);
  return llvm::map_to_vector(pointers, [&](Value pointer) { return getPointer(pointer, element, offset); });
}

ContractEmitter::Values TileEmitter::emitEndingRows(Rows &rows, ArrayRef<Value> rowPointers, Value columnPointer,
                                                    Value low, Value size, Values accumulators) {
  constexpr int64_t unroll = 4;
  Value zero = frame.index(0), width = frame.index(unroll), first = size, last = zero;
  Values ends;
  for (Values &point : rows) {
    Value end = frame.sub(frame.add(frame.emit(rowEnd, point), frame.index(1)), low);
    ends.push_back(end);
    first = arith::MinSIOp::create(builder, first, end);
    last = arith::MaxSIOp::create(builder, last, end);
  }
  // All rows together, then the steps of some.
  first = arith::MaxSIOp::create(builder, first, zero);
  first = frame.mul(builder.createOrFold<arith::DivUIOp>(first, width), width);
  last = arith::MinSIOp::create(builder, last, size);
  accumulators = frame.loop(zero, first, width, accumulators, [&](Value iv, ValueRange state) {
    Values rowsHere = advance(rowPointers, getElement(plan.rows), iv, rowStep);
    Value columnHere = advance(columnPointer, getColumnElement(), iv, columnStep).front();
    Values current(state);
    for (int64_t u = 0; u < unroll; ++u)
      current = emitStep(rowsHere, columnHere, frame.index(u), std::move(current));
    return current;
  });
  return frame.loop(first, last, frame.index(1), accumulators, [&](Value iv, ValueRange state) {
    return emitStep(rowPointers, columnPointer, iv, Values(state), ends);
  });
}

ContractEmitter::Values TileEmitter::emitPairs(ArrayRef<Value> rowPointers, Value columnPointer, Value size,
                                               std::optional<int64_t> known, Values accumulators) {
  // `known` divides the size, so that an odd one only tells that there may be a rest.
  Value two = frame.index(2), pairs = builder.createOrFold<arith::DivUIOp>(size, two);
  int64_t unroll = known && *known % 8 == 0 ? 4 : known && *known % 4 == 0 ? 2 : 1;
  accumulators = frame.loop(frame.index(0), pairs, frame.index(unroll), accumulators, [&](Value iv, ValueRange state) {
    Values rowsHere = advance(rowPointers, getElement(plan.rows), iv, frame.getConstantExpr(2));
    Value columnHere =
        advance(columnPointer, plan.accumulator, iv, frame.getConstantExpr(plan.getTileColumns())).front();
    Values current(state);
    for (int64_t u = 0; u < unroll; ++u)
      current = emitPair(rowsHere, columnHere, frame.index(u), /*isWhole=*/true, std::move(current));
    return current;
  });
  if (known && *known % 2 == 0)
    return accumulators;
  Value all = builder.createOrFold<arith::DivUIOp>(frame.add(size, frame.index(1)), two);
  return frame.loop(pairs, all, frame.index(1), accumulators, [&](Value iv, ValueRange state) {
    return emitPair(rowPointers, columnPointer, iv, /*isWhole=*/false, Values(state));
  });
}

ContractEmitter::Values TileEmitter::emitPair(ArrayRef<Value> rowPointers, Value columnPointer, Value number,
                                              bool isWhole, Values accumulators) {
  auto pairs = VectorType::get({2 * plan.lanes}, builder.getBF16Type());
  Type i32 = builder.getI32Type();
  Values columns;
  for (int64_t v = 0; v < plan.tileVectors; ++v) {
    Value offset = frame.add(frame.mul(number, frame.index(plan.getTileColumns())), frame.index(v * plan.lanes));
    columns.push_back(LLVM::LoadOp::create(builder, pairs, getPointer(columnPointer, plan.accumulator, offset),
                                           /*alignment=*/4 * plan.lanes));
  }
  Value first = frame.mul(number, frame.index(2));
  for (auto [i, pointer] : llvm::enumerate(rowPointers)) {
    // The second element of a pair that is not whole need not exist.
    Value place = getPointer(pointer, getElement(plan.rows), first);
    Value row = LLVM::LoadOp::create(builder, isWhole ? i32 : builder.getI16Type(), place, /*alignment=*/2);
    if (!isWhole)
      row = arith::ExtUIOp::create(builder, i32, row);
    row = vector::BroadcastOp::create(builder, VectorType::get({plan.lanes}, i32), row);
    row = LLVM::BitcastOp::create(builder, pairs, row);
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Value &accumulator = accumulators[i * plan.tileVectors + v];
      accumulator = multiplyAddPairs(row, columns[v], accumulator);
    }
  }
  return accumulators;
}

ContractEmitter::Values TileEmitter::emitGuarded(Value condition, ValueRange state, function_ref<Values()> step) {
  auto branch = scf::IfOp::create(builder, TypeRange(state), condition, /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(builder, step());
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, state);
  return Values(branch.getResults());
}

ContractEmitter::Values TileEmitter::emitStep(ArrayRef<Value> rowPointers, Value columnPointer, Value k,
                                              Values accumulators, ArrayRef<Value> ends) {
  AffineExpr zero = frame.getConstantExpr(0), dim = frame.getDimExpr(0);
  Value rowOffset = frame.emit(frame.simplify(dim * (rowStep ? rowStep : zero)), k);
  Value columnOffset = frame.emit(frame.simplify(dim * (columnStep ? columnStep : zero)), k);
  Values columns;
  for (int64_t v = 0; v < plan.tileVectors; ++v) {
    Value offset = frame.add(columnOffset, frame.index(v * plan.lanes));
    if (packs())
      columns.push_back(LLVM::LoadOp::create(builder, vectorType, getPointer(columnPointer, plan.accumulator, offset),
                                             plan.accumulator.getIntOrFloatBitWidth() / 8));
    else
      columns.push_back(
          load(plan.columns, getPointer(columnPointer, getElement(plan.columns), offset), plan.lanes, masks[v]));
  }
  for (auto [i, pointer] : llvm::enumerate(rowPointers)) {
    Value place = getPointer(pointer, getElement(plan.rows), rowOffset);
    if (!ends.empty())
      place = arith::SelectOp::create(builder, arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, k, ends[i]),
                                      place, zeros);
    Value row = broadcast(load(plan.rows, place, 1));
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Value &accumulator = accumulators[i * plan.tileVectors + v];
      accumulator = multiplyAdd(row, columns[v], accumulator);
    }
  }
  return accumulators;
}

void tc::cpu::emitTiles(Frame &frame, ContractPlan &&plan) { TileEmitter(frame, std::move(plan)).emit(); }
