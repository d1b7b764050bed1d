// tc-cse: MLIR's CSE hashes an op without its regions, so that all loops over one space fall into one bucket and every
// loop is compared with every other. Here the hash takes in the ops of the regions.

#include "tc/Transforms/Simplify/CommonSubexpressions.h"

#include "mlir/IR/OperationSupport.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "tc/Transforms/Simplify/Passes.h"
#include "llvm/ADT/DenseMap.h"

namespace tc {
#define GEN_PASS_DEF_COMMONSUBEXPRESSIONSPASS
#include "tc/Transforms/Simplify/Passes.h.inc"
} // namespace tc

using namespace mlir;

namespace {

/// The hash of an op that is equal for ops which `OperationEquivalence::isEquivalentTo` calls equal. Values of its own
/// regions count by their order, others by what they are.
class Hasher {
public:
  llvm::hash_code hash(Operation &op) {
    llvm::hash_code code = OperationEquivalence::computeHash(
        &op, [&](Value operand) { return hash(operand); }, OperationEquivalence::ignoreHashValue,
        OperationEquivalence::IgnoreLocations);
    for (Region &region : op.getRegions())
      for (Block &block : region) {
        number(block.getArguments());
        for (Operation &inner : block)
          code = llvm::hash_combine(code, hash(inner));
      }
    number(op.getResults());
    return code;
  }

private:
  llvm::hash_code hash(Value value) {
    auto own = numbers.find(value);
    return own == numbers.end() ? mlir::hash_value(value) : llvm::hash_value(own->second);
  }
  void number(ValueRange values) {
    for (Value value : values)
      numbers.try_emplace(value, numbers.size());
  }

  llvm::DenseMap<Value, unsigned> numbers;
};

class Merger {
public:
  explicit Merger(RewriterBase &rewriter) : rewriter(rewriter) {}

  void visit(Operation &op) {
    for (Region &region : op.getRegions())
      for (Block &block : region)
        visit(block);
  }

  int64_t numErased = 0;

private:
  using Scope = llvm::DenseMap<size_t, SmallVector<Operation *, 1>>;

  void visit(Block &block) {
    scopes.emplace_back();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isOpTriviallyDead(&op)) {
        rewriter.eraseOp(&op);
        ++numErased;
        continue;
      }
      if (op.hasTrait<OpTrait::IsIsolatedFromAbove>()) {
        Merger inside(rewriter);
        inside.visit(op);
        numErased += inside.numErased;
      } else {
        visit(op);
      }
      if (op.hasTrait<OpTrait::IsTerminator>() || op.getNumResults() == 0 || !isMemoryEffectFree(&op))
        continue;
      merge(op);
    }
    scopes.pop_back();
  }

  void merge(Operation &op) {
    size_t code = Hasher().hash(op);
    for (Scope &scope : scopes)
      for (Operation *earlier : scope.lookup(code))
        if (OperationEquivalence::isEquivalentTo(earlier, &op, OperationEquivalence::IgnoreLocations)) {
          if (isa<UnknownLoc>(earlier->getLoc()))
            earlier->setLoc(op.getLoc());
          rewriter.replaceOp(&op, earlier);
          ++numErased;
          return;
        }
    scopes.back()[code].push_back(&op);
  }

  RewriterBase &rewriter;
  SmallVector<Scope, 4> scopes;
};

struct CommonSubexpressionsPass : tc::impl::CommonSubexpressionsPassBase<CommonSubexpressionsPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    numMerged += tc::eliminateCommonSubexpressions(rewriter, getOperation());
  }
};

} // namespace

int64_t tc::eliminateCommonSubexpressions(RewriterBase &rewriter, Operation *root) {
  Merger merger(rewriter);
  merger.visit(*root);
  return merger.numErased;
}
