// The driver: stages, then the kernels' code in parallel, then the host program.

#include "tc/Pipeline/Compiler.h"

#include "KernelCode.h"
#include "KernelRows.h"
#include "mlir/IR/Threading.h"
#include "mlir/Pass/PassManager.h"
#include "tc/Conversion/KernelAnalysis/DistinctKernels.h"
#include "tc/Pipeline/Stages.h"
#include "llvm/Support/JSON.h"

#include <chrono>

using namespace mlir;

namespace tc {

CompiledGraph::CompiledGraph() = default;
CompiledGraph::~CompiledGraph() = default;
runtime::Device CompiledGraph::getDevice() const { return code->getDevice(); }

namespace {

/// Measures from its construction, or from the last lap.
class Stopwatch {
public:
  double lap() {
    auto now = std::chrono::steady_clock::now();
    double milliseconds = std::chrono::duration<double, std::milli>(now - start).count();
    start = now;
    return milliseconds;
  }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

} // namespace

static FailureOr<func::FuncOp> findFunction(ModuleOp module) {
  func::FuncOp found;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    if (found)
      return function.emitError("expected one public function, found a second one besides @") << found.getName();
    found = function;
  }
  if (!found)
    return module.emitError("expected a public function");
  return found;
}

LogicalResult runStages(ModuleOp module, const CompileOptions &options, StringRef stopAfter,
                        std::vector<StageTime> &times) {
  llvm::Expected<ArrayRef<Stage>> stages = getStages(options.startAfter, stopAfter);
  if (!stages)
    return emitError(module.getLoc(), llvm::toString(stages.takeError()));
  StageOptions stageOptions{options.target, options.verifyContracts};
  for (const Stage &stage : *stages) {
    Stopwatch watch;
    PassManager manager(module.getContext());
    // What the first two stages make follows from calls that the user wrote, and may be as wrong as these.
    manager.enableVerifier(options.verifyContracts || stage.readsCalls);
    addStage(manager, stage, stageOptions);
    if (failed(manager.run(module)))
      return failure();
    times.push_back({stage.name.str(), watch.lap()});
  }
  return success();
}

static llvm::json::Value toJSON(Attribute argument, unsigned numOperands, unsigned &nextSize) {
  using llvm::json::Object;
  using llvm::json::Value;
  if (auto operand = dyn_cast<OperandAttr>(argument))
    return Object{{"tensor", static_cast<int64_t>(operand.getIndex())}};
  if (auto size = dyn_cast<SizeAttr>(argument)) {
    if (std::optional<int64_t> constant = size.getConstant())
      return *constant;
    return Object{{"size", static_cast<int64_t>(numOperands + nextSize++)}};
  }
  if (auto array = dyn_cast<ArrayAttr>(argument)) {
    llvm::json::Array list;
    for (Attribute element : array)
      list.push_back(toJSON(element, numOperands, nextSize));
    return list;
  }
  if (auto boolean = dyn_cast<BoolAttr>(argument))
    return boolean.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(argument))
    return integer.getInt();
  if (auto real = dyn_cast<FloatAttr>(argument)) {
    double value = real.getValueAsDouble();
    // JSON has no infinities and NaN.
    if (!std::isfinite(value))
      return Object{{"float", std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"}};
    return Object{{"float", value}};
  }
  if (auto string = dyn_cast<StringAttr>(argument))
    return string.getValue();
  if (auto type = dyn_cast<TypeAttr>(argument)) {
    FailureOr<runtime::DType> dtype = getDType(type.getValue());
    return Object{{"dtype", succeeded(dtype) ? std::string(runtime::getName(*dtype)) : "unknown"}};
  }
  return nullptr;
}

static std::string getArgumentsJSON(const ExternCall &call) {
  llvm::json::Array list;
  unsigned nextSize = 0;
  for (Attribute argument : call.args)
    list.push_back(toJSON(argument, call.numOperands, nextSize));
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::json::Value(std::move(list));
  return text;
}

FailureOr<std::unique_ptr<CompiledGraph>> compile(ModuleOp module, const CompileOptions &options,
                                                  runtime::Runtime &runtime, std::shared_ptr<const void> owner) {
  // Kernels are lowered on several threads, which may not load the dialects they need.
  module.getContext()->loadAllAvailableDialects();
  FailureOr<func::FuncOp> function = findFunction(module);
  FailureOr<std::unique_ptr<KernelCode>> code = KernelCode::create(options, runtime, module.getLoc());
  if (failed(function) || failed(code))
    return failure();
  auto graph = std::make_unique<CompiledGraph>();
  CompileOptions stageOptions = options;
  stageOptions.target = (*code)->getTargetName();
  if (failed(runStages(module, stageOptions, "", graph->times)))
    return failure();

  Stopwatch watch;
  SmallVector<fusion::KernelOp> kernels;
  SmallVector<uint32_t> kernelOf = findDistinctKernels(*function, kernels);
  FailureOr<std::vector<KernelLaunchInfo>> infos = (*code)->compile(kernels);
  if (failed(infos))
    return failure();
  graph->times.push_back({"code", watch.lap()});

  FailureOr<HostProgram> host =
      buildHostProgram(*function, kernels, kernelOf, *infos, (*code)->getDevice(), std::move(owner));
  if (failed(host))
    return failure();
  graph->kernels = describeKernels(*host);
  for (const ExternCall &call : host->externs)
    graph->externs.push_back({call.name, getArgumentsJSON(call)});
  FailureOr<std::vector<runtime::KernelFn>> functions = (*code)->finish(host->program);
  if (failed(functions))
    return failure();
  runtime::Expected<std::unique_ptr<runtime::Executable>> executable =
      runtime::Executable::create(runtime, std::move(host->program), *functions);
  if (!executable) {
    // A CUDA driver may refuse code that is right: it may be too old for it.
    bool isInternal = (*code)->getDevice().kind == runtime::DeviceKind::CPU;
    return module.emitError(isInternal ? "internal error: " : "") << executable.message();
  }
  graph->executable = std::move(*executable);
  graph->code = std::move(*code);
  graph->times.push_back({"host", watch.lap()});
  return std::move(graph);
}

} // namespace tc
