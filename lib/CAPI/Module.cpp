// Modules: text, import of .pt2 files, pipelines.

#include "tc-c/Module.h"

#include "Objects.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Import/ImportPT2.h"
#include "tc/Pipeline/Registration.h"

using namespace mlir;

extern "C" {

TcModule *tcModuleParse(TcContext *context, const char *text, size_t length) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(llvm::StringRef(text, length), context->context.get());
  return module ? new TcModule{context, std::move(module)} : nullptr;
}

TcModule *tcModuleImportPT2(TcContext *context, const char *path) {
  OwningOpRef<ModuleOp> module = tc::importPT2(context->context.get(), path, &context->operators);
  return module ? new TcModule{context, std::move(module)} : nullptr;
}

void tcModuleDestroy(TcModule *module) { delete module; }

char *tcModulePrint(TcModule *module, int withLocations) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  if (withLocations)
    flags.enableDebugInfo(true, /*prettyForm=*/false);
  module->module->print(os, flags);
  return copyString(text);
}

int tcModuleRunPipeline(TcModule *module, const char *pipeline) {
  tc::registerAllPasses();
  std::string errors;
  llvm::raw_string_ostream os(errors);
  PassManager manager(module->context->context.get());
  if (failed(parsePassPipeline(pipeline, manager, os))) {
    module->context->error("pipeline", errors);
    return 1;
  }
  return failed(manager.run(*module->module));
}

} // extern "C"
