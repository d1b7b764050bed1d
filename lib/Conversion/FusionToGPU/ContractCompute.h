// What threads do with a step's parts of the factors in shared memory, and with their sums at the end.
#ifndef TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACTCOMPUTE_H
#define TC_LIB_CONVERSION_FUSIONTOGPU_CONTRACTCOMPUTE_H

#include "ContractTile.h"

namespace tc::gpu {

class TileCompute {
public:
  virtual ~TileCompute() = default;
  /// The thread's sums before the first step.
  virtual Values getInitial() = 0;
  /// The sums after a step whose parts of the factors lie at these addresses in shared memory.
  virtual Values compute(Value rows, Value columns, mlir::ValueRange sums) = 0;
  /// Stores the sums.
  virtual void store(mlir::ValueRange sums, Value to) = 0;
};

/// In a phase that has begun.
std::unique_ptr<TileCompute> makeMultiplyAdds(Frame &frame, const ContractPlan &plan);
std::unique_ptr<TileCompute> makeTensorCores(Frame &frame, const ContractPlan &plan);

} // namespace tc::gpu

#endif
