// Emits a contraction: units of work are blocks of columns times chunks of rows; a unit walks its chunk one register tile at a
// time while the block of columns stays in L2. The layout of the loops is that of Goto and van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", without packing the rows: each row of a tile is a pointer, so that a convolution's
// windows and its padding (a row of zeros) cost nothing in the innermost loop.

#include "Contract.h"

#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

class TileEmitter {
public:
  TileEmitter(Frame &frame, ContractPlan plan)
      : frame(frame), plan(std::move(plan)), builder(frame.getBuilder()), sizes(this->plan.op.getIterationSizes()),
        vectorType(VectorType::get({this->plan.lanes}, this->plan.accumulator)) {}

  void emit();

private:
  AffineExpr getSize(unsigned dim) { return frame.getExpr(sizes[dim]); }
  AffineExpr getRowCount();
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, a, b); }
  Value mul(Value a, int64_t b) { return b == 1 ? a : arith::MulIOp::create(builder, a, frame.index(b)).getResult(); }

  void prepareZeros();
  void emitUnit(ValueRange unit);
  /// The tiles of rows [first, last) and of this block of columns; with `isTail`, columns may be missing.
  void emitColumns(Value first, Value last, bool isTail);
  void emitTile(Value firstRow, int64_t rows, bool isTail);
  SmallVector<Value> emitDepth(ArrayRef<SmallVector<Value>> rowDims, unsigned depth, SmallVector<Value> accumulators);
  SmallVector<Value> emitInnerLoop(ArrayRef<SmallVector<Value>> rowDims, SmallVector<Value> accumulators);
  SmallVector<Value> emitStep(ArrayRef<Value> rowPointers, Value columnPointer, Value k, SmallVector<Value> accumulators);
  void emitEpilogue(ArrayRef<SmallVector<Value>> rowDims, ArrayRef<Value> accumulators, bool isTail);
  void emitEpilogueVector(ArrayRef<Value> dims, Value accumulator, Value mask);

  Value getPointer(Value base, Type element, Value offset);
  Value load(Type type, Value pointer, ContractOperand operand, Value mask = {});
  Value extend(Value value);
  Value multiplyAdd(Value a, Value b, Value c);
  /// The address with the innermost depth dimension at 0, and its stride in that dimension (null if not linear).
  AffineExpr getStart(ContractOperand operand);
  AffineExpr getStep(ContractOperand operand);

  Frame &frame;
  ContractPlan plan;
  ImplicitLocOpBuilder &builder;
  SmallVector<SizeAttr> sizes;
  VectorType vectorType;
  /// Values of the contraction's dimensions: batch and column block of the unit, outer depth of the loop at hand.
  SmallVector<Value> dims;
  Value zeros;
  /// Of the vectors of a block at the right edge: the columns that exist. Empty elsewhere.
  SmallVector<Value> masks;
};

} // namespace

AffineExpr TileEmitter::getRowCount() {
  AffineExpr count = frame.getConstantExpr(1);
  for (unsigned dim : plan.rowDims)
    count = count * getSize(dim);
  return frame.simplify(count);
}

Value TileEmitter::getPointer(Value base, Type element, Value offset) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value wide = arith::IndexCastOp::create(builder, builder.getI64Type(), offset);
  return LLVM::GEPOp::create(builder, pointer, element, base, ArrayRef<LLVM::GEPArg>{wide});
}

Value TileEmitter::load(Type type, Value pointer, ContractOperand operand, Value mask) {
  if (mask) {
    Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
    return LLVM::MaskedLoadOp::create(builder, type, pointer, mask, zero,
                                      getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8);
  }
  auto loaded = LLVM::LoadOp::create(builder, type, pointer);
  loaded.setAlignment(getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8);
  const Storage &storage = frame.storages[stripReshapes(operand.read.getSource())];
  if (ArrayAttr scopes = frame.getScopes(storage))
    loaded.setAliasScopesAttr(scopes);
  if (ArrayAttr others = frame.getNoAliasScopes(storage); others && !others.empty())
    loaded.setNoaliasScopesAttr(others);
  return loaded;
}

Value TileEmitter::extend(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element == plan.accumulator)
    return value;
  if (element.isBF16() && plan.accumulator.isF32())
    return extendBF16(builder, value);
  Type wide = plan.accumulator;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    wide = VectorType::get(vector.getShape(), wide);
  return arith::ExtFOp::create(builder, wide, value);
}

Value TileEmitter::multiplyAdd(Value a, Value b, Value c) {
  if (frame.getTarget().hasFMA)
    return vector::FMAOp::create(builder, a, b, c);
  return arith::AddFOp::create(builder, arith::MulFOp::create(builder, a, b), c);
}

AffineExpr TileEmitter::getStart(ContractOperand operand) {
  if (plan.depthDims.empty())
    return operand.address;
  AffineExpr inner = frame.getDimExpr(plan.depthDims.back());
  return frame.simplify(operand.address.replace(inner, frame.getConstantExpr(0)));
}

AffineExpr TileEmitter::getStep(ContractOperand operand) {
  if (plan.depthDims.empty())
    return frame.getConstantExpr(0);
  unsigned inner = plan.depthDims.back();
  LinearForm form = getLinearForm(operand.address, sizes.size());
  return form.nonLinear[inner] ? AffineExpr() : form.coefficients[inner];
}

// As many zeros as the innermost loop reads of a row.
void TileEmitter::prepareZeros() {
  if (!plan.rows.guard || plan.depthDims.empty() || plan.rows.guardDims[plan.depthDims.back()] || !getStep(plan.rows))
    return;
  AffineExpr count = (getSize(plan.depthDims.back()) - 1) * getStep(plan.rows) + 1;
  Type element = cast<RankedTensorType>(plan.rows.read.getSource().getType()).getElementType();
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  // Whole vectors are cleared.
  AffineExpr vectors = (count * bytes).ceilDiv(64);
  zeros = frame.getScratch(frame.getSize(frame.simplify(vectors * 64)));
  auto type = VectorType::get({16}, builder.getF32Type());
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
  frame.loop(frame.index(0), frame.emit(frame.simplify(vectors)), frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
    LLVM::StoreOp::create(builder, zero, getPointer(zeros, type, iv), /*alignment=*/64);
    return {};
  });
}

void TileEmitter::emit() {
  frame.startPhase();
  // A constant operand can only be a splat, which the plan does not take.
  (void)bindConstants(frame);
  prepareZeros();
  SmallVector<AffineExpr> units;
  for (unsigned dim : plan.batchDims)
    units.push_back(getSize(dim));
  units.push_back(frame.simplify(getSize(plan.columnDim).ceilDiv(plan.getTileColumns())));
  units.push_back(frame.simplify(getRowCount().ceilDiv(plan.chunkRows)));
  dims.resize(sizes.size());
  frame.forEachUnit(units, [&](ValueRange unit) { emitUnit(unit); });
  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  frame.finishPhase(frame.getSize(frame.simplify(extent)), 1, frame.getScratchBytes());
}

void TileEmitter::emitUnit(ValueRange unit) {
  for (auto [dim, index] : llvm::zip(plan.batchDims, unit))
    dims[dim] = index;
  Value block = unit[plan.batchDims.size()], chunk = unit[plan.batchDims.size() + 1];
  dims[plan.columnDim] = mul(block, plan.getTileColumns());
  Value first = mul(chunk, plan.chunkRows);
  Value last = arith::MinSIOp::create(builder, add(first, frame.index(plan.chunkRows)), frame.emit(getRowCount()));
  std::optional<int64_t> columns = sizes[plan.columnDim].getConstant();
  int64_t tile = plan.getTileColumns();
  if (columns && *columns % tile == 0)
    return emitColumns(first, last, false);
  if (columns && *columns < tile)
    return emitColumns(first, last, true);
  Value whole = arith::CmpIOp::create(builder, arith::CmpIPredicate::sle, add(dims[plan.columnDim], frame.index(tile)),
                                      frame.emit(getSize(plan.columnDim)));
  auto branch = scf::IfOp::create(builder, whole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emitColumns(first, last, false);
  builder.setInsertionPointToStart(branch.elseBlock());
  emitColumns(first, last, true);
}

// The last tile overlaps the one before it when the rows do not divide; with fewer rows than a tile each is one of its own.
void TileEmitter::emitColumns(Value first, Value last, bool isTail) {
  masks.assign(plan.tileVectors, Value());
  if (isTail)
    for (int64_t v = 0; v < plan.tileVectors; ++v)
      masks[v] = emitTailMask(frame, add(dims[plan.columnDim], frame.index(v * plan.lanes)),
                              frame.emit(getSize(plan.columnDim)), plan.lanes);
  auto walk = [&](int64_t rows, bool overlap) {
    frame.loop(first, last, frame.index(rows), {}, [&](Value row, ValueRange) -> SmallVector<Value> {
      if (overlap) {
        Value latest = arith::SubIOp::create(builder, last, frame.index(rows));
        // A chunk shorter than a tile reaches into the chunk before it, and computes the same values there.
        row = arith::MaxSIOp::create(builder, arith::MinSIOp::create(builder, row, latest), frame.index(0));
      }
      emitTile(row, rows, isTail);
      return {};
    });
  };
  AffineExpr count = getRowCount();
  if (auto constant = dyn_cast<AffineConstantExpr>(count))
    return walk(plan.tileRows, constant.getValue() % plan.tileRows != 0);
  Value enough = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, frame.emit(count), frame.index(plan.tileRows));
  auto branch = scf::IfOp::create(builder, enough, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  walk(plan.tileRows, true);
  builder.setInsertionPointToStart(branch.elseBlock());
  walk(1, false);
}

void TileEmitter::emitTile(Value firstRow, int64_t rows, bool isTail) {
  SmallVector<SmallVector<Value>> rowDims;
  for (int64_t i = 0; i < rows; ++i) {
    SmallVector<Value> point(dims);
    Value rest = i == 0 ? firstRow : add(firstRow, frame.index(i));
    for (unsigned position = plan.rowDims.size(); position-- > 0;) {
      unsigned dim = plan.rowDims[position];
      if (position == 0) {
        point[dim] = rest;
        break;
      }
      Value size = frame.emit(getSize(dim));
      point[dim] = arith::RemUIOp::create(builder, rest, size);
      rest = arith::DivUIOp::create(builder, rest, size);
    }
    rowDims.push_back(std::move(point));
  }
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(vectorType));
  SmallVector<Value> accumulators = emitDepth(rowDims, 0, SmallVector<Value>(rows * plan.tileVectors, zero));
  emitEpilogue(rowDims, accumulators, isTail);
}

SmallVector<Value> TileEmitter::emitDepth(ArrayRef<SmallVector<Value>> rowDims, unsigned depth, SmallVector<Value> accumulators) {
  if (depth + 1 >= plan.depthDims.size())
    return emitInnerLoop(rowDims, std::move(accumulators));
  unsigned dim = plan.depthDims[depth];
  return frame.loop(frame.index(0), frame.emit(getSize(dim)), frame.index(1), accumulators, [&](Value iv, ValueRange state) {
    SmallVector<SmallVector<Value>> inner(rowDims);
    for (SmallVector<Value> &point : inner)
      point[dim] = iv;
    return emitDepth(inner, depth + 1, SmallVector<Value>(state));
  });
}

SmallVector<Value> TileEmitter::emitInnerLoop(ArrayRef<SmallVector<Value>> rowDims, SmallVector<Value> accumulators) {
  AffineExpr rowStep = getStep(plan.rows), columnStep = getStep(plan.columns);
  Type rowType = plan.rows.read.getType(), columnType = plan.columns.read.getType();
  const Storage &rowStorage = frame.storages[stripReshapes(plan.rows.read.getSource())];
  const Storage &columnStorage = frame.storages[stripReshapes(plan.columns.read.getSource())];
  bool hasInner = !plan.depthDims.empty();
  bool innerGuard = plan.rows.guard && hasInner && plan.rows.guardDims[plan.depthDims.back()];

  // Everything is linear in the innermost dimension: pointers are computed once.
  if (rowStep && columnStep && !innerGuard && !(plan.columns.guard)) {
    SmallVector<Value> rowPointers;
    for (const SmallVector<Value> &point : rowDims) {
      Value pointer = getPointer(rowStorage.pointer, rowType, frame.emit(getStart(plan.rows), point));
      if (plan.rows.guard) {
        Value inside = emitIndexScalar(frame, plan.op, plan.rows.guard, point);
        pointer = arith::SelectOp::create(builder, inside, pointer, zeros ? zeros : pointer);
      }
      rowPointers.push_back(pointer);
    }
    Value columnPointer = getPointer(columnStorage.pointer, columnType, frame.emit(getStart(plan.columns), rowDims.front()));
    if (!hasInner)
      return emitStep(rowPointers, columnPointer, frame.index(0), std::move(accumulators));
    std::optional<int64_t> count = sizes[plan.depthDims.back()].getConstant();
    int64_t unroll = count && *count % 4 == 0 ? 4 : count && *count % 2 == 0 ? 2 : 1;
    return frame.loop(frame.index(0), frame.emit(getSize(plan.depthDims.back())), frame.index(unroll), accumulators,
                      [&](Value iv, ValueRange state) {
                        SmallVector<Value> current(state);
                        for (int64_t u = 0; u < unroll; ++u)
                          current = emitStep(rowPointers, columnPointer, u == 0 ? iv : add(iv, frame.index(u)), std::move(current));
                        return current;
                      });
  }
  // Otherwise each step computes its addresses, and a guard decides between the element and zero.
  unsigned inner = plan.depthDims.back();
  return frame.loop(frame.index(0), frame.emit(getSize(inner)), frame.index(1), accumulators, [&](Value iv, ValueRange state) {
    SmallVector<Value> current(state);
    SmallVector<SmallVector<Value>> points(rowDims);
    for (SmallVector<Value> &point : points)
      point[inner] = iv;
    auto guarded = [&](ContractOperand operand, ArrayRef<Value> point, Type type, const Storage &storage, Value mask) {
      auto read = [&]() {
        return extend(load(type, getPointer(storage.pointer, operand.read.getType(), frame.emit(operand.address, point)), operand, mask));
      };
      if (!operand.guard)
        return read();
      Value inside = emitIndexScalar(frame, plan.op, operand.guard, point);
      Type wide = isa<VectorType>(type) ? Type(vectorType) : plan.accumulator;
      auto branch = scf::IfOp::create(builder, TypeRange(wide), inside, /*addThenBlock=*/true, /*addElseBlock=*/true);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(builder, read());
      builder.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(builder, arith::ConstantOp::create(builder, builder.getZeroAttr(wide)).getResult());
      return branch.getResult(0);
    };
    SmallVector<Value> columns;
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      SmallVector<Value> point(points.front());
      point[plan.columnDim] = add(point[plan.columnDim], frame.index(v * plan.lanes));
      columns.push_back(guarded(plan.columns, point, VectorType::get({plan.lanes}, columnType), columnStorage, masks[v]));
    }
    for (auto [i, point] : llvm::enumerate(points)) {
      Value scalar = guarded(plan.rows, point, rowType, rowStorage, {});
      Value row = vector::BroadcastOp::create(builder, vectorType, scalar);
      for (int64_t v = 0; v < plan.tileVectors; ++v) {
        Value &accumulator = current[i * plan.tileVectors + v];
        accumulator = multiplyAdd(row, columns[v], accumulator);
      }
    }
    return current;
  });
}

SmallVector<Value> TileEmitter::emitStep(ArrayRef<Value> rowPointers, Value columnPointer, Value k, SmallVector<Value> accumulators) {
  Type rowType = plan.rows.read.getType(), columnType = plan.columns.read.getType();
  Value rowOffset = frame.emit(frame.simplify(frame.getDimExpr(0) * getStep(plan.rows)), k);
  Value columnOffset = frame.emit(frame.simplify(frame.getDimExpr(0) * getStep(plan.columns)), k);
  SmallVector<Value> columns;
  for (int64_t v = 0; v < plan.tileVectors; ++v) {
    Value offset = v == 0 ? columnOffset : add(columnOffset, frame.index(v * plan.lanes));
    columns.push_back(extend(load(VectorType::get({plan.lanes}, columnType), getPointer(columnPointer, columnType, offset), plan.columns, masks[v])));
  }
  for (auto [i, pointer] : llvm::enumerate(rowPointers)) {
    Value scalar = extend(load(rowType, getPointer(pointer, rowType, rowOffset), plan.rows));
    Value row = vector::BroadcastOp::create(builder, vectorType, scalar);
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Value &accumulator = accumulators[i * plan.tileVectors + v];
      accumulator = multiplyAdd(row, columns[v], accumulator);
    }
  }
  return accumulators;
}

void TileEmitter::emitEpilogue(ArrayRef<SmallVector<Value>> rowDims, ArrayRef<Value> accumulators, bool isTail) {
  for (auto [i, point] : llvm::enumerate(rowDims))
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      SmallVector<Value> here(ArrayRef<Value>(point).take_front(plan.op.getParallel()));
      if (v)
        here[plan.columnDim] = add(here[plan.columnDim], frame.index(v * plan.lanes));
      Value accumulator = accumulators[i * plan.tileVectors + v];
      if (!isTail) {
        emitEpilogueVector(here, accumulator, {});
        continue;
      }
      Value end = frame.emit(getSize(plan.columnDim));
      Value any = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, here[plan.columnDim], end);
      auto branch = scf::IfOp::create(builder, any, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(branch.thenBlock());
      emitEpilogueVector(here, accumulator, masks[v]);
    }
}

void TileEmitter::emitEpilogueVector(ArrayRef<Value> here, Value accumulator, Value mask) {
  Point point;
  point.dims.assign(here.begin(), here.end());
  point.space = {static_cast<int64_t>(plan.columnDim), plan.lanes};
  point.mask = mask;
  Elements elements;
  fusion::KernelOp kernel = frame.getKernel();
  SmallVector<AffineExpr> arguments;
  for (unsigned dim = 0; dim < here.size(); ++dim)
    arguments.push_back(frame.getDimExpr(dim));
  struct Store {
    unsigned number;
    Value value;
  };
  SmallVector<Store> stores;
  auto define = [&](Value tensor, Value value) {
    elements[tensor] = value;
    for (unsigned number : getResultNumbers(kernel, tensor))
      stores.push_back({number, value});
  };
  define(plan.op.getResult(0), accumulator);
  for (loop::MapOp map : plan.epilogue) {
    BodyEmitter emitter(frame, point, elements);
    for (auto [tensor, value] : llvm::zip(map.getResults(), emitter.emit(*map.getBodyBlock(), arguments)))
      define(tensor, value);
  }
  AffineExpr address = frame.getConstantExpr(0);
  for (auto [dim, stride] : llvm::enumerate(frame.getStrides(ArrayRef<SizeAttr>(sizes).take_front(here.size()))))
    address = address + frame.getDimExpr(dim) * stride;
  BodyEmitter emitter(frame, point, elements);
  for (const Store &store : stores)
    emitter.store(getResultStorage(frame, store.number), store.value, frame.simplify(address));
}

void tc::cpu::emitContract(Frame &frame, ContractPlan plan) { TileEmitter(frame, plan).emit(); }
