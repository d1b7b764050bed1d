// Map kernels: all loop.maps over one space become one loop, vectorised along one dimension. Other dimensions, and
// chunks of a long vector dimension, are the units that threads share.

#include "Kernels.h"
#include "Space.h"
#include "Transpose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

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
  /// What is loaded for a point beforehand, by the number of the op.
  struct Preloaded {
    TransposedRead what;
    Value value;
  };
  void emitPoint(Point point, ArrayRef<Preloaded> preloaded = {});
  void emitTile(Point point, Value tileStart, Value mask);
  Value loadRow(const TransposedRead &what, Point point, Value row, Value mask);
  /// Elements of the vector dimension in a unit.
  static constexpr int64_t chunk = 2048;

  Frame &frame;
  fusion::ScheduleAttr schedule;
  SmallVector<loop::MapOp> ops;
  SmallVector<IndexUses> uses;
  MergedSpace space;
  int64_t lanes = 1;
  int64_t vectorDim = -1;
  TransposePlan transposes;
  SmallVector<Storage> tiles; ///< one a transposed read
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

void MapLowering::emitPoint(Point point, ArrayRef<Preloaded> preloaded) {
  Elements elements;
  struct Store {
    unsigned number;
    Value value;
    AffineExpr offset;
  };
  SmallVector<Store> stores;
  for (auto [number, op, use] : llvm::enumerate(ops, uses)) {
    BodyEmitter emitter(frame, point, elements);
    for (const Preloaded &one : preloaded)
      if (one.what.op == number)
        emitter.preload(one.what.read, one.value);
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

/// A vector of a transposed read along its own dimension, widened to 32 bits; `row` is the index of the vector
/// dimension.
Value MapLowering::loadRow(const TransposedRead &what, Point point, Value row, Value mask) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Elements none;
  point.dims[vectorDim] = row;
  point.space = {transposes.dim, lanes};
  point.mask = mask;
  BodyEmitter emitter(frame, point, none);
  Value value = emitter.emitRead(*ops[what.op].getBodyBlock(), what.read, space.arguments);
  Type element = getElementTypeOrSelf(value.getType());
  unsigned width = element.getIntOrFloatBitWidth();
  if (isa<FloatType>(element) && width < 32)
    value = arith::BitcastOp::create(builder, emitter.getVectorType(builder.getIntegerType(width)), value);
  if (width < 32)
    value = arith::ExtUIOp::create(builder, emitter.getVectorType(builder.getI32Type()), value);
  return value;
}

/// The points of one vector of the vector dimension, at point.dims, and a vector of the transposed dimension from
/// `tileStart`.
void MapLowering::emitTile(Point point, Value tileStart, Value mask) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Value first = point.dims[vectorDim], size = frame.emit(space.sizes[vectorDim]);
  Value tileSize = frame.emit(space.sizes[transposes.dim]);
  point.dims[transposes.dim] = tileStart;
  std::optional<int64_t> constantSize = space.getConstantSize(transposes.dim);
  Value tileMask;
  if (!constantSize || *constantSize % lanes != 0)
    tileMask = emitTailMask(frame, tileStart, tileSize, lanes);
  auto tilePoint = [&](Value distance) {
    Point here;
    here.dims = {distance, frame.index(0)};
    here.space = {1, lanes};
    return here;
  };
  Elements none;
  for (auto [what, tile] : llvm::zip(transposes.reads, tiles)) {
    SmallVector<Value> rows;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      Value row = frame.add(first, frame.index(lane));
      Value rowMask = tileMask;
      if (mask) {
        // Rows beyond the end are not read.
        Value exists = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, row, size);
        exists = vector::BroadcastOp::create(builder, VectorType::get({lanes}, builder.getI1Type()), exists);
        rowMask = tileMask ? arith::AndIOp::create(builder, tileMask, exists).getResult() : exists;
      }
      rows.push_back(loadRow(what, point, row, rowMask));
    }
    for (auto [distance, column] : llvm::enumerate(transposeVectors(builder, rows))) {
      BodyEmitter emitter(frame, tilePoint(frame.index(distance)), none);
      emitter.store(tile, column, frame.getDimExpr(0) * lanes + frame.getDimExpr(1));
    }
  }
  Value end = arith::MinSIOp::create(builder, frame.add(tileStart, frame.index(lanes)), tileSize);
  frame.loop(tileStart, end, frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
    SmallVector<Preloaded> preloaded;
    for (auto [what, tile] : llvm::zip(transposes.reads, tiles)) {
      BodyEmitter emitter(frame, tilePoint(frame.sub(iv, tileStart)), none);
      Type element = what.read.getType();
      unsigned width = element.getIntOrFloatBitWidth();
      AffineExpr offset = frame.getDimExpr(0) * lanes + frame.getDimExpr(1);
      Value value = emitter.load(tile, width < 32 ? builder.getI32Type() : element, offset);
      if (width < 32)
        value = arith::TruncIOp::create(builder, emitter.getVectorType(builder.getIntegerType(width)), value);
      if (isa<FloatType>(element) && width < 32)
        value = arith::BitcastOp::create(builder, emitter.getVectorType(element), value);
      preloaded.push_back({what, value});
    }
    Point here = point;
    here.dims[transposes.dim] = iv;
    here.mask = mask;
    emitPoint(here, preloaded);
    return {};
  });
}

LogicalResult MapLowering::run() {
  if (failed(collect()))
    return failure();
  findInPlace();
  SmallVector<SizeAttr> sizes = ops.front().getIterationSizes();
  space = mergeDims(frame, sizes, 0, sizes.size(), uses, 0);

  lanes = chooseLanes(frame.getKernel(), frame.getTarget());
  vectorDim = space.sizes.size() - 1;
  if (int64_t wanted = schedule.getVector(); wanted >= 0 && wanted < static_cast<int64_t>(sizes.size()))
    vectorDim = space.dimOf[wanted] >= 0 ? space.dimOf[wanted] : vectorDim;
  if (vectorDim < 0)
    lanes = 1;

  frame.startPhase();
  if (failed(bindConstants(frame)))
    return failure();
  if (vectorDim >= 0)
    transposes = planTranspose(frame, uses, space, vectorDim, lanes);
  for (TransposedRead what : transposes.reads) {
    int64_t width = std::max(32u, what.read.getType().getIntOrFloatBitWidth()) / 8;
    Storage tile;
    tile.pointer = frame.getScratch(SizeAttr::constant(frame.getContext(), width * lanes * lanes));
    tile.scope = frame.getScratchScope();
    tiles.push_back(tile);
  }

  // Units: the other dimensions, tiles of the transposed one, then chunks of the vector dimension.
  SmallVector<AffineExpr> units;
  SmallVector<int64_t> unitDims;
  for (auto [dim, size] : llvm::enumerate(space.sizes))
    if (static_cast<int64_t>(dim) != vectorDim) {
      units.push_back(static_cast<int64_t>(dim) == transposes.dim ? size.ceilDiv(lanes) : size);
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
      lower = frame.mul(indices.back(), frame.index(chunk));
      upper = arith::MinSIOp::create(builder, upper, frame.add(lower, frame.index(chunk)));
    }
    Value tileStart;
    if (transposes.dim >= 0)
      tileStart = frame.mul(point.dims[transposes.dim], frame.index(lanes));
    emitVectorLoop(frame, lower, upper, chunked ? std::nullopt : length, lanes, 1, {},
                   [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                     Point here = point;
                     here.dims[vectorDim] = iv;
                     here.mask = mask;
                     if (tileStart)
                       emitTile(here, tileStart, mask);
                     else
                       emitPoint(here);
                   });
  });

  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  int64_t perUnit = (chunked ? chunk : std::max<int64_t>(length.value_or(1), 1)) * (transposes.dim >= 0 ? lanes : 1);
  frame.finishPhase(frame.getSize(extent), llvm::divideCeil(std::max<int64_t>(schedule.getGrain(), 1), perUnit),
                    frame.getScratchBytes());
  return success();
}

LogicalResult tc::cpu::lowerMap(Frame &frame, fusion::ScheduleAttr schedule) {
  return MapLowering(frame, schedule).run();
}
