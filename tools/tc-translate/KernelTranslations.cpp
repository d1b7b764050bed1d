// Translations of the kernels form, as the schedule stage leaves it: every kernel becomes a function, named after it
// and its number, in one file for the target named by --target.

#include "Translations.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "tc/Conversion/FusionToCPU/Passes.h"
#include "tc/Conversion/FusionToGPU/Passes.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Pipeline/Registration.h"
#include "tc/Pipeline/Targets.h"
#include "tc/Target/CPU/ObjectCode.h"
#include "tc/Target/NVPTX/PTX.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace tc;

namespace {

enum class Format { LLVMIR, Assembly, Object, PTX };

struct Options {
  llvm::cl::opt<std::string> target{"target", llvm::cl::value_desc("name"), llvm::cl::init("host"),
                                    llvm::cl::desc("--kernels-to-…: host, baseline, avx2, avx512, sm_80, sm_90a or "
                                                   "sm_120")};
  llvm::cl::opt<bool> optimize{"optimize", llvm::cl::init(true),
                               llvm::cl::desc("--kernels-to-llvmir: after LLVM's passes (default), or before")};
};

} // namespace

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

static LogicalResult translateCPU(ModuleOp module, const cpu::Target &target, Format format, const Options &options,
                                  raw_ostream &output) {
  if (format == Format::PTX)
    return emitError(module.getLoc(), "expected a GPU as the target of PTX, found '") << options.target << "'";
  if (failed(lower(module, createFusionToCPUPass({options.target, /*toLLVM=*/true}))))
    return failure();
  switch (format) {
  case Format::LLVMIR:
    return write(cpu::emitLLVMIR(module, target, options.optimize), output);
  case Format::Assembly:
    return write(cpu::emitAssembly(module, target), output);
  default:
    FailureOr<SmallVector<char, 0>> object = cpu::compileToObject(module, target);
    if (failed(object))
      return failure();
    output.write(object->data(), object->size());
    return success();
  }
}

static LogicalResult translateGPU(ModuleOp module, const nvptx::Target &target, Format format, const Options &options,
                                  raw_ostream &output) {
  if (format == Format::Object)
    return emitError(module.getLoc(), "expected a CPU as the target of an object, found '")
           << options.target << "': PTX is assembled by the driver, or by ptxas";
  if (failed(lower(module, createFusionToGPUPass({options.target}))))
    return failure();
  if (format == Format::LLVMIR)
    return write(nvptx::emitLLVMIR(module, target, options.optimize), output);
  return write(nvptx::emitPTX(module, target), output);
}

void tc::registerKernelTranslations() {
  static Options options;
  auto add = [](StringRef flag, StringRef description, Format format) {
    TranslateFromMLIRRegistration registration(
        flag, description,
        [format](Operation *op, raw_ostream &output) -> LogicalResult {
          auto module = dyn_cast<ModuleOp>(op);
          if (!module)
            return emitError(op->getLoc(), "expected a module");
          llvm::Expected<AnyTarget> target = getTarget(options.target);
          if (!target)
            return emitError(module.getLoc(), llvm::toString(target.takeError()));
          if (failed(checkForm(module)))
            return failure();
          if (const auto *gpu = std::get_if<nvptx::Target>(&*target))
            return translateGPU(module, *gpu, format, options, output);
          return translateCPU(module, std::get<cpu::Target>(*target), format, options, output);
        },
        registerAllDialects);
  };
  add("kernels-to-llvmir", "LLVM IR of scheduled kernels", Format::LLVMIR);
  add("kernels-to-asm", "assembly of scheduled kernels; of a GPU that is PTX", Format::Assembly);
  add("kernels-to-object", "an ELF object of scheduled kernels", Format::Object);
  add("kernels-to-ptx", "PTX of scheduled kernels", Format::PTX);
}
