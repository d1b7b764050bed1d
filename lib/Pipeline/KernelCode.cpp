// Which target's code generator takes the kernels.

#include "KernelCode.h"

#include "CPUKernelCode.h"

using namespace mlir;

namespace tc {

KernelCode::~KernelCode() = default;

FailureOr<std::unique_ptr<KernelCode>> KernelCode::create(StringRef target, Location location) {
  return createCPUKernelCode(target, location);
}

} // namespace tc
