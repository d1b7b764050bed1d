// The stages as pipelines in text: `tc-stage{functionalize}` and `tc-lower{stop-after=fuse}`. They are registered by
// hand, not by PassPipelineRegistration, so that a stage's name can stand by itself and an unknown one is an error.

#include "tc/Pipeline/Stages.h"

#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Pipeline/Targets.h"

using namespace mlir;

namespace tc {

namespace {

struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<std::string> target{*this, "target", llvm::cl::desc("the target's name"), llvm::cl::init("host")};
  Option<bool> verifyContracts{*this, "verify-contracts", llvm::cl::desc("check the form after each stage"),
                               llvm::cl::init(false)};

  StageOptions get() const { return {target, verifyContracts}; }
};

struct LowerOptions : PipelineOptions {
  Option<std::string> startAfter{*this, "start-after", llvm::cl::desc("the stage that the module is the result of"),
                                 llvm::cl::init("")};
  Option<std::string> stopAfter{*this, "stop-after", llvm::cl::desc("the last stage to run"), llvm::cl::init("")};
};

using ErrorHandler = function_ref<LogicalResult(const Twine &)>;

} // namespace

static LogicalResult parseOptions(PipelineOptions &options, StringRef text, const Twine &whose, ErrorHandler error) {
  std::string message;
  llvm::raw_string_ostream os(message);
  if (failed(options.parseFromString(text.trim(), os)))
    return error("invalid options of " + whose + ": " + StringRef(message).trim());
  if (llvm::Expected<AnyTarget> target = getTarget(options.target); !target)
    return error(llvm::toString(target.takeError()));
  return success();
}

/// "functionalize target=avx2": the name, then options.
static LogicalResult buildStage(OpPassManager &manager, StringRef text, ErrorHandler error) {
  auto [name, rest] = text.trim().split(' ');
  if (name.empty())
    return error("expected a stage: tc-stage=<name>, one of " + getStageNames());
  llvm::Expected<const Stage *> stage = findStage(name);
  if (!stage)
    return error(llvm::toString(stage.takeError()));
  PipelineOptions options;
  if (failed(parseOptions(options, rest, "stage '" + name + "'", error)))
    return failure();
  addStage(manager, **stage, options.get());
  return success();
}

static LogicalResult buildLower(OpPassManager &manager, StringRef text, ErrorHandler error) {
  LowerOptions options;
  if (failed(parseOptions(options, text, "tc-lower", error)))
    return failure();
  llvm::Expected<ArrayRef<Stage>> stages = getStages(options.startAfter, options.stopAfter);
  if (!stages)
    return error(llvm::toString(stages.takeError()));
  for (const Stage &stage : *stages)
    addStage(manager, stage, options.get());
  return success();
}

void registerStagePipelines() {
  registerPassPipeline("tc-stage", "One stage, named by the value: " + getStageNames(), buildStage,
                       [](function_ref<void(const detail::PassOptions &)> handler) { handler(PipelineOptions()); });
  registerPassPipeline("tc-lower", "All stages, or those after start-after and up to stop-after", buildLower,
                       [](function_ref<void(const detail::PassOptions &)> handler) { handler(LowerOptions()); });
}

} // namespace tc
