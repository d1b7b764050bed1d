// tc-align-rows: brings maps that reductions read, and maps that read them, into the order of the reductions'
// dimensions, so that they can be rows of one kernel.

#include "MemoryOrder.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "tc/Transforms/Fuse/KernelAnalysis.h"
#include "tc/Transforms/Fuse/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace tc {
#define GEN_PASS_DEF_ALIGNROWS
#include "tc/Transforms/Fuse/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

using Order = SmallVector<int64_t>;

bool isIdentity(ArrayRef<int64_t> order) {
  return llvm::all_of(llvm::enumerate(order), [](auto entry) { return entry.value() == int64_t(entry.index()); });
}

/// The dimensions of the reader that the read's first `count` indices are; nothing if one is something else, or the
/// sizes differ. One of size 1, whose index may be a plain 0, is any of the reader's of size 1: that of the same
/// position first; without one left it is left out.
std::optional<Order> getDims(loop::ReadOp read, loop::LoopNestOpInterface reader, int64_t count) {
  SmallVector<SizeAttr> source = getSizes(read.getSource().getType()), sizes = reader.getIterationSizes();
  Order dims;
  auto isFreeUnit = [&](int64_t dim) { return sizes[dim].getConstant() == 1 && !llvm::is_contained(dims, dim); };
  for (int64_t position = 0; position < count; ++position) {
    int64_t rank = sizes.size();
    if (source[position].getConstant() == 1) {
      auto units = llvm::make_filter_range(llvm::seq<int64_t>(0, rank), isFreeUnit);
      if (position < rank && isFreeUnit(position))
        dims.push_back(position);
      else if (!units.empty())
        dims.push_back(*units.begin());
      continue;
    }
    auto argument = dyn_cast<BlockArgument>(read.getIndices()[position]);
    if (!argument || argument.getOwner() != reader.getBodyBlock() ||
        llvm::is_contained(dims, argument.getArgNumber()) || sizes[argument.getArgNumber()] != source[position])
      return std::nullopt;
    dims.push_back(argument.getArgNumber());
  }
  return dims;
}

struct AlignRows : tc::impl::AlignRowsBase<AlignRows> {
  AlignRows() = default;
  AlignRows(const AlignRows &other) : AlignRowsBase(other) {}

  void runOnOperation() override {
    getOperation()->walk([&](Block *block) {
      if (!isa<fusion::KernelOp>(block->getParentOp()) && !isa<loop::LoopNestOpInterface>(block->getParentOp()))
        processBlock(*block);
    });
  }

  void processBlock(Block &block) {
    IRRewriter rewriter(&getContext());
    epilogues.clear();
    ofReductions.clear();
    for (loop::MapOp map : block.getOps<loop::MapOp>())
      if (readsEpilogue(map))
        epilogues.insert(map);
    // Of values with an element, or a row of elements, for each row of a reduction: how many leading dimensions tell
    // the rows apart.
    llvm::DenseMap<Value, int64_t> rowDims;
    for (Operation &op : llvm::make_early_inc_range(block))
      if (isa<loop::ReduceOp, loop::ArgReduceOp>(op)) {
        auto nest = cast<loop::LoopNestOpInterface>(op);
        alignProducers(rewriter, nest, rowDims);
        for (Value result : op.getResults())
          rowDims[result] = nest.getNumParallel();
      }
    for (loop::MapOp map : llvm::to_vector(block.getOps<loop::MapOp>()))
      if (map.getNumResults() == 1 && !rowDims.contains(map.getResult(0)))
        alignConsumer(rewriter, map, rowDims);
  }

  /// Maps over as many points as the reduction, which it reads in another order.
  void alignProducers(IRRewriter &rewriter, loop::LoopNestOpInterface reduction,
                      llvm::DenseMap<Value, int64_t> &rowDims) {
    int64_t rank = reduction.getIterationSizes().size(), rows = reduction.getNumParallel();
    if (rows == 0)
      return;
    llvm::SmallSetVector<Operation *, 4> maps;
    reduction->walk([&](loop::ReadOp read) {
      if (auto map = read.getSource().getDefiningOp<loop::MapOp>())
        maps.insert(map);
    });
    for (Operation *op : maps) {
      auto map = cast<loop::MapOp>(op);
      if (map->getBlock() != reduction->getBlock() || map.getNumResults() != 1 || rowDims.contains(map.getResult(0)) ||
          isEpilogue(map))
        continue;
      std::optional<Order> dims = getOrder(map, rows, rank);
      if (!dims || static_cast<int64_t>(dims->size()) != rank || map.getSizes().size() != dims->size())
        continue;
      // Dimension i of the permuted map is the reduction's.
      Order permutation = invertPermutationVector(*dims);
      if (isIdentity(permutation))
        continue;
      loop::MapOp permuted = permute(rewriter, map, permutation);
      rowDims[permuted.getResult(0)] = rows;
    }
  }

  /// A map that reads what belongs to rows by dimensions which are not its first.
  void alignConsumer(IRRewriter &rewriter, loop::MapOp map, llvm::DenseMap<Value, int64_t> &rowDims) {
    auto nest = cast<loop::LoopNestOpInterface>(*map);
    std::optional<Order> wanted;
    bool agree = true;
    map->walk([&](loop::ReadOp read) {
      auto rows = rowDims.find(read.getSource());
      if (rows == rowDims.end() || rows->second == 0)
        return;
      std::optional<Order> dims = getDims(read, nest, rows->second);
      agree &= dims && !dims->empty() && (!wanted || *wanted == *dims);
      wanted = dims;
    });
    if (!wanted || !agree)
      return;
    int64_t rows = wanted->size();
    Order permutation = *wanted;
    for (int64_t dim = 0; dim < nest.getNumParallel(); ++dim)
      if (!llvm::is_contained(*wanted, dim))
        permutation.push_back(dim);
    if (!isIdentity(permutation) && !isEpilogue(map))
      map = permute(rewriter, map, permutation);
    else if (!isIdentity(permutation))
      return;
    rowDims[map.getResult(0)] = rows;
  }

  loop::MapOp permute(IRRewriter &rewriter, loop::MapOp map, ArrayRef<int64_t> permutation) {
    ++numPermuted;
    return permuteMap(rewriter, map, permutation);
  }

  /// Whether the map reads a contraction, or a map that does, or takes a reduction point by point, as others do for it:
  /// one kernel may compute both. Asked in program order.
  bool readsEpilogue(loop::MapOp map) {
    auto nest = cast<loop::LoopNestOpInterface>(*map);
    bool found = false;
    map->walk([&](loop::ReadOp read) {
      Operation *producer = read.getSource().getDefiningOp();
      if (!isa_and_present<loop::LoopNestOpInterface>(producer))
        return;
      bool isPointwise = getIdentityPrefix(read, nest) == nest.getNumParallel();
      if (isPointwise && (isa<loop::ReduceOp, loop::ArgReduceOp>(producer) || ofReductions.contains(producer)))
        ofReductions.insert(map);
      found |= isa<loop::ContractOp>(producer) || epilogues.contains(producer);
    });
    return found;
  }
  bool isEpilogue(loop::MapOp map) { return epilogues.contains(map) || ofReductions.contains(map); }

  /// By which of its dimensions, one a dimension of the map, every op that combines rows reads the map; nothing if they
  /// do not agree.
  static std::optional<Order> getOrder(loop::MapOp map, int64_t rows, int64_t rank) {
    std::optional<Order> order;
    for (Operation *user : map.getResult(0).getUsers()) {
      auto read = dyn_cast<loop::ReadOp>(user);
      auto reader = read ? read->getParentOfType<loop::LoopNestOpInterface>() : loop::LoopNestOpInterface();
      if (!reader || isa<loop::MapOp>(reader))
        continue;
      std::optional<Order> dims = getDims(read, reader, map.getSizes().size());
      bool alike = isa<loop::ReduceOp, loop::ArgReduceOp>(reader) && reader.getNumParallel() == rows &&
                   static_cast<int64_t>(reader.getIterationSizes().size()) == rank;
      if (!alike || !dims || (order && *order != *dims))
        return std::nullopt;
      order = dims;
    }
    return order;
  }

  llvm::DenseSet<Operation *> epilogues, ofReductions;
};

} // namespace
