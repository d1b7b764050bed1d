// Modules: text, import of .pt2 files, pipelines.

#include "tc-c/Module.h"

#include "Objects.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Import/ImportPT2.h"
#include "tc/Pipeline/Registration.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

/// MLIR keeps offsets of 32 bits.
static constexpr size_t maxTextLength = INT32_MAX;

extern "C" {

TcModule *tcModuleParse(TcContext *context, const char *text, size_t length) {
  Call call(context, "tcModuleParse");
  if (!call || !call.isArray(text, length, "text", maxTextLength))
    return nullptr;
  // MLIR's lexer stops at a zero behind the text, which the caller's need not have.
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(text, length), "text"),
                             llvm::SMLoc());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, context->context.get());
  return module ? new TcModule{context->shared_from_this(), std::move(module), {}} : nullptr;
}

TcModule *tcModuleImportPT2(TcContext *context, const char *path) {
  Call call(context, "tcModuleImportPT2");
  if (!call || !call.isPresent(path, "path"))
    return nullptr;
  OwningOpRef<ModuleOp> module = tc::importPT2(context->context.get(), path, &context->operators);
  return module ? new TcModule{context->shared_from_this(), std::move(module), {}} : nullptr;
}

void tcModuleDestroy(TcModule *module) { delete module; }

char *tcModulePrint(TcModule *module, int withLocations) {
  Call call(module ? module->context.get() : nullptr, "tcModulePrint", "module");
  if (!call)
    return nullptr;
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  if (withLocations)
    flags.enableDebugInfo(true, /*prettyForm=*/false);
  module->module->print(os, flags);
  return copyString(text);
}

int tcModuleRunPipeline(TcModule *module, const char *pipeline) {
  Call call(module ? module->context.get() : nullptr, "tcModuleRunPipeline", "module");
  if (!call || !call.isPresent(pipeline, "pipeline"))
    return 1;
  if (!module->closed.empty())
    return !call.fail(module->closed);
  static std::once_flag registered;
  std::call_once(registered, tc::registerAllPasses);
  // A pass manager of modules would look for modules within this one.
  llvm::StringRef passes = llvm::StringRef(pipeline).trim();
  if (passes.starts_with("builtin.module(") && passes.ends_with(")"))
    passes = passes.drop_front(llvm::StringRef("builtin.module(").size()).drop_back();
  std::string errors;
  llvm::raw_string_ostream os(errors);
  PassManager manager(module->context->context.get());
  if (failed(parsePassPipeline(passes, manager, os))) {
    call.fail(errors);
    return 1;
  }
  if (succeeded(manager.run(*module->module)))
    return 0;
  module->closed = "expected a module that is whole, found one in which a pass has failed";
  return 1;
}

} // extern "C"
