// The commands of tc, and what they share: a model read from a file, and the options of compiling it.
#ifndef TC_TOOLS_TC_COMMANDS_H
#define TC_TOOLS_TC_COMMANDS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "tc/Pipeline/Compiler.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

namespace tc::tool {

/// What `--help` shows: everything else is LLVM's.
llvm::cl::OptionCategory &getCategory();

/// Options that every command has.
struct ModelOptions {
  explicit ModelOptions(llvm::cl::SubCommand &command);
  CompileOptions getCompileOptions() const;

  llvm::cl::opt<std::string> path;
  llvm::cl::opt<std::string> target;
  llvm::cl::opt<std::string> startAfter;
  llvm::cl::list<std::string> schemas;
  llvm::cl::opt<bool> verify;
};

/// A module, the context that owns its memory, and the text that diagnostics quote.
struct Model {
  std::shared_ptr<mlir::MLIRContext> context;
  std::unique_ptr<llvm::SourceMgr> sources;
  std::unique_ptr<mlir::SourceMgrDiagnosticHandler> handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  double importMilliseconds = 0;
};

/// Reads a .pt2 file, or MLIR text or bytecode; fails after diagnostics.
mlir::FailureOr<Model> readModel(const ModelOptions &options);
/// Compiles it in process.
mlir::FailureOr<std::unique_ptr<CompiledGraph>> compileModel(Model &model, const ModelOptions &options,
                                                             runtime::Runtime &runtime);

/// Prints "tc: error: …", for what is wrong with the command line or a file; returns failure.
mlir::LogicalResult reportError(const llvm::Twine &message);

/// A command: how its options are declared, and what it does with them.
class Command {
public:
  Command(llvm::StringRef name, llvm::StringRef summary) : command(name, summary) {}
  virtual ~Command() = default;
  virtual mlir::LogicalResult run() = 0;
  llvm::cl::SubCommand &get() { return command; }

protected:
  llvm::cl::SubCommand command;
};

std::unique_ptr<Command> createCompileCommand();
std::unique_ptr<Command> createRunCommand();
std::unique_ptr<Command> createExplainCommand();

} // namespace tc::tool

#endif
