// Compiling, and running on DLPack tensors.

#include "tc-c/Executable.h"

#include "Objects.h"
#include "tc/Pipeline/Compiler.h"
#include "tc/Pipeline/Explain.h"

#include <ATen/dlpack.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

using namespace tc;

/// Shared with the executables made with it.
struct TcRuntime {
  std::shared_ptr<runtime::Runtime> runtime;
};

struct TcExecutable {
  std::shared_ptr<runtime::Runtime> runtime;
  std::unique_ptr<CompiledGraph> graph;
  double compileMilliseconds = 0;
  std::mutex mutex;
  /// The outputs that came from the runtime's own memory and were not given back yet: address and number.
  std::unordered_map<void *, uint32_t> outputs;

  ~TcExecutable() {
    for (auto [data, output] : outputs)
      graph->getExecutable().freeOutput(output, data);
  }
};

static std::optional<runtime::Device> getDevice(const DLDevice &device) {
  switch (device.device_type) {
  case kDLCPU:
  case kDLCUDAHost: // pinned memory of the CPU
    return runtime::Device{runtime::DeviceKind::CPU, 0};
  case kDLCUDA:
    return runtime::Device{runtime::DeviceKind::CUDA, device.device_id};
  default:
    return std::nullopt;
  }
}

static DLDevice getDLDevice(runtime::Device device) {
  return {device.kind == runtime::DeviceKind::CUDA ? kDLCUDA : kDLCPU, device.ordinal};
}

/// What a DLPack tensor says, or why the runtime cannot take it. Sizes are compared with the program's later.
static runtime::Expected<runtime::TensorView> toView(const DLTensor &tensor) {
  std::optional<runtime::DType> dtype = runtime::fromDLPack(tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes);
  if (!dtype)
    return runtime::Error("unsupported element type: DLPack's code " + std::to_string(tensor.dtype.code) + " of " +
                          std::to_string(tensor.dtype.bits) + " bits and " + std::to_string(tensor.dtype.lanes) +
                          " lanes");
  std::optional<runtime::Device> device = getDevice(tensor.device);
  if (!device)
    return runtime::Error("unsupported device: DLPack's type " + std::to_string(tensor.device.device_type));
  if (tensor.ndim < 0)
    return runtime::Error("expected at least 0 dimensions, got " + std::to_string(tensor.ndim));
  if (tensor.ndim > 0 && !tensor.shape)
    return runtime::Error("its sizes are missing");
  char *data = tensor.data ? static_cast<char *>(tensor.data) + tensor.byte_offset : nullptr;
  return runtime::TensorView{data, *dtype, *device, tensor.ndim, tensor.shape, tensor.strides};
}

static DLTensor toDLTensor(const runtime::TensorView &view) {
  runtime::DLPackType type = runtime::toDLPack(view.dtype);
  return {view.data,
          getDLDevice(view.device),
          view.rank,
          {type.code, type.bits, 1},
          const_cast<int64_t *>(view.sizes),
          const_cast<int64_t *>(view.strides),
          0};
}

namespace {

runtime::Error allocateOutput(void *context, const runtime::OutputRequest &request, void **data) {
  auto &allocator = *static_cast<const TcOutputAllocator *>(context);
  DLTensor prototype =
      toDLTensor({nullptr, request.dtype, request.device, request.rank, request.sizes, request.strides});
  if (allocator.allocate(allocator.context, request.output, &prototype, data))
    return runtime::Error("no memory for output " + std::to_string(request.output) + " of " +
                          std::to_string(request.bytes) + " bytes");
  return {};
}

void releaseOutput(void *context, uint32_t output, void *data) {
  auto &allocator = *static_cast<const TcOutputAllocator *>(context);
  if (allocator.release)
    allocator.release(allocator.context, output, data);
}

runtime::Error callExtern(void *context, uint32_t callback, std::span<const runtime::Argument> arguments,
                          std::span<runtime::ExternResult> results, void *) {
  auto &handler = *static_cast<const TcExternHandler *>(context);
  std::vector<DLTensor> tensors(arguments.size());
  std::vector<TcInput> inputs(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].kind == runtime::Argument::Kind::Tensor) {
      tensors[i] = toDLTensor(arguments[i].tensor);
      inputs[i] = {&tensors[i], 0, nullptr};
    } else {
      inputs[i] = {nullptr, arguments[i].intValue, nullptr};
    }
  }
  std::vector<DLTensor> outTensors(results.size());
  std::vector<TcExternResult> outs(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    outTensors[i] = toDLTensor(results[i].tensor);
    outs[i] = {&outTensors[i], nullptr, 0};
  }
  char message[1024] = "";
  if (handler.call(handler.context, callback, inputs.size(), inputs.data(), outs.size(), outs.data(), message,
                   sizeof message)) {
    message[sizeof message - 1] = '\0';
    return runtime::Error(*message ? message : "it failed without a message");
  }
  // The handles first: they are released whatever comes after.
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].handle = outs[i].handle;
    results[i].intValue = outs[i].integer;
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (!outs[i].handle)
      continue;
    runtime::Expected<runtime::TensorView> view = toView(outTensors[i]);
    if (!view)
      return runtime::Error("result " + std::to_string(i) + ": " + view.message());
    results[i].tensor = *view;
  }
  return {};
}

void releaseExtern(void *context, void *handle) {
  auto &handler = *static_cast<const TcExternHandler *>(context);
  if (handler.release)
    handler.release(handler.context, handle);
}

} // namespace

/// Functions of executables have no context to report to.
static bool isPresent(const TcExecutable *executable, const char *function) {
  if (!executable)
    llvm::errs() << function << ": error: expected an executable, found null\n";
  return executable;
}

extern "C" {

TcRuntime *tcRuntimeCreate(unsigned maxThreads) {
  runtime::RuntimeOptions options;
  options.maxThreads = maxThreads;
  return new TcRuntime{std::make_shared<runtime::Runtime>(options)};
}

void tcRuntimeDestroy(TcRuntime *runtime) { delete runtime; }

void *tcRuntimeAllocate(TcRuntime *runtime, int64_t bytes) { return runtime->runtime->getAllocator().allocate(bytes); }

void tcRuntimeFree(TcRuntime *runtime, void *data) { runtime->runtime->getAllocator().deallocate(data); }

int64_t tcRuntimeGetCachedBytes(const TcRuntime *runtime) { return runtime->runtime->getAllocator().getCachedBytes(); }

void tcRuntimeTrim(TcRuntime *runtime) { runtime->runtime->getAllocator().trim(); }

TcExecutable *tcCompile(TcModule *module, TcRuntime *runtime, const TcCompileOptions *options) {
  Call call(module ? module->context.get() : nullptr, "tcCompile", "module");
  if (!call || !call.isPresent(runtime, "runtime"))
    return nullptr;
  if (!module->closed.empty()) {
    call.fail(module->closed);
    return nullptr;
  }
  CompileOptions compileOptions;
  if (options) {
    if (options->target)
      compileOptions.target = options->target;
    compileOptions.threads = options->threads;
    compileOptions.verifyContracts = options->verifyContracts;
  }
  module->closed = "expected a module as captured, found one that tcCompile has lowered";
  mlir::FailureOr<std::unique_ptr<CompiledGraph>> graph =
      compile(*module->module, compileOptions, *runtime->runtime, module->context->context);
  if (failed(graph))
    return nullptr;
  auto executable = std::make_unique<TcExecutable>();
  for (const StageTime &time : (*graph)->times)
    executable->compileMilliseconds += time.milliseconds;
  if (options && options->printTimes)
    for (const StageTime &time : (*graph)->times)
      mlir::emitRemark(module->module->getLoc()) << time.stage << ": " << time.milliseconds << " ms";
  executable->runtime = runtime->runtime;
  executable->graph = std::move(*graph);
  return executable.release();
}

void tcExecutableDestroy(TcExecutable *executable) { delete executable; }

char *tcExecutableDescribe(const TcExecutable *executable) {
  if (!isPresent(executable, "tcExecutableDescribe"))
    return nullptr;
  ExplainOptions options;
  options.program = true;
  return copyString(explain(*executable->graph, options));
}

TcExecutableInfo tcExecutableGetInfo(const TcExecutable *executable) {
  TcExecutableInfo info{};
  info.cudaDevice = -1;
  if (!isPresent(executable, "tcExecutableGetInfo"))
    return info;
  const runtime::Program &program = executable->graph->getExecutable().getProgram();
  info.inputs = program.inputs.size();
  info.outputs = program.outputs.size();
  for (const runtime::Instruction &instruction : program.body)
    info.launches += std::holds_alternative<runtime::Launch>(instruction.op) ||
                     std::holds_alternative<runtime::CudaLaunch>(instruction.op);
  info.kernels = executable->graph->kernels.size();
  info.externs = executable->graph->externs.size();
  info.arenaBytes = executable->graph->getExecutable().getArenaBytes();
  info.compileMilliseconds = executable->compileMilliseconds;
  runtime::Device device = executable->graph->getDevice();
  info.cudaDevice = device.kind == runtime::DeviceKind::CUDA ? device.ordinal : -1;
  return info;
}

static const CompiledGraph::Extern *findExtern(const TcExecutable *executable, size_t index, const char *function) {
  if (!isPresent(executable, function))
    return nullptr;
  const std::vector<CompiledGraph::Extern> &externs = executable->graph->externs;
  if (index < externs.size())
    return &externs[index];
  llvm::errs() << function << ": error: expected one of " << externs.size() << " call backs, found " << index << "\n";
  return nullptr;
}

const char *tcExecutableGetExternName(const TcExecutable *executable, size_t index) {
  const CompiledGraph::Extern *found = findExtern(executable, index, "tcExecutableGetExternName");
  return found ? found->name.c_str() : nullptr;
}

const char *tcExecutableGetExternArguments(const TcExecutable *executable, size_t index) {
  const CompiledGraph::Extern *found = findExtern(executable, index, "tcExecutableGetExternArguments");
  return found ? found->argumentsJSON.c_str() : nullptr;
}

/// What is missing in the call of a run; empty if nothing is.
static std::string checkRun(const TcExecutable *executable, size_t numInputs, const TcInput *inputs, size_t numResults,
                            const TcResult *results, const TcRunOptions *options) {
  if (!executable)
    return "expected an executable, found null";
  const runtime::Program &program = executable->graph->getExecutable().getProgram();
  // Before memory is made for them.
  if (numInputs != program.inputs.size())
    return "expected " + std::to_string(program.inputs.size()) + " inputs, got " + std::to_string(numInputs);
  if (numResults != program.outputs.size())
    return "expected room for " + std::to_string(program.outputs.size()) + " outputs, got " +
           std::to_string(numResults);
  if (numInputs && !inputs)
    return "expected " + std::to_string(numInputs) + " inputs, found null";
  if (numResults && !results)
    return "expected room for " + std::to_string(numResults) + " outputs, found null";
  if (options && options->outputs && !options->outputs->allocate)
    return "the output allocator has no function 'allocate'";
  if (options && options->externs && !options->externs->call)
    return "the handler of call backs has no function 'call'";
  if (options && options->profiler && !options->profiler->record)
    return "the profiler has no function 'record'";
  return {};
}

char *tcExecutableRun(TcExecutable *executable, size_t numInputs, const TcInput *inputs, size_t numResults,
                      TcResult *results, const TcRunOptions *options) {
  if (std::string problem = checkRun(executable, numInputs, inputs, numResults, results, options); !problem.empty())
    return copyString(problem);
  llvm::SmallVector<runtime::Argument, 64> arguments(numInputs);
  llvm::SmallVector<runtime::Result, 8> outs(numResults);
  for (size_t i = 0; i < numInputs; ++i) {
    if (!inputs[i].tensor) {
      arguments[i] =
          inputs[i].real ? runtime::Argument::ofFloat(*inputs[i].real) : runtime::Argument::ofInt(inputs[i].integer);
      continue;
    }
    runtime::Expected<runtime::TensorView> view = toView(*static_cast<const DLTensor *>(inputs[i].tensor));
    if (!view)
      return copyString("input " + std::to_string(i) + ": " + view.message());
    arguments[i] = *view;
  }
  runtime::RunOptions runOptions;
  runtime::OutputAllocator allocator;
  runtime::ExternHandler externs;
  std::vector<runtime::InstructionTiming> timings;
  if (options) {
    runOptions.threads = options->threads;
    runOptions.stream = options->stream;
    if (options->outputs) {
      allocator = {const_cast<TcOutputAllocator *>(options->outputs), allocateOutput, releaseOutput};
      runOptions.outputs = &allocator;
    }
    if (options->externs) {
      externs = {const_cast<TcExternHandler *>(options->externs), callExtern, releaseExtern};
      runOptions.externs = &externs;
    }
    if (options->profiler)
      runOptions.timings = &timings;
  }
  if (runtime::Error error = executable->graph->getExecutable().run(arguments, outs, runOptions))
    return copyString(error.message());
  const std::vector<runtime::Instruction> &body = executable->graph->getExecutable().getProgram().body;
  for (const runtime::InstructionTiming &timing : timings)
    options->profiler->record(options->profiler->context, body[timing.instruction].name.c_str(), timing.nanoseconds,
                              timing.bytes);
  for (size_t i = 0; i < numResults; ++i) {
    const runtime::Result &from = outs[i];
    TcResult &to = results[i];
    runtime::DLPackType type = runtime::toDLPack(from.dtype);
    to.kind = static_cast<TcResultKind>(from.kind);
    to.index = from.index;
    to.data = from.data;
    to.integer = from.intValue;
    to.offset = from.offset;
    to.rank = from.rank;
    std::copy_n(from.sizes, from.rank, to.sizes);
    std::copy_n(from.strides, from.rank, to.strides);
    to.dtypeCode = type.code;
    to.dtypeBits = type.bits;
    if (from.kind == runtime::Result::Kind::Tensor && from.data && !(options && options->outputs)) {
      std::lock_guard<std::mutex> lock(executable->mutex);
      executable->outputs.emplace(from.data, i);
    }
  }
  return nullptr;
}

void tcExecutableFreeOutput(TcExecutable *executable, void *data) {
  if (!data || !isPresent(executable, "tcExecutableFreeOutput"))
    return;
  uint32_t output;
  {
    std::lock_guard<std::mutex> lock(executable->mutex);
    auto found = executable->outputs.find(data);
    if (found == executable->outputs.end()) {
      llvm::errs() << "tcExecutableFreeOutput: error: expected an output of the executable that has not been freed\n";
      return;
    }
    output = found->second;
    executable->outputs.erase(found);
  }
  executable->graph->getExecutable().freeOutput(output, data);
}

} // extern "C"
