// The order of the stages, in one place: every driver uses this list.
#ifndef TC_PIPELINE_STAGES_H
#define TC_PIPELINE_STAGES_H

#include "mlir/Pass/PassManager.h"

namespace tc {

struct StageOptions {
  /// The target's name, as in CompileOptions.
  std::string target = "host";
};

struct Stage {
  llvm::StringLiteral name;
  llvm::StringLiteral summary;
  void (*build)(mlir::OpPassManager &manager, const StageOptions &options);
  /// The form that the module has after the stage, for tc-verify-contract; empty if it stays the same.
  llvm::StringLiteral form;
};

/// The stages from the captured form to scheduled kernels, in order.
llvm::ArrayRef<Stage> getStages();

/// Registers `--tc-stage=<name>` (as the pipelines `tc-stage-<name>`) and `tc-lower`, all stages up to `stop-after`.
void registerStagePipelines();

} // namespace tc

#endif
