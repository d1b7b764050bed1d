// The CUDA driver, opened at run time: nothing of CUDA is needed to build or to link, and a machine
// without a driver gets an error it can read. Modules are PTX text or cubins; kernels go to a
// stream of the caller's.
#ifndef TC_RUNTIME_CUDA_H
#define TC_RUNTIME_CUDA_H

#include "tc/Runtime/Error.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tc::runtime {

/// Handles of the driver: CUmodule, CUfunction, CUstream.
using CudaModule = void *;
using CudaFunction = void *;
using CudaStream = void *;

/// Everything of a launch but the arguments.
struct CudaLaunchConfig {
  uint32_t grid[3] = {1, 1, 1};
  uint32_t block[3] = {1, 1, 1};
  uint32_t cluster[3] = {1, 1, 1};
  uint32_t sharedBytes = 0;
};

struct CudaApi;

/// The driver's entry points. Thread-safe. Calls use the device's primary context, the one PyTorch
/// uses.
class CudaDriver {
public:
  static Expected<std::unique_ptr<CudaDriver>> load(const std::string &library = "libcuda.so.1");
  ~CudaDriver();
  CudaDriver(const CudaDriver &) = delete;
  CudaDriver &operator=(const CudaDriver &) = delete;

  Expected<int> getVersion() const; ///< 12040 is CUDA 12.4
  Expected<int> getDeviceCount() const;
  /// "sm_90"'s 90.
  Expected<int> getComputeCapability(int device) const;

  /// Makes the device's primary context current on this thread, if another is.
  Error activate(int device);

  /// Loads PTX or a cubin into the current context; the driver's log is in the error.
  Expected<CudaModule> loadModule(const std::string &image);
  void unloadModule(CudaModule module);
  /// The entry `name`, allowed `sharedBytes` of dynamic shared memory.
  Expected<CudaFunction> getFunction(CudaModule module, const std::string &name, uint32_t sharedBytes = 0);
  Error setMaxSharedBytes(CudaFunction function, uint32_t sharedBytes);
  /// `arguments[i]` points to the value of parameter i.
  Error launch(CudaFunction function, const CudaLaunchConfig &config, CudaStream stream, void **arguments);

  Expected<void *> allocate(int64_t bytes);
  void deallocate(void *data);
  /// In the order of the stream; host memory that is not pinned is waited for.
  Error copy(void *destination, const void *source, int64_t bytes, CudaStream stream);
  Error synchronize(CudaStream stream);

private:
  explicit CudaDriver(std::unique_ptr<CudaApi> api);
  Error check(int code, const char *what) const;
  std::unique_ptr<CudaApi> api;
};

} // namespace tc::runtime

#endif
