// The text of a program, for `tc explain` and for tests.

#include "tc/Runtime/Program.h"

#include <ostream>
#include <sstream>

namespace tc::runtime {

namespace {

struct Printer {
  const Program &program;
  std::ostream &os;
  std::vector<std::string> symbolNames;

  std::string str(const SizeExpr &expr) const { return expr.str(symbolNames); }
  std::string str(const std::vector<SizeExpr> &exprs) const;
  std::string type(DType dtype, const std::vector<SizeExpr> &sizes, const std::vector<SizeExpr> &strides) const;
  std::string ref(ValueId value) const;
  std::string ref(const TensorDesc &tensor) const;
  std::string args(const std::vector<BufferArg> &buffers, const std::vector<SizeExpr> &symbols) const;
  void printSymbols() const;
  void printInputs() const;
  void printValues() const;
  void printOutputs() const;
  void printBody(const std::vector<Instruction> &body, unsigned indent) const;
};

} // namespace

static std::string suffix(Device device) {
  return device.kind == DeviceKind::CPU ? "" : " @cuda:" + std::to_string(device.ordinal);
}

std::string Printer::str(const std::vector<SizeExpr> &exprs) const {
  std::string text;
  for (const SizeExpr &expr : exprs)
    text += (text.empty() ? "" : ", ") + str(expr);
  return "[" + text + "]";
}

std::string Printer::type(DType dtype, const std::vector<SizeExpr> &sizes, const std::vector<SizeExpr> &strides) const {
  std::string text = std::string(tc::runtime::getName(dtype)) + str(sizes);
  if (!strides.empty())
    text += " strides " + str(strides);
  return text;
}

std::string Printer::ref(ValueId value) const {
  std::string text = "%" + std::to_string(value);
  if (value < program.values.size() && !program.values[value].name.empty())
    text += ":" + program.values[value].name;
  return text;
}

std::string Printer::ref(const TensorDesc &tensor) const {
  std::string text = ref(tensor.value) + " " + type(tensor.dtype, tensor.sizes, tensor.strides);
  if (tensor.offset != SizeExpr(0))
    text += " offset " + str(tensor.offset);
  return text;
}

std::string Printer::args(const std::vector<BufferArg> &buffers, const std::vector<SizeExpr> &symbols) const {
  std::string text;
  auto add = [&](const std::string &item) { text += (text.empty() ? "" : ", ") + item; };
  for (const BufferArg &buffer : buffers) {
    const char *access[] = {"read ", "write ", "update "};
    add(access[unsigned(buffer.access) % 3] + ref(buffer.value));
  }
  for (const SizeExpr &symbol : symbols)
    add(str(symbol));
  return "(" + text + ")";
}

void Printer::printSymbols() const {
  for (const Symbol &symbol : program.symbols) {
    os << "  symbol " << symbol.name << " in [" << symbol.min << ", ";
    if (symbol.max == std::numeric_limits<int64_t>::max())
      os << "inf]\n";
    else
      os << symbol.max << "]\n";
  }
}

void Printer::printInputs() const {
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const Input &input = program.inputs[i];
    os << "  input " << i << " " << input.name << ": ";
    if (input.kind == Input::Kind::Tensor)
      os << type(input.dtype, input.sizes, input.strides) << suffix(input.device);
    else if (input.kind == Input::Kind::SymbolInt)
      os << "int = " << (input.sizes.empty() ? "?" : str(input.sizes[0]));
    else
      os << "scalar " << tc::runtime::getName(input.dtype);
    os << (input.isMutated ? " mutated\n" : "\n");
  }
}

void Printer::printValues() const {
  for (ValueId id = 0; id < program.values.size(); ++id) {
    const Value &value = program.values[id];
    os << "  value " << ref(id) << " = ";
    switch (value.kind) {
    case Value::Kind::Input:
      os << "input " << value.index;
      break;
    case Value::Kind::Constant:
      os << "constant " << value.index;
      break;
    case Value::Kind::Once:
      os << (value.isState ? "once, then state" : "once");
      break;
    case Value::Kind::Arena:
      os << "arena";
      break;
    case Value::Kind::Output:
      os << "output " << value.index;
      break;
    case Value::Kind::View:
      os << "view " << ref(value.index) << " + " << str(value.offset);
      break;
    case Value::Kind::External:
      os << "external";
      break;
    }
    os << ", " << str(value.bytes) << " bytes" << suffix(value.device) << "\n";
  }
}

void Printer::printOutputs() const {
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    const Output &output = program.outputs[i];
    os << "  output " << i << " " << output.name << ": ";
    if (output.kind == Output::Kind::Int) {
      os << "int " << (output.sizes.empty() ? "?" : str(output.sizes[0])) << "\n";
      continue;
    }
    os << type(output.dtype, output.sizes, output.strides) << suffix(output.device);
    if (output.kind != Output::Kind::Tensor)
      os << " view of " << (output.kind == Output::Kind::AliasInput ? "input " : "output ") << output.index << " + "
         << str(output.offset);
    os << "\n";
  }
}

void Printer::printBody(const std::vector<Instruction> &body, unsigned indent) const {
  std::string pad(indent, ' ');
  auto name = [](const auto &table, uint32_t index) {
    return index < table.size() ? table[index].name : "?" + std::to_string(index);
  };
  for (const Instruction &instruction : body) {
    os << pad;
    if (auto *op = std::get_if<Launch>(&instruction.op)) {
      os << "launch " << name(program.kernels, op->kernel) << args(op->buffers, op->symbols) << " over "
         << str(op->extent) << " grain " << str(op->grain);
      if (op->scratchBytes != SizeExpr(0))
        os << " scratch " << str(op->scratchBytes);
    } else if (auto *op = std::get_if<CudaLaunch>(&instruction.op)) {
      os << "cuda_launch " << name(program.cudaKernels, op->kernel) << args(op->buffers, op->symbols) << " grid ["
         << str(op->grid[0]) << ", " << str(op->grid[1]) << ", " << str(op->grid[2]) << "] block [" << op->block[0]
         << ", " << op->block[1] << ", " << op->block[2] << "]";
      if (op->sharedBytes != SizeExpr(0))
        os << " shared " << str(op->sharedBytes);
    } else if (auto *op = std::get_if<Copy>(&instruction.op)) {
      os << "copy " << ref(op->destination) << " <- " << ref(op->source) << ", " << str(op->bytes) << " bytes";
    } else if (auto *op = std::get_if<CopyStrided>(&instruction.op)) {
      os << "copy_strided " << ref(op->destination) << " <- " << ref(op->source);
    } else if (auto *op = std::get_if<Extern>(&instruction.op)) {
      os << "extern " << op->callback << "(";
      const char *separator = "";
      for (const Extern::Arg &arg : op->args) {
        auto *tensor = std::get_if<TensorDesc>(&arg);
        os << std::exchange(separator, ", ") << (tensor ? ref(*tensor) : str(std::get<SizeExpr>(arg)));
      }
      os << ") -> (";
      separator = "";
      for (const Extern::Result &result : op->results)
        os << std::exchange(separator, ", ")
           << (result.kind == Extern::Result::Kind::Tensor ? ref(result.tensor) : str(SizeExpr::symbol(result.symbol)));
      os << ")";
    } else if (auto *op = std::get_if<BindSymbol>(&instruction.op)) {
      os << "bind " << str(SizeExpr::symbol(op->symbol)) << " = " << tc::runtime::getName(op->dtype) << " at "
         << ref(op->source) << " + " << str(op->offset);
    } else if (auto *op = std::get_if<Assert>(&instruction.op)) {
      os << "assert " << str(op->condition) << ", \"" << op->message << "\"";
    } else if (auto *op = std::get_if<If>(&instruction.op)) {
      os << "if " << str(op->condition) << "\n";
      printBody(op->thenBody, indent + 2);
      os << pad << "else\n";
      printBody(op->elseBody, indent + 2);
      os << pad << "end";
    } else if (auto *op = std::get_if<While>(&instruction.op)) {
      os << "while\n";
      printBody(op->before, indent + 2);
      os << pad << "do if " << str(op->condition) << "\n";
      printBody(op->body, indent + 2);
      os << pad << "end";
    }
    for (const InPlace &inPlace : instruction.inPlace)
      os << " inplace " << ref(inPlace.result) << " on " << ref(inPlace.operand);
    if (!instruction.name.empty())
      os << "  // " << instruction.name;
    os << "\n";
  }
}

void Program::dump(std::ostream &os) const {
  Printer printer{*this, os, {}};
  for (const Symbol &symbol : symbols)
    printer.symbolNames.push_back(symbol.name);
  os << "program " << name << "\n";
  printer.printSymbols();
  printer.printInputs();
  printer.printValues();
  for (const Kernel &kernel : kernels)
    if (!kernel.note.empty())
      os << "  kernel " << kernel.name << "  // " << kernel.note << "\n";
  for (const CudaKernel &kernel : cudaKernels)
    os << "  cuda_kernel " << kernel.name << (kernel.note.empty() ? "" : "  // " + kernel.note) << "\n";
  if (!init.empty()) {
    os << "init\n";
    printer.printBody(init, 2);
  }
  os << "body\n";
  printer.printBody(body, 2);
  printer.printOutputs();
}

} // namespace tc::runtime
