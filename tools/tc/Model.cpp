// Models from files, and the options that every command has.

#include "Commands.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "tc/Import/ImportPT2.h"
#include "tc/Pipeline/Registration.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

#include <chrono>

using namespace mlir;

namespace tc::tool {

llvm::cl::OptionCategory &getCategory() {
  static llvm::cl::OptionCategory category("tc options");
  return category;
}

ModelOptions::ModelOptions(llvm::cl::SubCommand &command)
    : path(llvm::cl::Positional, llvm::cl::Required, llvm::cl::desc("<model.pt2 or .mlir>"), llvm::cl::sub(command),
           llvm::cl::cat(getCategory())),
      target(
          "target", llvm::cl::value_desc("name"), llvm::cl::init("host"),
          llvm::cl::desc("host (default), baseline, avx2, avx512, avx512bf16, cuda, sm_80, sm_90a or sm_120; a second "
                         "GPU is cuda:1 or sm_80:1"),
          llvm::cl::sub(command), llvm::cl::cat(getCategory())),
      startAfter("start-after", llvm::cl::value_desc("stage"),
                 llvm::cl::desc("The model is the result of this stage, not as captured"), llvm::cl::sub(command),
                 llvm::cl::cat(getCategory())),
      schemas("op-schema", llvm::cl::value_desc("schema"),
              llvm::cl::desc("The schema of a custom operator, as op._schema prints it (any number)"),
              llvm::cl::sub(command), llvm::cl::cat(getCategory())),
      verify("verify", llvm::cl::desc("Check the module after every pass, and the contract of every stage"),
             llvm::cl::sub(command), llvm::cl::cat(getCategory())) {}

CompileOptions ModelOptions::getCompileOptions() const {
  CompileOptions options;
  options.target = target;
  options.startAfter = startAfter;
  options.verifyContracts = verify;
  return options;
}

LogicalResult reportError(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "tc") << message << "\n";
  return failure();
}

FailureOr<Model> readModel(const ModelOptions &options) {
  auto start = std::chrono::steady_clock::now();
  DialectRegistry registry;
  registerAllDialects(registry);
  Model model;
  model.context = std::make_shared<MLIRContext>(registry);
  model.context->printOpOnDiagnostic(false);
  aten::Overlay operators;
  for (const std::string &schema : options.schemas)
    if (auto added = operators.add(schema); !added)
      return reportError("--op-schema: " + llvm::toString(added.takeError()));
  // Diagnostics show the line of a text, and the place that a location names otherwise.
  model.sources = std::make_unique<llvm::SourceMgr>();
  model.handler = std::make_unique<SourceMgrDiagnosticHandler>(*model.sources, model.context.get());
  if (options.path != "-" && llvm::sys::fs::is_directory(options.path))
    return reportError("'" + options.path + "' is a directory, expected a .pt2 or .mlir file");
  if (llvm::sys::path::extension(options.path) == ".pt2") {
    model.module = importPT2(model.context.get(), options.path, &operators);
  } else {
    // A file that cannot be read has no line to report.
    std::string reason;
    std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(options.path, &reason);
    if (!file)
      return reportError(reason);
    model.sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
    model.module = parseSourceFile<ModuleOp>(*model.sources, model.context.get());
  }
  if (!model.module)
    return failure();
  model.importMilliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return std::move(model);
}

FailureOr<std::unique_ptr<CompiledGraph>> compileModel(Model &model, const ModelOptions &options,
                                                       runtime::Runtime &runtime) {
  FailureOr<std::unique_ptr<CompiledGraph>> graph =
      compile(*model.module, options.getCompileOptions(), runtime, model.context);
  if (succeeded(graph))
    (*graph)->times.insert((*graph)->times.begin(), StageTime{"import", model.importMilliseconds});
  return graph;
}

} // namespace tc::tool
