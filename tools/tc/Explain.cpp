// tc explain: a table of the kernels of a model.

#include "Commands.h"

#include "arrays/Inputs.h"
#include "tc/Pipeline/Explain.h"

using namespace mlir;

namespace tc::tool {

namespace {

class ExplainCommand final : public Command {
public:
  ExplainCommand() : Command("explain", "Prints a model's kernels: what was fused and why not more, bytes and flops") {}
  LogicalResult run() override;

private:
  ModelOptions options{command};
  llvm::cl::list<std::string> sizes{"size", llvm::cl::value_desc("symbol=number"),
                                    llvm::cl::desc("A symbolic size, to compute bytes and flops with (any number)"),
                                    llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  llvm::cl::opt<bool> program{"program", llvm::cl::desc("The host program as well: buffers and launches"),
                              llvm::cl::sub(command), llvm::cl::cat(getCategory())};
};

} // namespace

LogicalResult ExplainCommand::run() {
  llvm::Expected<llvm::StringMap<int64_t>> values = parseSizes(std::vector<std::string>(sizes));
  if (!values)
    return reportError(llvm::toString(values.takeError()));
  FailureOr<Model> model = readModel(options);
  if (failed(model))
    return failure();
  runtime::Runtime runtime;
  FailureOr<std::unique_ptr<CompiledGraph>> graph = compileModel(*model, options, runtime);
  if (failed(graph))
    return failure();
  for (const auto &entry : *values)
    if (llvm::none_of((*graph)->getExecutable().getProgram().symbols,
                      [&](const runtime::Symbol &symbol) { return symbol.name == entry.getKey(); }))
      return reportError("--size: the model has no symbol '" + entry.getKey() + "'");
  ExplainOptions explainOptions;
  explainOptions.sizes = std::move(*values);
  explainOptions.program = program;
  llvm::outs() << explain(**graph, explainOptions);
  return success();
}

std::unique_ptr<Command> createExplainCommand() { return std::make_unique<ExplainCommand>(); }

} // namespace tc::tool
