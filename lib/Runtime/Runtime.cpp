// The runtime object.

#include "tc/Runtime/Runtime.h"

#if defined(__x86_64__)
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tc::runtime {

Runtime::Runtime(const RuntimeOptions &options)
    : options(options), pool(options.maxThreads), allocator(options.maxCachedBytes) {}

Runtime::~Runtime() = default;

Expected<CudaDriver *> Runtime::getCuda() {
  std::lock_guard<std::mutex> lock(mutex);
  if (!cuda && cudaError.empty()) {
    Expected<std::unique_ptr<CudaDriver>> driver = CudaDriver::load(options.cudaLibrary);
    if (driver)
      cuda = std::move(*driver);
    else
      cudaError = driver.message();
  }
  if (!cuda)
    return Error(cudaError);
  return cuda.get();
}

bool Runtime::enableAMX() {
  std::lock_guard<std::mutex> lock(mutex);
  if (amx < 0) {
    amx = 0;
#if defined(__x86_64__)
    constexpr unsigned amxTileBit = 1u << 24; // CPUID 7.0 EDX
    constexpr int requestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
    constexpr unsigned long tileData = 18;
    unsigned a, b, c, d;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & amxTileBit))
      amx = syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#endif
  }
  return amx == 1;
}

} // namespace tc::runtime
