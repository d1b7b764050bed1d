// Which target's code generator takes the kernels.

#include "KernelCode.h"

#include "CPUKernelCode.h"
#include "GPUKernelCode.h"

using namespace mlir;

namespace tc {

KernelCode::~KernelCode() = default;

FailureOr<std::unique_ptr<KernelCode>> KernelCode::create(const CompileOptions &options, runtime::Runtime &runtime,
                                                          Location location) {
  if (isGPUTarget(options.target))
    return createGPUKernelCode(options, runtime, location);
  return createCPUKernelCode(options.target, location);
}

} // namespace tc
