// The object that everything at run time hangs off: threads, cached memory, the CUDA driver. An
// embedder makes one and shares it between its executables; nothing in the runtime is global.
#ifndef TC_RUNTIME_RUNTIME_H
#define TC_RUNTIME_RUNTIME_H

#include "tc/Runtime/Cuda.h"
#include "tc/Runtime/Memory.h"
#include "tc/Runtime/ThreadPool.h"

#include <mutex>
#include <string>

namespace tc::runtime {

struct RuntimeOptions {
  unsigned maxThreads = 0; ///< 0: the CPUs this process may run on
  int64_t maxCachedBytes = int64_t(1) << 30;
  std::string cudaLibrary = "libcuda.so.1"; ///< opened when a program first needs it
};

class Runtime {
public:
  explicit Runtime(const RuntimeOptions &options = {});
  ~Runtime();
  Runtime(const Runtime &) = delete;
  Runtime &operator=(const Runtime &) = delete;

  ThreadPool &getThreadPool() { return pool; }
  CachingAllocator &getAllocator() { return allocator; }
  /// The driver, opened at the first call; an error where there is none. Thread-safe.
  Expected<CudaDriver *> getCuda();
  /// Asks the kernel, once, for the right to use AMX tile registers; false where there are none.
  bool enableAMX();

private:
  RuntimeOptions options;
  ThreadPool pool;
  CachingAllocator allocator;
  std::mutex mutex;
  std::unique_ptr<CudaDriver> cuda;
  std::string cudaError;
  int amx = -1;
};

} // namespace tc::runtime

#endif
