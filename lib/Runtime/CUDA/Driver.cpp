// Opening the driver, devices and their primary contexts, memory.

#include "Api.h"

#include <dlfcn.h>

namespace tc::runtime {

CudaDriver::CudaDriver(std::unique_ptr<CudaApi> api) : api(std::move(api)) {}

/// The message of a driver's error code; success for 0.
Error CudaDriver::check(int code, const char *what) const {
  if (code == 0)
    return Error();
  const char *name = nullptr, *text = nullptr;
  if (api->cuGetErrorName)
    api->cuGetErrorName(code, &name);
  if (api->cuGetErrorString)
    api->cuGetErrorString(code, &text);
  std::string message = std::string(what) + " failed: " + (name ? name : "error " + std::to_string(code));
  if (text)
    message += std::string(" (") + text + ")";
  return Error(std::move(message));
}

Expected<std::unique_ptr<CudaDriver>> CudaDriver::load(const std::string &library) {
  auto api = std::make_unique<CudaApi>();
  api->library = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!api->library) {
    const char *reason = dlerror();
    return Error("no CUDA driver: cannot open " + library + (reason ? std::string(": ") + reason : ""));
  }
#define TC_LOAD(name, symbol, ...) api->name = reinterpret_cast<decltype(api->name)>(dlsym(api->library, symbol));
  TC_CUDA_FUNCTIONS(TC_LOAD)
#undef TC_LOAD
  // From here on the destructor closes the library.
  std::unique_ptr<CudaDriver> driver(new CudaDriver(std::move(api)));
#define TC_REQUIRE(name, symbol, ...)                                                                                  \
  if (!driver->api->name && std::string_view(#name) != "cuLaunchKernelEx")                                             \
    return Error("the CUDA driver " + library + " has no " + symbol);
  TC_CUDA_FUNCTIONS(TC_REQUIRE)
#undef TC_REQUIRE
  if (Error error = driver->check(driver->api->cuInit(0), "cuInit"))
    return error;
  return driver;
}

CudaDriver::~CudaDriver() {
  for (size_t device = 0; device < api->contexts.size(); ++device)
    if (api->contexts[device])
      api->cuDevicePrimaryCtxRelease(device);
  // The library stays open: a driver does not survive being closed.
}

Expected<int> CudaDriver::getVersion() const {
  int version = 0;
  if (Error error = check(api->cuDriverGetVersion(&version), "cuDriverGetVersion"))
    return error;
  return version;
}

Expected<int> CudaDriver::getDeviceCount() const {
  int count = 0;
  if (Error error = check(api->cuDeviceGetCount(&count), "cuDeviceGetCount"))
    return error;
  return count;
}

Expected<int> CudaDriver::getComputeCapability(int device) const {
  constexpr int majorAttribute = 75, minorAttribute = 76;
  int handle = 0, major = 0, minor = 0;
  if (Error error = check(api->cuDeviceGet(&handle, device), "cuDeviceGet"))
    return error;
  if (Error error = check(api->cuDeviceGetAttribute(&major, majorAttribute, handle), "cuDeviceGetAttribute"))
    return error;
  if (Error error = check(api->cuDeviceGetAttribute(&minor, minorAttribute, handle), "cuDeviceGetAttribute"))
    return error;
  return major * 10 + minor;
}

Error CudaDriver::activate(int device) {
  void *context = nullptr;
  {
    std::lock_guard<std::mutex> lock(api->mutex);
    if (device < 0)
      return Error("there is no CUDA device " + std::to_string(device));
    if (static_cast<size_t>(device) >= api->contexts.size() || !api->contexts[device]) {
      int count = 0;
      if (Error error = check(api->cuDeviceGetCount(&count), "cuDeviceGetCount"))
        return error;
      if (device >= count)
        return Error("there is no CUDA device " + std::to_string(device) + ": the driver has " + std::to_string(count));
      int handle = 0;
      if (Error error = check(api->cuDeviceGet(&handle, device), "cuDeviceGet"))
        return error;
      api->contexts.resize(std::max<size_t>(api->contexts.size(), count));
      if (Error error =
              check(api->cuDevicePrimaryCtxRetain(&api->contexts[device], handle), "cuDevicePrimaryCtxRetain"))
        return error;
    }
    context = api->contexts[device];
  }
  void *current = nullptr;
  if (api->cuCtxGetCurrent(&current) == 0 && current == context)
    return Error();
  return check(api->cuCtxSetCurrent(context), "cuCtxSetCurrent");
}

Expected<void *> CudaDriver::allocate(int64_t bytes) {
  unsigned long long data = 0;
  if (bytes > 0)
    if (Error error = check(api->cuMemAlloc(&data, bytes), "cuMemAlloc"))
      return error;
  return reinterpret_cast<void *>(data);
}

void CudaDriver::deallocate(void *data) {
  if (data)
    api->cuMemFree(reinterpret_cast<unsigned long long>(data));
}

Error CudaDriver::copy(void *destination, const void *source, int64_t bytes, CudaStream stream) {
  if (bytes <= 0)
    return Error();
  return check(api->cuMemcpyAsync(reinterpret_cast<unsigned long long>(destination),
                                  reinterpret_cast<unsigned long long>(source), bytes, stream),
               "cuMemcpyAsync");
}

Error CudaDriver::synchronize(CudaStream stream) {
  return check(api->cuStreamSynchronize(stream), "cuStreamSynchronize");
}

} // namespace tc::runtime
