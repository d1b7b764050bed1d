// Compiles MLIR text through tc-expand-math to machine code, in process.

#include "Jit.h"

#include "tc/Conversion/ExpandMath/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;

namespace tc::test {

std::vector<Isa> runnableIsas() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (!features.count("sse2"))
    return {{"", true, true}};
  std::vector<Isa> isas = {{"x86-64", false, false}};
  if (features.lookup("avx2") && features.lookup("fma"))
    isas.push_back({"x86-64-v3", true, true});
  if (features.lookup("avx512vl") && features.lookup("avx512dq") && features.lookup("avx512bw"))
    isas.push_back({"x86-64-v4", true, true});
  return isas;
}

/// A loop over three buffers around `body`; scalars for no lanes.
static std::string moduleText(const std::string &body, const std::string &x, const std::string &y, const std::string &z,
                              int lanes) {
  constexpr const char *loop = R"(
    func.func @run(%px: {1}, %py: {2}, %pz: {3}) {{
      %start = arith.constant 0 : index
      %end = arith.constant {4} : index
      %step = arith.constant {5} : index
      scf.for %i = %start to %end step %step {{
        %x = {6}.load %px[%i] : {1}{7}
        %y = {6}.load %py[%i] : {2}{8}
        {0}
        {6}.store %z, %pz[%i] : {3}{9}
      }
      return
    })";
  auto buffer = [](const std::string &type) { return llvm::formatv("memref<{0}x{1}>", batch, type).str(); };
  auto vector = [&](const std::string &type) {
    return lanes ? llvm::formatv(", vector<{0}x{1}>", lanes, type).str() : "";
  };
  return llvm::formatv(loop, body, buffer(x), buffer(y), buffer(z), batch, std::max(lanes, 1),
                       lanes ? "vector" : "memref", vector(x), vector(y), vector(z));
}

static void addLowering(PassManager &pm, const Isa &isa) {
  pm.addPass(createExpandMathPass({isa.hasFma, isa.hasRound}));
  // Without instructions for bf16, LLVM would call compiler-rt to round to it.
  arith::ArithExpandOpsPassOptions bf16;
  bf16.includeBf16 = true;
  pm.addPass(arith::createArithExpandOpsPass(bf16));
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  ConvertFuncToLLVMPassOptions options;
  options.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(options));
  pm.addPass(createReconcileUnrealizedCastsPass());
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

namespace {
struct Compiled : JitFunction {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};
} // namespace

std::unique_ptr<JitFunction> compile(const std::string &body, const std::string &xType, const std::string &yType,
                                     const std::string &resultType, int lanes, const Isa &isa) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();

  DialectRegistry registry;
  registry.insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect,
                  memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = parseSourceString<ModuleOp>(moduleText(body, xType, yType, resultType, lanes), ParserConfig(&context));
  if (!module)
    return nullptr;
  PassManager pm(&context);
  addLowering(pm, isa);
  if (failed(pm.run(*module)))
    return nullptr;

  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule = translateModuleToLLVMIR(*module, llvmContext);
  auto target = llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  if (!isa.cpu.empty()) {
    target.setCPU(isa.cpu);
    target.getFeatures() = llvm::SubtargetFeatures();
  }
  target.setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  std::unique_ptr<llvm::TargetMachine> machine = llvm::cantFail(target.createTargetMachine());
  llvmModule->setDataLayout(machine->createDataLayout());
  llvmModule->setTargetTriple(machine->getTargetTriple());
  optimize(*llvmModule, *machine);

  llvm::SmallVector<char, 0> object;
  {
    llvm::raw_svector_ostream stream(object);
    llvm::legacy::PassManager codegen;
    machine->addPassesToEmitFile(codegen, stream, nullptr, llvm::CodeGenFileType::ObjectFile);
    codegen.run(*llvmModule);
  }
  auto buffer = std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object));

  auto compiled = std::make_unique<Compiled>();
  auto file = llvm::cantFail(llvm::object::ObjectFile::createObjectFile(*buffer));
  for (const llvm::object::SymbolRef &symbol : file->symbols())
    if (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)
      compiled->undefined.push_back(llvm::cantFail(symbol.getName()).str());
  compiled->jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  llvm::cantFail(compiled->jit->addObjectFile(std::move(buffer)));
  compiled->entry = llvm::cantFail(compiled->jit->lookup("run")).toPtr<JitFunction::Entry *>();
  return compiled;
}

} // namespace tc::test
