// The schedule stage.

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Transforms/Schedule/Passes.h"

using namespace mlir;
using namespace tc;

void tc::buildSchedulePipeline(OpPassManager &manager, const ScheduleTarget &target) {
  if (target.packsOperands) {
    PackOperandsOptions pack;
    pack.vectorBits = target.vectorBits;
    pack.vectorRegisters = target.vectorRegisters;
    pack.l2Bytes = target.l2Bytes;
    manager.addPass(createPackOperands(pack));
  }
  manager.addPass(createGeneralizeSizes());
  ScheduleKernelsOptions schedule;
  schedule.vectorBits = target.vectorBits;
  schedule.vectorRegisters = target.vectorRegisters;
  schedule.l2Bytes = target.l2Bytes;
  manager.addPass(createScheduleKernels(schedule));
}

void tc::registerSchedulePipeline() {
  PassPipelineRegistration<>("tc-schedule",
                             "Kernels to scheduled kernels: tc-pack-operands, tc-generalize-sizes, "
                             "tc-schedule-kernels",
                             [](OpPassManager &manager) { buildSchedulePipeline(manager, {}); });
}
