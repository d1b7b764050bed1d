// Parsing or importing, the stages, and code for both kinds of target.
#include "Trial.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Import/ImportPT2.h"
#include "tc/Pipeline/Compiler.h"
#include "tc/Pipeline/Registration.h"
#include "tc/Pipeline/Stages.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tc::test {

Trial::Trial(bool verbose) {
  DialectRegistry registry;
  registerAllDialects(registry);
  context = std::make_shared<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  context->getDiagEngine().registerHandler([this, verbose](Diagnostic &diagnostic) {
    numErrors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && StringRef(diagnostic.str()).contains("internal error"))
      problem = "internal error instead of a diagnostic: " + diagnostic.str();
    if (verbose)
      llvm::errs() << diagnostic.getLocation() << ": " << diagnostic << "\n";
    return success();
  });
}

bool Trial::parse(StringRef text) {
  module = parseSourceString<ModuleOp>(text, ParserConfig(context.get()));
  if (!module)
    expectDiagnostic("the parser");
  return module.get();
}

bool Trial::import(StringRef bytes) {
  auto archive = pt2::Archive::open(llvm::MemoryBuffer::getMemBufferCopy(bytes, "mutant.pt2"));
  if (!archive) {
    if (llvm::toString(archive.takeError()).empty())
      problem = "the archive was refused without a reason";
    return false;
  }
  module = importPT2(context.get(), std::move(*archive));
  if (!module)
    expectDiagnostic("the import");
  return module.get();
}

void Trial::runPipeline(StringRef pipeline) {
  PassManager manager(context.get(), ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
  std::string ignored;
  llvm::raw_string_ostream os(ignored);
  if (succeeded(parsePassPipeline(pipeline, manager, os)))
    runPasses(manager, pipeline);
}

void Trial::runStages(size_t first) {
  for (const Stage &stage : getStages().drop_front(first)) {
    PassManager manager(context.get());
    stage.build(manager, {"avx2"});
    if (!runPasses(manager, stage.name))
      return;
  }
  generateCode();
}

void Trial::checkRoundTrip() {
  std::string printed;
  llvm::raw_string_ostream(printed) << *module;
  OwningOpRef<ModuleOp> again = parseSourceString<ModuleOp>(printed, ParserConfig(context.get()));
  if (!again)
    problem = "what is printed cannot be parsed";
  numErrors = 0;
}

void Trial::expectDiagnostic(StringRef what) {
  if (problem.empty() && !numErrors)
    problem = (what + " failed without a diagnostic").str();
}

bool Trial::runPasses(PassManager &manager, StringRef what) {
  if (succeeded(manager.run(*module)))
    return true;
  expectDiagnostic(what);
  return false;
}

void Trial::generateCode() {
  llvm::Expected<nvptx::Target> gpu = nvptx::Target::get("sm_80");
  if (gpu)
    module->walk([&](fusion::KernelOp kernel) {
      numErrors = 0;
      if (failed(tc::gpu::compileKernel(kernel, *gpu, "kernel")))
        expectDiagnostic("GPU code");
    });
  numErrors = 0;
  runtime::RuntimeOptions options;
  options.maxThreads = 1;
  runtime::Runtime runtime(options);
  CompileOptions compileOptions;
  compileOptions.target = "x86-64";
  compileOptions.startAfter = getStages().back().name.str();
  isCompiled = succeeded(compile(*module, compileOptions, runtime, context));
  if (!isCompiled)
    expectDiagnostic("compiling");
}

} // namespace tc::test
