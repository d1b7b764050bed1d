// Kernels for a GPU that the CUDA driver has: PTX, which the driver assembles when the program is loaded.

#include "GPUKernelCode.h"

#include "mlir/IR/Diagnostics.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Target/NVPTX/PTX.h"

#include <atomic>

using namespace mlir;

namespace tc {

namespace {

class GPUKernelCode final : public KernelCode {
public:
  GPUKernelCode(gpu::Target target, int ordinal, const CompileOptions &options, Location location)
      : target(std::move(target)), ordinal(ordinal), form(options.gpuCode), threads(options.threads),
        location(location) {}

  std::string getTargetName() const override { return target.name; }
  runtime::Device getDevice() const override { return {runtime::DeviceKind::CUDA, ordinal}; }
  FailureOr<std::vector<KernelLaunchInfo>> compile(ArrayRef<fusion::KernelOp> kernels) override;
  /// The program holds its images itself.
  FailureOr<std::vector<runtime::KernelFn>> finish(runtime::Program &) override {
    return std::vector<runtime::KernelFn>();
  }

private:
  FailureOr<KernelLaunchInfo> compileOne(fusion::KernelOp kernel, unsigned number) const;

  gpu::Target target;
  int ordinal;
  CompileOptions::GPUCode form;
  unsigned threads;
  Location location;
};

} // namespace

bool isGPUTarget(StringRef target) {
  StringRef name = target.split(':').first;
  return name == "cuda" || name.starts_with("sm_");
}

/// The target whose PTX a device runs best. PTX of sm_80 runs on everything after it; that of sm_90a on 9.0 alone.
static StringRef chooseTarget(int capability) {
  if (capability >= 120)
    return "sm_120";
  return capability == 90 ? "sm_90a" : "sm_80";
}

FailureOr<std::unique_ptr<KernelCode>> createGPUKernelCode(const CompileOptions &options, runtime::Runtime &runtime,
                                                           Location location) {
  auto [name, device] = StringRef(options.target).split(':');
  int ordinal = 0;
  if (options.target.find(':') != std::string::npos && (device.getAsInteger(10, ordinal) || ordinal < 0))
    return emitError(location) << "expected the number of a device after ':' in target '" << options.target << "'";
  if (name != "cuda")
    if (llvm::Expected<gpu::Target> known = gpu::Target::get(name); !known)
      return emitError(location) << llvm::toString(known.takeError());

  runtime::Expected<runtime::CudaDriver *> driver = runtime.getCuda();
  if (!driver)
    return emitError(location) << "target '" << options.target << "': " << driver.message();
  if (runtime::Error error = (*driver)->activate(ordinal))
    return emitError(location) << "target '" << options.target << "': " << error.message();
  runtime::Expected<int> capability = (*driver)->getComputeCapability(ordinal);
  if (!capability)
    return emitError(location) << "target '" << options.target << "': " << capability.message();
  auto describe = [&] {
    return "CUDA device " + std::to_string(ordinal) + ", which has " + std::to_string(*capability / 10) + "." +
           std::to_string(*capability % 10);
  };
  if (*capability < 80)
    return emitError(location) << "expected compute capability 8.0 or later of " << describe();
  if (name == "cuda")
    name = chooseTarget(*capability);
  gpu::Target target = llvm::cantFail(gpu::Target::get(name));
  bool runs = name.ends_with("a") ? *capability == static_cast<int>(target.smVersion)
                                  : *capability >= static_cast<int>(target.smVersion);
  if (!runs)
    return emitError(location) << "code for " << name << " does not run on " << describe();
  return std::unique_ptr<KernelCode>(std::make_unique<GPUKernelCode>(std::move(target), ordinal, options, location));
}

FailureOr<KernelLaunchInfo> GPUKernelCode::compileOne(fusion::KernelOp kernel, unsigned number) const {
  FailureOr<gpu::GpuKernel> lowered = gpu::lowerKernel(kernel, target, gpu::getFunctionName(kernel.getName(), number));
  if (failed(lowered))
    return failure();
  FailureOr<std::string> image = form == CompileOptions::GPUCode::PTX ? nvptx::emitPTX(*lowered->module, target)
                                                                      : nvptx::emitLLVMIR(*lowered->module, target);
  if (failed(image))
    return failure();
  KernelLaunchInfo info;
  info.image = std::move(*image);
  info.workspaceBytes = lowered->workspaceBytes;
  info.symbols.assign(lowered->symbols.begin(), lowered->symbols.end());
  for (const gpu::KernelPhase &phase : lowered->phases) {
    KernelLaunchInfo::Phase &launch = info.phases.emplace_back();
    launch.function = phase.function;
    std::copy_n(phase.grid, 3, launch.grid);
    std::copy_n(phase.block, 3, launch.block);
    launch.sharedBytes = phase.sharedBytes;
  }
  return info;
}

FailureOr<std::vector<KernelLaunchInfo>> GPUKernelCode::compile(ArrayRef<fusion::KernelOp> kernels) {
  std::vector<KernelLaunchInfo> infos(kernels.size());
  // Every kernel that has no code is reported, not only the first, and in their order.
  std::atomic<bool> hasFailed = false;
  ParallelDiagnosticHandler diagnostics(location.getContext());
  forEachKernel(location.getContext(), threads, kernels.size(), [&](size_t i) {
    diagnostics.setOrderIDForThread(i);
    fusion::KernelOp kernel = kernels[i];
    FailureOr<KernelLaunchInfo> info = compileOne(kernel, i);
    if (failed(info)) {
      emitError(kernel.getLoc()) << "kernel '" << kernel.getName() << "' cannot be compiled for " << target.name;
      hasFailed = true;
    } else {
      infos[i] = std::move(*info);
    }
    diagnostics.eraseOrderIDForThread();
  });
  if (hasFailed)
    return failure();
  return infos;
}

} // namespace tc
