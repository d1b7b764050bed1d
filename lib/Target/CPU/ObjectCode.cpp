// LLVM dialect to object code: translation, a light LLVM pipeline, LLVM's code generator. The kernels come vectorised
// and unrolled, so the pipeline only cleans up; it gives the speed of O3 at a fraction of its time.

#include "tc/Target/CPU/ObjectCode.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <chrono>
#include <mutex>

using namespace mlir;
using namespace tc;

namespace {

class Stopwatch {
public:
  double lap() {
    auto now = std::chrono::steady_clock::now();
    double milliseconds = std::chrono::duration<double, std::milli>(now - start).count();
    start = now;
    return milliseconds;
  }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

/// Keeps the code generator from passes that it adds whatever the optimization level.
class PassGate final : public llvm::OptPassGate {
public:
  bool shouldRunPass(StringRef pass, StringRef) const override { return pass != "Loop Strength Reduction"; }
  bool isEnabled() const override { return true; }
};

/// A module translated for a target, with the machine that emits it.
struct Translated {
  PassGate gate;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

} // namespace

static void initializeLLVM() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
}

static FailureOr<std::unique_ptr<llvm::TargetMachine>> createMachine(ModuleOp module, const cpu::Target &target) {
  initializeLLVM();
  std::string error;
  llvm::Triple triple(target.triple);
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return module.emitError("unsupported CPU target: ") << error;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  std::unique_ptr<llvm::TargetMachine> machine(
      backend->createTargetMachine(triple, target.cpu, target.features, options, llvm::Reloc::PIC_,
                                   llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default, /*JIT=*/true));
  if (!machine)
    return module.emitError("unsupported CPU target: ") << target.cpu << " of " << target.triple;
  return machine;
}

static FailureOr<std::unique_ptr<Translated>> translate(ModuleOp module, const cpu::Target &target) {
  auto result = std::make_unique<Translated>();
  FailureOr<std::unique_ptr<llvm::TargetMachine>> machine = createMachine(module, target);
  if (failed(machine))
    return failure();
  result->machine = std::move(*machine);
  WalkResult reduces = module.walk([](LLVM::LLVMFuncOp function) {
    return function->hasAttr(cpu::strengthReductionAttr) ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (!reduces.wasInterrupted())
    result->context.setOptPassGate(result->gate);
  result->module = translateModuleToLLVMIR(module, result->context, "kernels");
  if (!result->module)
    return module.emitError("cannot be translated to LLVM IR");
  result->module->setDataLayout(result->machine->createDataLayout());
  result->module->setTargetTriple(result->machine->getTargetTriple());
  return result;
}

// The lane that a constant mask has, if it has one alone.
static std::optional<unsigned> findOnlyLane(llvm::Value *mask) {
  auto *constant = llvm::dyn_cast<llvm::Constant>(mask);
  auto *type = llvm::dyn_cast<llvm::FixedVectorType>(mask->getType());
  std::optional<unsigned> only;
  for (unsigned lane = 0; constant && type && lane < type->getNumElements(); ++lane) {
    auto *bit = llvm::dyn_cast_or_null<llvm::ConstantInt>(constant->getAggregateElement(lane));
    if (!bit || (bit->isOne() && only))
      return std::nullopt;
    if (bit->isOne())
      only = lane;
  }
  return only;
}

// Masked stores of one lane as stores of an element. LLVM 22 does the same when it selects x86 instructions, but of a
// truncated vector (32 bits to 16, say) it stores the element before truncation, over what lies behind it.
static void storeSingleLanes(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
      auto *store = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
      if (!store || store->getIntrinsicID() != llvm::Intrinsic::masked_store)
        continue;
      std::optional<unsigned> lane = findOnlyLane(store->getArgOperand(2));
      if (!lane)
        continue;
      llvm::IRBuilder<> builder(store);
      llvm::Value *vector = store->getArgOperand(0);
      llvm::Type *element = llvm::cast<llvm::FixedVectorType>(vector->getType())->getElementType();
      llvm::Value *address = builder.CreateConstGEP1_64(element, store->getArgOperand(1), *lane);
      llvm::Align alignment(std::min<uint64_t>(store->getParamAlign(1).valueOrOne().value(),
                                               module.getDataLayout().getTypeStoreSize(element).getFixedValue()));
      auto *single = builder.CreateAlignedStore(builder.CreateExtractElement(vector, *lane), address, alignment);
      single->setAAMetadata(store->getAAMetadata());
      store->eraseFromParent();
    }
}

static LogicalResult optimize(ModuleOp module, Translated &translated) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = false;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(translated.machine.get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::ModulePassManager passes;
  llvm::Error error = builder.parsePassPipeline(
      passes, "function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(loop-rotate,licm),gvn,"
              "instcombine<no-verify-fixpoint>,simplifycfg)");
  if (error)
    return module.emitError("LLVM pipeline: ") << llvm::toString(std::move(error));
  passes.run(*translated.module, modules);
  storeSingleLanes(*translated.module);
  return success();
}

static LogicalResult emit(ModuleOp module, Translated &translated, llvm::CodeGenFileType type,
                          SmallVectorImpl<char> &bytes) {
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (translated.machine->addPassesToEmitFile(passes, stream, nullptr, type, /*DisableVerify=*/true))
    return module.emitError("LLVM cannot emit files of this type for the target");
  passes.run(*translated.module);
  return success();
}

FailureOr<SmallVector<char, 0>> cpu::compileToObject(ModuleOp module, const Target &target, CompileTimes *times) {
  Stopwatch watch;
  CompileTimes taken;
  FailureOr<std::unique_ptr<Translated>> translated = translate(module, target);
  taken.translate = watch.lap();
  if (failed(translated) || failed(optimize(module, **translated)))
    return failure();
  taken.optimize = watch.lap();
  SmallVector<char, 0> bytes;
  if (failed(emit(module, **translated, llvm::CodeGenFileType::ObjectFile, bytes)))
    return failure();
  taken.emit = watch.lap();
  if (times)
    *times = taken;
  return bytes;
}

FailureOr<std::string> cpu::emitLLVMIR(ModuleOp module, const Target &target, bool optimized) {
  FailureOr<std::unique_ptr<Translated>> translated = translate(module, target);
  if (failed(translated) || (optimized && failed(optimize(module, **translated))))
    return failure();
  std::string text;
  llvm::raw_string_ostream stream(text);
  (*translated)->module->print(stream, nullptr);
  return text;
}

FailureOr<std::string> cpu::emitAssembly(ModuleOp module, const Target &target) {
  FailureOr<std::unique_ptr<Translated>> translated = translate(module, target);
  SmallVector<char, 0> bytes;
  if (failed(translated) || failed(optimize(module, **translated)) ||
      failed(emit(module, **translated, llvm::CodeGenFileType::AssemblyFile, bytes)))
    return failure();
  return std::string(bytes.begin(), bytes.end());
}

void cpu::registerTranslations(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}
