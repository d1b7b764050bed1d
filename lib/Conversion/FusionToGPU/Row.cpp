// The steps of a row: reductions and the maps that are results.

#include "Row.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

static Type getElement(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }

SmallVector<AffineExpr> RowLowering::getIndices(ArrayRef<AffineExpr> inner) const {
  SmallVector<AffineExpr> indices(rowIndices);
  indices.append(inner.begin(), inner.end());
  return indices;
}

SmallVector<Value> RowLowering::forUnits(AffineExpr units, int64_t unroll, ValueRange state, UnitBody body) {
  SmallVector<Value> current(state);
  int64_t size = team->getSize();
  auto count = dyn_cast<AffineConstantExpr>(units);
  if (count && count.getValue() <= size * unroll) {
    for (int64_t done = 0; done < count.getValue(); done += size) {
      AffineExpr unit = team->rank + done;
      Value valid;
      if (done + size > count.getValue()) {
        // The last unit stands in, so that the code has no branch.
        Value number = frame.emit(unit), last = frame.index(count.getValue() - 1);
        valid = arith::CmpIOp::create(builder, arith::CmpIPredicate::sle, number, last);
        unit = frame.leaf(builder.createOrFold<arith::MinSIOp>(number, last));
      }
      current = body(unit, valid, current);
    }
    return current;
  }
  return frame.loop(frame.emit(team->rank), frame.emit(units), frame.index(size), current,
                    [&](Value iv, ValueRange carried) {
                      Evaluator::Scope scope(*evaluator);
                      return body(frame.leaf(iv), {}, carried);
                    });
}

SmallVector<Storage, 1> RowLowering::allocate(Value value) {
  SmallVector<Storage, 1> places;
  for (unsigned number : getResultNumbers(frame.getKernel(), value))
    places.push_back(frame.getResult(number));
  if (places.empty()) {
    SmallVector<SizeAttr> inner = getSizes(value.getType());
    inner.erase(inner.begin(), inner.begin() + parallel);
    SizeAttr bytes =
        product(frame.getContext(), inner) * (Frame::getMemoryType(getElement(value)).getIntOrFloatBitWidth() / 8);
    SizeAttr sixteen = SizeAttr::constant(frame.getContext(), 16);
    bytes = ceilDiv(bytes, sixteen) * 16;
    // Each team of the block has its own.
    Value all = frame.allocateShared(bytes * static_cast<int64_t>(team->getRowsPerBlock()));
    Storage storage;
    storage.pointer = frame.getPointer(all, builder.getI8Type(), team->number * frame.getExpr(bytes));
    storage.skipped = parallel;
    places.push_back(storage);
  }
  evaluator->bindStorage(value, places.front());
  return places;
}

void RowLowering::storeScalar(Value value, Value scalar) {
  SmallVector<unsigned> numbers = getResultNumbers(frame.getKernel(), value);
  if (numbers.empty())
    return;
  Value isFirst;
  if (team->getSize() > 1)
    isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, frame.emit(team->rank), frame.index(0));
  SmallVector<AffineExpr> indices(rowIndices);
  indices.resize(getSizes(value.getType()).size(), frame.getConstantExpr(0));
  frame.ifThen(isFirst, [&] {
    for (unsigned number : numbers)
      frame.store(frame.getResult(number), getElement(value), scalar, frame.getAddress(value, indices));
  });
}

LogicalResult RowLowering::emitPoints(Step &step) {
  int64_t width = step.line.width;
  SmallVector<loop::LoopNestOpInterface> nests =
      llvm::map_to_vector(step.ops, [](Operation *op) { return cast<loop::LoopNestOpInterface>(op); });
  // Each lane of a unit has accumulators of its own.
  Value none = frame.index(std::numeric_limits<int32_t>::max());
  SmallVector<Value> initial;
  for (int64_t lane = 0; lane < width; ++lane)
    for (Operation *op : step.ops) {
      if (auto reduce = dyn_cast<loop::ReduceOp>(op))
        for (auto [kind, value] : llvm::zip(reduce.getKinds().getAsRange<ReductionKindAttr>(), reduce.getResults()))
          initial.push_back(
              arith::ConstantOp::create(builder, getReductionIdentity(kind.getValue(), getElement(value))));
      if (auto arg = dyn_cast<loop::ArgReduceOp>(op)) {
        initial.push_back(
            arith::ConstantOp::create(builder, getReductionIdentity(arg.getKind(), getElement(arg.getResults()[0]))));
        initial.push_back(none);
      }
    }
  int64_t perLane = initial.size() / width;
  // As much as the registers hold.
  int64_t unroll = std::max<int64_t>(1, (countOps(nests) > 150 ? 8 : 32) / width);

  bool hasFailed = false;
  SmallVector<Value> partial = forUnits(
      frame.simplify(step.line.count.floorDiv(width)), unroll, initial,
      [&](AffineExpr unit, Value valid, ValueRange state) -> SmallVector<Value> {
        SmallVector<Value> next(state);
        SmallVector<SmallVector<AffineExpr>> lanes = step.line.getLanes(frame, unit);
        SmallVector<SmallVector<SmallVector<Value>>> values(lanes.size());
        for (auto [lane, inner] : llvm::enumerate(lanes)) {
          unsigned slot = lane * perLane;
          SmallVector<AffineExpr> indices = getIndices(inner);
          for (loop::LoopNestOpInterface nest : nests) {
            values[lane].push_back(evaluator->evaluate(nest, indices));
            SmallVector<Value> yielded = values[lane].back();
            if (yielded.empty()) {
              hasFailed = true;
              return next;
            }
            auto orIdentity = [&](Value value, Value identity) -> Value {
              return valid ? arith::SelectOp::create(builder, valid, value, identity).getResult() : value;
            };
            if (auto reduce = dyn_cast<loop::ReduceOp>(nest.getOperation()))
              for (auto [i, kind] : llvm::enumerate(reduce.getKinds().getAsRange<ReductionKindAttr>())) {
                next[slot] = emitCombine(builder, kind.getValue(), getElement(reduce.getResults()[i]), next[slot],
                                         orIdentity(yielded[i], initial[slot]));
                ++slot;
              }
            if (auto arg = dyn_cast<loop::ArgReduceOp>(nest.getOperation())) {
              Type element = getElement(arg.getResults()[0]);
              IndexedValue here{orIdentity(yielded[0], initial[slot]), orIdentity(frame.emit(inner.back()), none)};
              IndexedValue best =
                  emitCombineExtremes(builder, arg.getKind(), element, {next[slot], next[slot + 1]}, here);
              next[slot++] = best.value;
              next[slot++] = best.index;
            }
          }
        }
        frame.ifThen(valid, [&] {
          for (auto [number, nest] : llvm::enumerate(nests))
            if (isa<loop::MapOp>(nest.getOperation()))
              for (OpResult result : nest->getResults())
                for (unsigned to : getResultNumbers(frame.getKernel(), result))
                  for (auto [lane, inner] : llvm::enumerate(lanes))
                    frame.store(frame.getResult(to), getElement(result), values[lane][number][result.getResultNumber()],
                                frame.getAddress(result, getIndices(inner)));
        });
        return next;
      });
  if (hasFailed)
    return failure();

  unsigned slot = 0;
  for (Operation *op : step.ops) {
    if (auto reduce = dyn_cast<loop::ReduceOp>(op))
      for (auto [kind, result] : llvm::zip(reduce.getKinds().getAsRange<ReductionKindAttr>(), reduce.getResults())) {
        Type element = getElement(result);
        Value total = partial[slot];
        for (int64_t lane = 1; lane < width; ++lane)
          total = emitCombine(builder, kind.getValue(), element, total, partial[lane * perLane + slot]);
        total = team->reduce(kind.getValue(), element, total);
        evaluator->bindScalar(result, total);
        storeScalar(result, total);
        ++slot;
      }
    if (auto arg = dyn_cast<loop::ArgReduceOp>(op)) {
      Type element = getElement(arg.getResults()[0]);
      IndexedValue best{partial[slot], partial[slot + 1]};
      for (int64_t lane = 1; lane < width; ++lane)
        best = emitCombineExtremes(builder, arg.getKind(), element, best,
                                   {partial[lane * perLane + slot], partial[lane * perLane + slot + 1]});
      best = team->reduceExtreme(arg.getKind(), element, best);
      best.index = arith::IndexCastOp::create(builder, builder.getI64Type(), best.index);
      SmallVector<Value, 2> both{best.value, best.index};
      for (auto [result, value] : llvm::zip(arg.getResults(), both)) {
        evaluator->bindScalar(result, value);
        storeScalar(result, value);
      }
      slot += 2;
    }
  }
  return success();
}

LogicalResult RowLowering::emitRow() {
  for (Step &step : steps) {
    auto emit = [&] {
      switch (step.kind) {
      case Step::Kind::Points:
        return emitPoints(step);
      case Step::Kind::Kept:
        return emitKept(step);
      case Step::Kind::Scan:
        return emitScan(step);
      case Step::Kind::Sort:
        return emitSort(step);
      }
      llvm_unreachable("unknown step");
    };
    if (failed(emit()))
      return failure();
  }
  return success();
}

LogicalResult RowLowering::run() {
  if (failed(plan()))
    return failure();
  Team chosen = chooseTeam();
  team = &chosen;
  frame.startPhase(chosen.getThreads());
  // Warps keep their rows in registers. Of the largest blocks ptxas would fit two, with 32 registers a thread.
  if (chosen.getKind() == Team::Kind::Warp || chosen.getThreads() == Target::maxThreads)
    frame.useAllRegisters();
  Evaluator elements(frame);
  evaluator = &elements;
  if (failed(elements.bindConstants()))
    return failure();
  chosen.start();
  SizeAttr rows = product(frame.getContext(), rowSizes);
  SmallVector<AffineExpr> sizes = llvm::map_to_vector(rowSizes, [&](SizeAttr size) { return frame.getExpr(size); });

  LogicalResult result = success();
  unsigned perBlock = chosen.getRowsPerBlock();
  Value inside;
  AffineExpr row = chosen.row;
  if (perBlock > 1) {
    Value number = frame.emit(row), count = frame.emit(frame.getExpr(rows));
    if (chosen.getKind() == Team::Kind::Column) {
      // All threads take part in barriers: those beyond the last row repeat it.
      row = frame.leaf(arith::MinSIOp::create(builder, number, arith::SubIOp::create(builder, count, frame.index(1))));
    } else {
      inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, number, count);
    }
  }
  frame.ifThen(inside, [&] {
    rowIndices = frame.delinearize(row, sizes);
    result = emitRow();
  });
  if (failed(result))
    return failure();
  std::optional<int64_t> shared = frame.getSharedBytes().getConstant();
  if (shared && *shared > frame.getTarget().sharedBytes)
    return frame.getKernel().emitError("needs ") << *shared << " bytes of shared memory a block, of which "
                                                 << frame.getTarget().name << " has " << frame.getTarget().sharedBytes;
  SizeAttr blocks = ceilDiv(rows, SizeAttr::constant(frame.getContext(), perBlock));
  frame.finishPhase(blocks);
  return success();
}

LogicalResult tc::gpu::lowerRow(Frame &frame, fusion::ScheduleAttr schedule) {
  return RowLowering(frame, schedule).run();
}
