// Everything a context or a tool of tc must know.

#include "tc/Pipeline/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "tc/Conversion/ExpandMath/Passes.h"
#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Conversion/FusionToCPU/Passes.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Conversion/FusionToGPU/Passes.h"
#include "tc/Conversion/TCToLoop/Passes.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Pipeline/Stages.h"
#include "tc/Target/CPU/ObjectCode.h"
#include "tc/Transforms/Decompose/Passes.h"
#include "tc/Transforms/Functionalize/Passes.h"
#include "tc/Transforms/Fuse/Passes.h"
#include "tc/Transforms/Layout/Passes.h"
#include "tc/Transforms/Schedule/Passes.h"
#include "tc/Transforms/Simplify/Passes.h"
#include "tc/Transforms/VerifyContract/Passes.h"

#include <mutex>

using namespace mlir;

namespace tc {

void registerAllDialects(DialectRegistry &registry) {
  registry.insert<TCDialect, loop::LoopDialect, fusion::FusionDialect, func::FuncDialect, scf::SCFDialect>();
  cpu::registerDialects(registry);
  tc::gpu::registerDialects(registry);
  cpu::registerTranslations(registry);
}

void registerAllPasses() {
  static std::once_flag once;
  std::call_once(once, [] {
    registerTransformsPasses();
    registerTCFunctionalizePasses();
    registerTCDecomposePasses();
    registerTCLayoutPasses();
    registerTCSimplifyPasses();
    registerTCVerifyContractPasses();
    registerTCToLoopPasses();
    registerTCFusePasses();
    registerFusePipeline();
    registerTCSchedulePasses();
    registerSchedulePipeline();
    registerTCFusionToCPUPasses();
    registerTCFusionToGPUPasses();
    registerTCExpandMathPasses();
    registerStagePipelines();
  });
}

} // namespace tc
