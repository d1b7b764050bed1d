// Translations of the kernels form, as the schedule stage leaves it, for the target named by --target.

#include "Translations.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "tc/Pipeline/KernelFiles.h"
#include "tc/Pipeline/Registration.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;
using namespace tc;

namespace {

struct Options {
  llvm::cl::opt<std::string> target{
      "target", llvm::cl::value_desc("name"), llvm::cl::init("host"),
      llvm::cl::desc("--kernels-to-*: host, baseline, avx2, avx512, avx512bf16, sm_80, sm_90a or sm_120")};
  llvm::cl::opt<bool> optimize{"optimize", llvm::cl::init(true),
                               llvm::cl::desc("--kernels-to-llvmir: after LLVM's passes (default), or before")};
};

} // namespace

void tc::registerKernelTranslations() {
  static Options options;
  auto add = [](StringRef flag, StringRef description, KernelFormat format) {
    TranslateFromMLIRRegistration registration(
        flag, description,
        [format](Operation *op, raw_ostream &output) -> LogicalResult {
          auto module = dyn_cast<ModuleOp>(op);
          if (!module)
            return emitError(op->getLoc(), "expected a module");
          return writeKernels(module, options.target, format, output, options.optimize);
        },
        registerAllDialects);
  };
  add("kernels-to-llvmir", "LLVM IR of scheduled kernels", KernelFormat::LLVMIR);
  add("kernels-to-asm", "assembly of scheduled kernels; of a GPU that is PTX", KernelFormat::Assembly);
  add("kernels-to-object", "an ELF object of scheduled kernels", KernelFormat::Object);
  add("kernels-to-ptx", "PTX of scheduled kernels", KernelFormat::PTX);
}
