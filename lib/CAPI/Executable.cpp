// Compiling, and running on DLPack tensors.

#include "tc-c/Executable.h"

#include "Objects.h"
#include "tc/Pipeline/Compiler.h"
#include "tc/Pipeline/Explain.h"

#include <ATen/dlpack.h>

#include <algorithm>
#include <cstring>

using namespace tc;

/// Shared with the executables made with it.
struct TcRuntime {
  std::shared_ptr<runtime::Runtime> runtime;
};

struct TcExecutable {
  std::shared_ptr<runtime::Runtime> runtime;
  std::unique_ptr<CompiledGraph> graph;
  double compileMilliseconds = 0;
};

static runtime::Device getDevice(const DLDevice &device) {
  return {device.device_type == kDLCUDA ? runtime::DeviceKind::CUDA : runtime::DeviceKind::CPU, device.device_id};
}

static DLDevice getDLDevice(runtime::Device device) {
  return {device.kind == runtime::DeviceKind::CUDA ? kDLCUDA : kDLCPU, device.ordinal};
}

// Fails for an element type the runtime does not have.
static bool toArgument(const TcInput &input, runtime::Argument &argument) {
  if (!input.tensor) {
    argument = runtime::Argument::ofInt(input.integer);
    return true;
  }
  const auto &tensor = *static_cast<const DLTensor *>(input.tensor);
  std::optional<runtime::DType> dtype = runtime::fromDLPack(tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes);
  if (!dtype)
    return false;
  argument = runtime::TensorView{static_cast<char *>(tensor.data) + tensor.byte_offset,
                                 *dtype,
                                 getDevice(tensor.device),
                                 tensor.ndim,
                                 tensor.shape,
                                 tensor.strides};
  return true;
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
      inputs[i] = {&tensors[i], 0};
    } else {
      inputs[i] = {nullptr, arguments[i].intValue};
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
                   sizeof message))
    return runtime::Error(message);
  for (size_t i = 0; i < results.size(); ++i) {
    const DLTensor &tensor = outTensors[i];
    results[i].handle = outs[i].handle;
    results[i].intValue = outs[i].integer;
    if (!outs[i].handle)
      continue;
    std::optional<runtime::DType> dtype = runtime::fromDLPack(tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes);
    if (!dtype)
      return runtime::Error("a call back returned a tensor of an unknown element type");
    results[i].tensor = {static_cast<char *>(tensor.data) + tensor.byte_offset,
                         *dtype,
                         getDevice(tensor.device),
                         tensor.ndim,
                         tensor.shape,
                         tensor.strides};
  }
  return {};
}

void releaseExtern(void *context, void *handle) {
  auto &handler = *static_cast<const TcExternHandler *>(context);
  handler.release(handler.context, handle);
}

} // namespace

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
  CompileOptions compileOptions;
  if (options) {
    if (options->target)
      compileOptions.target = options->target;
    compileOptions.threads = options->threads;
    compileOptions.verifyContracts = options->verifyContracts;
  }
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
  ExplainOptions options;
  options.program = true;
  return copyString(explain(*executable->graph, options));
}

TcExecutableInfo tcExecutableGetInfo(const TcExecutable *executable) {
  const runtime::Program &program = executable->graph->getExecutable().getProgram();
  TcExecutableInfo info{};
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

const char *tcExecutableGetExternName(const TcExecutable *executable, size_t index) {
  return index < executable->graph->externs.size() ? executable->graph->externs[index].name.c_str() : nullptr;
}

const char *tcExecutableGetExternArguments(const TcExecutable *executable, size_t index) {
  return index < executable->graph->externs.size() ? executable->graph->externs[index].argumentsJSON.c_str() : nullptr;
}

char *tcExecutableRun(TcExecutable *executable, size_t numInputs, const TcInput *inputs, size_t numResults,
                      TcResult *results, const TcRunOptions *options) {
  llvm::SmallVector<runtime::Argument, 64> arguments(numInputs);
  llvm::SmallVector<runtime::Result, 8> outs(numResults);
  for (size_t i = 0; i < numInputs; ++i)
    if (!toArgument(inputs[i], arguments[i]))
      return copyString("input " + std::to_string(i) + ": unsupported element type");
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
  }
  return nullptr;
}

void tcExecutableFreeOutput(TcExecutable *executable, void *data) {
  executable->runtime->getAllocator().deallocate(data);
}

} // extern "C"
