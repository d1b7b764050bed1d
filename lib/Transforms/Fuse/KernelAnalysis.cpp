// What loop ops need in order to share a kernel.

#include "tc/Transforms/Fuse/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace tc;

int64_t tc::getIdentityPrefix(loop::ReadOp read, loop::LoopNestOpInterface nest) {
  SmallVector<SizeAttr> sizes = nest.getIterationSizes(), source = getSizes(read.getSource().getType());
  size_t limit = std::min(sizes.size(), source.size());
  for (size_t dim = 0; dim < limit; ++dim) {
    if (source[dim] != sizes[dim])
      return dim;
    Value index = read.getIndices()[dim];
    bool isOwn = index == nest.getBodyBlock()->getArgument(dim);
    if (!isOwn && !(sizes[dim].getConstant() == 1 && matchPattern(index, m_Zero())))
      return dim;
  }
  return limit;
}

int64_t tc::getSharedParallel(ArrayRef<loop::LoopNestOpInterface> nests) {
  if (nests.empty())
    return 0;
  loop::LoopNestOpInterface leader = nests.front();
  SmallVector<SizeAttr> first = leader.getIterationSizes();
  int64_t shared = leader.getNumParallel();
  llvm::SmallPtrSet<Operation *, 8> members;
  for (loop::LoopNestOpInterface nest : nests) {
    members.insert(nest);
    SmallVector<SizeAttr> sizes = nest.getIterationSizes();
    shared = std::min(shared, nest.getNumParallel());
    for (int64_t dim = 0; dim < shared; ++dim)
      if (sizes[dim] != first[dim])
        shared = dim;
  }
  for (loop::LoopNestOpInterface nest : nests)
    nest->walk([&](loop::ReadOp read) {
      Operation *producer = read.getSource().getDefiningOp();
      if (producer && producer != nest.getOperation() && members.contains(producer))
        shared = std::min(shared, getIdentityPrefix(read, nest));
    });
  return shared;
}

int64_t tc::getElementBytes(Type elementType) { return std::max<int64_t>(1, elementType.getIntOrFloatBitWidth() / 8); }
