// The results of a contraction from its sums.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACTEPILOGUE_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACTEPILOGUE_H

#include "ContractTile.h"

namespace tc::gpu {

class ContractEpilogue {
public:
  ContractEpilogue(Frame &frame, Evaluator &evaluator, const ContractPlan &plan)
      : frame(frame), evaluator(evaluator), plan(plan), builder(frame.getBuilder()) {}

  /// Computes the results at points of the parallel space from the sums there, and stores them where `condition` holds
  /// (null: always).
  mlir::LogicalResult emitPoints(llvm::ArrayRef<Indices> points, mlir::ValueRange sums, Value condition);
  /// Those of a block, whose sums lie in shared memory as SharedSums says.
  mlir::LogicalResult emitBlock(const BlockPlace &place, Value shared);

private:
  Frame &frame;
  Evaluator &evaluator;
  const ContractPlan &plan;
  mlir::ImplicitLocOpBuilder &builder;
};

} // namespace tc::gpu

#endif
