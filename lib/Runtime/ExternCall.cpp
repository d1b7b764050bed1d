// Calls of operations that the embedder runs.

#include "ExecutableState.h"
#include "StridedCopy.h"

#include <algorithm>

namespace tc::runtime {

namespace {

/// The slots of a TensorDesc.
struct TensorSlots {
  const int64_t *sizes;
  const int64_t *strides;
  int64_t offset;
};

} // namespace

static TensorView makeView(const TensorDesc &desc, Device device, void *data, const TensorSlots &slots) {
  auto *base = static_cast<std::byte *>(data);
  return {base ? base + slots.offset * getByteSize(desc.dtype) : nullptr,
          desc.dtype,
          device,
          static_cast<int32_t>(desc.sizes.size()),
          slots.sizes,
          slots.strides};
}

static bool hasStrides(const TensorView &tensor, const int64_t *strides) {
  int64_t rowMajor = 1;
  for (int32_t dim = tensor.rank; dim-- > 0;) {
    int64_t stride = tensor.strides ? tensor.strides[dim] : rowMajor;
    rowMajor *= std::max<int64_t>(tensor.sizes[dim], 1);
    if (tensor.sizes[dim] != 1 && stride != strides[dim])
      return false;
  }
  return true;
}

/// The callback may be any code: its sizes are compared with the program's, symbols among them
/// bound, and its elements brought to where the program expects them.
Error Run::callExtern(const Step &step, const Section &section) {
  const auto &op = std::get<Extern>(step.source->op);
  const std::string title = "extern call " + std::to_string(op.callback);
  const ExternHandler *handler = options.externs;
  if (!handler || !handler->call)
    return Error(title + ": the embedder gave no handler for it");
  std::vector<Argument> callArguments;
  std::vector<ExternResult> callResults(op.results.size());
  uint32_t arg = step.firstArg, slot = step.firstSlot;
  auto evaluate = [&](uint32_t count) -> Error {
    for (uint32_t i = 0; i < count; ++i)
      if (Error error = evaluateLate(slot + i))
        return error;
    return Error();
  };
  auto getTensorSlots = [&](const TensorDesc &desc) -> TensorSlots {
    const int64_t *first = frame->getSlots() + slot;
    return {first, first + desc.sizes.size(), first[2 * desc.sizes.size()]};
  };
  auto place = [&](ValueId value) -> Expected<void *> {
    return prepared.values[value].isLate ? placeLate(value) : Expected<void *>(frame->args[arg]);
  };
  for (const Extern::Arg &operand : op.args) {
    auto *desc = std::get_if<TensorDesc>(&operand);
    uint32_t count = desc ? 2 * desc->sizes.size() + 1 : 1;
    if (Error error = evaluate(count))
      return error;
    if (desc) {
      Expected<void *> data = place(desc->value);
      if (!data)
        return data.takeError();
      callArguments.push_back(makeView(*desc, program.values[desc->value].device, *data, getTensorSlots(*desc)));
      ++arg;
    } else {
      callArguments.push_back(Argument::ofInt(frame->getSlots()[slot]));
    }
    slot += count;
  }
  const uint32_t firstResultArg = arg, firstResultSlot = slot;
  for (size_t i = 0; i < op.results.size(); ++i) {
    if (op.results[i].kind == Extern::Result::Kind::Symbol)
      continue;
    const TensorDesc &desc = op.results[i].tensor;
    ExternResult &result = callResults[i];
    bool isExternal = program.values[desc.value].kind == Value::Kind::External;
    uint32_t count = 2 * desc.sizes.size() + 1;
    result.sizesKnown = !isExternal;
    if (isExternal) {
      result.tensor.dtype = desc.dtype;
      result.tensor.device = program.values[desc.value].device;
    } else {
      if (Error error = evaluate(count))
        return error;
      Expected<void *> data = place(desc.value);
      if (!data)
        return data.takeError();
      result.tensor = makeView(desc, program.values[desc.value].device, *data, getTensorSlots(desc));
    }
    ++arg;
    slot += count;
  }
  if (Error error = handler->call(handler->context, op.callback, callArguments, callResults, options.stream))
    return Error(title + ": " + error.message());
  for (const ExternResult &result : callResults)
    if (result.handle)
      frame->handles.push_back(result.handle);

  slot = firstResultSlot;
  arg = firstResultArg;
  for (size_t i = 0; i < op.results.size(); ++i) {
    const ExternResult &result = callResults[i];
    const std::string resultTitle = title + ": result " + std::to_string(i) + ": ";
    if (op.results[i].kind == Extern::Result::Kind::Symbol) {
      if (Error error = bindSymbol(op.results[i].symbol, result.intValue))
        return Error(resultTitle + error.message());
      continue;
    }
    const TensorDesc &desc = op.results[i].tensor;
    const TensorView &tensor = result.tensor;
    bool isExternal = program.values[desc.value].kind == Value::Kind::External;
    uint32_t firstSlot = slot;
    ++arg;
    slot += 2 * desc.sizes.size() + 1;
    if (!isExternal && !result.handle)
      continue; // written in place
    if (tensor.dtype != desc.dtype)
      return Error(resultTitle + "expected element type " + std::string(getName(desc.dtype)) + ", got " +
                   std::string(getName(tensor.dtype)));
    if (tensor.device != program.values[desc.value].device)
      return Error(resultTitle + "expected it on another device");
    if (tensor.rank != static_cast<int32_t>(desc.sizes.size()))
      return Error(resultTitle + "expected " + std::to_string(desc.sizes.size()) + " dimensions, got " +
                   std::to_string(tensor.rank));
    bool isEmpty = false;
    for (int32_t dim = 0; dim < tensor.rank; ++dim) {
      std::optional<uint32_t> symbol = desc.sizes[dim].getSymbol();
      if (isExternal && symbol && prepared.isLateSymbol[*symbol])
        if (Error error = bindSymbol(*symbol, tensor.sizes[dim]))
          return Error(resultTitle + error.message());
      if (Error error = evaluateLate(firstSlot + dim))
        return error;
      int64_t expected = frame->getSlots()[firstSlot + dim];
      if (tensor.sizes[dim] != expected)
        return Error(resultTitle + "expected size " + std::to_string(expected) + " in dimension " +
                     std::to_string(dim) + ", got " + std::to_string(tensor.sizes[dim]));
      isEmpty |= expected == 0;
    }
    for (uint32_t s = firstSlot + tensor.rank; s < slot; ++s)
      if (Error error = evaluateLate(s))
        return error;
    if (!isEmpty && !tensor.data)
      return Error(resultTitle + "its data is missing");
    const int64_t *sizes = frame->getSlots() + firstSlot, *strides = sizes + tensor.rank;
    bool sameStrides = isEmpty || hasStrides(tensor, strides);
    void *destination = nullptr;
    if (isExternal) {
      if (Error error = evaluateLate(prepared.values[desc.value].bytesSlot))
        return error;
      LateBuffer &buffer = frame->late[desc.value];
      buffer = {tensor.data, frame->getSlots()[prepared.values[desc.value].bytesSlot], true};
      frame->values[desc.value] = tensor.data;
      if (sameStrides)
        continue;
      // Its own layout is not the expected one: the elements move to memory of the run's.
      if (tensor.device.kind != DeviceKind::CPU)
        return Error(resultTitle + "its strides differ from those the program was compiled for");
      destination = state.runtime.getAllocator().allocate(buffer.bytes);
      frame->values[desc.value] = buffer.data = destination;
      copies.push_back({noValue, destination, buffer.bytes});
    } else {
      destination = prepared.values[desc.value].isLate ? frame->values[desc.value] : frame->args[arg - 1];
      if (destination)
        destination = static_cast<std::byte *>(destination) + strides[tensor.rank] * getByteSize(desc.dtype);
    }
    if (isEmpty)
      continue;
    if (!destination)
      return Error(resultTitle + "out of memory");
    if (tensor.device.kind != DeviceKind::CPU)
      return Error(resultTitle + "expected it in the destination's memory");
    int64_t given[maxRank], rowMajor = 1;
    for (int32_t dim = tensor.rank; dim-- > 0;) {
      given[dim] = tensor.strides ? tensor.strides[dim] : rowMajor;
      rowMajor *= tensor.sizes[dim];
    }
    size_t rank = tensor.rank;
    runtime::copyStrided(state.runtime.getThreadPool(), threads, destination, tensor.data, getByteSize(desc.dtype),
                         {sizes, rank}, {strides, rank}, {given, rank});
  }
  return Error();
}

} // namespace tc::runtime
