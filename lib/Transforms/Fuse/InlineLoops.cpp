// tc-inline-loops: maps go into the bodies that read them, where that saves more memory traffic than it repeats work.

#include "Bodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "tc/Dialect/Loop/IR/IndexExprs.h"
#include "tc/Transforms/Fuse/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace tc {
#define GEN_PASS_DEF_INLINELOOPS
#include "tc/Transforms/Fuse/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

/// Weights below which work may be repeated.
constexpr int64_t cheapWeight = 2, generatorWeight = 12;
/// A piece of a concatenation is computed in the loop over the whole while that has at most so many times its points:
/// where a guard differs within a vector, every piece is computed for all points.
constexpr int64_t mostPieces = 4;

/// A read of a map's result, perhaps through reshapes (outermost first).
struct Use {
  loop::ReadOp read;
  SmallVector<ReshapeOp> reshapes;
};

/// Everything that reads a map.
struct Uses {
  llvm::MapVector<Operation *, SmallVector<Use>> readers;
  /// Whether it is also used as a whole: returned, called with, sorted.
  bool escapes = false;
};

void collectUses(Value value, SmallVector<ReshapeOp> reshapes, Uses &uses) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (auto read = dyn_cast<loop::ReadOp>(user)) {
      uses.readers[user->getParentOfType<loop::LoopNestOpInterface>()].push_back({read, reshapes});
    } else if (auto reshape = dyn_cast<ReshapeOp>(user)) {
      SmallVector<ReshapeOp> longer(reshapes);
      longer.insert(longer.begin(), reshape);
      collectUses(reshape, longer, uses);
    } else {
      uses.escapes = true;
    }
  }
}

SizeAttr getPoints(loop::LoopNestOpInterface nest) { return product(nest.getContext(), nest.getIterationSizes()); }

/// Whether the tensor is so much smaller than the space that reading it costs nothing.
bool isSmallFor(RankedTensorType type, loop::LoopNestOpInterface nest) {
  auto elements = product(nest.getContext(), getSizes(type)).getConstant(), points = getPoints(nest).getConstant();
  if (elements && points)
    return *elements <= 1 || *elements * 16 <= *points;
  return type.getRank() < static_cast<int64_t>(nest.getIterationSizes().size());
}

/// Whether all reads are of the whole space at its own indices, or of scalars.
bool readsOnlyAtIdentity(loop::MapOp map) {
  auto nest = cast<loop::LoopNestOpInterface>(*map);
  int64_t rank = nest.getNumParallel();
  bool identity = true;
  map->walk([&](loop::ReadOp read) {
    int64_t sourceRank = read.getSource().getType().getRank();
    identity &= sourceRank == 0 || (sourceRank == rank && isIdentityRead(read, nest, rank));
  });
  return identity;
}

/// Whether the map could run where a contraction's result is still in registers.
bool isEpilogue(loop::MapOp map) {
  auto nest = cast<loop::LoopNestOpInterface>(*map);
  int64_t rank = nest.getNumParallel();
  bool found = false;
  map->walk([&](loop::ReadOp read) {
    found |= read.getSource().getDefiningOp<loop::ContractOp>() && read.getSource().getType().getRank() == rank &&
             isIdentityRead(read, nest, rank);
  });
  return found;
}

/// Whether the map only moves elements of a loop op's result that nothing else uses, point by point: it runs with that
/// op.
bool followsProducer(loop::MapOp map) {
  auto nest = cast<loop::LoopNestOpInterface>(*map);
  int64_t rank = nest.getNumParallel();
  bool found = false;
  map->walk([&](loop::ReadOp read) {
    Value source = read.getSource();
    found |= source.hasOneUse() && isa_and_present<loop::LoopNestOpInterface>(source.getDefiningOp()) &&
             read.getSource().getType().getRank() == rank && isIdentityRead(read, nest, rank);
  });
  return found;
}

/// Whether a contraction's body may hold the map's: one read, index expressions, a guard that gives 0.
bool isPlain(loop::MapOp map) {
  BodyCost cost = getBodyCost(*map.getBodyBlock());
  if (cost.weight > 0 || cost.numReads != 1 || cost.numIndirectReads > 0 || cost.numGuards > 1)
    return false;
  bool plain = true;
  map->walk([&](Operation *op) {
    if (auto guard = dyn_cast<scf::IfOp>(op)) {
      Value otherwise = guard.elseBlock()->getTerminator()->getOperand(0);
      plain &= guard.getNumResults() == 1 &&
               (matchPattern(otherwise, m_AnyZeroFloat()) || matchPattern(otherwise, m_Zero()));
    } else if (isa<arith::ArithDialect>(op->getDialect()) &&
               !isa<arith::ConstantOp, arith::CmpIOp, arith::AndIOp>(op)) {
      plain = false;
    }
  });
  return plain;
}

/// A map that contractions read, and that chooses between an element and zero by its indices, reads under a guard
/// instead: as a factor it then has no terms where the guard does not hold.
void guardRead(IRRewriter &rewriter, loop::MapOp map) {
  Operation *yield = map.getBodyBlock()->getTerminator();
  auto select = yield->getOperand(0).getDefiningOp<arith::SelectOp>();
  if (!select || map.getNumResults() != 1 || getBodyCost(*map.getBodyBlock()).numReads != 1)
    return;
  auto read = select.getTrueValue().getDefiningOp<loop::ReadOp>();
  Value zero = select.getFalseValue();
  if (!read || !read->hasOneUse() || read->getBlock() != map.getBodyBlock() ||
      !(matchPattern(zero, m_AnyZeroFloat()) || matchPattern(zero, m_Zero())))
    return;
  for (Operation *user : map.getResult(0).getUsers())
    if (!isa<loop::ReadOp>(user) || !isa<loop::ContractOp>(user->getParentOfType<loop::LoopNestOpInterface>()))
      return;
  rewriter.setInsertionPoint(select);
  Value condition = select.getCondition();
  // Guards compare indices as such.
  if (auto compare = condition.getDefiningOp<arith::CmpIOp>(); compare && compare.getLhs().getType().isInteger(64)) {
    auto lhs = compare.getLhs().getDefiningOp<arith::IndexCastOp>();
    auto rhs = compare.getRhs().getDefiningOp<arith::IndexCastOp>();
    if (lhs && rhs && lhs != rhs) {
      condition = arith::CmpIOp::create(rewriter, compare.getLoc(), compare.getPredicate(), lhs.getIn(), rhs.getIn());
      rewriter.replaceAllUsesWith(compare, condition);
      for (Operation *dead : {compare.getOperation(), lhs.getOperation(), rhs.getOperation()})
        if (isOpTriviallyDead(dead))
          rewriter.eraseOp(dead);
    }
  }
  auto guard = scf::IfOp::create(rewriter, select.getLoc(), zero.getType(), condition,
                                 /*addThenBlock=*/true, /*addElseBlock=*/true);
  rewriter.setInsertionPointToStart(guard.thenBlock());
  scf::YieldOp::create(rewriter, select.getLoc(), rewriter.clone(*read)->getResults());
  rewriter.setInsertionPointToStart(guard.elseBlock());
  scf::YieldOp::create(rewriter, select.getLoc(), zero);
  rewriter.replaceOp(select, guard.getResults());
  rewriter.eraseOp(read);
}

/// Whether the reader reads the map's elements once each, as one piece of a concatenation: under a guard, elsewhere
/// other pieces.
bool isPieceOf(loop::MapOp map, loop::LoopNestOpInterface reader, ArrayRef<Use> reads) {
  if (reads.size() != 1 || !isa<loop::MapOp>(reader.getOperation()))
    return false;
  auto guard = dyn_cast<scf::IfOp>(reads[0].read->getParentOp());
  auto points = getPoints(reader).getConstant(), own = getPoints(cast<loop::LoopNestOpInterface>(*map)).getConstant();
  return guard && points && own && *points <= mostPieces * *own;
}

/// Reads other than of tensors so small that they stay in the cache.
int64_t countLargeReads(loop::MapOp map) {
  int64_t count = 0;
  map->walk([&](loop::ReadOp read) {
    count += !isSmallFor(read.getSource().getType(), cast<loop::LoopNestOpInterface>(*map));
  });
  return count;
}

struct InlineLoops : tc::impl::InlineLoopsBase<InlineLoops> {
  void runOnOperation() override {
    simplifyBodies(getOperation());
    SmallVector<loop::MapOp> maps;
    getOperation()->walk([&](Operation *op) {
      if (isa<fusion::KernelOp>(op))
        return WalkResult::skip();
      if (auto map = dyn_cast<loop::MapOp>(op))
        maps.push_back(map);
      return WalkResult::advance();
    });
    IRRewriter rewriter(&getContext());
    for (loop::MapOp map : maps) {
      guardRead(rewriter, map);
      process(rewriter, map);
    }
    simplifyBodies(getOperation());
  }

  void process(IRRewriter &rewriter, loop::MapOp map) {
    if (map.getNumResults() != 1)
      return;
    Uses uses;
    collectUses(map.getResult(0), {}, uses);
    if (uses.readers.empty())
      return;
    bool all = !uses.escapes;
    // Decide for all readers before the first changes what the others see.
    SmallVector<Use> chosen;
    for (auto &[reader, reads] : uses.readers) {
      if (shouldInline(map, uses, cast<loop::LoopNestOpInterface>(reader), reads))
        llvm::append_range(chosen, reads);
      else
        all = false;
    }
    // An epilogue or a dear body that must be kept for one reader is not repeated for another.
    bool isFree = getBodyCost(*map.getBodyBlock()).weight == 0 || isGenerator(map);
    if (!all && !isFree)
      chosen.clear();
    // A single reader takes the body itself: the bodies of a long chain are not copied over and over.
    bool moves = all && chosen.size() == 1 && chosen.front().reshapes.empty();
    for (Use &use : chosen)
      inlineUse(rewriter, map, use, moves);
    if (all && !chosen.empty())
      ++numInlined;
    else
      ++numKept;
    if (moves)
      return;
    eraseDeadReshapes(rewriter, map.getResult(0));
    if (map->use_empty())
      rewriter.eraseOp(map);
  }

  static void eraseDeadReshapes(IRRewriter &rewriter, Value value) {
    for (Operation *user : llvm::make_early_inc_range(value.getUsers()))
      if (auto reshape = dyn_cast<ReshapeOp>(user)) {
        eraseDeadReshapes(rewriter, reshape.getResult());
        if (reshape->use_empty())
          rewriter.eraseOp(reshape);
      }
  }

  /// A map computed from indices, scalars and small tensors alone.
  static bool isGenerator(loop::MapOp map) {
    if (getBodyCost(*map.getBodyBlock()).weight > generatorWeight)
      return false;
    bool small = true;
    map->walk([&](loop::ReadOp read) {
      small &= isSmallFor(read.getSource().getType(), cast<loop::LoopNestOpInterface>(*map));
    });
    return small;
  }

  static bool shouldInline(loop::MapOp map, const Uses &uses, loop::LoopNestOpInterface reader, ArrayRef<Use> reads) {
    BodyCost cost = getBodyCost(*map.getBodyBlock());
    if (getBodyCost(*reader.getBodyBlock()).numOps + cost.numOps * static_cast<int64_t>(reads.size()) > mostBodyOps)
      return false;
    bool single = uses.readers.size() == 1 && !uses.escapes;
    bool generator = isGenerator(map);
    // Division of indices is worth it only if the reads behind it can be made whole again.
    for (const Use &use : reads)
      for (ReshapeOp reshape : use.reshapes)
        if (!canSplitIndices(reshape.getInput().getType(), reshape.getType()) || !readsOnlyAtIdentity(map))
          return false;
    // In another region the work may be repeated.
    if (reader->getBlock() != map->getBlock() && !cost.isMove() && !(generator && cost.weight <= cheapWeight))
      return false;
    if (isa<loop::ContractOp>(reader.getOperation())) {
      bool guarded = llvm::any_of(reads, [](const Use &use) { return isa<scf::IfOp>(use.read->getParentOp()); });
      return isPlain(map) && !(guarded && cost.numGuards > 0) && !isEpilogue(map) &&
             !(followsProducer(map) && cost.numGuards == 0 && narrows(map));
    }
    bool identity = isa<loop::MapOp>(reader.getOperation()) && reads.size() == 1 && reads[0].reshapes.empty() &&
                    reader.getNumParallel() == cast<RankedTensorType>(map.getResult(0).getType()).getRank() &&
                    isIdentityRead(reads[0].read, reader, reader.getNumParallel());
    if (isEpilogue(map))
      return single && identity;
    if (generator || (cost.isMove() && (single || !followsProducer(map))))
      return true;
    if (single) {
      bool once = reads.size() == 1 && getPoints(reader) == getPoints(cast<loop::LoopNestOpInterface>(*map));
      return once || (cost.weight <= cheapWeight && cost.numReads <= 2) ||
             (isPieceOf(map, reader, reads) && !followsProducer(map));
    }
    // Several readers: repeat only what reads no more than it would write, and only if no op could compute it in
    // passing.
    bool leanest = cost.weight <= cheapWeight && countLargeReads(map) <= 1 && !uses.escapes && !followsProducer(map);
    return leanest && llvm::none_of(uses.readers, [](const auto &entry) { return isa<loop::ContractOp>(entry.first); });
  }

  /// Whether the result has fewer bits than what is read.
  static bool narrows(loop::MapOp map) {
    unsigned to = getElementTypeOrSelf(map.getResult(0).getType()).getIntOrFloatBitWidth();
    bool found = false;
    map->walk([&](loop::ReadOp read) { found |= read.getType().getIntOrFloatBitWidth() > to; });
    return found;
  }

  static void inlineUse(IRRewriter &rewriter, loop::MapOp map, Use &use, bool moves) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(use.read);
    SmallVector<Value> indices(use.read.getIndices());
    for (ReshapeOp reshape : use.reshapes)
      indices =
          *getReshapedIndices(rewriter, use.read.getLoc(), reshape.getInput().getType(), reshape.getType(), indices,
                              /*allowDivision=*/true);
    if (moves)
      moveIntoRead(rewriter, use.read, map, indices);
    else
      inlineRead(rewriter, use.read, map, 0, indices);
  }
};

} // namespace
