// Epilogues: maps at the points of a contraction, from sums in registers or in shared memory, which gives every thread
// neighbouring columns, whatever the layout of the accumulators.

#include "ContractEpilogue.h"

#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

static Type getElement(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }

LogicalResult ContractEpilogue::emitPoints(ArrayRef<Indices> points, ValueRange sums, Value condition) {
  Evaluator::Scope scope(evaluator);
  fusion::KernelOp kernel = frame.getKernel();
  Value product = plan.getOp().getResult(0);
  // [map][point][result]
  SmallVector<SmallVector<SmallVector<Value>>> values(plan.maps.size());
  for (auto [point, sum] : llvm::zip_equal(points, sums)) {
    Indices here(point);
    here.resize(plan.getParallel());
    evaluator.bindScalar(product, sum);
    for (auto [number, map] : llvm::enumerate(plan.maps)) {
      values[number].push_back(evaluator.evaluate(map, here));
      if (values[number].back().empty())
        return failure();
    }
  }
  auto store = [&](Value result, function_ref<Value(size_t)> get) {
    for (unsigned to : getResultNumbers(kernel, result))
      for (auto [number, point] : llvm::enumerate(points))
        frame.store(frame.getResult(to), getElement(result), get(number),
                    frame.getAddress(result, ArrayRef<AffineExpr>(point).take_front(plan.getParallel())));
  };
  frame.ifThen(condition, [&] {
    store(product, [&](size_t point) { return sums[point]; });
    for (auto [number, map] : llvm::enumerate(plan.maps))
      for (OpResult result : map->getResults())
        store(result, [&, number = number](size_t point) { return values[number][point][result.getResultNumber()]; });
  });
  return success();
}

LogicalResult ContractEpilogue::emitBlock(const BlockPlace &place, Value shared) {
  SharedSums sums = SharedSums::of(plan);
  // Columns of a thread: up to 16 bytes of sums, side by side in the results.
  int64_t width = std::min<int64_t>(std::max<int64_t>(1, 16 / sums.elementBytes), sums.columns);
  while (width > 1 && !plan.columns.isInnerMultipleOf(width))
    width /= 2;
  int64_t perRow = sums.columns / width, units = sums.rows * perRow, threads = plan.threads;
  int64_t perThread = llvm::divideCeil(units, threads);
  // Several points at a time, so that their loads are in flight together; not too much code.
  int64_t most = countOps(plan.maps) * width > 100 ? 1 : countOps(plan.maps) * width > 40 ? 2 : 4;
  int64_t unroll = std::min(most, static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(perThread))));
  while (perThread % unroll != 0)
    unroll /= 2;
  LogicalResult result = success();

  auto emitUnit = [&](Word unit, Value exists) {
    AffineExpr rowInBlock = (unit / perRow).toLeaf(frame), columnInBlock = ((unit % perRow) * width).toLeaf(frame);
    Value condition = exists;
    // What lies outside is computed at the last point, and not stored.
    auto clamp = [&](AffineExpr first, AffineExpr inBlock, const DimGroup &group, int64_t block, int64_t width) {
      AffineExpr number = frame.leaf(frame.emit(frame.simplify(first + inBlock)));
      if (group.isMultipleOf(block))
        return number;
      Value inside =
          arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, frame.emit(number), frame.emit(group.count));
      condition = condition ? arith::AndIOp::create(builder, condition, inside).getResult() : inside;
      return emitMin(frame, number, frame.simplify(group.count - width));
    };
    Indices point = place.dims;
    setDims(frame, plan.rows, clamp(place.row, rowInBlock, plan.rows, sums.rows, 1), point);
    setDims(frame, plan.columns, clamp(place.column, columnInBlock, plan.columns, sums.columns, width), point);
    SmallVector<Indices> points;
    Values totals;
    Word first = (unit / perRow) * sums.pitch + (unit % perRow) * width;
    Value pointer = getSharedPointer(shared, first * sums.elementBytes);
    for (int64_t lane = 0; lane < width; ++lane) {
      points.push_back(point);
      if (lane > 0)
        points.back()[plan.columns.dims.back()] = point[plan.columns.dims.back()] + lane;
    }
    // Vectors from shared memory, as their alignment is known here.
    Type memory = Frame::getMemoryType(plan.accumulator);
    Type type = width > 1 ? Type(VectorType::get({width}, memory)) : memory;
    for (int64_t copy = 0; copy < sums.copies; ++copy) {
      int64_t offset = copy * sums.rows * sums.pitch * sums.elementBytes;
      Value loaded = LLVM::LoadOp::create(builder, type, getSharedPointer(builder, pointer, offset),
                                          std::min<int64_t>(16, width * sums.elementBytes));
      for (int64_t lane = 0; lane < width; ++lane) {
        Value part =
            width > 1 ? LLVM::ExtractElementOp::create(builder, loaded, Word(builder, lane)).getResult() : loaded;
        part = frame.fromMemory(part, plan.accumulator);
        if (copy == 0)
          totals.push_back(part);
        else
          totals[lane] = isa<FloatType>(plan.accumulator)
                             ? arith::AddFOp::create(builder, totals[lane], part).getResult()
                             : arith::AddIOp::create(builder, totals[lane], part).getResult();
      }
    }
    if (succeeded(result))
      result = emitPoints(points, totals, condition);
  };

  Word thread = Word::thread(frame);
  if (units < threads) {
    frame.ifThen(thread < units, [&] { emitUnit(thread, {}); });
    return result;
  }
  auto emitRun = [&](Word first) {
    for (int64_t number = 0; number < unroll; ++number) {
      Word unit = first + number * threads;
      emitUnit(unit, units % threads ? unit < units : Value());
    }
  };
  if (perThread == unroll) {
    emitRun(thread);
    return result;
  }
  Word step(builder, unroll * threads);
  auto loop = scf::ForOp::create(builder, Word(builder, int64_t(0)), Word(builder, perThread * threads), step);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  emitRun(Word(builder, loop.getInductionVar()) + thread);
  return result;
}
