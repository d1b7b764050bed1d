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

// The rewrites come to an end: each lowers the sum, over the transposes that getSinkableTranspose gives, of the ops
// other than transposes and reshapes on all paths from them to the results. Sinking below an op takes that op off the
// paths. Where an operand is transposed instead because the result's transposes cancel, its transpose counts what the
// other operand's counted up to now, and what those of the result counted is gone. Transposes of weights and of unit
// dimensions, which may come into being on the way, do not count; and a transpose that only passes a reshape comes
// closer to the results.
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
    (void)applyPatternsGreedily(getOperation(), patterns, config);
  }
  FrozenRewritePatternSet patterns;
};

} // namespace
