// The driver's entry points that the runtime uses, by their documented signatures; cuda.h is not
// needed.
#ifndef TC_LIB_RUNTIME_CUDA_API_H
#define TC_LIB_RUNTIME_CUDA_API_H

#include "tc/Runtime/Cuda.h"

#include <cstddef>
#include <mutex>
#include <vector>

namespace tc::runtime {

/// CUlaunchAttribute and CUlaunchConfig.
struct CudaLaunchAttribute {
  int id;
  char pad[4];
  union {
    struct {
      unsigned x, y, z;
    } clusterDim;
    char bytes[64];
  } value;
};
static_assert(sizeof(CudaLaunchAttribute) == 72);

struct CudaRawLaunchConfig {
  unsigned gridX, gridY, gridZ;
  unsigned blockX, blockY, blockZ;
  unsigned sharedBytes;
  void *stream;
  CudaLaunchAttribute *attributes;
  unsigned numAttributes;
};
static_assert(sizeof(CudaRawLaunchConfig) == 56);

// name, parameters. The driver exports newer revisions of some functions under a suffix.
#define TC_CUDA_FUNCTIONS(X)                                                                                           \
  X(cuInit, "cuInit", unsigned)                                                                                        \
  X(cuDriverGetVersion, "cuDriverGetVersion", int *)                                                                   \
  X(cuGetErrorName, "cuGetErrorName", int, const char **)                                                              \
  X(cuGetErrorString, "cuGetErrorString", int, const char **)                                                          \
  X(cuDeviceGetCount, "cuDeviceGetCount", int *)                                                                       \
  X(cuDeviceGet, "cuDeviceGet", int *, int)                                                                            \
  X(cuDeviceGetAttribute, "cuDeviceGetAttribute", int *, int, int)                                                     \
  X(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", void **, int)                                                \
  X(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", int)                                                    \
  X(cuCtxGetCurrent, "cuCtxGetCurrent", void **)                                                                       \
  X(cuCtxSetCurrent, "cuCtxSetCurrent", void *)                                                                        \
  X(cuModuleLoadDataEx, "cuModuleLoadDataEx", void **, const void *, unsigned, int *, void **)                         \
  X(cuModuleUnload, "cuModuleUnload", void *)                                                                          \
  X(cuModuleGetFunction, "cuModuleGetFunction", void **, void *, const char *)                                         \
  X(cuFuncSetAttribute, "cuFuncSetAttribute", void *, int, int)                                                        \
  X(cuLaunchKernelEx, "cuLaunchKernelEx", const CudaRawLaunchConfig *, void *, void **, void **)                       \
  X(cuLaunchKernel, "cuLaunchKernel", void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,    \
    void *, void **, void **)                                                                                          \
  X(cuMemAlloc, "cuMemAlloc_v2", unsigned long long *, size_t)                                                         \
  X(cuMemFree, "cuMemFree_v2", unsigned long long)                                                                     \
  X(cuMemcpyAsync, "cuMemcpyAsync", unsigned long long, unsigned long long, size_t, void *)                            \
  X(cuStreamSynchronize, "cuStreamSynchronize", void *)

struct CudaApi {
  void *library = nullptr;
#define TC_DECLARE(name, symbol, ...) int (*name)(__VA_ARGS__) = nullptr;
  TC_CUDA_FUNCTIONS(TC_DECLARE)
#undef TC_DECLARE
  std::mutex mutex;             // of contexts
  std::vector<void *> contexts; // primary, by device; null if not retained
};

} // namespace tc::runtime

#endif
