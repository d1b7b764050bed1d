// The loops of row kernels.

#include "Row.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

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
      IndexedValue before{state[next], state[next + 1]};
      IndexedValue after =
          emitCombineExtremes(builder, what.kind, what.element, before, {emitter.toVector(values.front()), index});
      state[next++] = keep(before.value, after.value);
      state[next++] = keep(before.index, after.index);
      continue;
    }
    for (Value value : values) {
      const Nest::Accumulator &what = nest.accumulators[accumulator++];
      Value before = state[next];
      Value after =
          accumulate(builder, what.kind, what.element, before, emitter.toVector(value), frame.getTarget().hasFMA);
      state[next++] = keep(before, after);
    }
  }
}

/// `count` vectors of columns from `iv` on, the last one under a mask.
void RowLowering::emitColumns(Nest &nest, const Point &point, Value iv, unsigned count, Value lastMask) {
  SmallVector<Point> points;
  for (unsigned column = 0; column < count; ++column) {
    Point here = point;
    here.dims[nest.base + nest.vectorDim] = frame.add(iv, frame.index(column * lanes));
    if (lastMask && column + 1 == count)
      here.mask = lastMask;
    points.push_back(here);
  }
  reduce(nest, points);
}

void RowLowering::emitKept(Nest &nest, Point point, unsigned depth) {
  if (depth == nest.kept.size())
    return reduce(nest, point);
  unsigned dim = nest.kept[depth];
  Bounds bounds = getBounds(nest.inner, dim);
  if (static_cast<int64_t>(dim) != nest.vectorDim) {
    frame.loop(bounds.lower, bounds.upper, frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
      Point here = point;
      here.dims[nest.base + dim] = iv;
      emitKept(nest, here, depth + 1);
      return {};
    });
    return;
  }
  // The vector dimension is the last that is kept. Whole blocks of columns first.
  int64_t block = lanes * nest.columns;
  Value blocksEnd = bounds.lower;
  if (bounds.length) {
    blocksEnd = frame.add(bounds.lower, frame.index(*bounds.length / block * block));
  } else {
    Value blocks =
        frame.getBuilder().createOrFold<arith::DivUIOp>(frame.sub(bounds.upper, bounds.lower), frame.index(block));
    blocksEnd = frame.add(bounds.lower, frame.mul(blocks, frame.index(block)));
  }
  if (bounds.length && *bounds.length == block)
    return emitColumns(nest, point, bounds.lower, nest.columns, {});
  if (!bounds.length || *bounds.length >= block)
    frame.loop(bounds.lower, blocksEnd, frame.index(block), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
      emitColumns(nest, point, iv, nest.columns, {});
      return {};
    });
  if (bounds.length) {
    if (int64_t rest = *bounds.length % block)
      emitColumns(nest, point, blocksEnd, llvm::divideCeil(rest, lanes),
                  rest % lanes ? emitTailMask(frame, frame.add(blocksEnd, frame.index(rest / lanes * lanes)),
                                              bounds.upper, lanes)
                               : Value());
    return;
  }
  frame.loop(blocksEnd, bounds.upper, frame.index(lanes), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
    emitColumns(nest, point, iv, 1, emitTailMask(frame, iv, bounds.upper, lanes));
    return {};
  });
}

RowLowering::Bounds RowLowering::getBounds(const MergedSpace &inner, unsigned dim) {
  if (chunked && dim == 0)
    return {chunkLower, chunkUpper, chunkLength};
  return {frame.index(0), frame.emit(inner.sizes[dim]), inner.getConstantSize(dim)};
}

MergedSpace RowLowering::mergeInner(const Group &group) {
  SmallVector<int64_t> boundaries;
  if (chunked)
    boundaries.push_back(parallel + 1);
  if (group.hasReduction)
    boundaries.push_back(group.parallel);
  if (isa<loop::ScanOp>(group.ops.front()))
    boundaries.push_back(group.sizes.size() - 1);
  return mergeDims(frame, group.sizes, parallel, group.sizes.size(), group.uses, rows.sizes.size(), boundaries);
}

RowLowering::Nest RowLowering::makeNest(Group &group) {
  Nest nest(group);
  nest.inner = mergeInner(group);
  nest.arguments = rows.arguments;
  nest.base = rows.sizes.size();
  nest.elements = rowElements;
  llvm::append_range(nest.arguments, nest.inner.arguments);
  if (!nest.inner.sizes.empty())
    nest.vectorDim = chooseVectorDim(group, nest.inner, nest.arguments);
  return nest;
}

void RowLowering::emitGroup(Group &group, const Point &row) {
  if (isa<loop::SortOp>(group.ops.front()))
    return emitSort(group, row);
  if (group.alone)
    return emitScan(group, row);
  Nest nest = makeNest(group);
  Point point = row;
  point.dims.resize(nest.base + nest.inner.sizes.size());
  if (nest.vectorDim >= 0)
    point.space = {static_cast<int64_t>(nest.base) + nest.vectorDim, lanes};

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
        nest.accumulators.push_back({op, static_cast<unsigned>(number), kind.getValue(),
                                     getElementTypeOrSelf(reduce.getResultTypes()[number])});
    } else if (auto arg = dyn_cast<loop::ArgReduceOp>(op)) {
      nest.accumulators.push_back({op, 0, arg.getKind(), getElementTypeOrSelf(arg.getResultTypes()[0])});
      ++nest.carried;
    }
  }
  nest.carried += nest.accumulators.size();
  nest.foldsLanes = nest.vectorDim >= 0 && isReduced[nest.vectorDim];
  // Several accumulators hide the latency of adding; large bodies hide it themselves.
  unsigned width = ops <= 12 ? 4 : ops <= 40 ? 2 : 1;
  if (nest.foldsLanes) {
    nest.unroll = width;
    if (std::optional<int64_t> size = nest.inner.getConstantSize(nest.vectorDim))
      while (nest.unroll > 1 && *size < lanes * nest.unroll)
        nest.unroll /= 2;
  } else if (nest.vectorDim >= 0 && !nest.reduced.empty()) {
    nest.columns = nest.carried == 1 ? 2 * width : width;
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
  std::optional<int64_t> chunkedSize;
  AffineExpr chunkedExpr;
  if (chunked) {
    chunkedExpr = frame.getExpr(groups.front().sizes[parallel]);
    chunkedSize = groups.front().sizes[parallel].getConstant();
    if (chunkedSize == 1)
      chunked = false;
    chunk = lanes * (chunkedSize && *chunkedSize <= 4 * lanes ? 4 : 8);
  }
  arrangeScratch();
  SmallVector<IndexUses> all;
  for (Group &group : groups)
    for (Operation *op : group.ops) {
      group.uses.push_back(isa<loop::SortOp>(op) ? IndexUses()
                                                 : getIndexUses(frame, cast<loop::LoopNestOpInterface>(op)));
      all.push_back(group.uses.back());
    }
  rows = mergeDims(frame, parallelSizes, 0, parallel, all, 0);

  frame.startPhase();
  if (failed(bindConstants(frame)))
    return failure();
  allocate();
  copyOperands();

  SmallVector<AffineExpr> units = rows.sizes;
  if (chunked)
    units.push_back(chunkedExpr.ceilDiv(chunk));
  frame.forEachUnit(units, [&](ValueRange indices) {
    Point point;
    point.dims.assign(indices.begin(), indices.begin() + rows.sizes.size());
    if (chunked)
      startChunk(indices.back(), chunkedExpr, chunkedSize);
    emitRow(point);
  });
  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  frame.finishPhase(frame.getSize(extent), schedule.getGrain() / (chunked ? chunk : 1), frame.getScratchBytes());
  return success();
}

/// Bounds of a chunk, and the scratch moved so that the chunk's first index is at its start.
void RowLowering::startChunk(Value number, AffineExpr size, std::optional<int64_t> constantSize) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  chunkLower = frame.mul(number, frame.index(chunk));
  chunkUpper = frame.add(chunkLower, frame.index(chunk));
  chunkLength = std::nullopt;
  if (constantSize && *constantSize <= chunk) {
    chunkLower = frame.index(0);
    chunkUpper = frame.index(*constantSize);
    chunkLength = constantSize;
  } else if (constantSize && *constantSize % chunk == 0) {
    chunkLength = chunk;
  } else {
    chunkUpper = arith::MinSIOp::create(builder, chunkUpper, frame.emit(size));
  }
  for (auto [tensor, start] : scratchTensors) {
    auto type = cast<RankedTensorType>(tensor.getType());
    Type byte = builder.getIntegerType(std::max(8u, type.getElementType().getIntOrFloatBitWidth()));
    AffineExpr stride = frame.getStrides(tensor)[parallel];
    Value offset = frame.sub(frame.index(0), frame.mul(chunkLower, frame.emit(stride)));
    Value moved = LLVM::GEPOp::create(
        builder, start.getType(), byte, start,
        ArrayRef<LLVM::GEPArg>{arith::IndexCastOp::create(builder, builder.getI64Type(), offset).getResult()});
    frame.storages[tensor].pointer = moved;
    destinations[tensor].front().pointer = moved;
  }
}

LogicalResult tc::cpu::lowerRow(Frame &frame, fusion::ScheduleAttr schedule) {
  return RowLowering(frame, schedule).run();
}
