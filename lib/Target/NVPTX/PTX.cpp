// NVVM to PTX: translation, a light LLVM pipeline, LLVM's NVPTX backend. Kernels come unrolled where that pays, so the
// pipeline only cleans up; loads and stores of neighbours become vectors in the backend.

#include "tc/Target/NVPTX/PTX.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "tc/Dialect/TC/IR/TC.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

using namespace mlir;
using namespace tc;

namespace {

struct Translated {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

} // namespace

static void initializeLLVM() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
}

/// LLVM aborts on what it cannot select, so that is looked for first: calls of functions without a body (libm,
/// libdevice) and instructions of other chips.
static LogicalResult checkSelectable(ModuleOp module, const llvm::Module &translated, const nvptx::Target &target) {
  for (const llvm::Function &function : translated) {
    if (!function.isDeclaration() || function.use_empty())
      continue;
    StringRef name = function.getName();
    if (!function.isIntrinsic())
      return module.emitError("calls '") << name << "', which no GPU has";
    bool isHopper = name.starts_with("llvm.nvvm.wgmma") || name.starts_with("llvm.nvvm.setmaxnreg");
    bool isBulk = name.starts_with("llvm.nvvm.cp.async.bulk") || name.starts_with("llvm.nvvm.mapa");
    bool isTensorCore5 = name.starts_with("llvm.nvvm.tcgen05");
    if ((isHopper && target.name != "sm_90a") || (isBulk && target.smVersion < 90) || isTensorCore5)
      return module.emitError("uses '") << name << "', which target " << target.name << " lacks";
  }
  return success();
}

static FailureOr<std::unique_ptr<Translated>> translate(ModuleOp module, const nvptx::Target &target) {
  initializeLLVM();
  auto result = std::make_unique<Translated>();
  std::string error;
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return module.emitError("this LLVM has no NVPTX backend: ") << error;
  llvm::TargetOptions options;
  // Products are fused with sums only where code generation says so: formulas that rely on rounding stay right.
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  result->machine.reset(backend->createTargetMachine(triple, target.name, target.features, options, std::nullopt,
                                                     std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!result->machine)
    return module.emitError("unsupported GPU target: ") << target.name;
  result->module = translateModuleToLLVMIR(module, result->context, "kernels");
  if (!result->module)
    return module.emitError("cannot be translated to LLVM IR");
  result->module->setDataLayout(result->machine->createDataLayout());
  result->module->setTargetTriple(triple);
  if (failed(checkSelectable(module, *result->module, target)))
    return failure();
  return result;
}

static LogicalResult optimize(ModuleOp module, Translated &translated) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(translated.machine.get());
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::ModulePassManager passes;
  llvm::Error error = builder.parsePassPipeline(
      passes,
      "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(loop-rotate,licm),gvn,"
      "instcombine<no-verify-fixpoint>,simplifycfg,dce,infer-alignment)");
  if (error)
    return module.emitError("LLVM pipeline: ") << llvm::toString(std::move(error));
  passes.run(*translated.module, modules);
  return success();
}

FailureOr<std::string> nvptx::emitPTX(ModuleOp module, const Target &target) {
  FailureOr<std::unique_ptr<Translated>> translated = translate(module, target);
  if (failed(translated) || failed(optimize(module, **translated)))
    return failure();
  SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if ((*translated)
          ->machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile,
                                         /*DisableVerify=*/true))
    return module.emitError("LLVM cannot emit PTX");
  passes.run(*(*translated)->module);
  return bytes.str().str();
}

FailureOr<std::string> nvptx::emitLLVMIR(ModuleOp module, const Target &target, bool optimized) {
  FailureOr<std::unique_ptr<Translated>> translated = translate(module, target);
  if (failed(translated) || (optimized && failed(optimize(module, **translated))))
    return failure();
  std::string text;
  llvm::raw_string_ostream stream(text);
  (*translated)->module->print(stream, nullptr);
  return text;
}

void nvptx::registerTranslations(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

static FailureOr<nvptx::Target> getTarget(Operation *op) {
  auto name = op->getAttrOfType<StringAttr>("tc.target");
  if (!name)
    return op->emitError("expected the attribute 'tc.target' with the name of a GPU");
  llvm::Expected<nvptx::Target> target = nvptx::Target::get(name.getValue());
  if (!target)
    return op->emitError() << llvm::toString(target.takeError());
  return *target;
}

void nvptx::registerPTXTranslation() {
  // Launch attributes are of the tc dialect.
  auto registerDialects = [](DialectRegistry &registry) {
    registry.insert<TCDialect>();
    registerTranslations(registry);
  };
  using Emit = FailureOr<std::string> (*)(ModuleOp, const Target &);
  auto add = [&](StringRef flag, StringRef description, Emit emit) {
    TranslateFromMLIRRegistration registration(
        flag, description,
        [emit](Operation *op, raw_ostream &output) -> LogicalResult {
          auto module = dyn_cast<ModuleOp>(op);
          if (!module)
            return op->emitError("expected a module");
          FailureOr<Target> target = getTarget(module);
          FailureOr<std::string> text = failed(target) ? FailureOr<std::string>() : emit(module, *target);
          if (failed(text))
            return failure();
          output << *text;
          return success();
        },
        registerDialects);
  };
  add("nvvm-to-ptx", "PTX of a module in the LLVM and NVVM dialects, for its tc.target", emitPTX);
  add("nvvm-to-gpu-llvmir", "LLVM IR that PTX is emitted from",
      [](ModuleOp module, const Target &target) { return emitLLVMIR(module, target); });
}
