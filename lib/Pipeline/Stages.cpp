// The order of the stages: one line a stage.

#include "tc/Pipeline/Stages.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "tc/Conversion/TCToLoop/Passes.h"
#include "tc/Target/CPU/Target.h"
#include "tc/Target/NVPTX/Target.h"
#include "tc/Transforms/Decompose/Passes.h"
#include "tc/Transforms/Functionalize/Passes.h"
#include "tc/Transforms/Fuse/Passes.h"
#include "tc/Transforms/Layout/Passes.h"
#include "tc/Transforms/Schedule/Passes.h"
#include "tc/Transforms/Simplify/Passes.h"
#include "tc/Transforms/VerifyContract/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tc {

static void buildFunctionalize(OpPassManager &manager, const StageOptions &) {
  manager.addPass(createFunctionalizePass());
}

static bool isGPU(StringRef target) {
  // An unknown name is an error of code generation; here any target does.
  llvm::Expected<nvptx::Target> gpu = nvptx::Target::get(target);
  llvm::consumeError(gpu.takeError());
  return static_cast<bool>(gpu);
}

static void buildDecompose(OpPassManager &manager, const StageOptions &options) {
  manager.addNestedPass<func::FuncOp>(createDecomposePass());
  if (!isGPU(options.target))
    manager.addNestedPass<func::FuncOp>(createCheckIndicesPass());
}

static void buildLayout(OpPassManager &manager, const StageOptions &) {
  manager.addNestedPass<func::FuncOp>(createNormalizeBoundary());
  manager.addNestedPass<func::FuncOp>(createExpandComplexPass());
  manager.addNestedPass<func::FuncOp>(createExpandFloat8Pass());
}

static void buildSimplify(OpPassManager &manager, const StageOptions &) { addSimplifyPasses(manager); }

static void buildLoops(OpPassManager &manager, const StageOptions &) {
  manager.addPass(createTCToLoop());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCommonSubexpressionsPass());
}

static void buildFuse(OpPassManager &manager, const StageOptions &options) {
  buildFusePipeline(manager, /*alignsRows=*/!isGPU(options.target));
}

static void buildSchedule(OpPassManager &manager, const StageOptions &options) {
  ScheduleTarget target;
  if (isGPU(options.target)) {
    target.packsOperands = false;
    buildSchedulePipeline(manager, target);
    return;
  }
  if (llvm::Expected<cpu::Target> cpu = cpu::Target::get(options.target)) {
    target.vectorBits = cpu->vectorBits;
    target.vectorRegisters = cpu->vectorRegisters;
    target.l2Bytes = cpu->l2Bytes;
  } else {
    llvm::consumeError(cpu.takeError());
  }
  buildSchedulePipeline(manager, target);
}

static constexpr Stage stages[] = {
    {"functionalize", "mutable, aliasing tensors become values", buildFunctionalize, "functional", true},
    {"decompose", "captured calls become typed ops", buildDecompose, "primitive", true},
    {"layout", "strides at the boundary become transposes", buildLayout, ""},
    {"simplify", "folds, and transposes moved to where they cancel", buildSimplify, "primitive"},
    {"loops", "primitive ops become iteration spaces", buildLoops, "loops"},
    {"fuse", "loops become kernels", buildFuse, "kernels"},
    {"schedule", "kernels get schedules, contractions packed operands", buildSchedule, "kernels"},
};

ArrayRef<Stage> getStages() { return stages; }

llvm::Expected<const Stage *> findStage(StringRef name) {
  const Stage *found = llvm::find_if(stages, [&](const Stage &stage) { return stage.name == name; });
  if (found != std::end(stages))
    return found;
  return llvm::createStringError("unknown stage '" + name + "': expected one of " + getStageNames());
}

llvm::Expected<ArrayRef<Stage>> getStages(StringRef startAfter, StringRef stopAfter) {
  const Stage *begin = std::begin(stages), *end = std::end(stages);
  for (auto [name, place] : {std::pair(startAfter, &begin), std::pair(stopAfter, &end)}) {
    if (name.empty())
      continue;
    llvm::Expected<const Stage *> stage = findStage(name);
    if (!stage)
      return stage.takeError();
    *place = *stage + 1;
  }
  return ArrayRef(begin, std::max(begin, end));
}

std::string getStageNames() {
  return llvm::join(llvm::map_range(stages, [](const Stage &stage) { return stage.name.str(); }), ", ");
}

void addStage(OpPassManager &manager, const Stage &stage, const StageOptions &options) {
  stage.build(manager, options);
  if (options.verifyContracts && !stage.form.empty())
    manager.addPass(createVerifyContractPass(VerifyContractPassOptions{stage.form.str()}));
}

} // namespace tc
