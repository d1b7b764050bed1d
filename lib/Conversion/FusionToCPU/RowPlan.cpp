// Which ops of a row share a loop, and where their values are kept.

#include "Row.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// Sizes and parallel dimensions of an op that a row kernel may hold.
static bool getSpace(Operation &op, SmallVector<SizeAttr> &sizes, int64_t &parallel) {
  if (auto sort = dyn_cast<loop::SortOp>(op)) {
    sizes = getSizes(sort.getInput().getType());
    parallel = sizes.size();
    return true;
  }
  if (!isa<loop::MapOp, loop::ReduceOp, loop::ArgReduceOp, loop::ScanOp>(op))
    return false;
  auto nest = cast<loop::LoopNestOpInterface>(op);
  sizes = nest.getIterationSizes();
  parallel = nest.getNumParallel();
  return true;
}

/// A value with one element a row.
bool RowLowering::isRowScalar(Value value) const {
  SmallVector<SizeAttr> sizes = getSizes(value.getType());
  return llvm::all_of(ArrayRef(sizes).drop_front(std::min<size_t>(parallel, sizes.size())),
                      [](SizeAttr size) { return size.getConstant() == 1; });
}

/// Whether the read is of what the same point of another op of the same loop computes.
bool RowLowering::isForwarded(loop::ReadOp read, Operation *reader) const {
  Operation *producer = read.getSource().getDefiningOp();
  if (!isa_and_nonnull<loop::MapOp>(producer) || !isa<loop::LoopNestOpInterface>(reader))
    return false;
  auto nest = cast<loop::LoopNestOpInterface>(reader);
  if (cast<loop::LoopNestOpInterface>(producer).getIterationSizes() != nest.getIterationSizes())
    return false;
  Block *body = nest.getBodyBlock();
  SmallVector<SizeAttr> sizes = nest.getIterationSizes();
  for (auto [dim, index] : llvm::enumerate(read.getIndices()))
    if (index != body->getArgument(dim) && sizes[dim].getConstant() != 1)
      return false;
  return true;
}

void RowLowering::addToGroup(Operation *op, ArrayRef<SizeAttr> sizes, int64_t opParallel) {
  bool isReduction = isa<loop::ReduceOp, loop::ArgReduceOp>(op);
  bool alone = isa<loop::ScanOp, loop::SortOp>(op);
  // The first group that comes late enough.
  unsigned earliest = 0;
  auto waitFor = [&](Value source, bool forwarded) {
    if (Operation *producer = stripReshapes(source).getDefiningOp())
      if (auto it = groupOf.find(producer); it != groupOf.end())
        earliest = std::max(earliest, it->second + (forwarded && !groups[it->second].alone ? 0 : 1));
  };
  for (Value operand : op->getOperands())
    waitFor(operand, false);
  op->walk([&](loop::ReadOp read) { waitFor(read.getSource(), isForwarded(read, op)); });

  for (unsigned number = earliest; number < groups.size() && !alone; ++number) {
    Group &group = groups[number];
    if (group.alone || ArrayRef<SizeAttr>(group.sizes) != sizes)
      continue;
    if (isReduction && group.hasReduction && group.parallel != opParallel)
      continue;
    group.ops.push_back(op);
    if (isReduction) {
      group.hasReduction = true;
      group.parallel = opParallel;
    }
    groupOf[op] = number;
    return;
  }
  Group group;
  group.ops.push_back(op);
  group.sizes.assign(sizes.begin(), sizes.end());
  group.parallel = isReduction ? opParallel : sizes.size();
  group.hasReduction = isReduction;
  group.alone = alone;
  groupOf[op] = groups.size();
  groups.push_back(std::move(group));
}

LogicalResult RowLowering::plan() {
  fusion::KernelOp kernel = frame.getKernel();
  parallel = schedule.getParallel();
  bool sorts = !kernel.getBody().getOps<loop::SortOp>().empty();
  if (schedule.getVector() >= 0 && schedule.getVector() < parallel && !sorts) {
    parallel = schedule.getVector();
    chunked = true;
  }
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp, TransposeOp>(op))
      continue;
    SmallVector<SizeAttr> sizes;
    int64_t opParallel;
    if (!getSpace(op, sizes, opParallel))
      return op.emitError("is not allowed in a ") << fusion::stringifyKernelKind(schedule.getKind()) << " kernel";
    if (opParallel < parallel)
      return op.emitError("expected at least ") << parallel << " parallel dimensions, found " << opParallel;
    if (isa<loop::ScanOp, loop::SortOp>(op) && static_cast<int64_t>(sizes.size()) == parallel)
      return op.emitError("runs along a dimension that the schedule makes parallel");
    if (auto sort = dyn_cast<loop::SortOp>(op); sort && failed(checkSort(sort)))
      return failure();
    ArrayRef<SizeAttr> leading = ArrayRef<SizeAttr>(sizes).take_front(parallel);
    if (groups.empty())
      parallelSizes.assign(leading.begin(), leading.end());
    else if (leading != ArrayRef<SizeAttr>(parallelSizes))
      return op.emitError("expected the leading sizes of the kernel's first op");
    addToGroup(&op, sizes, opParallel);
  }
  if (groups.empty())
    return kernel.emitError("expected a loop op in a row kernel");
  return success();
}

/// Whether a value lies in scratch memory: another group reads it, and it is no result.
bool RowLowering::isScratch(Value value) const {
  fusion::KernelOp kernel = frame.getKernel();
  if (!getResultNumbers(kernel, value).empty())
    return false;
  Operation *op = value.getDefiningOp();
  bool found = isa<loop::SortOp>(op);
  if (!isRowScalar(value))
    kernel.getBody().walk([&](loop::ReadOp read) {
      Operation *reader = read->getParentOp();
      while (!groupOf.contains(reader))
        reader = reader->getParentOp();
      found |= stripReshapes(read.getSource()) == value && groupOf.at(reader) != groupOf.at(op);
    });
  kernel.getBody().walk([&](loop::SortOp sort) { found |= stripReshapes(sort.getInput()) == value; });
  return found;
}

/// In a chunked kernel, scratch tensors hold the chunk's elements side by side: they are what vectors are made of.
void RowLowering::arrangeScratch() {
  if (!chunked)
    return;
  for (const Group &group : groups)
    for (Operation *op : group.ops)
      for (Value result : op->getResults()) {
        // Others see reshapes of it in row-major order.
        if (!isScratch(result) || llvm::any_of(result.getUsers(), llvm::IsaPred<ReshapeOp, loop::SortOp>) ||
            isa<loop::SortOp>(op))
          continue;
        SmallVector<AffineExpr> strides = frame.getStrides(result);
        for (AffineExpr &stride : MutableArrayRef(strides).drop_front(parallel + 1))
          stride = stride * chunk;
        strides[parallel] = frame.getConstantExpr(1);
        frame.setStrides(result, strides);
      }
}

void RowLowering::allocate() {
  fusion::KernelOp kernel = frame.getKernel();
  for (const Group &group : groups) {
    if (isa<loop::SortOp>(group.ops.front()))
      sortScratch = frame.getScratch(group.sizes.back() * 8);
    for (Operation *op : group.ops)
      for (Value result : op->getResults()) {
        SmallVector<Storage, 1> &places = destinations[result];
        for (unsigned resultNumber : getResultNumbers(kernel, result))
          places.push_back(getResultStorage(frame, resultNumber));
        if (isScratch(result)) {
          SmallVector<SizeAttr> inner = getSizes(result.getType());
          inner.erase(inner.begin(), inner.begin() + parallel);
          Type element = cast<RankedTensorType>(result.getType()).getElementType();
          int64_t width = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
          if (chunked)
            inner.front() = SizeAttr::constant(kernel.getContext(), chunk);
          Storage storage;
          storage.pointer = frame.getScratch(product(kernel.getContext(), inner) * width);
          storage.skipped = parallel;
          storage.scope = frame.getScratchScope();
          places.push_back(storage);
          scratchTensors.push_back({result, storage.pointer});
        }
        if (!places.empty())
          frame.storages[result] = places.front();
      }
  }
}
