// Inside a kernel: fewer ops, each doing more. Values between ops of a row lie in scratch memory, so a map that only
// one op reads goes into it, and maps (or reductions) over one space that do not wait for one another become one.

#include "KernelBodies.h"
#include "Bodies.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "tc/Transforms/Fuse/KernelAnalysis.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tc;

/// Work below this is repeated rather than kept in memory.
static constexpr int64_t cheapWeight = 4;

using Readers = llvm::MapVector<Operation *, SmallVector<loop::ReadOp>>;

/// The ops that read a value of the kernel; nothing if it is used otherwise (yielded).
static std::optional<Readers> getReaders(Value value) {
  Readers readers;
  for (Operation *user : value.getUsers()) {
    auto read = dyn_cast<loop::ReadOp>(user);
    if (!read)
      return std::nullopt;
    readers[read->getParentOfType<loop::LoopNestOpInterface>()].push_back(read);
  }
  return readers;
}

static bool tryInline(RewriterBase &rewriter, loop::MapOp map) {
  if (map.getNumResults() != 1)
    return false;
  auto readers = getReaders(map.getResult(0));
  if (!readers || readers->empty())
    return false;
  BodyCost cost = getBodyCost(*map.getBodyBlock());
  bool isCheap = cost.weight <= cheapWeight && cost.numReads <= 2 && cost.numGuards == 0;
  SizeAttr points = product(map.getContext(), toSizes(map.getSizes()));
  for (auto &[reader, reads] : *readers) {
    // Contractions keep their plain bodies; scalars of a row are computed once a row.
    auto nest = cast<loop::LoopNestOpInterface>(reader);
    if (isa<loop::ContractOp>(reader))
      return false;
    if (getBodyCost(*nest.getBodyBlock()).numOps + cost.numOps * static_cast<int64_t>(reads.size()) > mostBodyOps)
      return false;
    bool once = product(map.getContext(), nest.getIterationSizes()) == points;
    if (!once && !(isCheap && cost.weight == 0))
      return false;
    if ((readers->size() > 1 || reads.size() > 1) && !isCheap)
      return false;
  }
  for (auto &[reader, reads] : *readers)
    for (loop::ReadOp read : reads)
      inlineRead(rewriter, read, map, 0, read.getIndices());
  rewriter.eraseOp(map);
  return true;
}

/// Whether `later` waits for `earlier` by way of another op.
static bool waitsIndirectly(Operation *earlier, Operation *later) {
  llvm::SmallSetVector<Operation *, 8> stack;
  auto push = [&](Operation *op) {
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Operation *producer = operand.getDefiningOp();
            producer && producer != op && producer->getBlock() == earlier->getBlock())
          stack.insert(producer);
    });
  };
  push(later);
  stack.remove(earlier);
  for (size_t i = 0; i < stack.size(); ++i) {
    Operation *op = stack[i];
    if (op == earlier)
      return true;
    push(op);
  }
  return false;
}

/// Whether two ops can be one that computes the results of both.
static bool canJoin(loop::LoopNestOpInterface a, loop::LoopNestOpInterface b) {
  if (a->getName() != b->getName() || !isa<loop::MapOp, loop::ReduceOp>(a.getOperation()) ||
      a.getIterationSizes() != b.getIterationSizes() || a.getNumParallel() != b.getNumParallel())
    return false;
  int64_t rank = a.getNumParallel();
  bool pointwise = true;
  b->walk([&](loop::ReadOp read) {
    if (read.getSource().getDefiningOp() == a.getOperation())
      pointwise &= isa<loop::MapOp>(a.getOperation()) && isIdentityRead(read, b, rank);
  });
  return pointwise && !waitsIndirectly(a, b);
}

static loop::LoopNestOpInterface join(RewriterBase &rewriter, loop::LoopNestOpInterface a,
                                      loop::LoopNestOpInterface b) {
  rewriter.setInsertionPoint(b);
  SmallVector<Type> types(a->getResultTypes());
  llvm::append_range(types, b->getResultTypes());
  Operation *joined;
  if (auto map = dyn_cast<loop::MapOp>(a.getOperation())) {
    joined = loop::MapOp::create(rewriter, a.getLoc(), types, map.getSizes());
  } else {
    auto reduce = cast<loop::ReduceOp>(a.getOperation());
    SmallVector<Attribute> kinds(reduce.getKinds().getValue());
    llvm::append_range(kinds, cast<loop::ReduceOp>(b.getOperation()).getKinds());
    joined = loop::ReduceOp::create(rewriter, a.getLoc(), types, rewriter.getArrayAttr(kinds), reduce.getSizes(),
                                    reduce.getParallel());
  }
  Block *first = a.getBodyBlock(), *second = b.getBodyBlock();
  SmallVector<Location> locs(first->getNumArguments(), a.getLoc());
  Block *body = rewriter.createBlock(&joined->getRegion(0), {}, first->getArgumentTypes(), locs);
  SmallVector<Value> yielded;
  IRMapping mapping;
  for (Block *part : {first, second}) {
    mapping.map(part->getArguments(), body->getArguments());
    for (Operation &op : part->without_terminator()) {
      auto read = dyn_cast<loop::ReadOp>(op);
      auto source = read ? dyn_cast<OpResult>(read.getSource()) : OpResult();
      if (part == second && source && source.getOwner() == a.getOperation())
        mapping.map(read.getResult(), yielded[source.getResultNumber()]);
      else
        rewriter.clone(op, mapping);
    }
    for (Value value : part->getTerminator()->getOperands())
      yielded.push_back(mapping.lookupOrDefault(value));
  }
  loop::YieldOp::create(rewriter, a.getLoc(), yielded);
  // Reads under a guard were cloned with it; they still name the old result.
  joined->walk([&](loop::ReadOp read) {
    auto source = dyn_cast<OpResult>(read.getSource());
    if (source && source.getOwner() == a.getOperation())
      rewriter.replaceOp(read, yielded[source.getResultNumber()]);
  });
  unsigned count = a->getNumResults();
  rewriter.replaceOp(a, joined->getResults().take_front(count));
  rewriter.replaceOp(b, joined->getResults().drop_front(count));
  return cast<loop::LoopNestOpInterface>(joined);
}

static bool joinSome(RewriterBase &rewriter, Block &body) {
  SmallVector<loop::LoopNestOpInterface> nests = llvm::to_vector(body.getOps<loop::LoopNestOpInterface>());
  for (size_t i = 0; i < nests.size(); ++i)
    for (size_t j = i + 1; j < nests.size(); ++j)
      if (canJoin(nests[i], nests[j])) {
        join(rewriter, nests[i], nests[j]);
        sortTopologically(&body);
        return true;
      }
  return false;
}

/// Trailing dimensions of size 1 go, if only ops of the kernel read the map: what is left of `rsqrt(var)[rows, 1]` is a
/// value of the rows' space alone.
static void dropTrailingUnits(RewriterBase &rewriter, loop::MapOp map) {
  SmallVector<SizeAttr> sizes = toSizes(map.getSizes());
  size_t rank = sizes.size();
  while (rank > 0 && sizes[rank - 1].getConstant() == 1)
    --rank;
  if (rank == sizes.size())
    return;
  for (Value result : map.getResults())
    if (auto readers = getReaders(result); !readers || readers->empty())
      return;
  SmallVector<Type> types;
  for (Type type : map.getResultTypes())
    types.push_back(getTensorType(ArrayRef<SizeAttr>(sizes).take_front(rank), getElementTypeOrSelf(type)));
  rewriter.setInsertionPoint(map);
  auto narrow = loop::MapOp::create(rewriter, map.getLoc(), types,
                                    toArrayAttr(map.getContext(), ArrayRef<SizeAttr>(sizes).take_front(rank)));
  narrow.getBody().takeBody(map.getBody());
  Block *body = narrow.getBodyBlock();
  rewriter.setInsertionPointToStart(body);
  while (body->getNumArguments() > rank) {
    BlockArgument last = body->getArguments().back();
    if (!last.use_empty())
      rewriter.replaceAllUsesWith(last, arith::ConstantIndexOp::create(rewriter, map.getLoc(), 0));
    body->eraseArgument(last.getArgNumber());
  }
  for (auto [from, to] : llvm::zip_equal(map.getResults(), narrow.getResults()))
    for (Operation *user : llvm::make_early_inc_range(from.getUsers())) {
      auto read = cast<loop::ReadOp>(user);
      rewriter.setInsertionPoint(read);
      rewriter.replaceOpWithNewOp<loop::ReadOp>(read, to, read.getIndices().take_front(rank));
    }
  rewriter.eraseOp(map);
}

void tc::simplifyKernel(RewriterBase &rewriter, fusion::KernelOp kernel) {
  Block &body = kernel.getBody().front();
  for (loop::MapOp map : llvm::to_vector(body.getOps<loop::MapOp>()))
    tryInline(rewriter, map);
  for (loop::MapOp map : llvm::to_vector(body.getOps<loop::MapOp>()))
    dropTrailingUnits(rewriter, map);
  while (joinSome(rewriter, body)) {
  }
  simplifyBodies(kernel);
}
