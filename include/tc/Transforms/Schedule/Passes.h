// How kernels run.

#ifndef TC_TRANSFORMS_SCHEDULE_PASSES_H
#define TC_TRANSFORMS_SCHEDULE_PASSES_H

#include "mlir/Pass/Pass.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"

namespace mlir {
class OpPassManager;
}

namespace tc {

#define GEN_PASS_DECL
#include "tc/Transforms/Schedule/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tc/Transforms/Schedule/Passes.h.inc"

/// What the schedule has to know of the target.
struct ScheduleTarget {
  int64_t vectorBits = 512, vectorRegisters = 32;
  int64_t l2Bytes = 2 << 20;
  /// Whether right operands of contractions are packed: a GPU copies blocks of any layout to shared memory.
  bool packsOperands = true;
};

/// The stage: tc-pack-operands, tc-generalize-sizes, tc-schedule-kernels. Registered as `tc-schedule`, for the default
/// target.
void buildSchedulePipeline(mlir::OpPassManager &manager, const ScheduleTarget &target);
void registerSchedulePipeline();

} // namespace tc

#endif // TC_TRANSFORMS_SCHEDULE_PASSES_H
