// Evaluates slots and plans the arenas.

#include "Plan.h"

#include <algorithm>

namespace tc::runtime {

namespace {

/// Values that share bytes because one overwrites the other in place.
struct Group {
  Life life;
  int64_t bytes = 0;
  uint32_t mergedAt = ~0u;
  ValueId output = noValue;
};

} // namespace

/// The address space of a process; sums of sizes below it cannot overflow.
static constexpr int64_t maxBytes = int64_t(1) << 47;

int64_t roundScratch(int64_t bytes) { return bytes <= 0 ? 0 : (bytes + 127) / 128 * 128; }

Placement placeSection(const Program &program, const Prepared &prepared, const Section &section,
                       std::span<const int64_t> slots) {
  size_t count = program.values.size();
  Placement placement;
  placement.offsets.assign(count, Placement::nowhere);
  placement.sameAs.assign(count, noValue);
  // Value -> its group; each starts in its own.
  std::vector<ValueId> groupOf(count);
  std::vector<Group> groups(count);
  auto isPlaced = [&](ValueId id) {
    return program.values[id].kind == Value::Kind::Arena && !prepared.values[id].isLate && section.lives[id].isUsed();
  };
  for (ValueId id = 0; id < count; ++id) {
    groupOf[id] = id;
    groups[id] = {section.lives[id], slots[prepared.values[id].bytesSlot], ~0u, noValue};
  }
  for (const InPlaceStep &inPlace : section.inPlace) {
    if (!isPlaced(inPlace.operand) || program.values[inPlace.operand].device != program.values[inPlace.result].device)
      continue;
    Group &operand = groups[groupOf[inPlace.operand]];
    if (operand.output != noValue || operand.life.end != inPlace.step || operand.mergedAt == inPlace.step)
      continue;
    if (groupOf[inPlace.result] != inPlace.result || section.lives[inPlace.result].begin != inPlace.step)
      continue;
    const Group &result = groups[inPlace.result];
    if (program.values[inPlace.result].kind == Value::Kind::Output && !prepared.values[inPlace.result].isLate) {
      // The other way round: what dies here lives in the output from the start.
      if (operand.bytes > result.bytes)
        continue;
      bool taken = std::ranges::any_of(groups, [&](const Group &g) { return g.output == inPlace.result; });
      if (!taken)
        operand.output = inPlace.result;
    } else if (isPlaced(inPlace.result)) {
      operand.life.end = std::max(operand.life.end, result.life.end);
      operand.bytes = std::max(operand.bytes, result.bytes);
      operand.mergedAt = inPlace.step;
      groupOf[inPlace.result] = groupOf[inPlace.operand];
    }
  }
  for (DeviceKind kind : {DeviceKind::CPU, DeviceKind::CUDA}) {
    std::vector<ValueId> leaders;
    std::vector<Interval> lives;
    std::vector<int64_t> sizes;
    for (ValueId id = 0; id < count; ++id) {
      if (!isPlaced(id) || groupOf[id] != id || groups[id].output != noValue || program.values[id].device.kind != kind)
        continue;
      leaders.push_back(id);
      lives.push_back({groups[id].life.begin, groups[id].life.end});
      sizes.push_back(groups[id].bytes);
    }
    MemoryPlan plan = planMemory(lives, sizes);
    for (size_t i = 0; i < leaders.size(); ++i)
      placement.offsets[leaders[i]] = plan.offsets[i];
    (kind == DeviceKind::CPU ? placement.hostBytes : placement.deviceBytes) = plan.bytes;
    if (kind == DeviceKind::CPU)
      placement.peak = plan.peak;
  }
  for (ValueId id = 0; id < count; ++id)
    if (isPlaced(id)) {
      placement.offsets[id] = placement.offsets[groupOf[id]];
      placement.sameAs[id] = groups[groupOf[id]].output;
    }
  return placement;
}

/// Names a value in messages.
static std::string describe(const Program &program, ValueId id) {
  const std::string &name = program.values[id].name;
  return "value " + std::to_string(id) + (name.empty() ? "" : " (" + name + ")");
}

static std::vector<std::string> getSymbolNames(const Program &program) {
  std::vector<std::string> names;
  for (const Symbol &symbol : program.symbols)
    names.push_back(symbol.name);
  return names;
}

/// Sizes of values and places of views, as far as they are known.
static Error checkValues(const Program &program, const Prepared &prepared, std::span<const int64_t> slots) {
  for (ValueId id = 0; id < program.values.size(); ++id) {
    const ValueInfo &info = prepared.values[id];
    const Value &value = program.values[id];
    if (info.isLate)
      continue;
    int64_t bytes = slots[info.bytesSlot];
    if (bytes < 0)
      return Error(describe(program, id) + ": negative size of " + std::to_string(bytes) + " bytes");
    if (bytes > maxBytes)
      return Error(describe(program, id) + ": " + std::to_string(bytes) + " bytes are more than the address space");
    if (value.kind != Value::Kind::View)
      continue;
    // The extent of an input is the caller's: its strides may spread it further than its elements.
    bool isInput = program.values[info.root].kind == Value::Kind::Input;
    int64_t offset = slots[info.offsetSlot], base = slots[prepared.values[value.index].bytesSlot];
    if (offset < 0 || (!isInput && (offset > base || bytes > base - offset)))
      return Error(describe(program, id) + ": bytes " + std::to_string(offset) + " to " +
                   std::to_string(offset + bytes) + " are outside the " + std::to_string(base) + " bytes of " +
                   describe(program, value.index));
  }
  return Error();
}

Error checkOutputExtent(const Program &program, const Prepared &prepared, uint32_t index,
                        std::span<const int64_t> slots) {
  const Output &output = program.outputs[index];
  const std::string title = "output " + std::to_string(index) + " (" + output.name + "): ";
  size_t rank = output.sizes.size();
  const int64_t *sizes = slots.data() + prepared.outputSlots[index], *strides = sizes + rank;
  int64_t last = 0;
  bool isEmpty = false;
  for (size_t dim = 0; dim < rank; ++dim) {
    if (sizes[dim] < 0)
      return Error(title + "negative size " + std::to_string(sizes[dim]) + " in dimension " + std::to_string(dim));
    isEmpty |= sizes[dim] == 0;
    int64_t reach;
    if (strides[dim] < 0 || (sizes[dim] > 0 && (__builtin_mul_overflow(sizes[dim] - 1, strides[dim], &reach) ||
                                                __builtin_add_overflow(last, reach, &last))))
      return Error(title + "its strides are negative or its size overflows");
  }
  int64_t bytes = slots[prepared.values[prepared.outputValues[index]].bytesSlot];
  if (!isEmpty && last >= bytes / getByteSize(output.dtype))
    return Error(title + "element " + std::to_string(last) + " is outside its " + std::to_string(bytes) + " bytes");
  return Error();
}

Expected<Plan> makePlan(const Program &program, const Prepared &prepared, std::span<const int64_t> symbols) {
  Plan plan;
  plan.symbols.assign(symbols.begin(), symbols.end());
  plan.slots.assign(prepared.slots.size(), 0);
  for (uint32_t i = 0; i < prepared.slots.size(); ++i) {
    if (prepared.isLateSlot[i] || prepared.slots[i].evaluate(symbols, plan.slots[i]))
      continue;
    std::string values;
    for (uint32_t s = 0; s < symbols.size(); ++s)
      if (prepared.slots[i].uses(s))
        values += (values.empty() ? " where " : ", ") + program.symbols[s].name + " = " + std::to_string(symbols[s]);
    return Error("cannot compute the size " + prepared.slots[i].str(getSymbolNames(program)) + values +
                 ": overflow or division by zero");
  }
  if (Error error = checkValues(program, prepared, plan.slots))
    return error;
  for (uint32_t i = 0; i < program.outputs.size(); ++i)
    if (ValueId value = prepared.outputValues[i]; value != noValue && !prepared.values[value].isLate)
      if (Error error = checkOutputExtent(program, prepared, i, plan.slots))
        return error;
  for (const Section *section : {&prepared.init, &prepared.body})
    for (const Step &step : section->steps)
      if (step.kind == StepKind::Launch)
        plan.scratchStride = std::max(plan.scratchStride, roundScratch(plan.slots[step.firstSlot + step.numSlots - 1]));
  plan.body = placeSection(program, prepared, prepared.body, plan.slots);
  return plan;
}

} // namespace tc::runtime
