// The fuse stage.

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Transforms/Fuse/Passes.h"

using namespace mlir;

void tc::buildFusePipeline(OpPassManager &manager, bool alignsRows) {
  manager.addPass(createAlignEpilogues());
  manager.addPass(createInlineLoops());
  manager.addPass(createSplitReductions());
  if (alignsRows)
    manager.addPass(createAlignRows());
  manager.addPass(createFormKernels());
}

void tc::registerFusePipeline() {
  PassPipelineRegistration<>("tc-fuse",
                             "Loops to kernels: tc-align-epilogues, tc-inline-loops, tc-split-reductions, "
                             "tc-align-rows, tc-form-kernels",
                             [](OpPassManager &manager) { buildFusePipeline(manager); });
}
