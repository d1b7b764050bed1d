// What a host program is given: tensors, numbers and sizes; and what it keeps from run to run.

#include "Constants.h"
#include "ProgramBuilder.h"

using namespace mlir;

namespace tc {

using runtime::SizeExpr;
using runtime::ValueId;

// Symbols are numbered in the order of the arguments, so that the program does not depend on what reads them.
void ProgramBuilder::addSymbols() {
  for (Type type : function.getArgumentTypes())
    if (isa<RankedTensorType>(type))
      for (SizeAttr size : getSizes(type))
        for (StringAttr symbol : size.getSymbols())
          symbolNumber(symbol);
}

// An input with gaps, or that repeats itself, of which the caller is given views: it comes as it is, and the program
// makes the row-major copy that it reads.
LogicalResult ProgramBuilder::addStridedInput(BlockArgument argument, StringRef name, std::vector<SizeExpr> strides) {
  std::vector<SizeExpr> sizes = convert(getSizes(argument.getType()));
  runtime::DType dtype = *getDType(getElementTypeOrSelf(argument.getType()));
  ValueId given = result.program.addTensorInput(name.str(), dtype, sizes, strides, device);
  values[argument] = given;
  bool isRead = llvm::any_of(argument.getUses(), [&](OpOperand &use) {
    return !isa<func::ReturnOp>(use.getOwner()) || !function.getResultAttr(use.getOperandNumber(), "tc.view");
  });
  if (!isRead)
    return success();
  FailureOr<SizeExpr> bytes = byteSize(function, argument.getType());
  if (failed(bytes))
    return failure();
  values[argument] = result.program.addArena(*bytes, name.str(), device);
  result.program.body.push_back(
      runtime::CopyStrided{{values[argument], dtype, sizes, {}, 0}, {given, dtype, sizes, std::move(strides), 0}});
  return success();
}

LogicalResult ProgramBuilder::addInputs() {
  llvm::SmallDenseSet<int64_t> mutated, viewed;
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    if (auto argument = function.getResultAttrOfType<IntegerAttr>(i, "tc.mutates"))
      mutated.insert(argument.getInt());
    if (auto view = function.getResultAttrOfType<DictionaryAttr>(i, "tc.view"))
      if (auto argument = view.getAs<IntegerAttr>("argument"))
        viewed.insert(argument.getInt());
  }
  for (auto [number, argument] : llvm::enumerate(function.getArguments())) {
    auto nameAttr = function.getArgAttrOfType<StringAttr>(number, "tc.name");
    std::string name = nameAttr ? nameAttr.str() : "arg" + std::to_string(number);
    if (argument.getType().isIndex()) {
      auto size = function.getArgAttrOfType<Attribute>(number, "tc.symbol");
      if (auto symbol = dyn_cast_if_present<StringAttr>(size))
        result.program.addIntInput(name, SizeExpr::symbol(symbolNumber(symbol)));
      else if (auto expr = dyn_cast_if_present<SizeAttr>(size))
        result.program.addIntInput(name, convert(expr));
      else
        return function.emitError("argument ") << number << " is an index without the attribute tc.symbol";
      continue;
    }
    FailureOr<runtime::DType> dtype = getDType(getElementTypeOrSelf(argument.getType()));
    if (failed(dtype) || !isa<RankedTensorType>(argument.getType()))
      return function.emitError("argument ")
             << number << " (" << name << ") has an unsupported type " << argument.getType();
    if (cast<RankedTensorType>(argument.getType()).getRank() > runtime::maxRank)
      return function.emitError("argument ")
             << number << " (" << name << ") has " << cast<RankedTensorType>(argument.getType()).getRank()
             << " dimensions, expected at most " << runtime::maxRank;
    if (auto kind = function.getArgAttrOfType<StringAttr>(number, "tc.kind"); kind && kind == "scalar") {
      values[argument] = result.program.addScalarInput(name, *dtype);
      if (device.kind == runtime::DeviceKind::CUDA) {
        auto bytes = SizeExpr(runtime::getByteSize(*dtype));
        ValueId copy = result.program.addArena(bytes, name, device);
        result.program.body.push_back(runtime::Copy{copy, values[argument], bytes});
        values[argument] = copy;
      }
      continue;
    }
    // A buffer that the program owns and mutates: its first value is a constant.
    if (auto initial = function.getArgAttrOfType<ElementsAttr>(number, "tc.value")) {
      FailureOr<runtime::Constant> bytes = getConstant(function, initial, owner);
      if (failed(bytes))
        return failure();
      ValueId constant = result.program.addConstant(std::move(*bytes), device);
      FailureOr<SizeExpr> size = byteSize(function, argument.getType());
      if (failed(size))
        return failure();
      values[argument] = result.program.addOnce(*size, name, device);
      result.program.values[values[argument]].isState = true;
      result.program.init.push_back(runtime::Instruction(runtime::Copy{values[argument], constant, *size}));
      continue;
    }
    std::vector<SizeExpr> sizes = convert(getSizes(argument.getType())), strides;
    if (auto permutation = function.getArgAttrOfType<DenseI64ArrayAttr>(number, "tc.permutation"))
      unpermute(permutation, sizes, strides);
    auto given = function.getArgAttrOfType<ArrayAttr>(number, "tc.strides");
    if (given && viewed.contains(number) && device.kind == runtime::DeviceKind::CPU) {
      if (failed(addStridedInput(argument, name, convert(toSizes(given)))))
        return failure();
      continue;
    }
    values[argument] = result.program.addTensorInput(name, *dtype, sizes, strides, device);
    result.program.inputs.back().isMutated = mutated.contains(number);
    // What GPU kernels rely on to load several elements at once.
    if (device.kind == runtime::DeviceKind::CUDA)
      result.program.inputs.back().alignment = 16;
  }
  return success();
}

} // namespace tc
