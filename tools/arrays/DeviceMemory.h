// Arguments and results of a program on the device that it was compiled for.
#ifndef TC_TOOLS_ARRAYS_DEVICEMEMORY_H
#define TC_TOOLS_ARRAYS_DEVICEMEMORY_H

#include "Inputs.h"
#include "tc/Runtime/Runtime.h"

namespace tc::tool {

/// Owns the arguments that it copied to a device. The host's own are passed as they are.
class DeviceMemory {
public:
  explicit DeviceMemory(runtime::Runtime &runtime) : runtime(runtime) {}
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  /// The arguments of a run, on the devices of the program's inputs. `inputs` must outlive them.
  llvm::Expected<std::vector<runtime::Argument>> upload(const runtime::Program &program, const Inputs &inputs);
  /// A tensor of any device, copied to the host. Waits for the device.
  llvm::Expected<Array> download(const runtime::TensorView &tensor);
  /// Waits for what was launched on the devices of the arguments.
  llvm::Error synchronize();
  /// Gives the outputs of a run back to where its memory came from.
  void release(llvm::ArrayRef<runtime::Result> results);

private:
  llvm::Expected<runtime::CudaDriver *> activate(runtime::Device device);

  runtime::Runtime &runtime;
  runtime::CudaDriver *driver = nullptr;
  std::vector<std::pair<runtime::Device, void *>> owned;
};

} // namespace tc::tool

#endif
