// The arguments of a run.

#include "Inputs.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

using namespace tc::runtime;

namespace tc::tool {

llvm::Expected<llvm::StringMap<int64_t>> parseSizes(llvm::ArrayRef<std::string> texts) {
  llvm::StringMap<int64_t> sizes;
  for (const std::string &text : texts) {
    auto [name, number] = llvm::StringRef(text).split('=');
    int64_t value;
    if (name.empty() || number.getAsInteger(10, value) || value < 0)
      return llvm::createStringError("--size: expected <symbol>=<number>, found '" + text + "'");
    sizes[name] = value;
  }
  return sizes;
}

namespace {

class InputMaker {
public:
  InputMaker(const Program &program, const InputOptions &options)
      : program(program), options(options), files(program.inputs.size()), symbols(program.symbols.size()) {}
  llvm::Expected<Inputs> make();

private:
  llvm::Error readGiven();
  llvm::Error bindSymbols();
  llvm::Expected<std::vector<int64_t>> evaluate(uint32_t index, const std::vector<SizeExpr> &exprs);
  /// A given tensor with the strides that the program wants, of which files know nothing.
  llvm::Expected<Array> takeFile(uint32_t index);
  llvm::Expected<Array> makeRandom(uint32_t index, std::mt19937_64 &generator);
  llvm::Expected<Argument> makeNumber(uint32_t index, std::mt19937_64 &generator);
  bool isGiven(uint32_t index) const { return index < options.values.size() && options.values[index] != "_"; }
  std::string describe(uint32_t index) const {
    return "input " + std::to_string(index) + " (" + program.inputs[index].name + "): ";
  }

  const Program &program;
  const InputOptions &options;
  std::vector<std::optional<Array>> files;
  std::vector<std::optional<int64_t>> symbols;
  std::vector<int64_t> values;
};

} // namespace

llvm::Error InputMaker::readGiven() {
  if (options.values.size() > program.inputs.size())
    return llvm::createStringError("expected at most " + llvm::Twine(program.inputs.size()) + " inputs, found " +
                                   llvm::Twine(options.values.size()));
  for (uint32_t i = 0; i < program.inputs.size(); ++i) {
    const Input &input = program.inputs[i];
    if (!isGiven(i) || input.kind != Input::Kind::Tensor)
      continue;
    llvm::Expected<Array> array = readNpy(options.values[i], input.dtype);
    if (!array)
      return llvm::createStringError(describe(i) + llvm::toString(array.takeError()));
    files[i] = std::move(*array);
  }
  return llvm::Error::success();
}

llvm::Error InputMaker::bindSymbols() {
  auto bind = [&](const SizeExpr &expr, int64_t value) {
    if (std::optional<uint32_t> symbol = expr.getSymbol(); symbol && !symbols[*symbol])
      symbols[*symbol] = value;
  };
  for (const auto &entry : options.sizes) {
    auto symbol = llvm::find_if(program.symbols, [&](const Symbol &s) { return s.name == entry.getKey(); });
    if (symbol == program.symbols.end())
      return llvm::createStringError("--size: the model has no symbol '" + entry.getKey() + "'");
    symbols[symbol - program.symbols.begin()] = entry.getValue();
  }
  for (uint32_t i = 0; i < program.inputs.size(); ++i) {
    const Input &input = program.inputs[i];
    if (files[i] && files[i]->sizes.size() == input.sizes.size())
      for (auto [expr, size] : llvm::zip_equal(input.sizes, files[i]->sizes))
        bind(expr, size);
    int64_t number;
    if (input.kind == Input::Kind::SymbolInt && isGiven(i) &&
        !llvm::StringRef(options.values[i]).getAsInteger(10, number))
      bind(input.sizes[0], number);
  }
  for (auto [symbol, value] : llvm::zip_equal(program.symbols, symbols))
    values.push_back(value.value_or(std::min(std::max<int64_t>(symbol.min, 2), symbol.max)));
  return llvm::Error::success();
}

llvm::Expected<std::vector<int64_t>> InputMaker::evaluate(uint32_t index, const std::vector<SizeExpr> &exprs) {
  std::vector<int64_t> numbers;
  for (const SizeExpr &expr : exprs) {
    Expected<int64_t> value = expr.evaluate(values);
    if (!value)
      return llvm::createStringError(describe(index) + value.message());
    numbers.push_back(*value);
  }
  return numbers;
}

llvm::Expected<Array> InputMaker::takeFile(uint32_t index) {
  const Input &input = program.inputs[index];
  Array &file = *files[index];
  if (input.strides.size() != file.sizes.size())
    return std::move(file);
  llvm::Expected<std::vector<int64_t>> strides = evaluate(index, input.strides);
  if (!strides)
    return strides.takeError();
  if (file.strides == *strides)
    return std::move(file);
  llvm::Expected<Array> array = Array::allocate(file.dtype, file.sizes, std::move(*strides));
  if (!array)
    return llvm::createStringError(describe(index) + llvm::toString(array.takeError()));
  std::vector<const char *> elements;
  forEachElement(file.getView(), [&](char *element) { elements.push_back(element); });
  size_t next = 0;
  forEachElement(array->getView(),
                 [&](char *element) { std::memcpy(element, elements[next++], getByteSize(file.dtype)); });
  return array;
}

llvm::Expected<Array> InputMaker::makeRandom(uint32_t index, std::mt19937_64 &generator) {
  const Input &input = program.inputs[index];
  llvm::Expected<std::vector<int64_t>> evaluated = evaluate(index, input.sizes);
  if (!evaluated)
    return evaluated.takeError();
  std::vector<int64_t> sizes = std::move(*evaluated), strides = getRowMajorStrides(sizes);
  if (!input.strides.empty()) {
    evaluated = evaluate(index, input.strides);
    if (!evaluated)
      return evaluated.takeError();
    strides = std::move(*evaluated);
  }
  llvm::Expected<Array> array = Array::allocate(input.dtype, std::move(sizes), std::move(strides));
  if (!array)
    return llvm::createStringError(describe(index) + llvm::toString(array.takeError()));
  fillRandomly(*array, generator, options.maxInt);
  return std::move(*array);
}

llvm::Expected<Argument> InputMaker::makeNumber(uint32_t index, std::mt19937_64 &generator) {
  const Input &input = program.inputs[index];
  if (isGiven(index)) {
    llvm::StringRef text = options.values[index];
    int64_t integer;
    double real;
    if (!text.getAsInteger(10, integer))
      return Argument::ofInt(integer);
    if (input.kind == Input::Kind::Scalar && !text.getAsDouble(real))
      return Argument::ofFloat(real);
    return llvm::createStringError(describe(index) + "expected a number, found '" + text + "'");
  }
  if (input.kind == Input::Kind::SymbolInt) {
    Expected<int64_t> value = input.sizes[0].evaluate(values);
    if (!value)
      return llvm::createStringError(describe(index) + value.message());
    return Argument::ofInt(*value);
  }
  Array scalar = llvm::cantFail(Array::allocate(input.dtype, {}, {}));
  fillRandomly(scalar, generator, options.maxInt);
  double value = toDouble(input.dtype, scalar.data);
  if (input.dtype == DType::F64 || input.dtype == DType::F32)
    return Argument::ofFloat(value);
  return Argument::ofInt(static_cast<int64_t>(value));
}

llvm::Expected<Inputs> InputMaker::make() {
  if (llvm::Error error = readGiven())
    return error;
  if (llvm::Error error = bindSymbols())
    return error;
  Inputs inputs;
  // The arguments point to the sizes of the arrays, which stay where they are.
  inputs.arrays.reserve(program.inputs.size());
  for (uint32_t i = 0; i < program.inputs.size(); ++i) {
    // Its own numbers for each input: one that is given does not change the others.
    std::mt19937_64 generator(options.seed * 0x9E3779B97F4A7C15u + i);
    if (program.inputs[i].kind != Input::Kind::Tensor) {
      llvm::Expected<Argument> number = makeNumber(i, generator);
      if (!number)
        return number.takeError();
      inputs.arguments.push_back(*number);
      continue;
    }
    llvm::Expected<Array> array = files[i] ? takeFile(i) : makeRandom(i, generator);
    if (!array)
      return array.takeError();
    inputs.arrays.push_back(std::move(*array));
    inputs.arguments.push_back(inputs.arrays.back().getView());
  }
  return std::move(inputs);
}

llvm::Expected<Inputs> makeInputs(const Program &program, const InputOptions &options) {
  return InputMaker(program, options).make();
}

} // namespace tc::tool
