// Sizes and buffers that become known only while the program runs, after a kernel or an extern call
// has produced the symbol they depend on.

#include "ExecutableState.h"

#include <algorithm>

namespace tc::runtime {

Error Run::bindSymbol(uint32_t index, int64_t value) {
  const Symbol &symbol = program.symbols[index];
  if (value < symbol.min || value > symbol.max)
    return Error("symbol " + symbol.name + ": " + std::to_string(value) + " is outside its range [" +
                 std::to_string(symbol.min) + ", " + std::to_string(symbol.max) + "]");
  // A symbol that no slot uses leaves the frame without late tables.
  if (!frame->symbols.empty()) {
    frame->symbols[index] = value;
    frame->isBound[index] = 1;
  }
  return Error();
}

Error Run::evaluateLate(uint32_t slot) {
  if (!prepared.isLateSlot[slot])
    return Error();
  const SizeExpr &expr = prepared.slots[slot];
  for (const SizeExpr::Term &term : expr.getTerms())
    if (term.op == SizeExpr::Op::Symbol && !frame->isBound[term.value])
      return Error("symbol " + program.symbols[term.value].name + " was not bound by the path taken");
  if (!expr.evaluate(frame->symbols, frame->lateSlots[slot]))
    return Error("cannot compute the size " + toText(program, expr) + ": overflow or division by zero");
  return Error();
}

Error Run::prepareLate(const Step &step, const Section &section) {
  // The results of an extern call have their sizes, and external ones their memory, only after it.
  if (step.kind == StepKind::Extern)
    return Error();
  for (uint32_t i = 0; i < step.numSlots; ++i)
    if (Error error = evaluateLate(step.firstSlot + i))
      return error;
  for (uint32_t i = step.firstArg; i < step.firstArg + step.numArgs; ++i) {
    ValueId value = section.args[i];
    if (!prepared.values[value].isLate)
      continue;
    Expected<void *> data = placeLate(value);
    if (!data)
      return data.takeError();
    frame->args[i] = *data;
  }
  return Error();
}

/// The place of a late value; its memory is allocated if it has none, or too little.
Expected<void *> Run::placeLate(ValueId id) {
  const Value &value = program.values[id];
  const ValueInfo &info = prepared.values[id];
  if (!info.isLate)
    return frame->values[id];
  if (value.kind == Value::Kind::External) {
    if (!frame->late[id].isAllocated)
      return Error("value " + std::to_string(id) + " is used before the call that returns it");
    return frame->values[id];
  }
  for (uint32_t slot : {info.bytesSlot, info.offsetSlot})
    if (Error error = evaluateLate(slot))
      return error;
  int64_t bytes = frame->lateSlots[info.bytesSlot];
  if (bytes < 0)
    return Error("value " + std::to_string(id) + ": negative size of " + std::to_string(bytes) + " bytes");
  if (value.kind == Value::Kind::View) {
    Expected<void *> base = placeLate(value.index);
    if (!base)
      return base;
    int64_t offset = frame->lateSlots[info.offsetSlot];
    int64_t baseBytes = frame->lateSlots[prepared.values[value.index].bytesSlot];
    bool isInput = program.values[info.root].kind == Value::Kind::Input;
    if (offset < 0 || (!isInput && (offset > baseBytes || bytes > baseBytes - offset)))
      return Error("value " + std::to_string(id) + ": bytes " + std::to_string(offset) + " to " +
                   std::to_string(offset + bytes) + " are outside value " + std::to_string(value.index));
    frame->values[id] = *base ? static_cast<std::byte *>(*base) + offset : nullptr;
    return frame->values[id];
  }
  LateBuffer &buffer = frame->late[id];
  if (value.kind == Value::Kind::Output) {
    const Output &output = program.outputs[value.index];
    uint32_t first = prepared.outputSlots[value.index];
    for (uint32_t slot = first; slot < first + 2 * output.sizes.size(); ++slot)
      if (Error error = evaluateLate(slot))
        return error;
    if (Error error = checkOutputExtent(program, prepared, value.index, frame->lateSlots))
      return error;
    if (buffer.isAllocated && buffer.bytes != bytes)
      return Error("output " + std::to_string(value.index) + " (" + output.name + "): its size changed from " +
                   std::to_string(buffer.bytes) + " to " + std::to_string(bytes) + " bytes");
    if (!buffer.isAllocated)
      if (Error error = allocateOutput(value.index))
        return error;
    buffer = {frame->values[id], bytes, true};
    return frame->values[id];
  }
  if (!buffer.isAllocated || buffer.bytes < bytes) {
    releaseLate(id);
    if (value.device.kind == DeviceKind::CPU) {
      buffer.data = state.runtime.getAllocator().allocate(bytes);
    } else {
      Expected<void *> data = state.allocateDevice(value.device, bytes, options.stream);
      if (!data)
        return data;
      buffer.data = *data;
    }
    if (bytes > 0 && !buffer.data)
      return Error("value " + std::to_string(id) + ": out of memory: " + std::to_string(bytes) + " bytes");
    buffer.bytes = bytes;
    buffer.isAllocated = true;
  }
  frame->values[id] = buffer.data;
  return buffer.data;
}

void Run::releaseLate(ValueId id) {
  LateBuffer &buffer = frame->late[id];
  const Value &value = program.values[id];
  if (value.kind == Value::Kind::Arena && buffer.isAllocated) {
    if (value.device.kind == DeviceKind::CPU)
      state.runtime.getAllocator().deallocate(buffer.data);
    else
      state.releaseDevice(value.device, buffer.data);
  }
  buffer = LateBuffer();
}

} // namespace tc::runtime
