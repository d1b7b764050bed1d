// Program::verify. Whatever passes it can be run without going astray: indices are in range,
// buffers are on the device their instruction runs on, read-only memory is not written, symbols are
// bound before they are used.

#include "Bindings.h"

#include "tc/Runtime/Program.h"

#include <algorithm>

namespace tc::runtime {

namespace {

class Verifier {
public:
  explicit Verifier(const Program &program) : program(program) {}
  Error run();

private:
  template <typename... Parts> Error fail(Parts &&...parts) const;
  Error checkExpr(const SizeExpr &expr, bool needBound = true);
  Error checkExprs(const std::vector<SizeExpr> &exprs, bool needBound = true);
  Error checkLayout(DType dtype, const std::vector<SizeExpr> &sizes, const std::vector<SizeExpr> &strides);
  Error checkInput(const Input &input);
  Error checkValue(ValueId id);
  Error checkOutput(const Output &output, uint32_t index);
  Error checkUse(ValueId id, Access access, const Device *device);
  Error checkTensor(const TensorDesc &tensor, Access access, const Device *device);
  Error checkExtern(const Extern &op);
  Error checkInstruction(const Instruction &instruction);
  Error checkBody(const std::vector<Instruction> &body);
  Error bind(uint32_t symbol);
  ValueId getRoot(ValueId id) const;

  const Program &program;
  std::vector<bool> bound;
  /// How many values have the memory of each output.
  std::vector<uint32_t> numValuesOf;
  bool inInit = false;
  std::string where;
};

std::string toText(const std::string &text) { return text; }
std::string toText(const char *text) { return text; }
template <typename T>
  requires std::is_integral_v<T>
std::string toText(T value) {
  return std::to_string(value);
}

} // namespace

template <typename... Parts> Error Verifier::fail(Parts &&...parts) const {
  std::string text = "program " + program.name + ": " + where + ": ";
  ((text += toText(parts)), ...);
  return Error(std::move(text));
}

ValueId Verifier::getRoot(ValueId id) const {
  while (program.values[id].kind == Value::Kind::View)
    id = program.values[id].index;
  return id;
}

Error Verifier::checkExpr(const SizeExpr &expr, bool needBound) {
  for (const SizeExpr::Term &term : expr.getTerms()) {
    if (term.op != SizeExpr::Op::Symbol)
      continue;
    if (static_cast<uint64_t>(term.value) >= program.symbols.size())
      return fail("symbol ", term.value, " does not exist");
    if (inInit)
      return fail("the init section cannot use symbol ", program.symbols[term.value].name);
    if (needBound && !bound[term.value])
      return fail("symbol ", program.symbols[term.value].name, " is used before it is bound");
  }
  return Error();
}

Error Verifier::checkExprs(const std::vector<SizeExpr> &exprs, bool needBound) {
  for (const SizeExpr &expr : exprs)
    if (Error error = checkExpr(expr, needBound))
      return error;
  return Error();
}

Error Verifier::checkLayout(DType dtype, const std::vector<SizeExpr> &sizes, const std::vector<SizeExpr> &strides) {
  if (getByteSize(dtype) == 0)
    return fail("unknown element type ", unsigned(dtype));
  if (sizes.size() > maxRank)
    return fail("expected at most ", maxRank, " dimensions, got ", sizes.size());
  if (!strides.empty() && strides.size() != sizes.size())
    return fail("expected ", sizes.size(), " strides, got ", strides.size());
  return Error();
}

Error Verifier::checkInput(const Input &input) {
  if (input.kind > Input::Kind::Scalar)
    return fail("unknown kind ", unsigned(input.kind));
  if (input.kind == Input::Kind::SymbolInt && input.sizes.size() != 1)
    return fail("expected one size, the value of the integer, got ", input.sizes.size());
  if (input.alignment == 0)
    return fail("expected an alignment of at least 1");
  static constexpr DType scalars[] = {DType::Bool, DType::I32, DType::I64, DType::F32, DType::F64};
  if (input.kind == Input::Kind::Scalar && std::ranges::find(scalars, input.dtype) == std::end(scalars))
    return fail("expected a bool, i32, i64, f32 or f64 scalar, got ", std::string(getName(input.dtype)));
  if (Error error = checkLayout(input.dtype, input.sizes, input.strides))
    return error;
  if (Error error = checkExprs(input.sizes))
    return error;
  return checkExprs(input.strides);
}

Error Verifier::checkValue(ValueId id) {
  const Value &value = program.values[id];
  if (value.kind > Value::Kind::External)
    return fail("unknown kind ", unsigned(value.kind));
  switch (value.kind) {
  case Value::Kind::Input:
    if (value.index >= program.inputs.size())
      return fail("input ", value.index, " does not exist");
    if (program.inputs[value.index].kind == Input::Kind::SymbolInt)
      return fail("input ", value.index, " is an integer without a buffer");
    if (program.inputs[value.index].device != value.device)
      return fail("is not on the device of input ", value.index);
    break;
  case Value::Kind::Constant: {
    if (value.index >= program.constants.size())
      return fail("constant ", value.index, " does not exist");
    const Constant &constant = program.constants[value.index];
    if (constant.bytes < 0 || (constant.bytes > 0 && !constant.data))
      return fail("constant ", value.index, " (", constant.name, ") has no data");
    std::optional<int64_t> bytes = value.bytes.getConstant();
    if (!bytes || *bytes > constant.bytes)
      return fail("expected at most the ", constant.bytes, " bytes of constant ", value.index);
    break;
  }
  case Value::Kind::Once:
    if (!value.bytes.isConstant())
      return fail("the size of a once-computed value cannot be symbolic");
    break;
  case Value::Kind::Arena:
  case Value::Kind::External:
    break;
  case Value::Kind::Output:
    if (value.index >= program.outputs.size() || program.outputs[value.index].kind != Output::Kind::Tensor)
      return fail("output ", value.index, " is no tensor with memory of its own");
    if (program.outputs[value.index].device != value.device)
      return fail("is not on the device of output ", value.index);
    break;
  case Value::Kind::View:
    if (value.index >= id)
      return fail("a view must come after the value ", value.index, " that it views");
    if (program.values[value.index].device != value.device)
      return fail("is not on the device of value ", value.index);
    break;
  }
  if (Error error = checkExpr(value.bytes, /*needBound=*/false))
    return error;
  return checkExpr(value.offset, /*needBound=*/false);
}

Error Verifier::checkOutput(const Output &output, uint32_t index) {
  if (Error error = checkLayout(output.dtype, output.sizes, output.strides))
    return error;
  if (Error error = checkExprs(output.sizes))
    return error;
  if (Error error = checkExprs(output.strides))
    return error;
  if (Error error = checkExpr(output.offset))
    return error;
  switch (output.kind) {
  case Output::Kind::Tensor:
    if (numValuesOf[index] != 1)
      return fail("expected one value with its memory, got ", numValuesOf[index]);
    return Error();
  case Output::Kind::AliasInput:
    if (output.index >= program.inputs.size() || program.inputs[output.index].kind != Input::Kind::Tensor)
      return fail("input ", output.index, " is no tensor");
    return Error();
  case Output::Kind::AliasOutput:
    if (output.index >= program.outputs.size() || program.outputs[output.index].kind != Output::Kind::Tensor)
      return fail("output ", output.index, " is no tensor with memory of its own");
    return Error();
  case Output::Kind::Int:
    if (output.sizes.size() != 1)
      return fail("expected one size, the value of the integer, got ", output.sizes.size());
    return Error();
  }
  return fail("unknown kind ", unsigned(output.kind));
}

Error Verifier::checkUse(ValueId id, Access access, const Device *device) {
  if (id >= program.values.size())
    return fail("value ", id, " does not exist");
  const Value &root = program.values[getRoot(id)];
  if (device && device->kind != root.device.kind)
    return fail("value ", id, " is on another device");
  if (inInit && root.kind != Value::Kind::Constant && root.kind != Value::Kind::Once && root.kind != Value::Kind::Arena)
    return fail("the init section cannot use value ", id);
  if (access == Access::Read)
    return Error();
  if (root.kind == Value::Kind::Constant || (root.kind == Value::Kind::Once && !inInit && !root.isState))
    return fail("value ", id, " is read-only here");
  if (root.kind == Value::Kind::Input && !program.inputs[root.index].isMutated)
    return fail("writes input ", root.index, ", which is not marked as mutated");
  return Error();
}

Error Verifier::checkTensor(const TensorDesc &tensor, Access access, const Device *device) {
  if (Error error = checkLayout(tensor.dtype, tensor.sizes, tensor.strides))
    return error;
  return checkUse(tensor.value, access, device);
}

Error Verifier::bind(uint32_t symbol) {
  if (symbol >= program.symbols.size())
    return fail("symbol ", symbol, " does not exist");
  bound[symbol] = true;
  return Error();
}

Error Verifier::checkExtern(const Extern &op) {
  for (const Extern::Arg &arg : op.args) {
    if (auto *tensor = std::get_if<TensorDesc>(&arg)) {
      if (Error error = checkTensor(*tensor, Access::Read, nullptr))
        return error;
      if (Error error = checkExprs(tensor->sizes))
        return error;
      if (Error error = checkExprs(tensor->strides))
        return error;
      if (Error error = checkExpr(tensor->offset))
        return error;
    } else if (Error error = checkExpr(std::get<SizeExpr>(arg))) {
      return error;
    }
  }
  for (const Extern::Result &result : op.results) {
    if (result.kind == Extern::Result::Kind::Symbol) {
      if (Error error = bind(result.symbol))
        return error;
      continue;
    }
    if (Error error = checkTensor(result.tensor, Access::Write, nullptr))
      return error;
    if (Error error = checkExprs(result.tensor.sizes, /*needBound=*/false))
      return error;
    bool isExternal = program.values[result.tensor.value].kind == Value::Kind::External;
    for (const SizeExpr &size : result.tensor.sizes)
      if (std::optional<uint32_t> symbol = size.getSymbol(); symbol && isExternal)
        bound[*symbol] = true;
    if (Error error = checkExprs(result.tensor.sizes))
      return error;
    if (Error error = checkExprs(result.tensor.strides))
      return error;
    if (Error error = checkExpr(result.tensor.offset))
      return error;
  }
  return Error();
}

Error Verifier::checkInstruction(const Instruction &instruction) {
  static constexpr Device cpu{DeviceKind::CPU, 0}, cuda{DeviceKind::CUDA, 0};
  for (const InPlace &inPlace : instruction.inPlace)
    if (inPlace.result >= program.values.size() || inPlace.operand >= program.values.size())
      return fail("an in-place value does not exist");
  auto checkBuffers = [&](const auto &op, const Device &device) -> Error {
    for (const BufferArg &buffer : op.buffers)
      if (Error error = checkUse(buffer.value, buffer.access, &device))
        return error;
    return checkExprs(op.symbols);
  };
  if (auto *op = std::get_if<Launch>(&instruction.op)) {
    if (op->kernel >= program.kernels.size())
      return fail("kernel ", op->kernel, " does not exist");
    if (Error error = checkBuffers(*op, cpu))
      return error;
    return checkExprs({op->extent, op->grain, op->scratchBytes});
  }
  if (auto *op = std::get_if<CudaLaunch>(&instruction.op)) {
    if (op->kernel >= program.cudaKernels.size())
      return fail("CUDA kernel ", op->kernel, " does not exist");
    if (Error error = checkBuffers(*op, cuda))
      return error;
    return checkExprs({op->grid[0], op->grid[1], op->grid[2], op->sharedBytes});
  }
  if (auto *op = std::get_if<Copy>(&instruction.op)) {
    if (Error error = checkUse(op->destination, Access::Write, nullptr))
      return error;
    if (Error error = checkUse(op->source, Access::Read, nullptr))
      return error;
    return checkExpr(op->bytes);
  }
  if (auto *op = std::get_if<CopyStrided>(&instruction.op)) {
    if (Error error = checkTensor(op->destination, Access::Write, &cpu))
      return error;
    if (Error error = checkTensor(op->source, Access::Read, &cpu))
      return error;
    if (op->destination.dtype != op->source.dtype || op->destination.sizes != op->source.sizes)
      return fail("expected the same sizes and element type on both sides");
    for (const TensorDesc *tensor : {&op->destination, &op->source}) {
      if (Error error = checkExprs(tensor->sizes))
        return error;
      if (Error error = checkExprs(tensor->strides))
        return error;
      if (Error error = checkExpr(tensor->offset))
        return error;
    }
    return Error();
  }
  if (inInit)
    return fail("the init section can only launch and copy");
  if (auto *op = std::get_if<Extern>(&instruction.op))
    return checkExtern(*op);
  if (auto *op = std::get_if<BindSymbol>(&instruction.op)) {
    if (op->dtype != DType::I64 && op->dtype != DType::I32 && op->dtype != DType::Bool)
      return fail("a symbol cannot be bound to ", std::string(getName(op->dtype)));
    if (Error error = checkUse(op->source, Access::Read, nullptr))
      return error;
    if (Error error = checkExpr(op->offset))
      return error;
    return bind(op->symbol);
  }
  if (auto *op = std::get_if<Assert>(&instruction.op))
    return checkExpr(op->condition);
  if (auto *op = std::get_if<If>(&instruction.op)) {
    if (Error error = checkExpr(op->condition))
      return error;
    if (Error error = checkBody(op->thenBody))
      return error;
    return checkBody(op->elseBody);
  }
  auto &op = std::get<While>(instruction.op);
  if (Error error = checkBody(op.before))
    return error;
  if (Error error = checkExpr(op.condition))
    return error;
  return checkBody(op.body);
}

Error Verifier::checkBody(const std::vector<Instruction> &body) {
  std::string outer = where;
  for (size_t i = 0; i < body.size(); ++i) {
    where = outer + "." + std::to_string(i);
    if (Error error = checkInstruction(body[i]))
      return error;
  }
  where = outer;
  return Error();
}

Error Verifier::run() {
  bound.assign(program.symbols.size(), false);
  where = "inputs";
  for (const Input &input : program.inputs) {
    if (Error error = checkExprs(input.sizes, /*needBound=*/false))
      return error;
    if (Error error = checkExprs(input.strides, /*needBound=*/false))
      return error;
  }
  for (const Binding &binding : findBindings(program))
    bound[binding.symbol] = true;
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    where = "input " + std::to_string(i) + " (" + program.inputs[i].name + ")";
    if (Error error = checkInput(program.inputs[i]))
      return error;
  }
  for (ValueId id = 0; id < program.values.size(); ++id) {
    where = "value " + std::to_string(id) + " (" + program.values[id].name + ")";
    if (Error error = checkValue(id))
      return error;
  }
  where = "CUDA kernels";
  for (const CudaKernel &kernel : program.cudaKernels)
    if (kernel.module >= program.cudaModules.size())
      return fail("module ", kernel.module, " of ", kernel.name, " does not exist");
  inInit = true;
  where = "init";
  if (Error error = checkBody(program.init))
    return error;
  inInit = false;
  where = "body";
  if (Error error = checkBody(program.body))
    return error;
  numValuesOf.assign(program.outputs.size(), 0);
  for (const Value &value : program.values)
    if (value.kind == Value::Kind::Output)
      ++numValuesOf[value.index];
  for (uint32_t i = 0; i < program.outputs.size(); ++i) {
    where = "output " + std::to_string(i) + " (" + program.outputs[i].name + ")";
    if (Error error = checkOutput(program.outputs[i], i))
      return error;
  }
  return Error();
}

Error Program::verify() const { return Verifier(*this).run(); }

} // namespace tc::runtime
