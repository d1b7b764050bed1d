// tc compile: a model's kernels in a file, or the module after a stage; or, without either, whether it compiles.

#include "Commands.h"

#include "tc/Pipeline/KernelFiles.h"
#include "tc/Pipeline/Stages.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <chrono>

using namespace mlir;

namespace tc::tool {

namespace {

class CompileCommand final : public Command {
public:
  CompileCommand() : Command("compile", "Compiles a model; writes its kernels, or the module after a stage") {}
  LogicalResult run() override;

private:
  LogicalResult writeFile(Model &model, StringRef format);
  LogicalResult writeModule(Model &model, StringRef stage, raw_ostream &os);
  void printTimes(ArrayRef<StageTime> times) const;

  ModelOptions options{command};
  llvm::cl::opt<std::string> output{"o", llvm::cl::value_desc("file"),
                                    llvm::cl::desc("Where to write; - is the standard output"), llvm::cl::sub(command),
                                    llvm::cl::cat(getCategory())};
  llvm::cl::opt<std::string> emit{
      "emit", llvm::cl::value_desc("form"),
      llvm::cl::desc("What to write: llvmir, asm, object or ptx of the kernels, captured, or the module after a stage "
                     "(default: by the extension of -o: .ll, .s, .o, .ptx, .mlir)"),
      llvm::cl::sub(command), llvm::cl::cat(getCategory())};
  llvm::cl::opt<bool> time{"time", llvm::cl::desc("Print how long each stage took, to the standard error stream"),
                           llvm::cl::sub(command), llvm::cl::cat(getCategory())};
};

std::optional<KernelFormat> parseFormat(StringRef name) {
  return llvm::StringSwitch<std::optional<KernelFormat>>(name)
      .Case("llvmir", KernelFormat::LLVMIR)
      .Case("asm", KernelFormat::Assembly)
      .Case("object", KernelFormat::Object)
      .Case("ptx", KernelFormat::PTX)
      .Default(std::nullopt);
}

/// The form that a file of this name holds; empty if it does not tell.
StringRef getFormByName(StringRef path) {
  return llvm::StringSwitch<StringRef>(llvm::sys::path::extension(path))
      .Case(".ll", "llvmir")
      .Cases({".s", ".asm"}, "asm")
      .Case(".o", "object")
      .Case(".ptx", "ptx")
      .Case(".mlir", getStages().back().name)
      .Default("");
}

} // namespace

void CompileCommand::printTimes(ArrayRef<StageTime> times) const {
  double total = 0;
  for (const StageTime &stage : times) {
    llvm::errs() << llvm::left_justify(stage.stage, 16) << llvm::format("%9.2f ms\n", stage.milliseconds);
    total += stage.milliseconds;
  }
  llvm::errs() << llvm::left_justify("total", 16) << llvm::format("%9.2f ms\n", total);
}

LogicalResult CompileCommand::writeFile(Model &model, StringRef form) {
  std::optional<KernelFormat> format = parseFormat(form);
  if (!format && form != "captured")
    if (llvm::Expected<const Stage *> stage = findStage(form); !stage) {
      llvm::consumeError(stage.takeError());
      return reportError("unknown form '" + form +
                         "': expected llvmir, asm, object, ptx, captured, or a stage: " + getStageNames());
    }
  std::vector<StageTime> times{{"import", model.importMilliseconds}};
  if (form != "captured" && failed(runStages(*model.module, options.getCompileOptions(), format ? "" : form, times)))
    return failure();

  // Opened last: a failed compile leaves no file.
  std::string content;
  llvm::raw_string_ostream os(content);
  auto start = std::chrono::steady_clock::now();
  if (format) {
    if (failed(writeKernels(*model.module, options.target, *format, os)))
      return failure();
    times.push_back(
        {"code", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count()});
  } else {
    model.module->print(os);
  }
  std::error_code error;
  std::string path = output.empty() ? std::string("-") : output.getValue();
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_None);
  if (error)
    return reportError("cannot write '" + path + "': " + error.message());
  file.os() << content;
  file.os().flush();
  if (file.os().has_error()) {
    std::string message = file.os().error().message();
    file.os().clear_error();
    return reportError("cannot write '" + path + "': " + message);
  }
  file.keep();
  if (time)
    printTimes(times);
  return success();
}

LogicalResult CompileCommand::run() {
  std::string form = emit;
  if (form.empty() && !output.empty()) {
    form = getFormByName(output).str();
    if (form.empty())
      return reportError("cannot tell from the name '" + output +
                         "' what to write: expected .mlir, .ll, .s, .o or "
                         ".ptx, or --emit");
  }
  FailureOr<Model> model = readModel(options);
  if (failed(model))
    return failure();
  if (!form.empty())
    return writeFile(*model, form);

  runtime::Runtime runtime;
  FailureOr<std::unique_ptr<CompiledGraph>> graph = compileModel(*model, options, runtime);
  if (failed(graph))
    return failure();
  unsigned launches = 0, once = 0;
  for (const CompiledGraph::KernelRow &row : (*graph)->kernels) {
    launches += row.launches;
    once += row.onceLaunches;
  }
  llvm::outs() << options.path << " for " << options.target << ": " << (*graph)->kernels.size() << " kernels, "
               << launches << " launches a run, " << once << " once, " << (*graph)->externs.size()
               << " calls back into PyTorch\n";
  if (time)
    printTimes((*graph)->times);
  return success();
}

std::unique_ptr<Command> createCompileCommand() { return std::make_unique<CompileCommand>(); }

} // namespace tc::tool
