// Shorthands for building programs.

#include "tc/Runtime/Program.h"

#include "tc/Runtime/Memory.h"

#include <cstring>

namespace tc::runtime {

Constant Constant::copy(std::string name, const void *data, int64_t bytes) {
  auto block = std::make_shared<HostBlock>(HostBlock::allocate(bytes));
  if (bytes > 0 && block->data())
    std::memcpy(block->data(), data, bytes);
  return {std::move(name), block->data(), bytes, std::shared_ptr<const void>(block, block->data())};
}

Instruction::Instruction(Op op, std::vector<InPlace> inPlace, std::string name)
    : op(std::move(op)), inPlace(std::move(inPlace)), name(std::move(name)) {}

SizeExpr getByteSize(DType dtype, const std::vector<SizeExpr> &sizes) {
  SizeExpr bytes = getByteSize(dtype);
  for (const SizeExpr &size : sizes)
    bytes = size * bytes;
  return bytes;
}

std::vector<SizeExpr> getRowMajorStrides(const std::vector<SizeExpr> &sizes) {
  std::vector<SizeExpr> strides(sizes.size());
  SizeExpr stride = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    // As in torch: a dimension without elements counts as one.
    stride = stride * (sizes[i].isConstant() ? max(sizes[i], 1) : sizes[i]);
  }
  return strides;
}

static ValueId addValue(Program &program, Value value) {
  program.values.push_back(std::move(value));
  return program.values.size() - 1;
}

uint32_t Program::addSymbol(std::string name, int64_t min, int64_t max) {
  symbols.push_back({std::move(name), min, max});
  return symbols.size() - 1;
}

ValueId Program::addTensorInput(std::string name, DType dtype, std::vector<SizeExpr> sizes,
                                std::vector<SizeExpr> strides, Device device) {
  SizeExpr bytes = getByteSize(dtype, sizes);
  inputs.push_back({Input::Kind::Tensor, name, dtype, device, std::move(sizes), std::move(strides)});
  return addValue(*this, {Value::Kind::Input, uint32_t(inputs.size() - 1), bytes, 0, device, std::move(name)});
}

ValueId Program::addScalarInput(std::string name, DType dtype) {
  inputs.push_back({Input::Kind::Scalar, name, dtype, {}, {}, {}});
  return addValue(*this, {Value::Kind::Input, uint32_t(inputs.size() - 1), getByteSize(dtype), 0, {}, std::move(name)});
}

void Program::addIntInput(std::string name, SizeExpr value) {
  inputs.push_back({Input::Kind::SymbolInt, std::move(name), DType::I64, {}, {std::move(value)}, {}});
}

ValueId Program::addTensorOutput(std::string name, DType dtype, std::vector<SizeExpr> sizes,
                                 std::vector<SizeExpr> strides, Device device) {
  SizeExpr bytes = getByteSize(dtype, sizes);
  uint32_t index = outputs.size();
  outputs.push_back({Output::Kind::Tensor, name, index, dtype, device, std::move(sizes), std::move(strides)});
  return addValue(*this, {Value::Kind::Output, index, bytes, 0, device, std::move(name)});
}

ValueId Program::addConstant(Constant constant, Device device) {
  std::string name = constant.name;
  SizeExpr bytes = constant.bytes;
  constants.push_back(std::move(constant));
  return addValue(*this, {Value::Kind::Constant, uint32_t(constants.size() - 1), bytes, 0, device, std::move(name)});
}

ValueId Program::addArena(SizeExpr bytes, std::string name, Device device) {
  return addValue(*this, {Value::Kind::Arena, 0, std::move(bytes), 0, device, std::move(name)});
}

ValueId Program::addOnce(SizeExpr bytes, std::string name, Device device) {
  return addValue(*this, {Value::Kind::Once, 0, std::move(bytes), 0, device, std::move(name)});
}

ValueId Program::addView(ValueId base, SizeExpr offset, SizeExpr bytes, std::string name) {
  Device device = base < values.size() ? values[base].device : Device();
  return addValue(*this, {Value::Kind::View, base, std::move(bytes), std::move(offset), device, std::move(name)});
}

ValueId Program::addExternal(SizeExpr bytes, std::string name, Device device) {
  return addValue(*this, {Value::Kind::External, 0, std::move(bytes), 0, device, std::move(name)});
}

uint32_t Program::addKernel(std::string name, std::string note) {
  kernels.push_back({std::move(name), std::move(note)});
  return kernels.size() - 1;
}

} // namespace tc::runtime
