// What happens once an executable: CUDA modules are loaded when it is made; constants are uploaded
// and the init section is run by the first run.

#include "ExecutableState.h"

namespace tc::runtime {

Error ExecutableState::loadCuda() {
  for (const Value &value : program.values)
    if (value.device.kind == DeviceKind::CUDA) {
      if (usesCuda && value.device != cudaDevice)
        return Error("program " + program.name + ": expected one CUDA device, found two");
      usesCuda = true;
      cudaDevice = value.device;
    }
  usesCuda |= !program.cudaKernels.empty();
  if (cudaDevice.kind != DeviceKind::CUDA)
    cudaDevice = {DeviceKind::CUDA, 0};
  if (!usesCuda)
    return Error();
  Expected<CudaDriver *> driver = runtime.getCuda();
  if (!driver)
    return driver.takeError();
  if (Error error = (*driver)->activate(cudaDevice.ordinal))
    return error;
  cuda = *driver;
  for (const CudaModuleImage &image : program.cudaModules) {
    Expected<CudaModule> module = cuda->loadModule(image.image);
    if (!module)
      return Error("CUDA module " + image.name + ": " + module.takeError().message());
    cudaModules.push_back(*module);
  }
  for (const CudaKernel &kernel : program.cudaKernels) {
    Expected<CudaFunction> function = cuda->getFunction(cudaModules[kernel.module], kernel.name);
    if (!function)
      return Error("CUDA kernel " + kernel.name + ": " + function.takeError().message());
    // The driver allows 48 KiB without being asked.
    cudaKernels.push_back({*function, std::make_unique<std::atomic<uint32_t>>(48u << 10)});
  }
  return Error();
}

Error ExecutableState::initialise(const std::shared_ptr<const Plan> &plan, const RunOptions &runOptions) {
  std::lock_guard<std::mutex> lock(initMutex);
  if (isInitialised.load(std::memory_order_acquire))
    return Error();
  // A failed attempt is begun anew by the next run.
  onceBlocks.clear();
  for (void *data : deviceBlocks)
    releaseDevice(cudaDevice, data);
  deviceBlocks.clear();
  staticValues.assign(program.values.size(), nullptr);
  for (ValueId id = 0; id < program.values.size(); ++id) {
    const Value &value = program.values[id];
    const ValueInfo &info = prepared.values[id];
    bool isConstant = value.kind == Value::Kind::Constant, isOnce = value.kind == Value::Kind::Once;
    if (isConstant || isOnce) {
      int64_t bytes = plan->slots[info.bytesSlot];
      const void *data = isConstant ? program.constants[value.index].data : nullptr;
      if (value.device.kind == DeviceKind::CUDA) {
        Expected<void *> memory = allocateDevice(cudaDevice, bytes, runOptions.stream);
        if (!memory)
          return memory.takeError();
        if (*memory)
          deviceBlocks.push_back(*memory);
        staticValues[id] = *memory;
        if (data && bytes > 0)
          if (Error error = cuda->copy(*memory, data, bytes, runOptions.stream))
            return error;
      } else if (isConstant) {
        staticValues[id] = const_cast<void *>(data);
      } else {
        onceBlocks.push_back(HostBlock::allocate(bytes));
        staticValues[id] = onceBlocks.back().data();
        if (bytes > 0 && !staticValues[id])
          return Error("out of memory: " + std::to_string(bytes) + " bytes for a value computed once");
      }
    }
  }
  if (!prepared.init.steps.empty()) {
    Frame frame;
    frame.stream = runOptions.stream;
    Placement placement = placeSection(program, prepared, prepared.init, plan->slots);
    Error error = bindFrame(frame, plan, prepared.init, placement);
    if (!error) {
      RunOptions options = runOptions;
      options.timings = nullptr;
      error = Run(*this, {}, {}, options).runInit(frame);
    }
    // Other streams may use the results.
    if (!error && usesCuda)
      error = cuda->synchronize(runOptions.stream);
    freeDeviceArena(frame);
    if (error)
      return Error("init: " + error.message());
  } else if (usesCuda) {
    if (Error error = cuda->synchronize(runOptions.stream))
      return error;
  }
  isInitialised.store(true, std::memory_order_release);
  return Error();
}

} // namespace tc::runtime
