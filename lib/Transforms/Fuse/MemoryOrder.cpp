// Permuting the dimensions of maps, and back.

#include "MemoryOrder.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace tc;

TransposeOp tc::getMemoryOrder(loop::MapOp map) {
  if (map.getNumResults() == 1)
    for (Operation *user : map.getResult(0).getUsers())
      if (auto transpose = dyn_cast<TransposeOp>(user))
        return transpose;
  return {};
}

/// A map over permuted dimensions that computes the same elements; nothing uses it yet.
static loop::MapOp makePermuted(RewriterBase &rewriter, loop::MapOp map, ArrayRef<int64_t> permutation) {
  SmallVector<SizeAttr> old = toSizes(map.getSizes()), sizes;
  for (int64_t dim : permutation)
    sizes.push_back(old[dim]);
  rewriter.setInsertionPoint(map);
  Type type = getTensorType(sizes, getElementTypeOrSelf(map.getResult(0).getType()));
  auto permuted = loop::MapOp::create(rewriter, map.getLoc(), type, toArrayAttr(map.getContext(), sizes));
  Block *from = map.getBodyBlock();
  SmallVector<Location> locs(sizes.size(), map.getLoc());
  Block *body =
      rewriter.createBlock(&permuted.getBody(), {}, SmallVector<Type>(sizes.size(), rewriter.getIndexType()), locs);
  SmallVector<Value> replacements(sizes.size());
  for (auto [position, dim] : llvm::enumerate(permutation))
    replacements[dim] = body->getArgument(position);
  rewriter.mergeBlocks(from, body, replacements);
  return permuted;
}

static void replaceRead(RewriterBase &rewriter, loop::ReadOp read, Value source, ArrayRef<int64_t> permutation) {
  SmallVector<Value> indices;
  for (int64_t dim : permutation)
    indices.push_back(read.getIndices()[dim]);
  rewriter.setInsertionPoint(read);
  rewriter.replaceOpWithNewOp<loop::ReadOp>(read, source, indices);
}

loop::MapOp tc::permuteMap(RewriterBase &rewriter, loop::MapOp map, ArrayRef<int64_t> permutation) {
  loop::MapOp permuted = makePermuted(rewriter, map, permutation);
  rewriter.setInsertionPointAfter(permuted);
  auto order = TransposeOp::create(rewriter, map.getLoc(), map.getResult(0).getType(), permuted.getResult(0),
                                   invertPermutationVector(permutation));
  // Ops of other regions form kernels of their own, which see memory's order.
  for (Operation *user : llvm::make_early_inc_range(map.getResult(0).getUsers()))
    if (auto read = dyn_cast<loop::ReadOp>(user);
        read && read->getParentOfType<loop::LoopNestOpInterface>()->getBlock() == map->getBlock())
      replaceRead(rewriter, read, permuted.getResult(0), permutation);
  rewriter.replaceOp(map, order.getResult());
  return permuted;
}

loop::MapOp tc::restoreMap(RewriterBase &rewriter, loop::MapOp map) {
  TransposeOp order = getMemoryOrder(map);
  loop::MapOp restored = makePermuted(rewriter, map, order.getPermutation());
  for (Operation *user : llvm::make_early_inc_range(map.getResult(0).getUsers()))
    if (auto read = dyn_cast<loop::ReadOp>(user))
      replaceRead(rewriter, read, restored.getResult(0), order.getPermutation());
  rewriter.replaceOp(order, restored.getResult(0));
  rewriter.eraseOp(map);
  return restored;
}

void tc::readInMemoryOrder(RewriterBase &rewriter, loop::ReadOp read, TransposeOp order) {
  replaceRead(rewriter, read, order.getResult(), order.getPermutation());
}
