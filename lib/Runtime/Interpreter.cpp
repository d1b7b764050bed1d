// Runs the steps of a section.

#include "ExecutableState.h"
#include "StridedCopy.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace tc::runtime {

namespace {

struct LaunchContext {
  KernelFn kernel;
  void *const *buffers;
  const int64_t *symbols;
  std::byte *scratch;
  int64_t scratchStride;
};

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace

Error Run::launch(const Step &step, void *const *buffers, const int64_t *slots) {
  const int64_t *tail = slots + step.numSlots - 3;
  int64_t extent = tail[0], grain = std::max<int64_t>(tail[1], 1);
  if (extent <= 0)
    return Error();
  if (step.isLate || frame->scratch.size() < frame->plan->scratchStride * threads) [[unlikely]] {
    int64_t stride = std::max(frame->plan->scratchStride, roundScratch(tail[2]));
    if (stride > 0 && !frame->reserveScratch(threads, stride))
      return Error("out of memory: " + std::to_string(stride) + " bytes of scratch memory for each of " +
                   std::to_string(threads) + " threads");
  }
  std::byte *scratch = frame->scratch.data();
  if (threads == 1 || extent / grain < 2) {
    step.kernel(buffers, slots, 0, extent, scratch);
    return Error();
  }
  LaunchContext context{step.kernel, buffers, slots, scratch, scratch ? frame->scratchStride : 0};
  state.runtime.getThreadPool().parallelFor(
      extent, grain, threads,
      [](void *opaque, int64_t begin, int64_t end, unsigned part) {
        auto &c = *static_cast<LaunchContext *>(opaque);
        c.kernel(c.buffers, c.symbols, begin, end, c.scratch + part * c.scratchStride);
      },
      &context);
  return Error();
}

Error Run::launchCuda(const Step &step, void *const *buffers, const int64_t *slots) {
  const auto &op = std::get<CudaLaunch>(step.source->op);
  const LoadedCudaKernel &kernel = state.cudaKernels[op.kernel];
  const int64_t *tail = slots + step.numSlots - 4;
  const std::string &name = program.cudaKernels[op.kernel].name;
  CudaLaunchConfig config;
  for (int i = 0; i < 3; ++i) {
    if (tail[i] <= 0)
      return Error();
    if (tail[i] > INT32_MAX)
      return Error("kernel " + name + ": a grid of " + std::to_string(tail[i]) + " blocks is too large");
    config.grid[i] = tail[i];
    config.block[i] = op.block[i];
    config.cluster[i] = op.cluster[i];
  }
  if (tail[3] < 0 || tail[3] > INT32_MAX)
    return Error("kernel " + name + ": cannot have " + std::to_string(tail[3]) + " bytes of shared memory");
  config.sharedBytes = tail[3];
  if (config.sharedBytes > kernel.sharedBytes->load(std::memory_order_relaxed)) {
    if (Error error = state.cuda->setMaxSharedBytes(kernel.function, config.sharedBytes))
      return Error("kernel " + name + ": " + error.message());
    kernel.sharedBytes->store(config.sharedBytes, std::memory_order_relaxed);
  }
  // Parameters by address: the pointers, then the integers.
  constexpr size_t inlineArgs = 64;
  void *inlineStore[inlineArgs];
  std::vector<void *> heapStore;
  size_t count = step.numArgs + step.numSlots - 4;
  void **arguments = inlineStore;
  if (count > inlineArgs) {
    heapStore.resize(count);
    arguments = heapStore.data();
  }
  for (uint32_t i = 0; i < step.numArgs; ++i)
    arguments[i] = const_cast<void **>(&buffers[i]);
  for (uint32_t i = 0; i + 4 < step.numSlots; ++i)
    arguments[step.numArgs + i] = const_cast<int64_t *>(&slots[i]);
  if (Error error = state.cuda->launch(kernel.function, config, options.stream, arguments))
    return Error("kernel " + name + ": " + error.message());
  return Error();
}

Error Run::copyMemory(ValueId destinationValue, void *destination, ValueId sourceValue, const void *source,
                      int64_t bytes) {
  if (bytes <= 0 || destination == source)
    return Error();
  if (!destination || !source)
    return Error("copy between values " + std::to_string(sourceValue) + " and " + std::to_string(destinationValue) +
                 ": its memory is missing");
  if (program.values[destinationValue].device.kind == DeviceKind::CPU &&
      program.values[sourceValue].device.kind == DeviceKind::CPU) {
    copyBytes(state.runtime.getThreadPool(), threads, destination, source, bytes);
    return Error();
  }
  if (Error error = state.cuda->copy(destination, source, bytes, options.stream))
    return error;
  // What comes to the host is used by the host next.
  if (program.values[destinationValue].device.kind == DeviceKind::CPU)
    return state.cuda->synchronize(options.stream);
  return Error();
}

Error Run::copy(const Step &step, void *const *buffers, const int64_t *slots) {
  const auto &op = std::get<Copy>(step.source->op);
  for (ValueId value : {op.destination, op.source})
    if (const ValueInfo &info = prepared.values[value];
        program.values[info.root].kind != Value::Kind::Input && slots[0] > frame->getSlots()[info.bytesSlot])
      return Error("copy: " + std::to_string(slots[0]) + " bytes are more than value " + std::to_string(value) +
                   " has");
  return copyMemory(op.destination, buffers[0], op.source, buffers[1], slots[0]);
}

Error Run::copyStrided(const Step &step, void *const *buffers, const int64_t *slots) {
  const auto &op = std::get<CopyStrided>(step.source->op);
  size_t rank = op.destination.sizes.size();
  int64_t elementBytes = getByteSize(op.destination.dtype);
  const int64_t *to = slots, *from = slots + 2 * rank + 1;
  if (std::ranges::any_of(std::span(to, rank), [](int64_t size) { return size <= 0; }))
    return Error();
  if (!buffers[0] || !buffers[1])
    return Error("strided copy between values " + std::to_string(op.source.value) + " and " +
                 std::to_string(op.destination.value) + ": its memory is missing");
  runtime::copyStrided(state.runtime.getThreadPool(), threads,
                       static_cast<std::byte *>(buffers[0]) + to[2 * rank] * elementBytes,
                       static_cast<const std::byte *>(buffers[1]) + from[2 * rank] * elementBytes, elementBytes,
                       {to, rank}, {to + rank, rank}, {from + rank, rank});
  return Error();
}

Error Run::readSymbol(const Step &step, void *const *buffers, const int64_t *slots) {
  const auto &op = std::get<BindSymbol>(step.source->op);
  int64_t size = getByteSize(op.dtype), offset = slots[0];
  if (offset < 0 || offset > frame->getSlots()[prepared.values[op.source].bytesSlot] - size || !buffers[0])
    return Error("symbol " + program.symbols[op.symbol].name + ": byte " + std::to_string(offset) +
                 " is outside value " + std::to_string(op.source));
  const std::byte *place = static_cast<const std::byte *>(buffers[0]) + offset;
  int64_t value = 0;
  int32_t narrow = 0;
  void *target = op.dtype == DType::I32 ? static_cast<void *>(&narrow) : &value;
  if (program.values[op.source].device.kind == DeviceKind::CPU) {
    std::memcpy(target, place, size);
  } else {
    if (Error error = state.cuda->copy(target, place, size, options.stream))
      return error;
    if (Error error = state.cuda->synchronize(options.stream))
      return error;
  }
  if (op.dtype == DType::I32)
    value = narrow;
  else if (op.dtype == DType::Bool)
    value = value != 0;
  return bindSymbol(op.symbol, value);
}

int64_t Run::countBytes(const Step &step) const {
  int64_t bytes = 0;
  if (step.kind == StepKind::Launch)
    for (const BufferArg &buffer : std::get<Launch>(step.source->op).buffers)
      bytes += frame->getSlots()[prepared.values[buffer.value].bytesSlot];
  return bytes;
}

Error Run::execute(const Section &section) {
  const int64_t *allSlots = frame->getSlots();
  void *const *args = frame->args.data();
  for (uint32_t next = 0; next < section.steps.size();) {
    const Step &step = section.steps[next++];
    int64_t start = options.timings ? now() : 0;
    if (step.isLate)
      if (Error error = prepareLate(step, section))
        return error;
    const int64_t *slots = allSlots + step.firstSlot;
    void *const *buffers = args + step.firstArg;
    Error error;
    switch (step.kind) {
    case StepKind::Launch:
      error = launch(step, buffers, slots);
      break;
    case StepKind::CudaLaunch:
      error = launchCuda(step, buffers, slots);
      break;
    case StepKind::Copy:
      error = copy(step, buffers, slots);
      break;
    case StepKind::CopyStrided:
      error = copyStrided(step, buffers, slots);
      break;
    case StepKind::Extern:
      error = callExtern(step, section);
      break;
    case StepKind::BindSymbol:
      error = readSymbol(step, buffers, slots);
      break;
    case StepKind::Assert:
      if (slots[0] == 0)
        error = Error(std::get<Assert>(step.source->op).message);
      break;
    case StepKind::BranchIfZero:
      if (slots[0] == 0)
        next = step.target;
      break;
    case StepKind::Jump:
      next = step.target;
      break;
    }
    if (error)
      return error;
    for (uint32_t i = 0; i < step.numReleases; ++i)
      releaseLate(section.releases[step.firstRelease + i]);
    if (options.timings) [[unlikely]] {
      int64_t elapsed = now() - start;
      std::vector<InstructionTiming> &timings = *options.timings;
      if (timings.empty() || timings.back().instruction != step.instruction)
        timings.push_back({step.instruction});
      timings.back().nanoseconds += elapsed;
      timings.back().bytes += countBytes(step);
    }
  }
  return Error();
}

} // namespace tc::runtime
