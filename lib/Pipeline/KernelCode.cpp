// Which target's code generator takes the kernels.

#include "KernelCode.h"

#include "CPUKernelCode.h"
#include "GPUKernelCode.h"
#include "mlir/IR/Threading.h"

#include <atomic>

using namespace mlir;

namespace tc {

KernelCode::~KernelCode() = default;

FailureOr<std::unique_ptr<KernelCode>> KernelCode::create(const CompileOptions &options, runtime::Runtime &runtime,
                                                          Location location) {
  if (isGPUTarget(options.target))
    return createGPUKernelCode(options, runtime, location);
  return createCPUKernelCode(options, location);
}

void forEachKernel(MLIRContext *context, unsigned threads, size_t count, function_ref<void(size_t)> compileOne) {
  std::atomic<size_t> next = 0;
  parallelFor(context, 0, threads ? std::min<size_t>(threads, count) : count, [&](size_t) {
    // As many tasks as threads, which take the kernels in turn; without a limit, a kernel each.
    do {
      size_t i = next++;
      if (i >= count)
        return;
      compileOne(i);
    } while (threads);
  });
}

} // namespace tc
