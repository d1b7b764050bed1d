// tc-split-reductions: reductions to a few elements become partial ones, which threads share, and one over those.

#include "tc/Dialect/Loop/IR/BodyBuilder.h"
#include "tc/Transforms/Fuse/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "tc/Conversion/KernelAnalysis/Reductions.h"

namespace tc {
#define GEN_PASS_DEF_SPLITREDUCTIONS
#include "tc/Transforms/Fuse/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

/// How the reduced dimensions are divided: those before `dim` are walked by the partial reductions' space, and `dim` in
/// `blocks` of `size` indices.
struct Split {
  int64_t dim, size, blocks;
};

struct SplitReductions : tc::impl::SplitReductionsBase<SplitReductions> {
  using SplitReductionsBase::SplitReductionsBase;

  void runOnOperation() override {
    SmallVector<loop::ReduceOp> reductions;
    getOperation()->walk([&](loop::ReduceOp reduce) {
      if (!reduce->getParentOfType<fusion::KernelOp>())
        reductions.push_back(reduce);
    });
    IRRewriter rewriter(&getContext());
    for (loop::ReduceOp reduce : reductions)
      if (std::optional<Split> division = getSplit(reduce)) {
        split(rewriter, reduce, *division);
        ++numSplit;
      }
  }

  static std::optional<int64_t> getPoints(ArrayRef<SizeAttr> sizes) {
    return product(sizes.front().getContext(), sizes).getConstant();
  }

  /// The largest divisor of the size that is no larger than `most`, unless it is far smaller.
  static int64_t chooseBlock(int64_t size, int64_t most) {
    for (int64_t block = most; block * 2 > most; --block)
      if (size % block == 0)
        return block;
    return most;
  }

  std::optional<Split> getSplit(loop::ReduceOp reduce) {
    auto nest = cast<loop::LoopNestOpInterface>(*reduce);
    SmallVector<SizeAttr> sizes = nest.getIterationSizes();
    int64_t parallel = nest.getNumParallel(), rank = sizes.size();
    if (parallel == rank)
      return std::nullopt;
    std::optional<int64_t> rows = parallel ? getPoints(ArrayRef(sizes).take_front(parallel)) : 1,
                           depth = getPoints(ArrayRef(sizes).drop_front(parallel));
    if (!rows || !depth || *rows >= minParallel || *rows * *depth < 2 * blockPoints || *rows == 0)
      return std::nullopt;
    int64_t inner = *depth;
    for (int64_t dim = parallel; dim < rank; ++dim) {
      int64_t size = *sizes[dim].getConstant();
      inner /= size;
      if (inner > blockPoints)
        continue;
      int64_t block = chooseBlock(size, std::min(size, blockPoints / inner));
      return Split{dim, block, llvm::divideCeilSigned(size, block)};
    }
    return std::nullopt;
  }

  void split(IRRewriter &rewriter, loop::ReduceOp reduce, Split division) {
    auto nest = cast<loop::LoopNestOpInterface>(*reduce);
    SmallVector<SizeAttr> sizes = nest.getIterationSizes();
    int64_t parallel = nest.getNumParallel();
    Location loc = reduce.getLoc();
    rewriter.setInsertionPoint(reduce);

    // [outer reduced dimensions, blocks, rows : indices of a block, inner reduced dimensions].
    SmallVector<SizeAttr> outer(ArrayRef<SizeAttr>(sizes).slice(parallel, division.dim - parallel)), partialSizes,
        reduced;
    outer.push_back(SizeAttr::constant(&getContext(), division.blocks));
    partialSizes = outer;
    llvm::append_range(partialSizes, ArrayRef(sizes).take_front(parallel));
    reduced.push_back(SizeAttr::constant(&getContext(), division.size));
    llvm::append_range(reduced, ArrayRef(sizes).drop_front(division.dim + 1));
    SmallVector<ReductionKind> kinds;
    SmallVector<Type> types;
    for (auto [kind, type] : llvm::zip(reduce.getKinds().getAsRange<ReductionKindAttr>(), reduce.getResultTypes())) {
      kinds.push_back(kind.getValue());
      types.push_back(getTensorType(partialSizes, getElementTypeOrSelf(type)));
    }
    Block *body = nest.getBodyBlock();
    auto partial =
        loop::buildReduce(rewriter, loc, types, kinds, reduced, [&](loop::BodyBuilder &inside, ValueRange indices) {
          SmallVector<Value> original(indices.slice(outer.size(), parallel));
          llvm::append_range(original, indices.take_front(outer.size() - 1));
          Value block = indices[outer.size() - 1], offset = indices[partialSizes.size()];
          Value index = inside.index(inside.dim(0) * division.size + inside.dim(1), {block, offset});
          original.push_back(index);
          llvm::append_range(original, indices.drop_front(partialSizes.size() + 1));
          IRMapping mapping;
          mapping.map(body->getArguments(), original);
          SizeAttr size = sizes[division.dim];
          bool isWhole = *size.getConstant() == division.size * division.blocks;
          return emitBody(inside, *body, mapping, kinds, types, isWhole ? Value() : inside.inBounds(index, size));
        });
    auto whole = loop::buildReduce(
        rewriter, loc, reduce.getResultTypes(), kinds, outer, [&](loop::BodyBuilder &inside, ValueRange indices) {
          SmallVector<Value> from(indices.drop_front(parallel));
          llvm::append_range(from, indices.take_front(parallel));
          return llvm::map_to_vector(partial.getResults(), [&](Value result) { return inside.read(result, from); });
        });
    rewriter.replaceOp(reduce, whole.getResults());
  }

  /// What the body yields where the condition holds, else what changes nothing.
  static SmallVector<Value> emitBody(loop::BodyBuilder &inside, Block &body, IRMapping &mapping,
                                     ArrayRef<ReductionKind> kinds, ArrayRef<Type> types, Value condition) {
    auto clone = [&]() {
      for (Operation &op : body.without_terminator())
        inside.builder.clone(op, mapping);
      return llvm::map_to_vector(body.getTerminator()->getOperands(),
                                 [&](Value value) { return mapping.lookupOrDefault(value); });
    };
    if (!condition)
      return clone();
    auto guard = scf::IfOp::create(inside.builder, inside.loc, body.getTerminator()->getOperandTypes(), condition,
                                   /*addThenBlock=*/true, /*addElseBlock=*/true);
    OpBuilder::InsertionGuard restore(inside.builder);
    inside.builder.setInsertionPointToStart(guard.thenBlock());
    scf::YieldOp::create(inside.builder, inside.loc, clone());
    inside.builder.setInsertionPointToStart(guard.elseBlock());
    SmallVector<Value> identities;
    for (auto [kind, type] : llvm::zip(kinds, types))
      identities.push_back(arith::ConstantOp::create(inside.builder, inside.loc,
                                                     getReductionIdentity(kind, getElementTypeOrSelf(type))));
    scf::YieldOp::create(inside.builder, inside.loc, identities);
    return SmallVector<Value>(guard.getResults());
  }
};

} // namespace
