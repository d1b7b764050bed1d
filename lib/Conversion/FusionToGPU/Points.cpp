// Lines of points: merging, and how many points suit a thread.

#include "Points.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

static SmallVector<SizeAttr> getSizesOf(Operation *op) {
  return cast<loop::LoopNestOpInterface>(op).getIterationSizes();
}

/// The maps that evaluating an op may run: those it reads, and so on.
static void collectProducers(Operation *op, llvm::SetVector<Operation *> &producers) {
  op->walk([&](loop::ReadOp read) {
    auto map = stripReshapes(read.getSource()).getDefiningOp<loop::MapOp>();
    if (map && producers.insert(map))
      collectProducers(map, producers);
  });
}

/// How bodies use indices. Where an op reads a map of another space by indices of its own, the map's body tells apart
/// what the address does not: those indices are marked as used one by one.
static SmallVector<IndexUses> getUses(Frame &frame, ArrayRef<loop::LoopNestOpInterface> ops) {
  llvm::SetVector<Operation *> all;
  for (loop::LoopNestOpInterface op : ops) {
    all.insert(op);
    collectProducers(op, all);
  }
  SmallVector<SizeAttr> sizes = getSizesOf(ops.front());
  SmallVector<IndexUses> uses;
  for (Operation *op : all) {
    auto nest = cast<loop::LoopNestOpInterface>(op);
    if (nest.getIterationSizes() != sizes)
      continue;
    IndexUses &use = uses.emplace_back(getIndexUses(frame, nest));
    for (auto &[read, address] : use.reads) {
      auto map = read.getSource().getDefiningOp<loop::MapOp>();
      if (!map || getSizesOf(map) == sizes)
        continue;
      use.others.push_back(address);
    }
  }
  return uses;
}

int64_t tc::gpu::countOps(ArrayRef<loop::LoopNestOpInterface> ops) {
  llvm::SetVector<Operation *> all;
  for (loop::LoopNestOpInterface op : ops) {
    all.insert(op);
    collectProducers(op, all);
  }
  int64_t count = 0;
  for (Operation *op : all)
    op->walk([&](Operation *inner) {
      // Functions become some 20 instructions each.
      count += inner->getDialect()->getNamespace() == "math" ? 20 : 1;
    });
  return count;
}

/// Elements in 16 bytes of the narrowest tensor that is read or written; of floats, if there are any.
static int64_t getNaturalWidth(ArrayRef<loop::LoopNestOpInterface> ops) {
  unsigned floats = 0, integers = 0;
  auto see = [&](Type type) {
    Type element = cast<RankedTensorType>(type).getElementType();
    unsigned bytes = Frame::getMemoryType(element).getIntOrFloatBitWidth() / 8;
    unsigned &narrowest = isa<FloatType>(element) ? floats : integers;
    narrowest = narrowest ? std::min(narrowest, bytes) : bytes;
  };
  llvm::SetVector<Operation *> all;
  for (loop::LoopNestOpInterface op : ops) {
    all.insert(op);
    collectProducers(op, all);
    for (Type type : op->getResultTypes())
      see(type);
  }
  for (Operation *op : all)
    op->walk([&](loop::ReadOp read) {
      if (!read.getSource().getDefiningOp())
        see(read.getSource().getType());
    });
  unsigned bytes = floats ? floats : integers;
  return 16 / std::clamp(bytes, 2u, 16u);
}

Line tc::gpu::getLine(Frame &frame, ArrayRef<loop::LoopNestOpInterface> ops, unsigned first, unsigned last) {
  SmallVector<SizeAttr> sizes = getSizesOf(ops.front());
  SmallVector<IndexUses> uses = getUses(frame, ops);
  Line line;
  line.space = mergeDims(frame, sizes, first, last, uses, 0);
  line.count = frame.getConstantExpr(1);
  for (AffineExpr size : line.space.sizes)
    line.count = line.count * size;
  line.count = frame.simplify(line.count);
  if (line.space.sizes.empty())
    return line;
  line.width = getNaturalWidth(ops);
  // Many values a point: fewer points, so that they fit the registers.
  if (countOps(ops) > 200)
    line.width = std::min<int64_t>(line.width, 4);
  int64_t divisor = line.space.sizes.back().getLargestKnownDivisor();
  auto divides = [&](int64_t width) { return divisor % width == 0; };
  // One dimension of any length has a tail; several would have one a run.
  if (line.space.sizes.size() == 1 && !divides(line.width)) {
    line.isWhole = false;
    return line;
  }
  while (!divides(line.width))
    line.width /= 2;
  return line;
}

SmallVector<SmallVector<AffineExpr>> Line::getLanes(Frame &frame, AffineExpr unit) const {
  SmallVector<AffineExpr> sizes = space.sizes, dims;
  if (!sizes.empty()) {
    if (isWhole)
      sizes.back() = frame.simplify(sizes.back().floorDiv(width));
    dims = frame.delinearize(frame.leaf(frame.emit(unit)), sizes);
    dims.back() = dims.back() * width;
  }
  SmallVector<SmallVector<AffineExpr>> lanes;
  for (int64_t lane = 0; lane < width; ++lane) {
    SmallVector<AffineExpr> point = dims;
    if (!point.empty())
      point.back() = point.back() + lane;
    lanes.push_back(llvm::map_to_vector(
        space.arguments, [&](AffineExpr argument) { return frame.simplify(argument.replaceDims(point)); }));
  }
  return lanes;
}

SmallVector<AffineExpr> Line::getPoint(Frame &frame, AffineExpr point) const {
  SmallVector<AffineExpr> dims;
  if (!space.sizes.empty())
    dims = frame.delinearize(frame.leaf(frame.emit(point)), space.sizes);
  return llvm::map_to_vector(space.arguments,
                             [&](AffineExpr argument) { return frame.simplify(argument.replaceDims(dims)); });
}
