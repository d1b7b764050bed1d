// The entry of a run: arguments are checked against the program, symbols bound, and tensors of
// other strides or alignment copied. Nothing the caller passes gets further unchecked.

#include "ExecutableState.h"
#include "StridedCopy.h"

#include <algorithm>
#include <cstring>

namespace tc::runtime {

std::string toText(const Program &program, const SizeExpr &expr) {
  std::vector<std::string> names;
  for (const Symbol &symbol : program.symbols)
    names.push_back(symbol.name);
  return expr.str(names);
}

namespace {

std::string toText(const std::string &text) { return text; }
std::string toText(std::string_view text) { return std::string(text); }
std::string toText(const char *text) { return text; }
template <typename T>
  requires std::is_integral_v<T>
std::string toText(T value) {
  return std::to_string(value);
}

std::string toText(Device device) {
  return device.kind == DeviceKind::CPU ? "cpu" : "cuda:" + std::to_string(device.ordinal);
}

const char *getName(Argument::Kind kind) {
  static constexpr const char *names[] = {"a tensor", "an int", "a float", "a bool"};
  return names[static_cast<unsigned>(kind) % 4];
}

/// "64", or "s0 * 2 = 64".
std::string toText(const Program &program, const SizeExpr &expr, int64_t value) {
  return expr.isConstant() ? std::to_string(value) : runtime::toText(program, expr) + " = " + std::to_string(value);
}

} // namespace

template <typename... Parts> Error Run::failInput(uint32_t input, Parts &&...parts) const {
  const std::string &name = program.inputs[input].name;
  std::string text = "input " + std::to_string(input) + (name.empty() ? "" : " (" + name + ")") + ": ";
  ((text += toText(parts)), ...);
  return Error(std::move(text));
}

/// The stride of a dimension, for views without strides too.
static int64_t getStride(const TensorView &tensor, int32_t dim) {
  if (tensor.strides)
    return tensor.strides[dim];
  int64_t stride = 1;
  for (int32_t i = tensor.rank - 1; i > dim; --i)
    stride *= std::max<int64_t>(tensor.sizes[i], 1);
  return stride;
}

/// What can be checked before the symbols are known.
Error Run::checkKinds() const {
  if (arguments.size() != program.inputs.size())
    return Error("expected " + std::to_string(program.inputs.size()) + " inputs, got " +
                 std::to_string(arguments.size()));
  if (results.size() != program.outputs.size())
    return Error("expected room for " + std::to_string(program.outputs.size()) + " outputs, got " +
                 std::to_string(results.size()));
  for (uint32_t i = 0; i < arguments.size(); ++i) {
    const Input &input = program.inputs[i];
    const Argument &argument = arguments[i];
    if (input.kind == Input::Kind::SymbolInt) {
      if (argument.kind != Argument::Kind::Int)
        return failInput(i, "expected an int, got ", getName(argument.kind));
      continue;
    }
    if (input.kind == Input::Kind::Scalar) {
      if (argument.kind == Argument::Kind::Tensor)
        return failInput(i, "expected a scalar, got a tensor");
      continue;
    }
    if (argument.kind != Argument::Kind::Tensor)
      return failInput(i, "expected a tensor, got ", getName(argument.kind));
    const TensorView &tensor = argument.tensor;
    if (tensor.dtype != input.dtype)
      return failInput(i, "expected element type ", getName(input.dtype), ", got ", getName(tensor.dtype));
    if (tensor.device != input.device)
      return failInput(i, "expected device ", input.device, ", got ", tensor.device);
    if (tensor.rank != static_cast<int32_t>(input.sizes.size()))
      return failInput(i, "expected ", input.sizes.size(), " dimensions, got ", tensor.rank);
    if (tensor.rank > 0 && !tensor.sizes)
      return failInput(i, "its sizes are missing");
  }
  return Error();
}

Error Run::bindSymbols(int64_t *symbols) const {
  for (const Binding &binding : prepared.bindings) {
    const Argument &argument = arguments[binding.input];
    const Symbol &symbol = program.symbols[binding.symbol];
    int64_t found = argument.intValue;
    if (binding.place == Binding::Place::Size)
      found = argument.tensor.sizes[binding.dim];
    else if (binding.place == Binding::Place::Stride)
      found = getStride(argument.tensor, binding.dim);
    // A remainder shows up as a mismatch when the sizes are compared.
    int64_t shifted;
    if (__builtin_sub_overflow(found, binding.shift, &shifted))
      return failInput(binding.input, "integer overflow in ", symbol.name);
    int64_t value = shifted / binding.scale;
    symbols[binding.symbol] = value;
    if (value < symbol.min || value > symbol.max) {
      std::string range = symbol.max == std::numeric_limits<int64_t>::max()
                              ? "at least " + std::to_string(symbol.min)
                              : "from " + std::to_string(symbol.min) + " to " + std::to_string(symbol.max);
      std::string place;
      if (binding.place != Binding::Place::Int)
        place = std::string(binding.place == Binding::Place::Size ? " for the size" : " for the stride") +
                " of dimension " + std::to_string(binding.dim);
      return failInput(binding.input, "expected ", symbol.name, " ", range, place, ", got ", value);
    }
  }
  return Error();
}

Error Run::setScalar(uint32_t index) {
  const Input &input = program.inputs[index];
  const Argument &argument = arguments[index];
  uint64_t &place = frame->scalars[index];
  bool isFloat = argument.kind == Argument::Kind::Float;
  double real = isFloat ? argument.floatValue : static_cast<double>(argument.intValue);
  auto store = [&](auto value) { std::memcpy(&place, &value, sizeof(value)); };
  if (input.dtype == DType::F64) {
    store(real);
  } else if (input.dtype == DType::F32) {
    store(static_cast<float>(real));
  } else if (isFloat) {
    return failInput(index, "expected ", getName(input.dtype), ", got a float");
  } else if (input.dtype == DType::Bool) {
    store(static_cast<uint8_t>(argument.intValue != 0));
  } else if (input.dtype == DType::I32) {
    if (argument.intValue != static_cast<int32_t>(argument.intValue))
      return failInput(index, "expected an i32, got ", argument.intValue);
    store(static_cast<int32_t>(argument.intValue));
  } else {
    store(argument.intValue);
  }
  frame->values[prepared.inputValues[index]] = &place;
  return Error();
}

/// Sizes and strides against the plan's, and the place of the data.
Error Run::checkTensor(uint32_t index) {
  const Input &input = program.inputs[index];
  const TensorView &tensor = arguments[index].tensor;
  const int64_t *sizes = frame->plan->slots.data() + prepared.inputSlots[index];
  const int64_t *strides = sizes + tensor.rank;
  bool isEmpty = false, sameStrides = true;
  for (int32_t dim = 0; dim < tensor.rank; ++dim) {
    int64_t size = tensor.sizes[dim];
    if (size != sizes[dim]) [[unlikely]]
      return failInput(index, "expected size ", toText(program, input.sizes[dim], sizes[dim]), " in dimension ", dim,
                       ", got ", size);
    isEmpty |= size == 0;
    if (tensor.strides)
      sameStrides &= size == 1 || tensor.strides[dim] == strides[dim];
  }
  if (!tensor.strides && !input.strides.empty())
    for (int32_t dim = 0; dim < tensor.rank; ++dim)
      sameStrides &= tensor.sizes[dim] == 1 || getStride(tensor, dim) == strides[dim];
  if (!isEmpty && !tensor.data)
    return failInput(index, "its data is missing");
  ValueId value = prepared.inputValues[index];
  if (isEmpty || (sameStrides && reinterpret_cast<uintptr_t>(tensor.data) % input.alignment == 0)) [[likely]] {
    if (value != noValue)
      frame->values[value] = tensor.data;
    return Error();
  }
  return copyInput(index, sameStrides);
}

/// Bytes from the first to the last element; -1 where that overflows or strides are negative.
static int64_t getStorageBytes(int32_t rank, const int64_t *sizes, const int64_t *strides, int64_t elementBytes) {
  int64_t last = 0, bytes;
  for (int32_t dim = 0; dim < rank; ++dim) {
    int64_t reach;
    if (strides[dim] < 0 || __builtin_mul_overflow(sizes[dim] - 1, strides[dim], &reach) ||
        __builtin_add_overflow(last, reach, &last))
      return -1;
  }
  if (last == INT64_MAX || __builtin_mul_overflow(last + 1, elementBytes, &bytes))
    return -1;
  return bytes;
}

Error Run::copyInput(uint32_t index, bool sameStrides) {
  const Input &input = program.inputs[index];
  const TensorView &tensor = arguments[index].tensor;
  // An alias shows the caller's own memory, and its strides follow from the expected ones.
  for (uint32_t i = 0; i < program.outputs.size() && !sameStrides; ++i)
    if (program.outputs[i].kind == Output::Kind::AliasInput && program.outputs[i].index == index)
      return failInput(index, "its strides differ from those the program was compiled for, and output ", i,
                       " is a view of it");
  if (prepared.inputValues[index] == noValue)
    return Error();
  bool isOnDevice = input.device.kind != DeviceKind::CPU;
  if (isOnDevice && !sameStrides)
    return failInput(index, "its strides differ from those the program was compiled for");
  const int64_t *sizes = frame->plan->slots.data() + prepared.inputSlots[index];
  const int64_t *strides = sizes + tensor.rank;
  int64_t bytes = getStorageBytes(tensor.rank, sizes, strides, getByteSize(input.dtype));
  if (isOnDevice) {
    // Not as aligned as kernels rely on.
    Expected<void *> memory = state.allocateDevice(input.device, bytes, options.stream);
    if (!memory)
      return memory.takeError();
    copies.push_back({index, *memory, bytes});
    frame->values[prepared.inputValues[index]] = *memory;
    return state.cuda->copy(*memory, tensor.data, bytes, options.stream);
  }
  void *data = bytes < 0 ? nullptr : state.runtime.getAllocator().allocate(bytes);
  if (!data)
    return failInput(index, "out of memory: a copy of ", bytes, " bytes");
  copies.push_back({index, data, bytes});
  int64_t given[maxRank];
  for (int32_t dim = 0; dim < tensor.rank; ++dim)
    given[dim] = getStride(tensor, dim);
  size_t rank = tensor.rank;
  runtime::copyStrided(state.runtime.getThreadPool(), threads, data, tensor.data, getByteSize(input.dtype),
                       {sizes, rank}, {strides, rank}, {given, rank});
  frame->values[prepared.inputValues[index]] = data;
  return Error();
}

Error Run::checkSizes() {
  for (uint32_t i = 0; i < arguments.size(); ++i) {
    const Input &input = program.inputs[i];
    if (input.kind == Input::Kind::Tensor) {
      if (Error error = checkTensor(i))
        return error;
    } else if (input.kind == Input::Kind::Scalar) {
      if (prepared.inputValues[i] == noValue)
        continue;
      if (Error error = setScalar(i))
        return error;
    } else if (int64_t expected = frame->plan->slots[prepared.inputSlots[i]]; arguments[i].intValue != expected) {
      return failInput(i, "expected ", toText(program, input.sizes[0], expected), ", got ", arguments[i].intValue);
    }
  }
  return Error();
}

/// Mutated inputs that were copied get their elements back.
Error Run::copyBack() {
  for (const InputCopy &copy : copies) {
    if (copy.input == noValue)
      continue; // of an extern result
    const Input &input = program.inputs[copy.input];
    if (!input.isMutated)
      continue;
    const TensorView &tensor = arguments[copy.input].tensor;
    if (input.device.kind != DeviceKind::CPU) {
      if (Error error = state.cuda->copy(tensor.data, copy.data, copy.bytes, options.stream))
        return error;
      continue;
    }
    const int64_t *sizes = frame->plan->slots.data() + prepared.inputSlots[copy.input];
    size_t rank = tensor.rank;
    int64_t given[maxRank];
    for (int32_t dim = 0; dim < tensor.rank; ++dim)
      given[dim] = getStride(tensor, dim);
    runtime::copyStrided(state.runtime.getThreadPool(), threads, tensor.data, copy.data, getByteSize(input.dtype),
                         {sizes, rank}, {given, rank}, {sizes + rank, rank});
  }
  return Error();
}

} // namespace tc::runtime
