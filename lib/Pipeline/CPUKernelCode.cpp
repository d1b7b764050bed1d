// Kernels for the CPU of this process.

#include "CPUKernelCode.h"

#include "mlir/IR/Diagnostics.h"
#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Target/CPU/KernelLibrary.h"

using namespace mlir;

namespace tc {

namespace {

class CPUKernelCode final : public KernelCode {
public:
  CPUKernelCode(const CompileOptions &options, cpu::Target target, Location location)
      : name(options.target), threads(options.threads), target(std::move(target)), location(location) {}

  std::string getTargetName() const override { return name; }
  runtime::Device getDevice() const override { return {runtime::DeviceKind::CPU, 0}; }
  FailureOr<std::vector<KernelLaunchInfo>> compile(ArrayRef<fusion::KernelOp> kernels) override;
  FailureOr<std::vector<runtime::KernelFn>> finish(runtime::Program &program) override;

private:
  std::string name;
  unsigned threads;
  cpu::Target target;
  Location location;
  std::vector<std::string> functions;
  std::unique_ptr<cpu::KernelLibrary> library;
};

} // namespace

FailureOr<std::unique_ptr<KernelCode>> createCPUKernelCode(const CompileOptions &options, Location location) {
  llvm::Expected<cpu::Target> target = cpu::Target::get(options.target);
  if (!target)
    return emitError(location) << llvm::toString(target.takeError());
  if (!target->runsHere())
    return emitError(location) << "this machine cannot run code for target " << options.target;
  return std::unique_ptr<KernelCode>(std::make_unique<CPUKernelCode>(options, std::move(*target), location));
}

FailureOr<std::vector<KernelLaunchInfo>> CPUKernelCode::compile(ArrayRef<fusion::KernelOp> kernels) {
  std::vector<FailureOr<cpu::CompiledKernel>> compiled(kernels.size());
  // The longest compile first would balance better; contractions are found by the order of the graph often enough.
  ParallelDiagnosticHandler diagnostics(location.getContext());
  forEachKernel(location.getContext(), threads, kernels.size(), [&](size_t i) {
    diagnostics.setOrderIDForThread(i);
    compiled[i] = cpu::compileKernel(kernels[i], target, "k" + std::to_string(i));
    diagnostics.eraseOrderIDForThread();
  });
  if (llvm::any_of(compiled, [](const auto &kernel) { return failed(kernel); }))
    return failure();
  llvm::Expected<std::unique_ptr<cpu::KernelLibrary>> created = cpu::KernelLibrary::create();
  if (!created)
    return emitError(location) << llvm::toString(created.takeError());
  library = std::move(*created);
  std::vector<KernelLaunchInfo> infos;
  for (FailureOr<cpu::CompiledKernel> &result : compiled) {
    cpu::CpuKernel &kernel = result->kernel;
    if (llvm::Error error = library->add(result->object))
      return emitError(location) << "internal error: " << llvm::toString(std::move(error));
    KernelLaunchInfo &info = infos.emplace_back();
    info.symbols.assign(kernel.symbols.begin(), kernel.symbols.end());
    info.workspaceBytes = kernel.workspaceBytes;
    info.inPlace.assign(kernel.inPlace.begin(), kernel.inPlace.end());
    for (const cpu::KernelPhase &phase : kernel.phases) {
      functions.push_back(phase.function);
      KernelLaunchInfo::Phase &launch = info.phases.emplace_back();
      launch.extent = phase.extent;
      launch.grain = phase.grain;
      launch.scratchBytes = phase.scratchBytes;
    }
  }
  return infos;
}

FailureOr<std::vector<runtime::KernelFn>> CPUKernelCode::finish(runtime::Program &) {
  std::vector<runtime::KernelFn> entries;
  if (functions.empty())
    return entries;
  llvm::Expected<std::vector<void *>> addresses = library->lookupAll(functions);
  if (!addresses)
    return emitError(location) << "internal error: " << llvm::toString(addresses.takeError());
  for (void *address : *addresses)
    entries.push_back(reinterpret_cast<runtime::KernelFn>(address));
  return entries;
}

} // namespace tc
