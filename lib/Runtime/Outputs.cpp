// The outputs of a run: memory from the embedder (or the runtime's allocator), and the results that
// describe it.

#include "ExecutableState.h"

#include <cstring>

namespace tc::runtime {

Error Run::allocateOutput(uint32_t index) {
  const Output &output = program.outputs[index];
  const int64_t *sizes = frame->getSlots() + prepared.outputSlots[index];
  size_t rank = output.sizes.size();
  ValueId value = prepared.outputValues[index];
  int64_t bytes = frame->getSlots()[prepared.values[value].bytesSlot];
  void *data = nullptr;
  if (const OutputAllocator *allocator = options.outputs) {
    OutputRequest request{index, output.dtype, output.device, static_cast<int32_t>(rank), sizes, sizes + rank, bytes};
    if (Error error = allocator->allocate(allocator->context, request, &data))
      return error;
  } else if (output.device.kind == DeviceKind::CPU) {
    data = state.runtime.getAllocator().allocate(bytes);
  } else {
    Expected<void *> memory = state.allocateDevice(output.device, bytes, options.stream);
    if (!memory)
      return memory.takeError();
    data = *memory;
  }
  if (!data && bytes > 0)
    return Error("output " + std::to_string(index) + " (" + output.name + "): out of memory: " + std::to_string(bytes) +
                 " bytes");
  allocatedOutputs[numAllocated++] = index;
  frame->values[value] = data;
  return Error();
}

Error Run::allocateOutputs() {
  for (uint32_t i = 0; i < program.outputs.size(); ++i) {
    ValueId value = prepared.outputValues[i];
    if (value == noValue || prepared.values[value].isLate)
      continue;
    if (Error error = allocateOutput(i))
      return error;
  }
  return Error();
}

void Run::releaseOutputs() {
  for (; numAllocated > 0; --numAllocated) {
    uint32_t index = allocatedOutputs[numAllocated - 1];
    void *data = frame->values[prepared.outputValues[index]];
    if (const OutputAllocator *allocator = options.outputs) {
      if (allocator->release)
        allocator->release(allocator->context, index, data);
    } else if (program.outputs[index].device.kind == DeviceKind::CPU) {
      state.runtime.getAllocator().deallocate(data);
    } else {
      state.releaseDevice(program.outputs[index].device, data);
    }
  }
}

Error Run::fillResults() {
  for (uint32_t i = 0; i < program.outputs.size(); ++i) {
    const Output &output = program.outputs[i];
    Result &result = results[i];
    uint32_t first = prepared.outputSlots[i];
    uint32_t numSlots = output.sizes.size() * (output.kind == Output::Kind::Int ? 1 : 2) + 1;
    if (prepared.hasLate)
      for (uint32_t slot = first; slot < first + numSlots; ++slot)
        if (Error error = evaluateLate(slot))
          return error;
    // A view may come before the output that it is a view of.
    ValueId value = prepared.outputValues[output.kind == Output::Kind::AliasOutput ? output.index : i];
    if (value != noValue && prepared.values[value].isLate)
      // Memory of a size that only the run has shown, and that nothing may have asked for yet.
      if (Expected<void *> data = placeLate(value); !data)
        return data.takeError();
    const int64_t *sizes = frame->getSlots() + first;
    result.dtype = output.dtype;
    result.device = output.device;
    result.index = output.index;
    result.offset = 0;
    result.data = nullptr;
    result.rank = 0;
    if (output.kind == Output::Kind::Int) {
      result.kind = Result::Kind::Int;
      result.intValue = sizes[0];
      continue;
    }
    size_t rank = output.sizes.size();
    result.rank = rank;
    for (size_t dim = 0; dim < rank; ++dim) {
      result.sizes[dim] = sizes[dim];
      result.strides[dim] = sizes[rank + dim];
    }
    if (output.kind == Output::Kind::Tensor) {
      result.kind = Result::Kind::Tensor;
      result.data = frame->values[value];
      continue;
    }
    bool ofInput = output.kind == Output::Kind::AliasInput;
    result.kind = ofInput ? Result::Kind::AliasInput : Result::Kind::AliasOutput;
    result.offset = sizes[2 * rank];
    auto *base = static_cast<std::byte *>(ofInput ? arguments[output.index].tensor.data
                                                  : frame->values[prepared.outputValues[output.index]]);
    DType dtype = ofInput ? program.inputs[output.index].dtype : program.outputs[output.index].dtype;
    result.data = base ? base + result.offset * getByteSize(dtype) : nullptr;
  }
  return Error();
}

} // namespace tc::runtime
