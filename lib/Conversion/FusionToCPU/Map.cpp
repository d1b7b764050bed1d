// Map kernels: all loop.maps over one space become one loop, vectorised along one dimension. Other dimensions, and chunks of
// a long vector dimension, are the units that threads share.

#include "Kernels.h"
#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

class MapLowering {
public:
  MapLowering(Frame &frame, fusion::ScheduleAttr schedule) : frame(frame), schedule(schedule) {}
  LogicalResult run();

private:
  LogicalResult collect();
  void findInPlace();
  void emitPoint(Point point);
  /// Elements of the vector dimension in a unit.
  static constexpr int64_t chunk = 2048;

  Frame &frame;
  fusion::ScheduleAttr schedule;
  SmallVector<loop::MapOp> ops;
  SmallVector<IndexUses> uses;
  MergedSpace space;
};

} // namespace

LogicalResult MapLowering::collect() {
  fusion::KernelOp kernel = frame.getKernel();
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp>(op))
      continue;
    auto map = dyn_cast<loop::MapOp>(op);
    if (!map)
      return op.emitError("expected a loop.map in a map kernel, found ") << op.getName();
    if (!ops.empty() && map.getSizes() != ops.front().getSizes())
      return op.emitError("expected the iteration space of the kernel's first loop.map");
    ops.push_back(map);
    uses.push_back(getIndexUses(frame, map));
  }
  if (ops.empty())
    return kernel.emitError("expected a loop.map in a map kernel");
  return success();
}

/// A result may lie on an input if every point reads of the input only the element that it overwrites.
void MapLowering::findInPlace() {
  fusion::KernelOp kernel = frame.getKernel();
  for (auto [input, argument] : llvm::enumerate(kernel.getBody().getArguments()))
    for (auto [op, use] : llvm::zip(ops, uses))
      for (auto [result, address] : llvm::zip(op.getResults(), use.results)) {
        auto width = [](Type type) { return getElementTypeOrSelf(type).getIntOrFloatBitWidth(); };
        if (width(argument.getType()) != width(result.getType()))
          continue;
        bool read = false, same = true;
        for (const IndexUses &other : uses)
          for (auto [readOp, readAddress] : other.reads)
            if (stripReshapes(readOp.getSource()) == argument) {
              read = true;
              same &= readAddress == frame.simplify(address);
            }
        if (read && same)
          for (unsigned number : getResultNumbers(kernel, result))
            frame.addInPlace(number, input);
      }
}

void MapLowering::emitPoint(Point point) {
  Elements elements;
  struct Store {
    unsigned number;
    Value value;
    AffineExpr offset;
  };
  SmallVector<Store> stores;
  for (auto [op, use] : llvm::zip(ops, uses)) {
    BodyEmitter emitter(frame, point, elements);
    SmallVector<Value> values = emitter.emit(*op.getBodyBlock(), space.arguments);
    for (auto [result, value, address] : llvm::zip(op.getResults(), values, use.results)) {
      elements[result] = value;
      for (unsigned number : getResultNumbers(frame.getKernel(), result))
        stores.push_back({number, value, address.replaceDims(space.arguments)});
    }
  }
  // After all loads, so that results may lie on inputs.
  BodyEmitter emitter(frame, point, elements);
  for (const Store &store : stores)
    emitter.store(getResultStorage(frame, store.number), store.value, store.offset);
}

LogicalResult MapLowering::run() {
  if (failed(collect()))
    return failure();
  findInPlace();
  SmallVector<SizeAttr> sizes = ops.front().getIterationSizes();
  space = mergeDims(frame, sizes, 0, sizes.size(), uses, 0);

  int64_t lanes = chooseLanes(frame.getKernel(), frame.getTarget());
  int64_t vectorDim = space.sizes.size() - 1;
  if (int64_t wanted = schedule.getVector(); wanted >= 0 && wanted < static_cast<int64_t>(sizes.size()))
    vectorDim = space.dimOf[wanted] >= 0 ? space.dimOf[wanted] : vectorDim;
  if (vectorDim < 0)
    lanes = 1;

  frame.startPhase();
  if (failed(bindConstants(frame)))
    return failure();

  // Units: the other dimensions, then chunks of the vector dimension.
  SmallVector<AffineExpr> units;
  SmallVector<int64_t> unitDims;
  for (auto [dim, size] : llvm::enumerate(space.sizes))
    if (static_cast<int64_t>(dim) != vectorDim) {
      units.push_back(size);
      unitDims.push_back(dim);
    }
  std::optional<int64_t> length;
  bool chunked = false;
  if (vectorDim >= 0) {
    length = space.getConstantSize(vectorDim);
    chunked = !length || *length > 2 * chunk;
    if (chunked)
      units.push_back(space.sizes[vectorDim].ceilDiv(chunk));
  }
  frame.forEachUnit(units, [&](ValueRange indices) {
    Point point;
    point.dims.resize(space.sizes.size());
    for (auto [dim, index] : llvm::zip(unitDims, indices))
      point.dims[dim] = index;
    if (vectorDim < 0)
      return emitPoint(point);
    point.space = {vectorDim, lanes};
    ImplicitLocOpBuilder &builder = frame.getBuilder();
    Value lower = frame.index(0), upper = frame.emit(space.sizes[vectorDim]);
    if (chunked) {
      lower = arith::MulIOp::create(builder, indices.back(), frame.index(chunk));
      upper = arith::MinSIOp::create(builder, upper, arith::AddIOp::create(builder, lower, frame.index(chunk)));
    }
    emitVectorLoop(frame, lower, upper, chunked ? std::nullopt : length, lanes, 1, {},
                   [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                     Point here = point;
                     here.dims[vectorDim] = iv;
                     here.mask = mask;
                     emitPoint(here);
                   });
  });

  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  int64_t perUnit = chunked ? chunk : length.value_or(1);
  frame.finishPhase(frame.getSize(extent), llvm::divideCeil(std::max<int64_t>(schedule.getGrain(), 1), std::max<int64_t>(perUnit, 1)),
                    frame.getScratchBytes());
  return success();
}

LogicalResult tc::cpu::lowerMap(Frame &frame, fusion::ScheduleAttr schedule) { return MapLowering(frame, schedule).run(); }
