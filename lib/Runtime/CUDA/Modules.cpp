// Modules, kernels and launches.

#include "Api.h"

namespace tc::runtime {

/// Room for what the driver's compiler has to say.
static constexpr size_t logBytes = 16 << 10;

Expected<CudaModule> CudaDriver::loadModule(const std::string &image) {
  // CUjit_option values; sizes travel as pointers.
  constexpr int infoBuffer = 3, infoBytes = 4, errorBuffer = 5, errorBytes = 6;
  std::vector<char> info(logBytes, 0), errors(logBytes, 0);
  int options[] = {infoBuffer, infoBytes, errorBuffer, errorBytes};
  void *values[] = {info.data(), reinterpret_cast<void *>(logBytes), errors.data(), reinterpret_cast<void *>(logBytes)};
  void *module = nullptr;
  // std::string ends with the null byte that PTX text needs.
  int code = api->cuModuleLoadDataEx(&module, image.c_str(), 4, options, values);
  if (Error error = check(code, "cuModuleLoadDataEx")) {
    errors.back() = 0;
    std::string log(errors.data());
    while (!log.empty() && (log.back() == '\n' || log.back() == ' '))
      log.pop_back();
    return log.empty() ? std::move(error) : Error(error.message() + ": " + log);
  }
  return CudaModule(module);
}

void CudaDriver::unloadModule(CudaModule module) {
  if (module)
    api->cuModuleUnload(module);
}

Expected<CudaFunction> CudaDriver::getFunction(CudaModule module, const std::string &name, uint32_t sharedBytes) {
  void *function = nullptr;
  if (Error error = check(api->cuModuleGetFunction(&function, module, name.c_str()), "cuModuleGetFunction"))
    return error;
  if (sharedBytes > (48u << 10))
    if (Error error = setMaxSharedBytes(function, sharedBytes))
      return error;
  return CudaFunction(function);
}

Error CudaDriver::setMaxSharedBytes(CudaFunction function, uint32_t sharedBytes) {
  constexpr int maxDynamicSharedBytes = 8; // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
  return check(api->cuFuncSetAttribute(function, maxDynamicSharedBytes, sharedBytes), "cuFuncSetAttribute");
}

Error CudaDriver::launch(CudaFunction function, const CudaLaunchConfig &config, CudaStream stream, void **arguments) {
  const uint32_t *cluster = config.cluster;
  if (cluster[0] == 1 && cluster[1] == 1 && cluster[2] == 1) {
    int code = api->cuLaunchKernel(function, config.grid[0], config.grid[1], config.grid[2], config.block[0],
                                   config.block[1], config.block[2], config.sharedBytes, stream, arguments, nullptr);
    return code == 0 ? Error() : check(code, "cuLaunchKernel");
  }
  if (!api->cuLaunchKernelEx)
    return Error("the CUDA driver is too old for clusters of blocks");
  CudaLaunchAttribute attribute{};
  attribute.id = 4; // CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION
  attribute.value.clusterDim = {cluster[0], cluster[1], cluster[2]};
  CudaRawLaunchConfig raw{config.grid[0],  config.grid[1],     config.grid[2], config.block[0], config.block[1],
                          config.block[2], config.sharedBytes, stream,         &attribute,      1};
  int code = api->cuLaunchKernelEx(&raw, function, arguments, nullptr);
  return code == 0 ? Error() : check(code, "cuLaunchKernelEx");
}

} // namespace tc::runtime
