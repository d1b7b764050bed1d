// The code of a module's kernels as a file.

#include "tc/Pipeline/KernelFiles.h"

#include "mlir/Pass/PassManager.h"
#include "tc/Conversion/FusionToCPU/Passes.h"
#include "tc/Conversion/FusionToGPU/Passes.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Pipeline/Targets.h"
#include "tc/Target/CPU/ObjectCode.h"
#include "tc/Target/NVPTX/PTX.h"

using namespace mlir;

namespace tc {

static LogicalResult checkForm(ModuleOp module) {
  WalkResult found = module.walk([](fusion::KernelOp) { return WalkResult::interrupt(); });
  if (!found.wasInterrupted())
    return emitError(module.getLoc(), "expected kernels, as the stage schedule gives them, found no fusion.kernel");
  return success();
}

static LogicalResult lower(ModuleOp module, std::unique_ptr<Pass> pass) {
  PassManager manager(module.getContext());
  manager.addPass(std::move(pass));
  return manager.run(module);
}

static LogicalResult write(FailureOr<std::string> text, raw_ostream &output) {
  if (failed(text))
    return failure();
  output << *text;
  return success();
}

static LogicalResult writeCPU(ModuleOp module, StringRef name, const cpu::Target &target, KernelFormat format,
                              raw_ostream &output, bool optimize) {
  if (format == KernelFormat::PTX)
    return emitError(module.getLoc(), "expected a GPU as the target of PTX, found '") << name << "'";
  if (failed(lower(module, createFusionToCPUPass({name.str(), /*toLLVM=*/true}))))
    return failure();
  if (format == KernelFormat::LLVMIR)
    return write(cpu::emitLLVMIR(module, target, optimize), output);
  if (format == KernelFormat::Assembly)
    return write(cpu::emitAssembly(module, target), output);
  FailureOr<SmallVector<char, 0>> object = cpu::compileToObject(module, target);
  if (failed(object))
    return failure();
  output.write(object->data(), object->size());
  return success();
}

static LogicalResult writeGPU(ModuleOp module, const nvptx::Target &target, KernelFormat format, raw_ostream &output,
                              bool optimize) {
  if (format == KernelFormat::Object)
    return emitError(module.getLoc(), "expected a CPU as the target of an object, found '")
           << target.name << "': PTX is assembled by the driver, or by ptxas";
  if (failed(lower(module, createFusionToGPUPass({target.name}))))
    return failure();
  if (format == KernelFormat::LLVMIR)
    return write(nvptx::emitLLVMIR(module, target, optimize), output);
  return write(nvptx::emitPTX(module, target), output);
}

LogicalResult writeKernels(ModuleOp module, StringRef name, KernelFormat format, raw_ostream &output, bool optimize) {
  llvm::Expected<AnyTarget> target = getTarget(name);
  if (!target)
    return emitError(module.getLoc(), llvm::toString(target.takeError()));
  if (failed(checkForm(module)))
    return failure();
  if (const auto *gpu = std::get_if<nvptx::Target>(&*target))
    return writeGPU(module, *gpu, format, output, optimize);
  return writeCPU(module, name, std::get<cpu::Target>(*target), format, output, optimize);
}

} // namespace tc
