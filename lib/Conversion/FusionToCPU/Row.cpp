// The loops of row kernels.

#include "Row.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

struct RowLowering::Nest {
  Group &group;
  MergedSpace inner;
  SmallVector<AffineExpr> arguments;
  unsigned base = 0;
  /// Merged inner dimensions from the outermost loop to the innermost: those kept, then those reduced.
  SmallVector<unsigned> kept, reduced;
  int64_t vectorDim = -1; ///< merged inner dimension, -1 if none
  unsigned unroll = 1;
  Elements elements;
  /// Of each accumulator: identity, kind and element type, and its op.
  struct Accumulator {
    Operation *op;
    unsigned result;
    ReductionKind kind;
    Type element;
  };
  SmallVector<Accumulator> accumulators;
  /// Values carried for one slot: one an accumulator, and the index of each arg_reduce.
  unsigned carried = 0;
};

int64_t RowLowering::chooseVectorDim(const Group &group, const MergedSpace &inner, ArrayRef<AffineExpr> arguments) {
  double best = -1e9;
  int64_t chosen = -1;
  unsigned base = rows.sizes.size();
  for (unsigned dim = 0; dim < inner.sizes.size(); ++dim) {
    LaneSpace space{static_cast<int64_t>(base + dim), lanes};
    double score = 0;
    auto judge = [&](AffineExpr address) {
      AffineExpr stride = getLaneStride(frame.simplify(address.replaceDims(arguments)), space);
      score += stride == frame.getConstantExpr(1) ? 3 : stride == frame.getConstantExpr(0) ? 2 : -6;
    };
    for (auto [op, use] : llvm::zip(group.ops, group.uses)) {
      for (auto [read, address] : use.reads)
        if (!rowElements.contains(stripReshapes(read.getSource())))
          judge(address);
      if (isa<loop::MapOp>(op))
        llvm::for_each(use.results, judge);
    }
    if (std::optional<int64_t> size = inner.getConstantSize(dim); size && *size < lanes)
      score -= 6.0 * (lanes - *size) / lanes;
    if (score >= best) {
      best = score;
      chosen = dim;
    }
  }
  return chosen;
}

void RowLowering::storeResult(const Point &point, Value tensor, Value element, AffineExpr address) {
  BodyEmitter emitter(frame, point, rowElements);
  auto it = destinations.find(tensor);
  if (it == destinations.end())
    return;
  for (const Storage &storage : it->second) {
    AffineExpr offset = address;
    if (storage.skipped > 0) // of a row's scratch, the parallel dimensions do not count
      for (unsigned dim = 0; dim < rows.sizes.size(); ++dim)
        offset = offset.replace(frame.getDimExpr(dim), frame.getConstantExpr(0));
    emitter.store(storage, element, offset);
  }
}

void RowLowering::storeElement(Nest &nest, const Point &point, Value tensor, Value element, AffineExpr address) {
  nest.elements[tensor] = element;
  storeResult(point, tensor, element, address.replaceDims(nest.arguments));
}

void RowLowering::emitPoint(Nest &nest, const Point &point, unsigned slot, SmallVectorImpl<Value> &state) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  unsigned next = slot * nest.carried, accumulator = 0;
  for (auto [op, use] : llvm::zip(nest.group.ops, nest.group.uses)) {
    BodyEmitter emitter(frame, point, nest.elements);
    auto loopOp = cast<loop::LoopNestOpInterface>(op);
    SmallVector<Value> values = emitter.emit(*loopOp.getBodyBlock(), nest.arguments);
    if (isa<loop::MapOp>(op)) {
      for (auto [result, value, address] : llvm::zip(op->getResults(), values, use.results))
        storeElement(nest, point, result, value, address);
      continue;
    }
    auto keep = [&](Value before, Value after) {
      return point.mask ? arith::SelectOp::create(builder, point.mask, after, before).getResult() : after;
    };
    if (isa<loop::ArgReduceOp>(op)) {
      const Nest::Accumulator &what = nest.accumulators[accumulator++];
      // The index reduced over, in every lane.
      AffineExpr expr = nest.arguments[loopOp.getNumParallel()];
      BodyEmitter indices(frame, point, nest.elements);
      Value index = indices.getIndexVector(expr);
      Extreme before{state[next], state[next + 1]};
      Extreme after = combineExtremes(builder, what.kind, what.element, before, {emitter.toVector(values.front()), index});
      state[next++] = keep(before.value, after.value);
      state[next++] = keep(before.index, after.index);
      continue;
    }
    for (Value value : values) {
      const Nest::Accumulator &what = nest.accumulators[accumulator++];
      Value before = state[next];
      Value after = accumulate(builder, what.kind, what.element, before, emitter.toVector(value), frame.getTarget().hasFMA);
      state[next++] = keep(before, after);
    }
  }
}

void RowLowering::emitReduced(Nest &nest, Point point, unsigned depth, SmallVectorImpl<Value> &state) {
  if (depth == nest.reduced.size())
    return emitPoint(nest, point, 0, state);
  unsigned dim = nest.reduced[depth];
  Value upper = frame.emit(nest.inner.sizes[dim]);
  if (static_cast<int64_t>(dim) == nest.vectorDim) {
    state = emitVectorLoop(frame, frame.index(0), upper, nest.inner.getConstantSize(dim), lanes, nest.unroll, state,
                           [&](Value iv, Value mask, unsigned slot, SmallVectorImpl<Value> &next) {
                             Point here = point;
                             here.dims[nest.base + dim] = iv;
                             here.mask = mask;
                             emitPoint(nest, here, slot, next);
                           });
    return;
  }
  state = frame.loop(frame.index(0), upper, frame.index(1), state, [&](Value iv, ValueRange carried) {
    Point here = point;
    here.dims[nest.base + dim] = iv;
    SmallVector<Value> next(carried);
    emitReduced(nest, here, depth + 1, next);
    return next;
  });
}

void RowLowering::finishReductions(Nest &nest, const Point &point, SmallVectorImpl<Value> &state) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  bool fold = nest.vectorDim >= 0 && llvm::is_contained(nest.reduced, nest.vectorDim);
  unsigned position = 0;
  for (const Nest::Accumulator &what : nest.accumulators) {
    auto slotValue = [&](unsigned slot, unsigned offset) { return state[slot * nest.carried + position + offset]; };
    // Slots in pairs, then lanes in halves.
    auto address = [&](unsigned result) {
      unsigned number = llvm::find(nest.group.ops, what.op) - nest.group.ops.begin();
      return nest.group.uses[number].results[result];
    };
    if (isa<loop::ArgReduceOp>(what.op)) {
      SmallVector<Extreme> extremes;
      for (unsigned slot = 0; slot < nest.unroll; ++slot)
        extremes.push_back({slotValue(slot, 0), slotValue(slot, 1)});
      auto better = [&](Extreme a, Extreme b) { return combineExtremes(builder, what.kind, what.element, a, b); };
      while (extremes.size() > 1) {
        Extreme last = extremes.pop_back_val();
        extremes.front() = better(extremes.front(), last);
      }
      Extreme extreme = extremes.front();
      while (fold && cast<VectorType>(extreme.value.getType()).getDimSize(0) > 1) {
        auto half = [&](bool low) {
          return Extreme{takeHalf(builder, extreme.value, low), takeHalf(builder, extreme.index, low)};
        };
        Extreme low = half(true), high = half(false);
        extreme = better(low, high);
      }
      if (fold)
        extreme = {vector::ExtractOp::create(builder, extreme.value, 0), vector::ExtractOp::create(builder, extreme.index, 0)};
      storeElement(nest, point, what.op->getResult(0), extreme.value, address(0));
      storeElement(nest, point, what.op->getResult(1), extreme.index, address(1));
      position += 2;
      continue;
    }
    SmallVector<Value> values;
    for (unsigned slot = 0; slot < nest.unroll; ++slot)
      values.push_back(slotValue(slot, 0));
    auto both = [&](Value a, Value b) { return combine(builder, what.kind, what.element, a, b); };
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

void RowLowering::emitKept(Nest &nest, Point point, unsigned depth) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  if (depth < nest.kept.size()) {
    unsigned dim = nest.kept[depth];
    Value upper = frame.emit(nest.inner.sizes[dim]);
    auto inside = [&](Value iv, Value mask) {
      Point here = point;
      here.dims[nest.base + dim] = iv;
      if (mask)
        here.mask = mask;
      emitKept(nest, here, depth + 1);
    };
    if (static_cast<int64_t>(dim) == nest.vectorDim)
      emitVectorLoop(frame, frame.index(0), upper, nest.inner.getConstantSize(dim), lanes, 1, {},
                     [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) { inside(iv, mask); });
    else
      frame.loop(frame.index(0), upper, frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
        inside(iv, {});
        return {};
      });
    return;
  }
  // Accumulators start at their identities.
  SmallVector<Value> state;
  bool vectors = point.space.lanes > 1;
  for (unsigned slot = 0; slot < nest.unroll; ++slot)
    for (const Nest::Accumulator &what : nest.accumulators) {
      auto start = [&](TypedAttr identity) {
        if (vectors)
          identity = DenseElementsAttr::get(VectorType::get({point.space.lanes}, identity.getType()), Attribute(identity));
        state.push_back(arith::ConstantOp::create(builder, identity));
      };
      start(getIdentity(what.kind, what.element));
      if (isa<loop::ArgReduceOp>(what.op))
        start(builder.getI64IntegerAttr(std::numeric_limits<int64_t>::max()));
    }
  emitReduced(nest, point, 0, state);
  if (nest.accumulators.empty())
    return;
  // What is left after folding lanes is a scalar.
  if (nest.vectorDim >= 0 && llvm::is_contained(nest.reduced, nest.vectorDim)) {
    point.space = {};
    point.mask = {};
  }
  finishReductions(nest, point, state);
}

void RowLowering::emitGroup(Group &group, const Point &row) {
  if (isa<loop::SortOp>(group.ops.front()))
    return emitSort(group, row);
  if (group.alone)
    return emitScan(group, row);
  Nest nest{group, {}, {}, static_cast<unsigned>(rows.sizes.size()), {}, {}, -1, 1, rowElements, {}, 0};
  nest.inner = mergeDims(frame, group.sizes, parallel, group.sizes.size(), group.uses, nest.base,
                         group.hasReduction ? group.parallel : -1);
  nest.arguments = rows.arguments;
  llvm::append_range(nest.arguments, nest.inner.arguments);
  Point point = row;
  point.dims.resize(nest.base + nest.inner.sizes.size());
  if (!rowVectorised && !nest.inner.sizes.empty()) {
    nest.vectorDim = chooseVectorDim(group, nest.inner, nest.arguments);
    point.space = {static_cast<int64_t>(nest.base) + nest.vectorDim, lanes};
  }

  // Each merged dimension is kept or reduced; the vector one is the innermost of its kind.
  SmallVector<bool> isReduced(nest.inner.sizes.size(), false);
  for (auto [dim, merged] : llvm::enumerate(nest.inner.dimOf))
    if (merged >= 0 && group.hasReduction && static_cast<int64_t>(dim) + parallel >= group.parallel)
      isReduced[merged - nest.base] = true;
  for (unsigned dim = 0; dim < isReduced.size(); ++dim)
    if (static_cast<int64_t>(dim) != nest.vectorDim)
      (isReduced[dim] ? nest.reduced : nest.kept).push_back(dim);
  if (nest.vectorDim >= 0)
    (isReduced[nest.vectorDim] ? nest.reduced : nest.kept).push_back(nest.vectorDim);

  int64_t ops = 0;
  for (Operation *op : group.ops) {
    ops += countOps(op);
    if (auto reduce = dyn_cast<loop::ReduceOp>(op)) {
      for (auto [number, kind] : llvm::enumerate(reduce.getKinds().getAsRange<ReductionKindAttr>()))
        nest.accumulators.push_back(
            {op, static_cast<unsigned>(number), kind.getValue(), getElementTypeOrSelf(reduce.getResultTypes()[number])});
    } else if (auto arg = dyn_cast<loop::ArgReduceOp>(op)) {
      nest.accumulators.push_back({op, 0, arg.getKind(), getElementTypeOrSelf(arg.getResultTypes()[0])});
      ++nest.carried;
    }
  }
  nest.carried += nest.accumulators.size();
  if (nest.vectorDim >= 0 && isReduced[nest.vectorDim]) {
    // Several accumulators hide the latency of adding; large bodies hide it themselves.
    nest.unroll = ops <= 12 ? 4 : ops <= 40 ? 2 : 1;
    if (std::optional<int64_t> size = nest.inner.getConstantSize(nest.vectorDim))
      while (nest.unroll > 1 && *size < lanes * nest.unroll)
        nest.unroll /= 2;
  }
  emitKept(nest, point, 0);
  for (Operation *op : group.ops)
    for (Value result : op->getResults())
      if (isRowScalar(result))
        rowElements[result] = nest.elements.lookup(result);
}

void RowLowering::emitRow(Point point) {
  rowElements.clear();
  for (Group &group : groups)
    emitGroup(group, point);
}

LogicalResult RowLowering::run() {
  if (failed(plan()))
    return failure();
  lanes = chooseLanes(frame.getKernel(), frame.getTarget());
  SmallVector<IndexUses> all;
  for (Group &group : groups)
    for (Operation *op : group.ops) {
      group.uses.push_back(isa<loop::SortOp>(op) ? IndexUses() : getIndexUses(frame, cast<loop::LoopNestOpInterface>(op)));
      all.push_back(group.uses.back());
    }
  rows = mergeDims(frame, parallelSizes, 0, parallel, all, 0);
  int64_t vectorDim = rowVectorised ? rows.dimOf[schedule.getVector()] : -1;
  if (vectorDim < 0)
    rowVectorised = false;

  frame.startPhase();
  if (failed(bindConstants(frame)))
    return failure();
  allocate();

  SmallVector<AffineExpr> units;
  for (auto [dim, size] : llvm::enumerate(rows.sizes))
    units.push_back(static_cast<int64_t>(dim) == vectorDim ? size.ceilDiv(lanes) : size);
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  frame.forEachUnit(units, [&](ValueRange indices) {
    Point point;
    point.dims.assign(indices.begin(), indices.end());
    if (!rowVectorised)
      return emitRow(point);
    point.space = {vectorDim, lanes};
    point.dims[vectorDim] = arith::MulIOp::create(builder, point.dims[vectorDim], frame.index(lanes));
    std::optional<int64_t> size = rows.getConstantSize(vectorDim);
    if (!size || *size % lanes != 0)
      point.mask = emitTailMask(frame, point.dims[vectorDim], frame.emit(rows.sizes[vectorDim]), lanes);
    emitRow(point);
  });
  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  frame.finishPhase(frame.getSize(extent), schedule.getGrain() / (rowVectorised ? lanes : 1), frame.getScratchBytes());
  return success();
}

LogicalResult tc::cpu::lowerRow(Frame &frame, fusion::ScheduleAttr schedule) { return RowLowering(frame, schedule).run(); }
