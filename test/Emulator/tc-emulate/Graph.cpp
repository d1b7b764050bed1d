// Runs of a compiled graph, and the comparison of their answers.

#include "Graph.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <cstring>

using namespace tc::tool;

namespace tc::emulate {

using runtime::DType;

llvm::Expected<std::vector<Value>> run(CompiledGraph &graph, runtime::Runtime &runtime, const InputOptions &options) {
  const runtime::Program &program = graph.getExecutable().getProgram();
  llvm::Expected<Inputs> inputs = makeInputs(program, options);
  if (!inputs)
    return inputs.takeError();
  DeviceMemory memory(runtime);
  llvm::Expected<std::vector<runtime::Argument>> arguments = memory.upload(program, *inputs);
  if (!arguments)
    return arguments.takeError();
  std::vector<runtime::Result> results(program.outputs.size());
  if (runtime::Error error = graph.getExecutable().run(*arguments, results))
    return llvm::createStringError(error.message());

  std::vector<Value> values;
  llvm::Error failure = llvm::Error::success();
  auto add = [&](std::string name, const runtime::TensorView &tensor) {
    llvm::Expected<Array> array = memory.download(tensor);
    if (array)
      values.push_back({std::move(name), std::move(*array)});
    else
      failure = llvm::joinErrors(std::move(failure), array.takeError());
  };
  for (auto [i, result] : llvm::enumerate(results)) {
    std::string name = "output " + std::to_string(i);
    if (result.kind == runtime::Result::Kind::Int)
      values.push_back({name, std::nullopt, result.intValue});
    else
      add(name, result.getView());
  }
  for (auto [i, input] : llvm::enumerate(program.inputs))
    if (input.isMutated)
      add("input " + std::to_string(i) + " (" + input.name + ")", (*arguments)[i].tensor);
  memory.release(results);
  if (failure)
    return failure;
  return values;
}

/// What one unit in the last place of the type comes to, of types that results are rounded to.
static double getPrecision(DType dtype) {
  switch (dtype) {
  case DType::BF16:
    return 8e-3;
  case DType::F16:
    return 1e-3;
  case DType::F8E4M3FN:
  case DType::F8E4M3FNUZ:
    return 0.125;
  case DType::F8E5M2:
  case DType::F8E5M2FNUZ:
    return 0.25;
  default:
    return 0;
  }
}

static bool isFloat(DType dtype) {
  return getPrecision(dtype) > 0 || dtype == DType::F32 || dtype == DType::F64 || dtype == DType::C64 ||
         dtype == DType::C128;
}

/// Numbers in row-major order; of a complex one both parts.
static std::vector<double> toDoubles(const Array &array) {
  std::vector<double> numbers;
  bool isComplex = array.dtype == DType::C64 || array.dtype == DType::C128;
  DType part = array.dtype == DType::C64 ? DType::F32 : array.dtype == DType::C128 ? DType::F64 : array.dtype;
  forEachElement(array.getView(), [&](char *element) {
    numbers.push_back(toDouble(part, element));
    if (isComplex)
      numbers.push_back(toDouble(part, element + runtime::getByteSize(part)));
  });
  return numbers;
}

static bool areSame(const Array &left, const Array &right) {
  std::vector<const char *> elements;
  forEachElement(left.getView(), [&](char *element) { elements.push_back(element); });
  size_t i = 0;
  bool same = true;
  forEachElement(right.getView(), [&](char *element) {
    same &= std::memcmp(elements[i++], element, runtime::getByteSize(right.dtype)) == 0;
  });
  return same;
}

static bool compareFloats(const Array &expected, const Array &found, Tolerance tolerance, llvm::raw_ostream &os) {
  double greatest = 0, difference = 0;
  for (auto [x, y] : llvm::zip_equal(toDoubles(expected), toDoubles(found))) {
    if (std::isfinite(x))
      greatest = std::max(greatest, std::abs(x));
    if (x != y && !(std::isnan(x) && std::isnan(y)))
      difference = std::max(difference, std::isfinite(x) && std::isfinite(y) ? std::abs(x - y) : HUGE_VAL);
  }
  os << "differs by " << difference << " of " << greatest << "\n";
  return difference <=
         std::max(std::max(tolerance.relative, getPrecision(expected.dtype)) * greatest, tolerance.absolute);
}

bool compare(llvm::ArrayRef<Value> expected, llvm::ArrayRef<Value> found, Tolerance tolerance, llvm::raw_ostream &os) {
  bool agree = expected.size() == found.size();
  for (auto [a, b] : llvm::zip(expected, found)) {
    os << a.name << ": ";
    if (!a.array || !b.array) {
      os << a.number << ", " << b.number << "\n";
      agree &= a.array.has_value() == b.array.has_value() && a.number == b.number;
      continue;
    }
    os << runtime::getName(a.array->dtype) << " [";
    llvm::interleaveComma(a.array->sizes, os);
    os << "] ";
    if (a.array->dtype != b.array->dtype || a.array->sizes != b.array->sizes || a.array->strides != b.array->strides) {
      os << "has another type\n";
      agree = false;
    } else if (isFloat(a.array->dtype)) {
      agree &= compareFloats(*a.array, *b.array, tolerance, os);
    } else {
      bool same = areSame(*a.array, *b.array);
      os << (same ? "is the same" : "differs") << "\n";
      agree &= same;
    }
  }
  return agree;
}

} // namespace tc::emulate
