// tc-align-epilogues: brings maps that read a contraction through a reshape or a transposition into the contraction's
// own space, so that they can be its epilogue.

#include "Bodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "tc/Dialect/Loop/IR/BodyBuilder.h"
#include "tc/Dialect/Loop/IR/IndexExprs.h"
#include "tc/Transforms/Fuse/Passes.h"

namespace tc {
#define GEN_PASS_DEF_ALIGNEPILOGUES
#include "tc/Transforms/Fuse/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

/// What is known of the values that maps compute. Maps are asked about in program order, so that none is looked at
/// twice.
class Epilogues {
public:
  /// Whether the value is a contraction's or what an epilogue of one computes.
  bool endsInContract(Value value) {
    Operation *op = value.getDefiningOp();
    if (isa_and_present<loop::ContractOp>(op))
      return true;
    auto map = dyn_cast_or_null<loop::MapOp>(op);
    if (!map)
      return false;
    if (auto entry = known.find(op); entry != known.end())
      return entry->second;
    auto nest = cast<loop::LoopNestOpInterface>(*map);
    int64_t rank = nest.getNumParallel();
    WalkResult through = map->walk([&](loop::ReadOp read) {
      bool isPoint = read.getSource().getType().getRank() == rank && isIdentityRead(read, nest, rank);
      return isPoint && endsInContract(read.getSource()) ? WalkResult::interrupt() : WalkResult::advance();
    });
    return known[op] = through.wasInterrupted();
  }

  /// Before an op goes: another may get its address.
  void forget(Operation *op) { known.erase(op); }

private:
  llvm::DenseMap<Operation *, bool> known;
};

Value stripReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  return value;
}

/// A map written over the sizes of another tensor with the same elements in the same order.
class Respace {
public:
  Respace(loop::MapOp map, ArrayRef<SizeAttr> target) : map(map), target(target), sizes(toSizes(map.getSizes())) {}

  /// Whether each read can follow: dimensions that become one are used together or not at all.
  bool isPossible() {
    auto found = getReshapeBlocks(map.getContext(), target, sizes);
    if (!found)
      return false;
    blocks = *found;
    for (const ReshapeBlock &block : blocks)
      if (countDims(target, block.firstFrom, block.endFrom) > 1 && countDims(sizes, block.firstTo, block.endTo) > 1)
        return false;
    return llvm::all_of(blocks, [&](const ReshapeBlock &block) {
      return countDims(sizes, block.firstTo, block.endTo) <= 1 || canMerge(block);
    });
  }

  /// The map over the target sizes, and a reshape to the old ones.
  void apply(IRRewriter &rewriter) {
    rewriter.setInsertionPoint(map);
    SmallVector<Type> types;
    for (Type type : map.getResultTypes())
      types.push_back(getTensorType(target, getElementTypeOrSelf(type)));
    auto aligned = loop::MapOp::create(rewriter, map.getLoc(), types, toArrayAttr(map.getContext(), target));
    // Reads at the map's own point of what has the target's sizes before it is reshaped.
    auto nest = cast<loop::LoopNestOpInterface>(*map);
    int64_t rank = sizes.size();
    SmallVector<std::pair<loop::ReadOp, Value>> direct;
    map->walk([&](loop::ReadOp read) {
      Value source = stripReshapes(read.getSource());
      if (source != read.getSource() && ArrayRef<SizeAttr>(getSizes(source.getType())) == target &&
          read.getSource().getType().getRank() == rank && isIdentityRead(read, nest, rank))
        direct.push_back({read, source});
    });
    Block *oldBody = map.getBodyBlock();
    SmallVector<Location> locs(target.size(), map.getLoc());
    Block *body =
        rewriter.createBlock(&aligned.getBody(), {}, SmallVector<Type>(target.size(), rewriter.getIndexType()), locs);

    loop::BodyBuilder builder(rewriter, map.getLoc());
    SmallVector<Value> replacements(sizes.size());
    for (const ReshapeBlock &block : blocks)
      replaceDims(builder, block, body->getArguments(), replacements);
    rewriter.mergeBlocks(oldBody, body, replacements);
    for (auto [read, source] : direct) {
      llvm::erase_if(views, [&, read = read](auto &entry) { return entry.first == read; });
      rewriter.setInsertionPoint(read);
      rewriter.replaceOpWithNewOp<loop::ReadOp>(read, source, body->getArguments());
    }
    for (auto [read, view] : views) {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPoint(aligned);
      Value source = stripReshapes(read.getSource());
      if (source.getType() != view.type)
        source = ReshapeOp::create(rewriter, read.getLoc(), view.type, source);
      rewriter.setInsertionPoint(read);
      SmallVector<Value> indices;
      for (auto [dim, index] : llvm::enumerate(view.kept))
        indices.push_back(index >= 0 ? Value(read.getIndices()[index]) : Value(body->getArgument(view.merged[dim])));
      rewriter.replaceOpWithNewOp<loop::ReadOp>(read, source, indices);
    }
    rewriter.setInsertionPointAfter(aligned);
    SmallVector<Value> results;
    for (auto [result, type] : llvm::zip_equal(aligned.getResults(), map.getResultTypes()))
      results.push_back(ReshapeOp::create(rewriter, map.getLoc(), type, result));
    rewriter.replaceOp(map, results);
  }

private:
  /// How a read of merged dimensions becomes a read of a view: for each dimension of the view, the old read's index
  /// number, or -1 and the target's dimension.
  struct View {
    RankedTensorType type;
    SmallVector<int64_t> kept, merged;
  };

  static int64_t countDims(ArrayRef<SizeAttr> list, size_t first, size_t end) {
    return llvm::count_if(list.slice(first, end - first), [](SizeAttr size) { return size.getConstant() != 1; });
  }

  size_t getTargetDim(const ReshapeBlock &block) {
    size_t dim = block.firstFrom;
    while (dim + 1 < block.endFrom && target[dim].getConstant() == 1)
      ++dim;
    return dim;
  }

  bool canMerge(const ReshapeBlock &block) {
    SmallVector<int64_t> dims;
    for (size_t dim = block.firstTo; dim < block.endTo; ++dim)
      if (sizes[dim].getConstant() != 1)
        dims.push_back(dim);
    Block *body = map.getBodyBlock();
    for (int64_t dim : dims)
      for (Operation *user : body->getArgument(dim).getUsers()) {
        auto read = dyn_cast<loop::ReadOp>(user);
        if (!read || !addView(read, dims, getTargetDim(block)))
          return false;
      }
    return true;
  }

  /// The dimensions must be the read's indices side by side, each once, and cover the source's.
  bool addView(loop::ReadOp read, ArrayRef<int64_t> dims, size_t targetDim) {
    Block *body = map.getBodyBlock();
    SmallVector<SizeAttr> source = getSizes(read.getSource().getType());
    auto isDim = [&](size_t index, int64_t dim) { return read.getIndices()[index] == body->getArgument(dim); };
    size_t first = 0;
    while (first < source.size() && !isDim(first, dims.front()))
      ++first;
    if (first + dims.size() > source.size())
      return false;
    SizeAttr product = SizeAttr::constant(map.getContext(), 1);
    for (auto [offset, dim] : llvm::enumerate(dims)) {
      if (!isDim(first + offset, dim) || source[first + offset] != sizes[dim])
        return false;
      product = product * sizes[dim];
    }
    for (size_t index = 0; index < source.size(); ++index)
      for (int64_t dim : dims)
        if ((index < first || index >= first + dims.size()) && isDim(index, dim))
          return false;
    if (llvm::any_of(views, [&](auto &entry) {
          return entry.first == read && !llvm::is_contained(entry.second.merged, targetDim);
        }))
      return false; // one merge a read is enough for what occurs
    if (llvm::any_of(views, [&](auto &entry) { return entry.first == read; }))
      return true;
    View view;
    SmallVector<SizeAttr> viewSizes;
    for (size_t index = 0; index < source.size(); ++index) {
      if (index > first && index < first + dims.size())
        continue;
      viewSizes.push_back(index == first ? product : source[index]);
      view.kept.push_back(index == first ? -1 : static_cast<int64_t>(index));
      view.merged.push_back(index == first ? static_cast<int64_t>(targetDim) : -1);
    }
    view.type = getTensorType(viewSizes, read.getSource().getType().getElementType());
    views.push_back({read, view});
    return true;
  }

  void replaceDims(loop::BodyBuilder &builder, const ReshapeBlock &block, ValueRange own,
                   SmallVectorImpl<Value> &replacements) {
    int64_t merged = countDims(sizes, block.firstTo, block.endTo);
    // Row-major over the target's dimensions of the block.
    AffineExpr linear = builder.builder.getAffineConstantExpr(0);
    SmallVector<Value> operands;
    SmallVector<SizeAttr> factors;
    for (size_t dim = block.firstFrom; dim < block.endFrom; ++dim)
      if (target[dim].getConstant() != 1) {
        linear = linear * builder.symbol(factors.size()) + builder.dim(operands.size());
        factors.push_back(target[dim]);
        operands.push_back(own[dim]);
      }
    for (size_t dim = block.firstTo; dim < block.endTo; ++dim) {
      if (sizes[dim].getConstant() == 1 || merged > 1)
        replacements[dim] = builder.constantIndex(0); // merged dimensions are replaced with their reads
      else
        replacements[dim] = builder.index(linear, operands, factors);
    }
  }

  loop::MapOp map;
  ArrayRef<SizeAttr> target;
  SmallVector<SizeAttr> sizes;
  SmallVector<ReshapeBlock> blocks;
  SmallVector<std::pair<loop::ReadOp, View>> views;
};

struct AlignEpilogues : tc::impl::AlignEpiloguesBase<AlignEpilogues> {
  void runOnOperation() override {
    SmallVector<loop::MapOp> maps;
    getOperation()->walk([&](Operation *op) {
      if (isa<fusion::KernelOp>(op))
        return WalkResult::skip();
      if (auto map = dyn_cast<loop::MapOp>(op))
        maps.push_back(map);
      return WalkResult::advance();
    });
    IRRewriter rewriter(&getContext());
    Epilogues epilogues;
    for (loop::MapOp map : maps) {
      if (absorb(rewriter, map))
        ++numAbsorbed;
      else if (align(rewriter, map, epilogues))
        ++numAligned;
    }
  }

  static bool align(IRRewriter &rewriter, loop::MapOp map, Epilogues &epilogues) {
    auto nest = cast<loop::LoopNestOpInterface>(*map);
    int64_t rank = nest.getNumParallel();
    if (epilogues.endsInContract(map.getResult(0)) || getBodyCost(*map.getBodyBlock()).isMove())
      return false;
    Value space;
    map->walk([&](loop::ReadOp read) {
      auto reshape = read.getSource().getDefiningOp<ReshapeOp>();
      while (reshape && reshape.getInput().getDefiningOp<ReshapeOp>())
        reshape = reshape.getInput().getDefiningOp<ReshapeOp>();
      if (!space && reshape && read.getSource().getType().getRank() == rank && isIdentityRead(read, nest, rank) &&
          epilogues.endsInContract(reshape.getInput()))
        space = reshape.getInput();
    });
    if (!space)
      return false;
    SmallVector<SizeAttr> target = getSizes(space.getType());
    Respace respace(map, target);
    if (!respace.isPossible())
      return false;
    epilogues.forget(map);
    respace.apply(rewriter);
    return true;
  }

  /// A map that only permutes a contraction's result, and is all that uses it: the contraction writes the permuted
  /// result itself, if its columns stay last.
  static bool absorb(IRRewriter &rewriter, loop::MapOp map) {
    Block *body = map.getBodyBlock();
    auto yield = cast<loop::YieldOp>(body->getTerminator());
    auto read = yield.getValues().front().getDefiningOp<loop::ReadOp>();
    if (!read || yield.getValues().size() != 1)
      return false;
    auto contract = read.getSource().getDefiningOp<loop::ContractOp>();
    if (!contract || !contract.getResult(0).hasOneUse() || contract->getBlock() != map->getBlock())
      return false;
    int64_t rank = contract.getParallel();
    if (static_cast<int64_t>(body->getNumArguments()) != rank)
      return false;
    SmallVector<SizeAttr> sizes = toSizes(contract.getSizes()), permuted(sizes);
    // Dimension dim of the contraction becomes dimension position[dim].
    SmallVector<int64_t> position(rank, -1);
    SmallVector<bool> taken(rank, false);
    for (int64_t dim = 0; dim < rank; ++dim)
      if (auto argument = dyn_cast<BlockArgument>(read.getIndices()[dim]); argument && argument.getOwner() == body) {
        position[dim] = argument.getArgNumber();
        if (taken[position[dim]])
          return false;
        taken[position[dim]] = true;
      }
    for (int64_t dim = 0; dim < rank; ++dim) {
      if (position[dim] >= 0)
        continue;
      // A dimension of size 1 is read at 0: any free one of the map of size 1 is it.
      int64_t free = 0;
      while (free < rank && (taken[free] || toSizes(map.getSizes())[free].getConstant() != 1))
        ++free;
      if (sizes[dim].getConstant() != 1 || free == rank)
        return false;
      position[dim] = free;
      taken[free] = true;
    }
    int64_t last = rank - 1;
    while (last > 0 && sizes[last].getConstant() == 1)
      --last;
    for (int64_t dim = 0; dim < rank; ++dim) {
      permuted[position[dim]] = sizes[dim];
      if (position[dim] > position[last] && sizes[dim].getConstant() != 1)
        return false;
    }
    // A map that reads a part of the result is no permutation.
    SmallVector<SizeAttr> mapSizes = toSizes(map.getSizes());
    if (ArrayRef<SizeAttr>(permuted).take_front(rank) != ArrayRef<SizeAttr>(mapSizes))
      return false;
    rewriter.setInsertionPoint(map);
    auto moved = loop::ContractOp::create(rewriter, contract.getLoc(), map.getResultTypes(),
                                          toArrayAttr(map.getContext(), permuted), rank);
    Block *oldBody = contract.getBodyBlock();
    SmallVector<Location> locs(sizes.size(), contract.getLoc());
    Block *newBody = rewriter.createBlock(&moved.getBody(), {}, oldBody->getArgumentTypes(), locs);
    SmallVector<Value> arguments;
    for (size_t dim = 0; dim < sizes.size(); ++dim)
      arguments.push_back(newBody->getArgument(static_cast<int64_t>(dim) < rank ? position[dim] : dim));
    rewriter.mergeBlocks(oldBody, newBody, arguments);
    rewriter.replaceOp(map, moved);
    // The emptied contraction has no block to verify; it goes at once.
    rewriter.eraseOp(contract);
    return true;
  }
};

} // namespace
