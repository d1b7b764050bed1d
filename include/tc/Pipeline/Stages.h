// The order of the stages, in one place: every driver uses this list.
#ifndef TC_PIPELINE_STAGES_H
#define TC_PIPELINE_STAGES_H

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Error.h"

namespace tc {

struct StageOptions {
  /// The target's name, as in CompileOptions.
  std::string target = "host";
  /// Check the form that each stage gives after it.
  bool verifyContracts = false;
};

struct Stage {
  llvm::StringLiteral name;
  llvm::StringLiteral summary;
  void (*build)(mlir::OpPassManager &manager, const StageOptions &options);
  /// The form that the module has after the stage, for tc-verify-contract; empty if it stays the same.
  llvm::StringLiteral form;
  /// Reads captured calls, whose arguments nobody has checked.
  bool readsCalls = false;
};

/// The stages from the captured form to scheduled kernels, in order.
llvm::ArrayRef<Stage> getStages();

/// Those after `startAfter` and up to `stopAfter`; an empty name: from the first, to the last.
llvm::Expected<llvm::ArrayRef<Stage>> getStages(llvm::StringRef startAfter, llvm::StringRef stopAfter);
/// The stage of this name; the error for another name lists all there are.
llvm::Expected<const Stage *> findStage(llvm::StringRef name);
/// "functionalize, decompose, …", for messages.
std::string getStageNames();
/// Adds a stage to `manager`, with the check of its form if that is asked for.
void addStage(mlir::OpPassManager &manager, const Stage &stage, const StageOptions &options);

/// Registers the pipelines `tc-stage{<name>}`, in tools `--tc-stage=<name>`, and `tc-lower`, all stages or, with
/// `start-after` and `stop-after`, those between.
void registerStagePipelines();

} // namespace tc

#endif
