// Reductions of row kernels: loops over the reduced dimensions, and what is left of the accumulators at their end.
//
// Sums of floats are made of partial sums, in levels of some steps each, so that errors grow with the levels and not
// with the number of terms, as in the cascades of PyTorch's CPU kernels.

#include "Row.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// Steps that are summed one after the other, in each of at most so many levels.
static constexpr int64_t stepsOfLevel = 16, mostLevels = 4;

void RowLowering::planCascade(Nest &nest) {
  nest.cascades =
      llvm::any_of(nest.accumulators,
                   [](const Nest::Accumulator &what) {
                     return what.kind == ReductionKind::sum && isa<FloatType>(what.element);
                   }) &&
      llvm::none_of(nest.accumulators, [](const Nest::Accumulator &what) { return isa<loop::ArgReduceOp>(what.op); });
}

/// Steps that one accumulator takes in the loops from `depth` on; none if there may be many.
std::optional<int64_t> RowLowering::countSteps(const Nest &nest, unsigned depth) {
  int64_t steps = 1;
  for (unsigned dim : ArrayRef(nest.reduced).drop_front(depth)) {
    std::optional<int64_t> size = nest.inner.getConstantSize(dim);
    if (!size)
      return std::nullopt;
    steps *= static_cast<int64_t>(dim) == nest.vectorDim ? llvm::divideCeil(*size, lanes * nest.unroll) : *size;
  }
  return steps;
}

/// Accumulators at their identities.
SmallVector<Value> RowLowering::startReductions(Nest &nest, ArrayRef<Point> points) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  SmallVector<Value> state;
  unsigned slots = std::max<size_t>(nest.unroll, points.size());
  for (unsigned slot = 0; slot < slots; ++slot)
    for (const Nest::Accumulator &what : nest.accumulators) {
      auto start = [&](TypedAttr identity) {
        if (int64_t count = points.front().space.lanes; count > 1)
          identity = DenseElementsAttr::get(VectorType::get({count}, identity.getType()), Attribute(identity));
        state.push_back(arith::ConstantOp::create(builder, identity));
      };
      start(getReductionIdentity(what.kind, what.element));
      if (isa<loop::ArgReduceOp>(what.op))
        start(builder.getI64IntegerAttr(std::numeric_limits<int64_t>::max()));
    }
  return state;
}

SmallVector<Value> RowLowering::addPartial(Nest &nest, ValueRange whole, ValueRange partial) {
  SmallVector<Value> state;
  for (auto [position, pair] : llvm::enumerate(llvm::zip(whole, partial))) {
    const Nest::Accumulator &what = nest.accumulators[position % nest.accumulators.size()];
    state.push_back(emitCombine(frame.getBuilder(), what.kind, what.element, std::get<0>(pair), std::get<1>(pair)));
  }
  return state;
}

/// for (iv = lower; iv < upper; iv += step), in levels of partial sums.
SmallVector<Value> RowLowering::emitLevels(Nest &nest, ArrayRef<Point> points, Value lower, Value upper, int64_t step,
                                           unsigned levels, ValueRange state, LoopBody body) {
  if (levels == 0)
    return frame.loop(lower, upper, frame.index(step), state, body);
  int64_t block = step;
  for (unsigned level = 0; level < levels; ++level)
    block *= stepsOfLevel;
  return frame.loop(lower, upper, frame.index(block), state, [&](Value iv, ValueRange carried) {
    Value end = arith::MinSIOp::create(frame.getBuilder(), frame.add(iv, frame.index(block)), upper);
    SmallVector<Value> partial =
        emitLevels(nest, points, iv, end, step, levels - 1, startReductions(nest, points), body);
    return addPartial(nest, carried, partial);
  });
}

void RowLowering::emitReduced(Nest &nest, ArrayRef<Point> points, unsigned depth, SmallVectorImpl<Value> &state) {
  if (depth == nest.reduced.size()) {
    for (auto [slot, point] : llvm::enumerate(points))
      emitPoint(nest, point, slot, state);
    return;
  }
  unsigned dim = nest.reduced[depth];
  Bounds bounds = getBounds(nest.inner, dim);
  bool isVector = static_cast<int64_t>(dim) == nest.vectorDim;
  int64_t step = isVector ? lanes * nest.unroll : 1;
  unsigned levels = 0;
  for (int64_t steps = bounds.length ? *bounds.length / step : stepsOfLevel * stepsOfLevel;
       nest.cascades && steps > stepsOfLevel && levels + 1 < mostLevels; steps /= stepsOfLevel)
    ++levels;
  if (isVector) {
    auto emitVector = [&](Value iv, Value mask, unsigned slot, SmallVectorImpl<Value> &next) {
      Point here = points.front();
      here.dims[nest.base + dim] = iv;
      here.mask = mask;
      emitPoint(nest, here, slot, next);
    };
    std::optional<int64_t> length = bounds.length;
    if (levels) {
      // Whole steps, then the rest.
      Value size = frame.sub(bounds.upper, bounds.lower), width = frame.index(step);
      Value whole = length ? frame.index(*length / step * step)
                           : frame.mul(frame.getBuilder().createOrFold<arith::DivUIOp>(size, width), width);
      Value end = frame.add(bounds.lower, whole);
      state = emitLevels(nest, points, bounds.lower, end, step, levels, state, [&](Value iv, ValueRange carried) {
        SmallVector<Value> next(carried);
        for (unsigned slot = 0; slot < nest.unroll; ++slot)
          emitVector(frame.add(iv, frame.index(slot * lanes)), {}, slot, next);
        return next;
      });
      bounds.lower = end;
      if (length && (length = *length % step) == 0)
        return;
    }
    state = emitVectorLoop(frame, bounds.lower, bounds.upper, length, lanes, nest.unroll, state, emitVector);
    return;
  }
  // What the loops within sum is a partial sum too, unless it is short.
  bool isPartial = nest.cascades && countSteps(nest, depth + 1).value_or(stepsOfLevel) >= stepsOfLevel;
  state = emitLevels(nest, points, bounds.lower, bounds.upper, step, levels, state, [&](Value iv, ValueRange carried) {
    SmallVector<Point> here(points);
    for (Point &point : here)
      point.dims[nest.base + dim] = iv;
    SmallVector<Value> next = isPartial ? startReductions(nest, points) : SmallVector<Value>(carried);
    emitReduced(nest, here, depth + 1, next);
    return isPartial ? addPartial(nest, carried, next) : next;
  });
}

/// Reduces at these points, vectors of columns side by side, and stores what comes out.
void RowLowering::reduce(Nest &nest, ArrayRef<Point> points) {
  planCascade(nest);
  SmallVector<Value> state = startReductions(nest, points);
  emitReduced(nest, points, 0, state);
  if (nest.accumulators.empty())
    return;
  if (points.size() > 1) {
    for (auto [column, point] : llvm::enumerate(points))
      finishReductions(nest, point, ArrayRef<Value>(state).slice(column * nest.carried, nest.carried));
    return;
  }
  Point point = points.front();
  // What is left after folding lanes is a scalar.
  if (nest.foldsLanes) {
    point.space = {};
    point.mask = {};
  }
  finishReductions(nest, point, state);
}

void RowLowering::finishReductions(Nest &nest, const Point &point, ArrayRef<Value> state) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  bool fold = nest.foldsLanes;
  unsigned position = 0;
  for (const Nest::Accumulator &what : nest.accumulators) {
    auto slotValue = [&](unsigned slot, unsigned offset) { return state[slot * nest.carried + position + offset]; };
    // Slots in pairs, then lanes in halves.
    auto address = [&](unsigned result) {
      unsigned number = llvm::find(nest.group.ops, what.op) - nest.group.ops.begin();
      return nest.group.uses[number].results[result];
    };
    if (isa<loop::ArgReduceOp>(what.op)) {
      SmallVector<IndexedValue> extremes;
      for (unsigned slot = 0; slot < nest.unroll; ++slot)
        extremes.push_back({slotValue(slot, 0), slotValue(slot, 1)});
      auto better = [&](IndexedValue a, IndexedValue b) {
        return emitCombineExtremes(builder, what.kind, what.element, a, b);
      };
      while (extremes.size() > 1) {
        IndexedValue last = extremes.pop_back_val();
        extremes.front() = better(extremes.front(), last);
      }
      IndexedValue extreme = extremes.front();
      while (fold && cast<VectorType>(extreme.value.getType()).getDimSize(0) > 1) {
        auto half = [&](bool low) {
          return IndexedValue{takeHalf(builder, extreme.value, low), takeHalf(builder, extreme.index, low)};
        };
        IndexedValue low = half(true), high = half(false);
        extreme = better(low, high);
      }
      if (fold)
        extreme = {vector::ExtractOp::create(builder, extreme.value, 0),
                   vector::ExtractOp::create(builder, extreme.index, 0)};
      storeElement(nest, point, what.op->getResult(0), extreme.value, address(0));
      storeElement(nest, point, what.op->getResult(1), extreme.index, address(1));
      position += 2;
      continue;
    }
    SmallVector<Value> values;
    for (unsigned slot = 0; slot < nest.unroll; ++slot)
      values.push_back(slotValue(slot, 0));
    auto both = [&](Value a, Value b) { return emitCombine(builder, what.kind, what.element, a, b); };
    while (values.size() > 1) {
      for (unsigned i = 0; i < values.size() / 2; ++i)
        values[i] = both(values[i], values[values.size() - 1 - i]);
      values.resize(llvm::divideCeil(values.size(), 2));
    }
    Value value = values.front();
    if (fold)
      value = foldLanes(builder, value, both);
    storeElement(nest, point, what.op->getResult(what.result), value, address(what.result));
    ++position;
  }
}
