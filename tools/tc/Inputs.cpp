// The arguments of a run.

#include "Inputs.h"

#include "Commands.h"

using namespace mlir;
using namespace tc::runtime;

namespace tc::tool {

namespace {

class InputMaker {
public:
  InputMaker(const Program &program, const InputOptions &options)
      : program(program), options(options), files(program.inputs.size()), symbols(program.symbols.size()) {}
  FailureOr<Inputs> make();

private:
  LogicalResult readGiven();
  LogicalResult bindSymbols();
  FailureOr<Array> makeRandom(uint32_t index, std::mt19937_64 &generator);
  FailureOr<Argument> makeNumber(uint32_t index, std::mt19937_64 &generator);
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

LogicalResult InputMaker::readGiven() {
  if (options.values.size() > program.inputs.size())
    return reportError("expected at most " + Twine(program.inputs.size()) + " inputs, found " +
                       Twine(options.values.size()));
  for (uint32_t i = 0; i < program.inputs.size(); ++i) {
    const Input &input = program.inputs[i];
    if (!isGiven(i) || input.kind != Input::Kind::Tensor)
      continue;
    llvm::Expected<Array> array = readNpy(options.values[i], input.dtype);
    if (!array)
      return reportError(describe(i) + llvm::toString(array.takeError()));
    files[i] = std::move(*array);
  }
  return success();
}

LogicalResult InputMaker::bindSymbols() {
  auto bind = [&](const SizeExpr &expr, int64_t value) {
    if (std::optional<uint32_t> symbol = expr.getSymbol(); symbol && !symbols[*symbol])
      symbols[*symbol] = value;
  };
  for (const auto &entry : options.sizes) {
    auto symbol = llvm::find_if(program.symbols, [&](const Symbol &s) { return s.name == entry.getKey(); });
    if (symbol == program.symbols.end())
      return reportError("--size: the model has no symbol '" + entry.getKey() + "'");
    symbols[symbol - program.symbols.begin()] = entry.getValue();
  }
  for (uint32_t i = 0; i < program.inputs.size(); ++i) {
    const Input &input = program.inputs[i];
    if (files[i] && files[i]->sizes.size() == input.sizes.size())
      for (auto [expr, size] : llvm::zip_equal(input.sizes, files[i]->sizes))
        bind(expr, size);
    int64_t number;
    if (input.kind == Input::Kind::SymbolInt && isGiven(i) && !StringRef(options.values[i]).getAsInteger(10, number))
      bind(input.sizes[0], number);
  }
  for (auto [symbol, value] : llvm::zip_equal(program.symbols, symbols))
    values.push_back(value.value_or(std::min(std::max<int64_t>(symbol.min, 2), symbol.max)));
  return success();
}

FailureOr<Array> InputMaker::makeRandom(uint32_t index, std::mt19937_64 &generator) {
  const Input &input = program.inputs[index];
  std::vector<int64_t> sizes, strides;
  for (auto [exprs, numbers] : {std::pair(&input.sizes, &sizes), std::pair(&input.strides, &strides)})
    for (const SizeExpr &expr : *exprs) {
      Expected<int64_t> value = expr.evaluate(values);
      if (!value)
        return reportError(describe(index) + value.message());
      numbers->push_back(*value);
    }
  if (strides.empty())
    strides = getRowMajorStrides(sizes);
  llvm::Expected<Array> array = Array::allocate(input.dtype, std::move(sizes), std::move(strides));
  if (!array)
    return reportError(describe(index) + llvm::toString(array.takeError()));
  fillRandomly(*array, generator, options.maxInt);
  return std::move(*array);
}

FailureOr<Argument> InputMaker::makeNumber(uint32_t index, std::mt19937_64 &generator) {
  const Input &input = program.inputs[index];
  if (isGiven(index)) {
    StringRef text = options.values[index];
    int64_t integer;
    double real;
    if (!text.getAsInteger(10, integer))
      return Argument::ofInt(integer);
    if (input.kind == Input::Kind::Scalar && !text.getAsDouble(real))
      return Argument::ofFloat(real);
    return reportError(describe(index) + "expected a number, found '" + text + "'");
  }
  if (input.kind == Input::Kind::SymbolInt) {
    Expected<int64_t> value = input.sizes[0].evaluate(values);
    if (!value)
      return reportError(describe(index) + value.message());
    return Argument::ofInt(*value);
  }
  Array scalar = llvm::cantFail(Array::allocate(input.dtype, {}, {}));
  fillRandomly(scalar, generator, options.maxInt);
  double value = toDouble(input.dtype, scalar.data);
  if (input.dtype == DType::F64 || input.dtype == DType::F32)
    return Argument::ofFloat(value);
  return Argument::ofInt(static_cast<int64_t>(value));
}

FailureOr<Inputs> InputMaker::make() {
  if (failed(readGiven()) || failed(bindSymbols()))
    return failure();
  Inputs inputs;
  // The arguments point to the sizes of the arrays, which stay where they are.
  inputs.arrays.reserve(program.inputs.size());
  for (uint32_t i = 0; i < program.inputs.size(); ++i) {
    // Its own numbers for each input: one that is given does not change the others.
    std::mt19937_64 generator(options.seed * 0x9E3779B97F4A7C15u + i);
    if (program.inputs[i].kind != Input::Kind::Tensor) {
      FailureOr<Argument> number = makeNumber(i, generator);
      if (failed(number))
        return failure();
      inputs.arguments.push_back(*number);
      continue;
    }
    FailureOr<Array> array = files[i] ? FailureOr<Array>(std::move(*files[i])) : makeRandom(i, generator);
    if (failed(array))
      return failure();
    inputs.arrays.push_back(std::move(*array));
    inputs.arguments.push_back(inputs.arrays.back().getView());
  }
  return std::move(inputs);
}

FailureOr<Inputs> makeInputs(const Program &program, const InputOptions &options) {
  return InputMaker(program, options).make();
}

} // namespace tc::tool
