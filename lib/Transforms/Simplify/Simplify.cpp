// The pass that applies all rewrites, and the order of the room's passes.

#include "tc/Transforms/Simplify/Passes.h"

#include "Patterns.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

namespace tc {
#define GEN_PASS_DEF_SIMPLIFYPASS
#include "tc/Transforms/Simplify/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

struct SimplifyPass : tc::impl::SimplifyPassBase<SimplifyPass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    simplify::addBroadcastPatterns(set);
    simplify::addArithmeticPatterns(set);
    simplify::addSlicePatterns(set);
    simplify::addComputePatterns(set);
    simplify::addEmptyPatterns(set);
    patterns = std::move(set);
    return success();
  }
  void runOnOperation() override {
    if (failed(applyPatternsGreedily(getOperation(), patterns)))
      getOperation().emitWarning(
          "simplification did not come to an end; the module is correct and may not be simplest");
  }
  FrozenRewritePatternSet patterns;
};

} // namespace

void tc::addSimplifyPasses(OpPassManager &manager) {
  manager.addPass(createCSEPass());
  manager.addPass(createSimplifyPass());
  manager.addPass(createSinkTransposesPass());
  manager.addPass(createFoldConstantsPass());
  // Sinking and folding make new neighbours.
  manager.addPass(createSimplifyPass());
  manager.addPass(createCSEPass());
}
