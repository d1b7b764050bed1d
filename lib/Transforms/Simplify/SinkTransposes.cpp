// The pass that moves transposes towards the results.

#include "tc/Transforms/Simplify/Passes.h"

#include "Transposes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace tc {
#define GEN_PASS_DEF_SINKTRANSPOSESPASS
#include "tc/Transforms/Simplify/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

struct SinkTransposesPass : tc::impl::SinkTransposesPassBase<SinkTransposesPass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    simplify::addSinkElementwisePatterns(set);
    simplify::addSinkShapePatterns(set);
    simplify::addSinkComputePatterns(set);
    patterns = std::move(set);
    return success();
  }
  void runOnOperation() override {
    // Each transpose may move through the whole graph.
    GreedyRewriteConfig config;
    config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
    // Whatever stays is right, only slower: a graph in which two transposes chase one another must still compile.
    int64_t ops = 0;
    getOperation().walk([&](Operation *) { ++ops; });
    config.setMaxNumRewrites(16 * ops + 1024);
    (void)applyPatternsGreedily(getOperation(), patterns, config);
  }
  FrozenRewritePatternSet patterns;
};

} // namespace
