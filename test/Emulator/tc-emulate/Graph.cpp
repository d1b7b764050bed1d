// Inputs are made in host memory and copied to the device where the program wants them there.

#include "Graph.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstring>
#include <random>

namespace tc::emulate {

using runtime::DType;

static const llvm::fltSemantics *getSemantics(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return &llvm::APFloat::IEEEhalf();
  case DType::BF16:
    return &llvm::APFloat::BFloat();
  case DType::F32:
  case DType::C64:
    return &llvm::APFloat::IEEEsingle();
  case DType::F64:
  case DType::C128:
    return &llvm::APFloat::IEEEdouble();
  default:
    return nullptr;
  }
}

static unsigned getWidth(const llvm::fltSemantics &semantics) { return llvm::APFloat::getSizeInBits(semantics) / 8; }

static void fill(std::vector<char> &bytes, DType dtype, const InputOptions &options, bool isPositive,
                 std::mt19937_64 &random) {
  const llvm::fltSemantics *semantics = getSemantics(dtype);
  unsigned width = semantics ? getWidth(*semantics) : runtime::getByteSize(dtype);
  std::uniform_real_distribution<double> reals(isPositive ? 0.5 : -1, isPositive ? 1.5 : 1);
  std::uniform_int_distribution<int64_t> integers(0, dtype == DType::Bool ? 1 : options.integerLimit - 1);
  for (size_t i = 0; i + width <= bytes.size(); i += width) {
    uint64_t bits;
    if (semantics) {
      llvm::APFloat value(reals(random));
      bool isInexact;
      value.convert(*semantics, llvm::APFloat::rmNearestTiesToEven, &isInexact);
      bits = value.bitcastToAPInt().getZExtValue();
    } else {
      bits = integers(random);
    }
    std::memcpy(&bytes[i], &bits, width);
  }
}

namespace {

/// Memory for tensors where the program wants them.
class Memory {
public:
  Memory(runtime::Runtime &runtime, const runtime::Program &program) {
    for (const runtime::Value &value : program.values)
      if (value.device.kind == runtime::DeviceKind::CUDA)
        driver = *runtime.getCuda();
  }
  ~Memory() {
    for (void *data : onDevice)
      driver->deallocate(data);
  }

  void *upload(const std::vector<char> &bytes, runtime::Device device) {
    if (device.kind == runtime::DeviceKind::CPU) {
      onHost.emplace_back(bytes);
      return onHost.back().data();
    }
    if (driver->activate(device.ordinal))
      return nullptr;
    runtime::Expected<void *> data = driver->allocate(bytes.size());
    if (!data)
      return nullptr;
    onDevice.push_back(*data);
    return driver->copy(*data, bytes.data(), bytes.size(), nullptr) ? nullptr : *data;
  }
  std::vector<char> download(const void *data, size_t size, runtime::Device device) {
    std::vector<char> bytes(size);
    if (device.kind == runtime::DeviceKind::CPU)
      std::memcpy(bytes.data(), data, size);
    else if (runtime::Error error = driver->copy(bytes.data(), data, size, nullptr))
      bytes.clear();
    return bytes;
  }
  void own(void *data, runtime::Device device) {
    if (device.kind == runtime::DeviceKind::CUDA && data)
      onDevice.push_back(data);
  }

private:
  runtime::CudaDriver *driver = nullptr;
  std::vector<std::vector<char>> onHost;
  std::vector<void *> onDevice;
};

} // namespace

static std::vector<int64_t> evaluate(const std::vector<runtime::SizeExpr> &sizes, const std::vector<int64_t> &symbols) {
  std::vector<int64_t> values;
  for (const runtime::SizeExpr &size : sizes)
    values.push_back(*size.evaluate(symbols));
  return values;
}

static int64_t count(const std::vector<int64_t> &sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    product *= size;
  return product;
}

/// Elements from the first to the last.
static int64_t getReach(const std::vector<int64_t> &sizes, const std::vector<int64_t> &strides) {
  int64_t last = 0;
  for (auto [size, stride] : llvm::zip_equal(sizes, strides))
    last += (size - 1) * stride;
  return count(sizes) == 0 ? 0 : last + 1;
}

Outcome run(CompiledGraph &graph, runtime::Runtime &runtime, const InputOptions &options) {
  const runtime::Program &program = graph.getExecutable().getProgram();
  std::vector<int64_t> symbols;
  for (const runtime::Symbol &symbol : program.symbols) {
    auto given = options.symbols.find(symbol.name);
    symbols.push_back(given != options.symbols.end() ? given->second : std::max<int64_t>(symbol.min, 3));
  }
  Outcome outcome;
  Memory memory(runtime, program);
  std::mt19937_64 random(options.seed + 1);
  std::vector<std::vector<int64_t>> sizes, strides;
  std::vector<runtime::Argument> arguments;
  for (const runtime::Input &input : program.inputs) {
    sizes.push_back(evaluate(input.sizes, symbols));
    strides.push_back(
        evaluate(input.strides.empty() ? runtime::getRowMajorStrides(input.sizes) : input.strides, symbols));
  }
  for (auto [i, input] : llvm::enumerate(program.inputs)) {
    if (input.kind == runtime::Input::Kind::SymbolInt) {
      arguments.push_back(runtime::Argument::ofInt(sizes[i][0]));
    } else if (input.kind == runtime::Input::Kind::Scalar) {
      arguments.push_back(runtime::Argument::ofFloat(std::uniform_real_distribution<double>(-1, 1)(random)));
    } else {
      std::vector<char> bytes(getReach(sizes[i], strides[i]) * runtime::getByteSize(input.dtype));
      bool isPositive = !options.positive.empty() && input.name.find(options.positive) != std::string::npos;
      fill(bytes, input.dtype, options, isPositive, random);
      arguments.push_back(runtime::TensorView{memory.upload(bytes, input.device), input.dtype, input.device,
                                              static_cast<int32_t>(sizes[i].size()), sizes[i].data(),
                                              strides[i].data()});
    }
  }
  std::vector<runtime::Result> results(program.outputs.size());
  if (runtime::Error error = graph.getExecutable().run(arguments, results)) {
    outcome.error = error.message();
    return outcome;
  }
  auto add = [&](std::string name, DType dtype, std::vector<int64_t> shape, const void *data, int64_t elements,
                 runtime::Device device) {
    std::vector<char> bytes = memory.download(data, elements * runtime::getByteSize(dtype), device);
    outcome.values.push_back({std::move(name), dtype, std::move(shape), std::move(bytes)});
  };
  for (auto [i, result] : llvm::enumerate(results)) {
    std::string name = "output " + std::to_string(i);
    if (result.kind == runtime::Result::Kind::Int) {
      std::vector<char> bytes(sizeof(int64_t));
      std::memcpy(bytes.data(), &result.intValue, sizeof(int64_t));
      outcome.values.push_back({name, DType::I64, {}, bytes});
      continue;
    }
    std::vector<int64_t> shape(result.sizes, result.sizes + result.rank),
        steps(result.strides, result.strides + result.rank);
    add(name, result.dtype, shape, result.data, getReach(shape, steps), result.device);
    if (result.kind == runtime::Result::Kind::Tensor)
      memory.own(result.data, result.device);
  }
  for (auto [i, input] : llvm::enumerate(program.inputs))
    if (input.isMutated)
      add("input " + std::to_string(i) + " (" + input.name + ")", input.dtype, sizes[i], arguments[i].tensor.data,
          getReach(sizes[i], strides[i]), input.device);
  return outcome;
}

/// Values as doubles; empty for types that are not floats.
static std::vector<double> toDoubles(const Value &value) {
  std::vector<double> numbers;
  const llvm::fltSemantics *semantics = getSemantics(value.dtype);
  if (!semantics)
    return numbers;
  unsigned width = getWidth(*semantics);
  for (size_t i = 0; i + width <= value.bytes.size(); i += width) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value.bytes[i], width);
    llvm::APFloat number(*semantics, llvm::APInt(width * 8, bits));
    bool isInexact;
    number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &isInexact);
    numbers.push_back(number.convertToDouble());
  }
  return numbers;
}

bool compare(const Outcome &expected, const Outcome &found, double tolerance, llvm::raw_ostream &os) {
  bool agree = expected.values.size() == found.values.size();
  for (auto [a, b] : llvm::zip(expected.values, found.values)) {
    os << a.name << ": " << runtime::getName(a.dtype) << " [";
    llvm::interleaveComma(a.sizes, os);
    os << "] ";
    if (a.dtype != b.dtype || a.sizes != b.sizes || a.bytes.size() != b.bytes.size()) {
      os << "has another type\n";
      agree = false;
      continue;
    }
    std::vector<double> left = toDoubles(a), right = toDoubles(b);
    if (left.empty()) {
      bool same = a.bytes == b.bytes;
      os << (same ? "is the same" : "differs") << "\n";
      agree &= same;
      continue;
    }
    double greatest = 0, difference = 0;
    for (auto [x, y] : llvm::zip(left, right)) {
      if (std::isfinite(x))
        greatest = std::max(greatest, std::abs(x));
      if (x != y && !(std::isnan(x) && std::isnan(y)))
        difference = std::max(difference, std::isfinite(x) && std::isfinite(y) ? std::abs(x - y) : HUGE_VAL);
    }
    // Of narrow types, one unit in the last place.
    double allowed = std::max(tolerance, a.dtype == DType::BF16 ? 8e-3 : a.dtype == DType::F16 ? 1e-3 : 0);
    os << "differs by " << difference << " of " << greatest << "\n";
    agree &= difference <= allowed * greatest;
  }
  return agree;
}

} // namespace tc::emulate
