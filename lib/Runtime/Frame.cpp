// Frames and plans: found by symbol values, made when missing, kept for the next run.

#include "ExecutableState.h"

#include <algorithm>

namespace tc::runtime {

/// Idle frames kept; more overlap only under heavy concurrency.
static constexpr size_t maxIdleFrames = 8;

bool Frame::reserveScratch(unsigned threads, int64_t stride) {
  if (stride <= scratchStride && static_cast<int64_t>(threads) * scratchStride <= scratch.size())
    return true;
  scratchStride = std::max(stride, scratchStride);
  scratch = HostBlock();
  scratch = HostBlock::allocate(scratchStride * threads);
  return scratch.data() != nullptr;
}

Expected<void *> ExecutableState::allocateDevice(Device device, int64_t bytes, void *stream) {
  if (bytes <= 0)
    return static_cast<void *>(nullptr);
  if (const DeviceAllocator *allocator = options.deviceAllocator) {
    void *data = nullptr;
    if (Error error = allocator->allocate(allocator->context, device, bytes, stream, &data))
      return error;
    return data;
  }
  return cuda->allocate(bytes);
}

void ExecutableState::releaseDevice(Device device, void *data) {
  if (!data)
    return;
  if (const DeviceAllocator *allocator = options.deviceAllocator) {
    if (allocator->release)
      allocator->release(allocator->context, device, data);
    return;
  }
  cuda->deallocate(data);
}

void ExecutableState::freeDeviceArena(Frame &frame) {
  releaseDevice(cudaDevice, frame.deviceArena);
  frame.deviceArena = nullptr;
  frame.deviceBytes = 0;
}

/// Makes the frame's tables those of a plan. Everything that does not change from run to run is
/// computed here.
Error ExecutableState::bindFrame(Frame &frame, std::shared_ptr<const Plan> plan, const Section &section,
                                 const Placement &placement) {
  if (placement.hostBytes > frame.arena.size()) {
    frame.arena = HostBlock();
    frame.arena = HostBlock::allocate(placement.hostBytes);
    if (!frame.arena.data())
      return Error("out of memory: an arena of " + std::to_string(placement.hostBytes) + " bytes");
  }
  if (placement.deviceBytes > frame.deviceBytes) {
    freeDeviceArena(frame);
    Expected<void *> data = allocateDevice(cudaDevice, placement.deviceBytes, frame.stream);
    if (!data)
      return data.takeError();
    frame.deviceArena = *data;
    frame.deviceBytes = placement.deviceBytes;
  }
  frame.plan = std::move(plan);
  frame.scalars.resize(program.inputs.size());
  frame.values = staticValues;
  frame.inOutputs.clear();
  frame.perRunViews.clear();
  frame.perRunArgs.clear();
  std::vector<bool> isPerRun(program.values.size());
  for (ValueId id = 0; id < program.values.size(); ++id) {
    const ValueInfo &info = prepared.values[id];
    const Value &value = program.values[id];
    if (info.isLate)
      continue;
    isPerRun[id] = info.isPerRun;
    if (value.kind == Value::Kind::Arena && placement.sameAs[id] != noValue) {
      isPerRun[id] = true;
      frame.inOutputs.push_back(id);
    } else if (value.kind == Value::Kind::Arena && placement.offsets[id] != Placement::nowhere) {
      bool isHost = value.device.kind == DeviceKind::CPU;
      auto *base = isHost ? frame.arena.data() : static_cast<std::byte *>(frame.deviceArena);
      frame.values[id] = base ? base + placement.offsets[id] : nullptr;
    } else if (value.kind == Value::Kind::View) {
      isPerRun[id] = isPerRun[value.index];
      auto *base = static_cast<std::byte *>(frame.values[value.index]);
      frame.values[id] = base ? base + frame.plan->slots[info.offsetSlot] : nullptr;
      if (isPerRun[id])
        frame.perRunViews.push_back(id);
    }
  }
  frame.args.resize(section.args.size());
  for (size_t i = 0; i < section.args.size(); ++i) {
    frame.args[i] = frame.values[section.args[i]];
    if (isPerRun[section.args[i]])
      frame.perRunArgs.push_back(i);
  }
  frame.isReady = true;
  return Error();
}

Expected<std::unique_ptr<Frame>> ExecutableState::acquireFrame(std::span<const int64_t> symbols, void *stream) {
  auto matches = [&](const Plan &plan) { return std::ranges::equal(plan.symbols, symbols); };
  std::unique_ptr<Frame> frame;
  std::shared_ptr<const Plan> plan;
  {
    std::lock_guard<std::mutex> lock(mutex);
    // A frame with device memory belongs to its stream: another may still be working on it.
    auto usable = [&](const std::unique_ptr<Frame> &f) { return !usesCuda || f->stream == stream; };
    for (size_t i = idle.size(); i-- > 0;)
      if (usable(idle[i]) && matches(*idle[i]->plan)) {
        frame = std::move(idle[i]);
        idle.erase(idle.begin() + i);
        return frame;
      }
    for (size_t i = 0; i < plans.size(); ++i)
      if (matches(*plans[i])) {
        plan = plans[i];
        std::rotate(plans.begin(), plans.begin() + i, plans.begin() + i + 1);
        break;
      }
    for (size_t i = idle.size(); i-- > 0 && !frame;)
      if (usable(idle[i])) {
        frame = std::move(idle[i]);
        idle.erase(idle.begin() + i);
      }
  }
  if (!plan) {
    Expected<Plan> made = makePlan(program, prepared, symbols);
    if (!made)
      return made.takeError();
    plan = std::make_shared<const Plan>(std::move(*made));
    std::lock_guard<std::mutex> lock(mutex);
    plans.insert(plans.begin(), plan);
    if (plans.size() > std::max(1u, options.maxCachedPlans))
      plans.pop_back();
  }
  if (!frame)
    frame = std::make_unique<Frame>();
  frame->stream = stream;
  // The tables follow in Run::run, after the first run has computed what they point to.
  frame->plan = plan;
  frame->isReady = false;
  return frame;
}

void ExecutableState::releaseFrame(std::unique_ptr<Frame> frame) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (idle.size() < maxIdleFrames) {
      idle.push_back(std::move(frame));
      return;
    }
  }
  freeDeviceArena(*frame);
}

ExecutableState::~ExecutableState() {
  if (!usesCuda || !cuda || cuda->activate(cudaDevice.ordinal))
    return;
  for (std::unique_ptr<Frame> &frame : idle)
    freeDeviceArena(*frame);
  for (void *data : deviceBlocks)
    releaseDevice(cudaDevice, data);
  for (CudaModule module : cudaModules)
    cuda->unloadModule(module);
}

} // namespace tc::runtime
