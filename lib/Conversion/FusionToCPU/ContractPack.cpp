// Packing within a contraction: a block of columns becomes [depth…, columns of a tile] in scratch, extended to the
// accumulator, just before the rows of the unit are multiplied by it. It stays in L2, where a packed copy of the whole
// operand would go to memory and back.

#include "ContractPack.h"
#include "Space.h"
#include "Transpose.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

AffineExpr ColumnPacker::getPackedAddress(bool inPairs) {
  AffineExpr address = frame.getConstantExpr(0);
  for (unsigned dim : plan.depthDims) {
    AffineExpr size = frame.getExpr(getBlockedSize(dim)), step = frame.getDimExpr(dim);
    if (inPairs && dim == getInnerDim()) {
      size = size.ceilDiv(2);
      step = step.floorDiv(2);
    }
    address = address * size + step;
  }
  return frame.simplify(address * plan.getTileColumns());
}

AffineExpr ColumnPacker::getPackedStep() { return frame.getConstantExpr(plan.getTileColumns()); }

void ColumnPacker::preparePack() {
  if (!packs())
    return;
  packedElements = frame.getConstantExpr(plan.getTileColumns());
  for (unsigned dim : plan.depthDims)
    packedElements = packedElements * frame.getExpr(getBlockedSize(dim));
  int64_t width = plan.accumulator.getIntOrFloatBitWidth() / 8;
  pack = frame.getScratch(frame.getSize(frame.simplify((packedElements + plan.getTileColumns()) * width)));
}

Value ColumnPacker::getPackedPointer(ValueRange point) { return getStepPointer(point, plan.areInPairs); }

Value ColumnPacker::getStepPointer(ValueRange given, bool inPairs) {
  Values point(given);
  // The pack holds one block of the depth.
  if (blockLow)
    point[plan.blockedDim] = frame.sub(point[plan.blockedDim], blockLow);
  return getPointer(pack, plan.accumulator, frame.emit(getPackedAddress(inPairs), point));
}

void ColumnPacker::store(Value pointer, int64_t vector, Value value) {
  unsigned alignment = plan.lanes * plan.accumulator.getIntOrFloatBitWidth() / 8;
  LLVM::StoreOp::create(builder, value, getPointer(pointer, plan.accumulator, frame.index(vector * plan.lanes)),
                        alignment);
}

void ColumnPacker::emitPack(ArrayRef<Value> masks) {
  if (!packs())
    return;
  SmallVector<unsigned> loops;
  for (unsigned dim : plan.depthDims)
    if (!llvm::is_contained(plan.transposedDims, dim))
      loops.push_back(dim);
  emitPackLoops(loops, dims, masks);
  if (plan.areInPairs && !transposesPairs())
    joinSteps(plan.depthDims, dims);
}

bool ColumnPacker::transposesPairs() {
  std::optional<int64_t> size = sizes[getInnerDim()].getConstant();
  return plan.areInPairs && plan.packing == ContractPlan::Packing::Transposed && size && *size % 2 == 0 &&
         plan.transposedDims.front() == getInnerDim();
}

/// f32 that came from bf16 are halves of zeros: two of them are one pair. A pair lies at or before the first of its
/// steps, so that none is overwritten that is still to be read.
void ColumnPacker::joinSteps(ArrayRef<unsigned> loops, Values point) {
  unsigned dim = loops.front();
  auto [low, high] = getDepthBounds(dim);
  if (loops.size() > 1) {
    frame.loop(low, high, frame.index(1), {}, [&](Value iv, ValueRange) -> Values {
      point[dim] = iv;
      joinSteps(loops.drop_front(), point);
      return {};
    });
    return;
  }
  auto bits = VectorType::get({plan.lanes}, builder.getI32Type());
  auto constant = [&](int32_t value) {
    return arith::ConstantOp::create(builder, DenseElementsAttr::get(bits, value)).getResult();
  };
  auto join = [&](Value first, bool isWhole) {
    point[dim] = first;
    Value source = getStepPointer(point, /*inPairs=*/false), target = getPackedPointer(point);
    auto load = [&](int64_t step, int64_t vector) {
      Value offset = frame.index(step * plan.getTileColumns() + vector * plan.lanes);
      return LLVM::LoadOp::create(builder, bits, getPointer(source, plan.accumulator, offset), 4 * plan.lanes)
          .getResult();
    };
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Value pair = arith::ShRUIOp::create(builder, load(0, v), constant(16));
      if (isWhole)
        pair = arith::OrIOp::create(builder, pair, load(1, v));
      store(target, v, pair);
    }
  };
  Value two = frame.index(2), last = frame.sub(high, frame.index(1));
  frame.loop(low, last, two, {}, [&](Value iv, ValueRange) -> Values {
    join(iv, /*isWhole=*/true);
    return {};
  });
  // A step that is left over is a pair with zeros.
  Value rest = builder.createOrFold<arith::RemUIOp>(frame.sub(high, low), two);
  frame.loop(frame.sub(high, rest), high, frame.index(1), {}, [&](Value iv, ValueRange) -> Values {
    join(iv, /*isWhole=*/false);
    return {};
  });
}

void ColumnPacker::emitPackLoops(ArrayRef<unsigned> loops, Values point, ArrayRef<Value> masks) {
  if (loops.empty()) {
    switch (plan.packing) {
    case ContractPlan::Packing::Copied:
      return copyRow(std::move(point), masks);
    case ContractPlan::Packing::Transposed:
      return transposeTiles(std::move(point), masks.front() != nullptr);
    default:
      return computeRow(std::move(point), masks);
    }
  }
  auto [low, high] = getDepthBounds(loops.front());
  frame.loop(low, high, frame.index(1), {}, [&](Value iv, ValueRange) -> Values {
    point[loops.front()] = iv;
    emitPackLoops(loops.drop_front(), point, masks);
    return {};
  });
}

void ColumnPacker::copyRow(Values point, ArrayRef<Value> masks) {
  Value target = getStepPointer(point, /*inPairs=*/false), guard;
  if (plan.columns.guard)
    guard = emitIndexScalar(frame, plan.op, plan.columns.guard, point);
  Value source = getPointer(plan.columns, plan.columns.address, point);
  auto copy = [&](bool isInside) {
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Value offset = frame.index(v * plan.lanes);
      store(target, v,
            isInside ? load(plan.columns, getPointer(source, getElement(plan.columns), offset), plan.lanes, masks[v])
                     : getZero());
    }
  };
  if (!guard)
    return copy(true);
  auto branch = scf::IfOp::create(builder, guard, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard restore(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  copy(true);
  builder.setInsertionPointToStart(branch.elseBlock());
  copy(false);
}

void ColumnPacker::computeRow(Values start, ArrayRef<Value> masks) {
  Value target = getStepPointer(start, /*inPairs=*/false);
  Value size = frame.emit(getSize(plan.columnDim));
  SmallVector<AffineExpr> arguments;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    arguments.push_back(frame.getDimExpr(dim));
  for (int64_t v = 0; v < plan.tileVectors; ++v) {
    Point point;
    point.dims = start;
    point.dims[plan.columnDim] = frame.add(start[plan.columnDim], frame.index(v * plan.lanes));
    point.space = {static_cast<int64_t>(plan.columnDim), plan.lanes};
    point.mask = masks[v];
    auto compute = [&]() {
      Elements elements;
      BodyEmitter emitter(frame, point, elements);
      store(target, v,
            extend(emitter.toVector(emitter.emitValue(*plan.op.getBodyBlock(), plan.columns.value, arguments))));
    };
    if (!masks[v] || v == 0) {
      compute();
      continue;
    }
    // Nothing may be read for a vector of columns of which none exists.
    Value any = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, point.dims[plan.columnDim], size);
    auto branch = scf::IfOp::create(builder, any, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    compute();
  }
}

Value ColumnPacker::loadPairs(Value pointer, Value mask) {
  auto pairs = VectorType::get({plan.lanes}, builder.getI32Type());
  unsigned alignment = getElement(plan.columns).getIntOrFloatBitWidth() / 8;
  if (!mask)
    return LLVM::LoadOp::create(builder, pairs, pointer, alignment);
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(pairs));
  return LLVM::MaskedLoadOp::create(builder, pairs, pointer, mask, zero, alignment);
}

void ColumnPacker::transposeTiles(Values point, bool isTail) {
  // The dimensions along which the columns are contiguous are walked as one.
  Value zero = frame.index(0), count = frame.index(1), first = zero;
  std::optional<int64_t> known = 1;
  for (unsigned dim : plan.transposedDims) {
    auto [low, high] = getDepthBounds(dim);
    std::optional<int64_t> size = getBlockedSize(dim).getConstant();
    bool isWhole = !blockLow || dim != plan.blockedDim || *sizes[dim].getConstant() % *size == 0;
    known = known && size && isWhole ? std::optional<int64_t>(*known * *size) : std::nullopt;
    if (blockLow && dim == plan.blockedDim)
      first = frame.mul(low, count); // it is the outermost
    count = frame.mul(count, frame.sub(high, low));
    point[dim] = zero;
  }
  if (known)
    count = frame.index(*known);
  // Steps that lie side by side in the columns too are moved as one.
  int64_t width = transposesPairs() ? 2 : 1;
  if (width == 2) {
    count = builder.createOrFold<arith::DivUIOp>(count, frame.index(2));
    if (known)
      known = *known / 2;
  }
  bool isRagged = !known || *known % plan.lanes != 0;
  Values columns;
  Value last = frame.sub(frame.emit(getSize(plan.columnDim)), frame.index(1));
  Value step = frame.index(plan.lanes);
  frame.loop(zero, count, step, {}, [&](Value iv, ValueRange) -> Values {
    Value mask = isRagged ? emitTailMask(frame, iv, count, plan.lanes) : Value();
    Values targets;
    for (int64_t i = 0; i < plan.lanes; ++i) {
      Value number = frame.add(iv, frame.index(i)), rest = frame.add(first, frame.mul(number, frame.index(width)));
      for (auto [position, dim] : llvm::enumerate(plan.transposedDims)) {
        if (position + 1 == plan.transposedDims.size()) {
          point[dim] = rest;
          break;
        }
        Value size = frame.emit(getSize(dim));
        point[dim] = builder.createOrFold<arith::RemUIOp>(rest, size);
        rest = builder.createOrFold<arith::DivUIOp>(rest, size);
      }
      Value target = getStepPointer(point, /*inPairs=*/width == 2);
      // Rows past the end go where nobody reads.
      if (isRagged && i > 0)
        target =
            arith::SelectOp::create(builder, arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, number, count),
                                    target, getPointer(pack, plan.accumulator, frame.emit(packedElements)));
      targets.push_back(target);
    }
    for (unsigned dim : plan.transposedDims)
      point[dim] = zero;
    for (int64_t v = 0; v < plan.tileVectors; ++v) {
      Values rows;
      for (int64_t i = 0; i < plan.lanes; ++i) {
        Values source(point);
        Value column = frame.add(point[plan.columnDim], frame.index(v * plan.lanes + i));
        source[plan.columnDim] = isTail ? arith::MinSIOp::create(builder, column, last).getResult() : column;
        Value start = getPointer(getPointer(plan.columns, plan.columns.address, source), getElement(plan.columns),
                                 frame.add(first, frame.mul(iv, frame.index(width))));
        rows.push_back(width == 2 ? loadPairs(start, mask) : load(plan.columns, start, plan.lanes, mask));
      }
      for (auto [target, row] : llvm::zip(targets, transposeVectors(builder, rows)))
        store(target, v, row);
    }
    return {};
  });
}
