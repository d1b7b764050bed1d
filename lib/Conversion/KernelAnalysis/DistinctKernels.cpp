// Kernels that are equal but for their operands and name become one piece of code.

#include "tc/Conversion/KernelAnalysis/DistinctKernels.h"

#include "mlir/IR/AsmState.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace tc {

// The kernel's text without what does not change its code: name, reasons, locations, operands.
static std::string getKey(fusion::KernelOp kernel) {
  std::string key;
  llvm::raw_string_ostream os(key);
  if (kernel.getScheduleAttr())
    os << kernel.getScheduleAttr();
  os << kernel.getBody().getArgumentTypes();
  AsmState state(kernel, OpPrintingFlags().useLocalScope().printGenericOpForm().assumeVerified());
  for (Operation &op : kernel.getBody().front())
    op.print(os, state);
  return key;
}

SmallVector<uint32_t> findDistinctKernels(Operation *root, SmallVectorImpl<fusion::KernelOp> &kernels) {
  llvm::StringMap<uint32_t> known;
  SmallVector<uint32_t> kernelOf;
  root->walk([&](fusion::KernelOp kernel) {
    auto [it, inserted] = known.try_emplace(getKey(kernel), kernels.size());
    if (inserted)
      kernels.push_back(kernel);
    kernelOf.push_back(it->second);
  });
  return kernelOf;
}

} // namespace tc
