// Which values are the same in all runs.

#include "ComputedOnce.h"

using namespace mlir;
using namespace tc;

bool tc::isComputedOnce(Value value) {
  Operation *producer = value.getDefiningOp();
  if (isa_and_present<ReshapeOp, fusion::KernelOp>(producer))
    return llvm::all_of(producer->getOperands(), isComputedOnce);
  return isa_and_present<ConstantOp>(producer);
}
