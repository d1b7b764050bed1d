// Executable, and the course of a run from its arguments to its results.

#include "ExecutableState.h"

#include <algorithm>

namespace tc::runtime {

static unsigned getThreads(Runtime &runtime, const RunOptions &options) {
  unsigned most = runtime.getThreadPool().getMaxThreads();
  return options.threads == 0 ? most : std::min(options.threads, most);
}

Error Run::runInit(Frame &initFrame) {
  frame = &initFrame;
  threads = getThreads(state.runtime, options);
  return execute(prepared.init);
}

/// Gives back what the run held besides its arena.
void Run::finish() {
  for (const InputCopy &copy : copies) {
    Device device = copy.input == noValue ? Device{} : program.inputs[copy.input].device;
    if (device.kind == DeviceKind::CPU)
      state.runtime.getAllocator().deallocate(copy.data);
    else
      state.releaseDevice(device, copy.data);
  }
  if (!prepared.hasLate)
    return;
  for (ValueId id = 0; id < program.values.size(); ++id)
    releaseLate(id);
  for (void *handle : frame->handles)
    if (options.externs && options.externs->release)
      options.externs->release(options.externs->context, handle);
  frame->handles.clear();
}

Error Run::run() {
  if (Error error = checkKinds())
    return error;
  constexpr size_t inlineSymbols = 64;
  int64_t inlineStore[inlineSymbols];
  std::vector<int64_t> heapStore;
  int64_t *symbols = inlineStore;
  size_t numSymbols = program.symbols.size();
  if (numSymbols > inlineSymbols) {
    heapStore.resize(numSymbols);
    symbols = heapStore.data();
  }
  std::fill_n(symbols, numSymbols, 0);
  if (Error error = bindSymbols(symbols))
    return error;
  threads = getThreads(state.runtime, options);
  if (state.usesCuda)
    if (Error error = state.cuda->activate(state.cudaDevice.ordinal))
      return error;
  Expected<std::unique_ptr<Frame>> acquired = state.acquireFrame({symbols, numSymbols}, options.stream);
  if (!acquired)
    return acquired.takeError();
  frame = acquired->get();
  if (!frame->isReady) [[unlikely]] {
    std::shared_ptr<const Plan> plan = frame->plan;
    Error error;
    if (!state.isInitialised.load(std::memory_order_acquire))
      error = state.initialise(plan, options);
    if (!error)
      error = state.bindFrame(*frame, plan, prepared.body, plan->body);
    if (error) {
      state.freeDeviceArena(*frame);
      return error;
    }
  }
  if (prepared.hasLate) {
    frame->lateSlots = frame->plan->slots;
    frame->symbols.assign(symbols, symbols + numSymbols);
    frame->isBound.assign(numSymbols, 0);
    for (const Binding &binding : prepared.bindings)
      frame->isBound[binding.symbol] = 1;
    frame->late.assign(program.values.size(), LateBuffer());
  }
  constexpr size_t inlineOutputs = 32;
  uint32_t inlineAllocated[inlineOutputs];
  std::vector<uint32_t> heapAllocated;
  allocatedOutputs = inlineAllocated;
  if (program.outputs.size() > inlineOutputs) {
    heapAllocated.resize(program.outputs.size());
    allocatedOutputs = heapAllocated.data();
  }
  Error error = checkSizes();
  if (!error)
    error = allocateOutputs();
  if (!error) {
    linkValues();
    error = execute(prepared.body);
  }
  if (!error)
    error = fillResults();
  if (!error)
    error = copyBack();
  if (error)
    releaseOutputs();
  finish();
  state.releaseFrame(std::move(*acquired));
  return error;
}

/// Enters the places that this run was given into the tables that the steps read.
void Run::linkValues() {
  for (ValueId id : frame->inOutputs)
    frame->values[id] = frame->values[frame->plan->body.sameAs[id]];
  for (ValueId id : frame->perRunViews) {
    auto *base = static_cast<std::byte *>(frame->values[program.values[id].index]);
    frame->values[id] = base ? base + frame->plan->slots[prepared.values[id].offsetSlot] : nullptr;
  }
  for (uint32_t arg : frame->perRunArgs)
    frame->args[arg] = frame->values[prepared.body.args[arg]];
}

Executable::Executable(std::unique_ptr<ExecutableState> state) : state(std::move(state)) {}

Executable::~Executable() = default;

Expected<std::unique_ptr<Executable>> Executable::create(Runtime &runtime, Program program,
                                                         std::span<const KernelFn> kernels,
                                                         const ExecutableOptions &options) {
  if (Error error = program.verify())
    return error;
  if (kernels.size() != program.kernels.size())
    return Error("program " + program.name + ": expected " + std::to_string(program.kernels.size()) + " kernels, got " +
                 std::to_string(kernels.size()));
  for (size_t i = 0; i < kernels.size(); ++i)
    if (!kernels[i])
      return Error("program " + program.name + ": kernel " + program.kernels[i].name + " is missing");
  auto state = std::make_unique<ExecutableState>(runtime, std::move(program), options);
  state->prepared = prepare(state->program, kernels);
  if (Error error = state->loadCuda())
    return error;
  return std::unique_ptr<Executable>(new Executable(std::move(state)));
}

Error Executable::run(std::span<const Argument> arguments, std::span<Result> results, const RunOptions &options) {
  return Run(*state, arguments, results, options).run();
}

void Executable::freeOutput(uint32_t output, void *data) {
  const Device device = state->program.outputs[output].device;
  if (device.kind == DeviceKind::CPU)
    state->runtime.getAllocator().deallocate(data);
  else
    state->releaseDevice(device, data);
}

const Program &Executable::getProgram() const { return state->program; }

int64_t Executable::getArenaBytes() const {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->plans.empty() ? 0 : state->plans.front()->body.hostBytes + state->plans.front()->body.deviceBytes;
}

int64_t Executable::getPeakBytes() const {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->plans.empty() ? 0 : state->plans.front()->body.peak;
}

void Executable::trim() {
  std::lock_guard<std::mutex> lock(state->mutex);
  for (std::unique_ptr<Frame> &frame : state->idle)
    state->freeDeviceArena(*frame);
  state->idle.clear();
}

} // namespace tc::runtime
