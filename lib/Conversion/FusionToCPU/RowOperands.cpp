// Small inputs that a row kernel would gather from at every point, as the filters of depthwise convolutions: copied to
// scratch at the start, with the dimension that the vectors run along innermost.

#include "Row.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// Points that must read an element for a copy to pay.
static constexpr int64_t leastReuse = 16;

/// The one index of a read that is this argument, if no other depends on it.
static std::optional<unsigned> findIndex(loop::ReadOp read, BlockArgument argument) {
  std::optional<unsigned> found;
  for (auto [number, index] : llvm::enumerate(read.getIndices())) {
    if (index == argument) {
      if (found)
        return std::nullopt;
      found = number;
      continue;
    }
    // A plain dimension or a constant, or else some function of such.
    SmallVector<Value> pending{index};
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (value == argument)
        return std::nullopt;
      if (Operation *producer = value.getDefiningOp())
        llvm::append_range(pending, producer->getOperands());
    }
  }
  return found;
}

void RowLowering::copyOperands() {
  for (Group &group : groups) {
    if (!group.hasReduction || group.alone)
      continue;
    Nest nest = makeNest(group);
    if (nest.vectorDim < 0)
      continue;
    LaneSpace space{static_cast<int64_t>(nest.base) + nest.vectorDim, lanes};
    int64_t points = 1;
    for (SizeAttr size : group.sizes)
      points *= std::min<int64_t>(size.getConstant().value_or(1), int64_t(1) << 20);
    for (auto [op, use] : llvm::zip(group.ops, group.uses))
      for (auto [read, address] : use.reads) {
        AffineExpr stride = getLaneStride(frame.simplify(address.replaceDims(nest.arguments)), space);
        if (stride == frame.getConstantExpr(0) || stride == frame.getConstantExpr(1))
          continue;
        for (auto [dim, merged] : llvm::enumerate(nest.inner.dimOf)) {
          if (merged != space.dim)
            continue;
          auto nestOp = cast<loop::LoopNestOpInterface>(op);
          if (static_cast<size_t>(parallel) + dim >= nestOp.getIterationSizes().size())
            continue;
          BlockArgument argument = nestOp.getBodyBlock()->getArgument(parallel + dim);
          if (std::optional<unsigned> index = findIndex(read, argument))
            copyOperand(read, *index, points);
        }
      }
  }
}

void RowLowering::copyOperand(loop::ReadOp read, unsigned lastIndex, int64_t points) {
  Value root = stripReshapes(read.getSource());
  SmallVector<SizeAttr> sizes = getSizes(read.getSource().getType());
  Type element = read.getType();
  std::optional<int64_t> elements = product(frame.getContext(), sizes).getConstant();
  int64_t width = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  if (!isa<BlockArgument>(root) || frame.storages[root].kind != Storage::Kind::Memory || !elements ||
      *elements * leastReuse > points || *elements * width > frame.getTarget().l2Bytes / 4)
    return;
  RearrangedRead copy;
  for (unsigned index = 0; index < sizes.size(); ++index)
    if (index != lastIndex)
      copy.order.push_back(index);
  copy.order.push_back(lastIndex);
  copy.storage.pointer = frame.getScratch(SizeAttr::constant(frame.getContext(), *elements * width));
  copy.storage.scope = frame.getScratchScope();

  // The addresses in both, over the source's dimensions.
  SmallVector<SizeAttr> permuted = llvm::map_to_vector(copy.order, [&](unsigned index) { return sizes[index]; });
  AffineExpr from = frame.getConstantExpr(0), to = from;
  for (auto [index, stride] : llvm::enumerate(frame.getStrides(sizes)))
    from = from + frame.getDimExpr(index) * stride;
  for (auto [index, stride] : llvm::zip_equal(copy.order, frame.getStrides(permuted)))
    to = to + frame.getDimExpr(index) * stride;
  Point point;
  point.dims.resize(sizes.size());
  point.space = {static_cast<int64_t>(lastIndex), lanes};
  std::function<void(unsigned)> emit = [&](unsigned position) {
    unsigned dim = copy.order[position];
    Value upper = frame.emit(frame.getExpr(sizes[dim]));
    if (dim != lastIndex) {
      frame.loop(frame.index(0), upper, frame.index(1), {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
        point.dims[dim] = iv;
        emit(position + 1);
        return {};
      });
      return;
    }
    emitVectorLoop(frame, frame.index(0), upper, sizes[dim].getConstant(), lanes, 1, {},
                   [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                     Point here = point;
                     here.dims[dim] = iv;
                     here.mask = mask;
                     if (lanes == 1)
                       here.space = {};
                     Elements none;
                     BodyEmitter emitter(frame, here, none);
                     emitter.store(copy.storage, emitter.load(frame.storages[root], element, from), to);
                   });
  };
  emit(0);
  frame.rearrangedReads[read] = std::move(copy);
}
