// The steps of a row that leave more than one value: reductions that keep dimensions, scans, sorts.

#include "Row.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

static Type getElement(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }

LogicalResult RowLowering::emitKept(Step &step) {
  // Each kept point by one thread, which runs over what is reduced.
  bool hasFailed = false;
  Operation *op = step.ops.front();
  auto reduce = dyn_cast<loop::ReduceOp>(op);
  auto arg = dyn_cast<loop::ArgReduceOp>(op);
  auto nest = cast<loop::LoopNestOpInterface>(op);
  SmallVector<SmallVector<Storage, 1>> places =
      llvm::map_to_vector(op->getResults(), [&](Value value) { return allocate(value); });
  SmallVector<AffineExpr> reducedSizes = llvm::map_to_vector(ArrayRef(step.sizes).drop_front(nest.getNumParallel()),
                                                             [&](SizeAttr size) { return frame.getExpr(size); });
  AffineExpr reduced = frame.getConstantExpr(1);
  for (AffineExpr size : reducedSizes)
    reduced = reduced * size;
  SmallVector<Value> initial;
  if (arg) {
    initial = {arith::ConstantOp::create(builder, getReductionIdentity(arg.getKind(), getElement(op->getResult(0)))),
               frame.index(std::numeric_limits<int32_t>::max())};
  } else {
    for (auto [kind, value] : llvm::zip(reduce.getKinds().getAsRange<ReductionKindAttr>(), op->getResults()))
      initial.push_back(arith::ConstantOp::create(builder, getReductionIdentity(kind.getValue(), getElement(value))));
  }
  forUnits(step.line.count, 1, {}, [&](AffineExpr unit, Value valid, ValueRange) -> SmallVector<Value> {
    SmallVector<AffineExpr> kept = getIndices(step.line.getPoint(frame, unit));
    SmallVector<Value> totals = frame.loop(
        frame.index(0), frame.emit(frame.simplify(reduced)), frame.index(1), initial, [&](Value iv, ValueRange state) {
          Evaluator::Scope scope(*evaluator);
          SmallVector<Value> next(state);
          SmallVector<AffineExpr> indices = kept;
          llvm::append_range(indices, frame.delinearize(frame.leaf(iv), reducedSizes));
          SmallVector<Value> values = evaluator->evaluate(nest, indices);
          hasFailed |= values.empty();
          if (values.empty())
            return next;
          if (arg) {
            IndexedValue best = emitCombineExtremes(builder, arg.getKind(), getElement(op->getResult(0)),
                                                    {next[0], next[1]}, {values[0], iv});
            return SmallVector<Value>{best.value, best.index};
          }
          for (auto [i, kind] : llvm::enumerate(reduce.getKinds().getAsRange<ReductionKindAttr>()))
            next[i] = emitCombine(builder, kind.getValue(), getElement(op->getResult(i)), next[i], values[i]);
          return next;
        });
    if (arg)
      totals[1] = arith::IndexCastOp::create(builder, builder.getI64Type(), totals[1]);
    frame.ifThen(valid, [&] {
      for (auto [result, total, to] : llvm::zip(op->getResults(), totals, places))
        for (const Storage &storage : to)
          frame.store(storage, getElement(result), total,
                      frame.getAddress(ArrayRef<SizeAttr>(getSizes(result.getType())).drop_front(storage.skipped),
                                       ArrayRef<AffineExpr>(kept).drop_front(storage.skipped)));
    });
    return {};
  });
  team->sync();
  return failure(hasFailed);
}

LogicalResult RowLowering::emitScan(Step &step) {
  // The lines of a row one after the other, each in runs of a warp.
  bool hasFailed = false;
  auto scan = cast<loop::ScanOp>(step.ops.front());
  Value result = scan.getResults()[0];
  Type element = getElement(result);
  SmallVector<Storage, 1> places = allocate(result);
  AffineExpr length = frame.getExpr(step.sizes.back());
  Value end = frame.emit(length),
        identity = arith::ConstantOp::create(builder, getReductionIdentity(scan.getKind(), element));
  int64_t size = team->getSize();
  frame.loop(frame.index(0), frame.emit(step.line.count), frame.index(1), {},
             [&](Value number, ValueRange) -> SmallVector<Value> {
               Evaluator::Scope scope(*evaluator);
               SmallVector<AffineExpr> line = getIndices(step.line.getPoint(frame, frame.leaf(number)));
               frame.loop(frame.index(0), end, frame.index(size), identity,
                          [&](Value start, ValueRange carry) -> SmallVector<Value> {
                            Evaluator::Scope scope(*evaluator);
                            Value point = frame.emit(frame.leaf(start) + team->rank);
                            Value last = arith::SubIOp::create(builder, end, frame.index(1));
                            Value valid = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, point, end);
                            SmallVector<AffineExpr> indices = line;
                            indices.push_back(frame.leaf(arith::MinSIOp::create(builder, point, last)));
                            SmallVector<Value> values =
                                evaluator->evaluate(cast<loop::LoopNestOpInterface>(*scan), indices);
                            hasFailed |= values.empty();
                            if (values.empty())
                              return {carry[0]};
                            Value value = arith::SelectOp::create(builder, valid, values[0], identity);
                            value = emitCombine(builder, scan.getKind(), element, carry[0],
                                                team->scan(scan.getKind(), element, value));
                            frame.ifThen(valid, [&] {
                              for (const Storage &storage : places)
                                frame.store(storage, element, value,
                                            frame.getAddress(ArrayRef(step.sizes).drop_front(storage.skipped),
                                                             ArrayRef(indices).drop_front(storage.skipped)));
                            });
                            return {team->broadcastLast(value)};
                          });
               return {};
             });
  team->sync();
  return failure(hasFailed);
}

/// Whether a comes before b in ascending order; NaN is the greatest.
static Value emitLess(ImplicitLocOpBuilder &builder, Type element, Value a, Value b) {
  if (!isa<FloatType>(element)) {
    bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
    return arith::CmpIOp::create(builder, isUnsigned ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt, a, b);
  }
  Value less = arith::CmpFOp::create(builder, arith::CmpFPredicate::OLT, a, b);
  Value bIsNaN = arith::CmpFOp::create(builder, arith::CmpFPredicate::UNO, b, b);
  Value aIsNumber = arith::CmpFOp::create(builder, arith::CmpFPredicate::ORD, a, a);
  return arith::OrIOp::create(builder, less, arith::AndIOp::create(builder, bIsNaN, aIsNumber));
}

LogicalResult RowLowering::emitSort(Step &step) {
  // Each element counts those that come before it, which is its place. Quadratic, but parallel, stable and without
  // memory.
  bool hasFailed = false;
  auto sort = cast<loop::SortOp>(step.ops.front());
  Type element = getElement(sort.getInput());
  SmallVector<Storage, 1> values = allocate(sort.getValues()), numbers = allocate(sort.getIndices());
  SmallVector<AffineExpr> sizes = llvm::map_to_vector(ArrayRef(step.sizes).drop_front(parallel),
                                                      [&](SizeAttr size) { return frame.getExpr(size); });
  AffineExpr points = frame.getConstantExpr(1);
  for (AffineExpr size : sizes)
    points = points * size;
  forUnits(frame.simplify(points), 1, {}, [&](AffineExpr unit, Value valid, ValueRange) -> SmallVector<Value> {
    SmallVector<AffineExpr> indices = getIndices(frame.delinearize(frame.leaf(frame.emit(unit)), sizes));
    Value here = evaluator->read(sort.getInput(), indices);
    hasFailed |= !here;
    if (hasFailed)
      return {};
    Value mine = frame.emit(indices.back());
    SmallVector<Value> place = frame.loop(
        frame.index(0), frame.emit(sizes.back()), frame.index(1), {frame.index(0)},
        [&](Value k, ValueRange state) -> SmallVector<Value> {
          Evaluator::Scope scope(*evaluator);
          SmallVector<AffineExpr> otherIndices = indices;
          otherIndices.back() = frame.leaf(k);
          Value other = evaluator->read(sort.getInput(), otherIndices);
          hasFailed |= !other;
          if (hasFailed)
            return {state[0]};
          Value before = emitLess(builder, element, other, here), after = emitLess(builder, element, here, other);
          if (sort.getDescending())
            std::swap(before, after);
          Value earlier = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, k, mine);
          Value one = frame.index(1), zero = frame.index(0);
          Value tie = arith::SelectOp::create(builder, earlier, one, zero);
          Value count =
              arith::SelectOp::create(builder, before, one, arith::SelectOp::create(builder, after, zero, tie));
          return {arith::AddIOp::create(builder, state[0], count)};
        });
    SmallVector<AffineExpr> target = indices;
    target.back() = frame.leaf(place[0]);
    Value number = arith::IndexCastOp::create(builder, builder.getI64Type(), mine);
    frame.ifThen(valid, [&] {
      auto store = [&](ArrayRef<Storage> places, Type type, Value value) {
        for (const Storage &storage : places)
          frame.store(storage, type, value,
                      frame.getAddress(ArrayRef(step.sizes).drop_front(storage.skipped),
                                       ArrayRef(target).drop_front(storage.skipped)));
      };
      store(values, element, here);
      store(numbers, builder.getI64Type(), number);
    });
    return {};
  });
  team->sync();
  return failure(hasFailed);
}
