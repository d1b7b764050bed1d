// Map kernels: each thread computes some neighbouring points.

#include "Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

/// One phase: maps of one space that are results of the kernel.
class MapPhase {
public:
  MapPhase(Frame &frame, ArrayRef<loop::LoopNestOpInterface> maps)
      : frame(frame), builder(frame.getBuilder()), maps(maps) {}
  LogicalResult run();

private:
  /// Computes the points, then stores them, so that stores of neighbours stay together.
  void emitPoints(Evaluator &evaluator, ArrayRef<SmallVector<AffineExpr>> points);

  Frame &frame;
  ImplicitLocOpBuilder &builder;
  ArrayRef<loop::LoopNestOpInterface> maps;
  bool hasFailed = false;
};

} // namespace

void MapPhase::emitPoints(Evaluator &evaluator, ArrayRef<SmallVector<AffineExpr>> points) {
  Evaluator::Scope scope(evaluator);
  SmallVector<SmallVector<Value>> values;
  for (const SmallVector<AffineExpr> &point : points)
    for (loop::LoopNestOpInterface map : maps) {
      values.push_back(evaluator.evaluate(map, point));
      if (values.back().empty()) {
        hasFailed = true;
        return;
      }
    }
  for (auto [number, map] : llvm::enumerate(maps))
    for (OpResult result : map->getResults())
      for (unsigned to : getResultNumbers(frame.getKernel(), result))
        for (auto [lane, point] : llvm::enumerate(points)) {
          Type element = cast<RankedTensorType>(result.getType()).getElementType();
          frame.store(frame.getResult(to), element, values[lane * maps.size() + number][result.getResultNumber()],
                      frame.getAddress(result, point));
        }
}

LogicalResult MapPhase::run() {
  loop::LoopNestOpInterface first = maps.front();
  unsigned rank = first.getIterationSizes().size();
  Line line = getLine(frame, maps, 0, rank);
  unsigned threads = tc::gpu::countOps(maps) > 200 ? 128 : 256;
  // Few points: one a thread keeps more of the device busy.
  if (auto count = dyn_cast<AffineConstantExpr>(line.count); count && line.isWhole)
    while (line.width > 1 && count.getValue() < line.width * threads * frame.getTarget().multiprocessors)
      line.width /= 2;
  AffineExpr units = line.count.ceilDiv(line.width);

  frame.startPhase(threads);
  Evaluator evaluator(frame);
  if (failed(evaluator.bindConstants()))
    return failure();
  AffineExpr unit = frame.leaf(frame.emit(frame.leaf(frame.getBlock()) * threads + frame.leaf(frame.getThread())));
  Value inside =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, frame.emit(unit),
                            frame.emit(frame.simplify(line.isWhole ? units : line.count.floorDiv(line.width))));
  if (line.isWhole) {
    frame.ifThen(inside, [&] { emitPoints(evaluator, line.getLanes(frame, unit)); });
  } else {
    auto branch = scf::IfOp::create(builder, inside, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    emitPoints(evaluator, line.getLanes(frame, unit));
    // The tail.
    builder.setInsertionPointToStart(branch.elseBlock());
    Value lower = frame.emit(unit * line.width);
    frame.loop(lower, frame.emit(line.count), frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
      emitPoints(evaluator, line.getPoint(frame, frame.leaf(iv)));
      return {};
    });
  }
  frame.finishPhase(frame.getSize(units.ceilDiv(threads)));
  return failure(hasFailed);
}

LogicalResult tc::gpu::emitMaps(Frame &frame, ArrayRef<loop::LoopNestOpInterface> maps) {
  return MapPhase(frame, maps).run();
}

LogicalResult tc::gpu::lowerMap(Frame &frame) {
  // Results of each space together.
  SmallVector<SmallVector<loop::LoopNestOpInterface>> spaces;
  for (Operation &op : frame.getKernel().getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp>(op))
      continue;
    auto map = dyn_cast<loop::MapOp>(op);
    if (!map)
      return op.emitError("is not allowed in a map kernel");
    if (llvm::all_of(map->getResults(),
                     [&](Value result) { return getResultNumbers(frame.getKernel(), result).empty(); }))
      continue;
    auto nest = cast<loop::LoopNestOpInterface>(op);
    auto *space = llvm::find_if(spaces, [&](ArrayRef<loop::LoopNestOpInterface> maps) {
      return loop::LoopNestOpInterface(maps.front()).getIterationSizes() == nest.getIterationSizes();
    });
    if (space != spaces.end())
      space->push_back(nest);
    else
      spaces.emplace_back().push_back(nest);
  }
  for (ArrayRef<loop::LoopNestOpInterface> maps : spaces)
    if (failed(emitMaps(frame, maps)))
      return failure();
  return success();
}
