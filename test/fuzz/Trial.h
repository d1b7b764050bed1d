// One mutant on its way through passes and stages, and what is wrong about the answers.
#ifndef TC_TEST_FUZZ_TRIAL_H
#define TC_TEST_FUZZ_TRIAL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <memory>
#include <string>

namespace tc::test {

/// Whatever the input, the answer must be a diagnostic or verified IR.
class Trial {
public:
  explicit Trial(bool verbose);

  /// Whether the text is a module; if not, there is nothing more to try.
  bool parse(llvm::StringRef text);
  /// The same for the bytes of a .pt2 file.
  bool import(llvm::StringRef bytes);

  void runPipeline(llvm::StringRef pipeline);
  /// From the stage of this number to code.
  void runStages(size_t first);
  void checkRoundTrip();

  /// What was found; empty: nothing.
  std::string problem;
  bool isCompiled = false;

private:
  void expectDiagnostic(llvm::StringRef what);
  bool runPasses(mlir::PassManager &manager, llvm::StringRef what);
  void generateCode();

  std::shared_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  unsigned numErrors = 0;
};

} // namespace tc::test

#endif
