// Builds the host program: values in order of appearance, one launch a kernel phase, outputs last. Kernels that depend
// on constants alone go to the init section, which runs once.

#include "Constants.h"
#include "ProgramBuilder.h"
#include "mlir/IR/BuiltinTypes.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tc {

FailureOr<runtime::DType> getDType(Type type) {
  using runtime::DType;
  if (auto complex = dyn_cast<ComplexType>(type)) {
    if (complex.getElementType().isF32())
      return DType::C64;
    if (complex.getElementType().isF64())
      return DType::C128;
    return failure();
  }
  if (type.isInteger(1))
    return DType::Bool;
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 8:
      return isUnsigned ? DType::U8 : DType::I8;
    case 16:
      return isUnsigned ? DType::U16 : DType::I16;
    case 32:
      return isUnsigned ? DType::U32 : DType::I32;
    case 64:
      return isUnsigned ? DType::U64 : DType::I64;
    default:
      return failure();
    }
  }
  return llvm::TypeSwitch<Type, FailureOr<DType>>(type)
      .Case<Float16Type>([](Type) { return DType::F16; })
      .Case<BFloat16Type>([](Type) { return DType::BF16; })
      .Case<Float32Type>([](Type) { return DType::F32; })
      .Case<Float64Type>([](Type) { return DType::F64; })
      .Case<Float8E4M3FNType>([](Type) { return DType::F8E4M3FN; })
      .Case<Float8E5M2Type>([](Type) { return DType::F8E5M2; })
      .Default([](Type) { return failure(); });
}

using runtime::SizeExpr;
using runtime::ValueId;

static SizeExpr toSizeExpr(AffineExpr expr, function_ref<uint32_t(unsigned)> number) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return SizeExpr(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return SizeExpr::symbol(number(symbol.getPosition()));
  auto binary = cast<AffineBinaryOpExpr>(expr);
  SizeExpr lhs = toSizeExpr(binary.getLHS(), number), rhs = toSizeExpr(binary.getRHS(), number);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::FloorDiv:
    return runtime::floorDiv(lhs, rhs);
  case AffineExprKind::CeilDiv:
    return runtime::ceilDiv(lhs, rhs);
  default:
    return runtime::mod(lhs, rhs);
  }
}

SizeExpr toSizeExpr(SizeAttr size, function_ref<uint32_t(StringAttr)> number) {
  return toSizeExpr(size.getExpr(), [&](unsigned position) { return number(size.getSymbols()[position]); });
}

uint32_t ProgramBuilder::symbolNumber(StringAttr name) {
  auto [it, inserted] = symbols.try_emplace(name.getValue(), result.program.symbols.size());
  if (!inserted)
    return it->second;
  int64_t min = 0, max = std::numeric_limits<int64_t>::max();
  if (auto ranges = function->getAttrOfType<DictionaryAttr>("tc.ranges"))
    if (auto range = ranges.getAs<ArrayAttr>(name); range && range.size() == 2) {
      min = cast<IntegerAttr>(range[0]).getInt();
      max = cast<IntegerAttr>(range[1]).getInt();
    }
  return result.program.addSymbol(name.str(), min, max);
}

std::vector<SizeExpr> ProgramBuilder::convert(ArrayRef<SizeAttr> sizes) {
  std::vector<SizeExpr> converted;
  for (SizeAttr size : sizes)
    converted.push_back(convert(size));
  return converted;
}

FailureOr<SizeExpr> ProgramBuilder::byteSize(Operation *op, Type type) {
  FailureOr<runtime::DType> dtype = getDType(getElementTypeOrSelf(type));
  if (failed(dtype) || !isa<RankedTensorType>(type))
    return op->emitError("tensors of type ") << type << " do not exist at run time";
  return runtime::getByteSize(*dtype, convert(getSizes(type)));
}

void ProgramBuilder::addKernels() {
  if (device.kind == runtime::DeviceKind::CUDA) {
    for (auto [kernel, info] : llvm::zip_equal(result.kernels, result.launchInfos)) {
      result.firstEntry.push_back(result.program.cudaKernels.size());
      uint32_t module = result.program.cudaModules.size();
      result.program.cudaModules.push_back({kernel.getName().str(), info.image});
      for (const KernelLaunchInfo::Phase &phase : info.phases)
        result.program.cudaKernels.push_back({phase.function, module});
    }
    return;
  }
  for (auto [kernel, info] : llvm::zip_equal(result.kernels, result.launchInfos)) {
    result.firstEntry.push_back(result.program.kernels.size());
    for (size_t phase = 0; phase < info.phases.size(); ++phase) {
      std::string name = kernel.getName().str();
      if (phase)
        name += "_phase" + std::to_string(phase);
      result.program.addKernel(std::move(name));
    }
  }
}

runtime::TensorDesc ProgramBuilder::describe(Value value) {
  return {values.lookup(value),
          *getDType(getElementTypeOrSelf(value.getType())),
          convert(getSizes(value.getType())),
          {},
          0};
}

LogicalResult ProgramBuilder::addOp(Operation &op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case<ConstantOp>([&](ConstantOp constant) -> LogicalResult {
        FailureOr<runtime::Constant> bytes = getConstant(constant, constant.getValue(), owner);
        if (failed(bytes))
          return failure();
        values[constant.getResult()] = result.program.addConstant(std::move(*bytes), device);
        isOnce[constant.getResult()] = true;
        return success();
      })
      .Case<ReshapeOp, ReinterpretOp>([&](auto view) {
        values[view.getResult()] = values.lookup(view.getInput());
        isOnce[view.getResult()] = isOnce.lookup(view.getInput());
        return success();
      })
      .Case<fusion::KernelOp>([&](fusion::KernelOp kernel) { return addKernel(kernel); })
      .Case<ExternOp>([&](ExternOp call) { return addExtern(call); })
      .Case<ItemOp>([&](ItemOp item) { return addItem(item); })
      .Case<cf::AssertOp>([&](cf::AssertOp assertion) { return addAssert(assertion); })
      .Case<scf::IfOp>([&](scf::IfOp branch) { return addIf(branch); })
      .Case<scf::WhileOp>([&](scf::WhileOp loop) { return addWhile(loop); })
      .Case<arith::SelectOp>([&](arith::SelectOp select) {
        return isa<RankedTensorType>(select.getType()) ? addSelect(select) : addScalar(select);
      })
      .Case<func::ReturnOp>([&](func::ReturnOp) { return addOutputs(); })
      .Default([&](Operation *other) { return addScalar(other); });
}

// What `argument` of a loop's body carries, and all that is in its memory, is read by no op after the kernel.
static bool isLastRead(Value argument, fusion::KernelOp kernel) {
  return llvm::all_of(argument.getUsers(), [&](Operation *user) {
    if (isa<ReshapeOp, ReinterpretOp>(user))
      return isLastRead(user->getResult(0), kernel);
    Operation *ancestor = kernel->getBlock()->findAncestorOpInBlock(*user);
    return ancestor && !ancestor->hasTrait<OpTrait::IsTerminator>() &&
           (ancestor == kernel || ancestor->isBeforeInBlock(kernel));
  });
}

// Whether the result, which is what the loop carries next, may lie on what it carries now.
bool ProgramBuilder::canOverwrite(fusion::KernelOp kernel, const KernelLaunchInfo &info, unsigned index,
                                  BlockArgument argument) {
  ValueId memory = values.lookup(argument);
  auto isMemory = [&](Value value) { return values.lookup(value) == memory; };
  return llvm::any_of(info.inPlace,
                      [&](auto pair) { return pair.first == index && isMemory(kernel.getInputs()[pair.second]); }) &&
         llvm::count_if(kernel.getInputs(), isMemory) == 1 &&
         llvm::all_of(argument.getOwner()->getArguments(),
                      [&](Value other) { return !isMemory(other) || isLastRead(other, kernel); });
}

LogicalResult ProgramBuilder::addKernel(fusion::KernelOp kernel) {
  uint32_t number = kernelOf[nextKernel++];
  const KernelLaunchInfo &info = result.launchInfos[number];
  DictionaryAttr sizes = kernel.getSizesAttr();
  auto convertOwn = [&](SizeAttr size) { return convert(bindSymbols(size, sizes)); };
  bool once =
      llvm::all_of(kernel.getInputs(), [&](Value input) { return isOnce.lookup(input); }) &&
      llvm::all_of(info.symbols, [&](StringAttr symbol) { return sizes && sizes.contains(symbol); }) &&
      llvm::all_of(kernel.getResultTypes(), [](Type type) { return cast<RankedTensorType>(type).hasStaticShape(); });

  std::vector<runtime::BufferArg> buffers;
  SmallVector<ValueId> inputs;
  for (Value input : kernel.getInputs()) {
    inputs.push_back(values.lookup(input));
    buffers.push_back({inputs.back(), runtime::Access::Read});
  }
  SmallVector<ValueId> results;
  for (auto [i, value] : llvm::enumerate(kernel.getResults())) {
    FailureOr<SizeExpr> bytes = byteSize(kernel, value.getType());
    if (failed(bytes))
      return failure();
    ValueId id;
    auto output = outputOf.find(value);
    auto place = placeOf.find(value);
    auto carried = carriedAs.find(value);
    if (place != placeOf.end() && !once) {
      id = place->second;
    } else if (carried != carriedAs.end() && !once && canOverwrite(kernel, info, i, carried->second)) {
      id = values.lookup(carried->second);
    } else if (once) {
      id = result.program.addOnce(*bytes, kernel.getName().str(), device);
      outputOf.erase(value);
    } else if (output != outputOf.end()) {
      unsigned index = output->second;
      Value returned = function.getBody().front().getTerminator()->getOperand(index);
      std::vector<SizeExpr> sizes = convert(getSizes(returned.getType())), strides;
      if (auto permutation = function.getResultAttrOfType<DenseI64ArrayAttr>(index, "tc.permutation"))
        unpermute(permutation, sizes, strides);
      auto dtype = *getDType(getElementTypeOrSelf(returned.getType()));
      runtime::Output &out = result.program.outputs[programOutput[index]];
      out = {runtime::Output::Kind::Tensor,
             "output" + std::to_string(programOutput[index]),
             0,
             dtype,
             device,
             sizes,
             strides,
             0};
      runtime::Value memory;
      memory.kind = runtime::Value::Kind::Output;
      memory.index = programOutput[index];
      memory.bytes = *bytes;
      memory.device = device;
      id = result.program.values.size();
      result.program.values.push_back(std::move(memory));
    } else {
      id = result.program.addArena(*bytes, kernel.getName().str(), device);
    }
    values[value] = id;
    isOnce[value] = once;
    results.push_back(id);
    buffers.push_back({id, runtime::Access::Write});
  }
  if (info.workspaceBytes)
    buffers.push_back(
        {result.program.addArena(convertOwn(info.workspaceBytes), kernel.getName().str() + "_workspace", device),
         runtime::Access::ReadWrite});

  std::vector<SizeExpr> symbolValues;
  for (StringAttr symbol : info.symbols)
    symbolValues.push_back(convertOwn(SizeAttr::symbol(symbol.getContext(), symbol)));
  std::vector<runtime::InPlace> inPlace;
  for (auto [written, read] : once ? ArrayRef<std::pair<unsigned, unsigned>>() : ArrayRef(info.inPlace)) {
    ValueId operand = buffers[read].value;
    // Passed twice, the other use may read elements that are written already.
    if (results[written] != operand && llvm::count(inputs, operand) == 1)
      inPlace.push_back({results[written], operand});
  }
  for (auto [index, phase] : llvm::enumerate(info.phases)) {
    uint32_t entry = result.firstEntry[number] + index;
    if (index == 1)
      for (auto [written, read] : once ? ArrayRef<std::pair<unsigned, unsigned>>() : ArrayRef(info.inPlace))
        buffers[read].value = results[written];
    runtime::Instruction instruction = [&]() -> runtime::Instruction {
      if (device.kind == runtime::DeviceKind::CUDA) {
        runtime::CudaLaunch launch{entry, buffers, symbolValues};
        for (int d = 0; d < 3; ++d) {
          launch.grid[d] = phase.grid[d] ? convertOwn(phase.grid[d]) : SizeExpr(1);
          launch.block[d] = phase.block[d];
        }
        launch.sharedBytes = phase.sharedBytes ? convertOwn(phase.sharedBytes) : SizeExpr(0);
        return runtime::Instruction(std::move(launch));
      }
      runtime::Launch launch{entry,
                             buffers,
                             symbolValues,
                             convertOwn(phase.extent),
                             SizeExpr(phase.grain),
                             phase.scratchBytes ? convertOwn(phase.scratchBytes) : SizeExpr(0)};
      return runtime::Instruction(std::move(launch));
    }();
    instruction.name = kernel.getName().str();
    // Only the first phase reads what the result may lie on.
    if (index == 0)
      instruction.inPlace = inPlace;
    (once ? result.program.init : *instructions).push_back(std::move(instruction));
  }
  return success();
}

/// The sizes in an argument that the run computes, in the order of the call. Equal ones count each: a walk would not.
static void collectSizes(Attribute argument, SmallVectorImpl<SizeAttr> &sizes) {
  if (auto array = dyn_cast<ArrayAttr>(argument)) {
    for (Attribute element : array)
      collectSizes(element, sizes);
  } else if (auto size = dyn_cast<SizeAttr>(argument); size && !size.getConstant()) {
    sizes.push_back(size);
  }
}

LogicalResult ProgramBuilder::addExtern(ExternOp op) {
  runtime::Extern call;
  call.callback = result.externs.size();
  result.externs.push_back({op.getName().str(), op.getArgs(), op.getNumOperands(), op.getLoc()});
  for (Value operand : op.getOperands()) {
    if (!isa<RankedTensorType>(operand.getType()))
      return op.emitOpError("passes a scalar of type ") << operand.getType() << ", which is not supported";
    call.args.push_back(describe(operand));
  }
  SmallVector<SizeAttr> sizes;
  collectSizes(op.getArgs(), sizes);
  for (SizeAttr size : sizes)
    call.args.push_back(convert(size));
  for (Value value : op.getResults()) {
    runtime::Extern::Result out;
    if (value.getType().isIndex()) {
      auto symbol = op->getAttrOfType<StringAttr>("tc.symbol");
      if (!symbol)
        return op.emitOpError("has an index result without the attribute tc.symbol");
      out.kind = runtime::Extern::Result::Kind::Symbol;
      out.symbol = symbolNumber(symbol);
    } else {
      FailureOr<SizeExpr> bytes = byteSize(op, value.getType());
      if (failed(bytes))
        return failure();
      values[value] = result.program.addExternal(*bytes, op.getName().str(), device);
      out.tensor = describe(value);
    }
    call.results.push_back(std::move(out));
  }
  runtime::Instruction instruction(std::move(call));
  instruction.name = op.getName().str();
  instructions->push_back(std::move(instruction));
  return success();
}

// Every symbol that sizes name is given by an argument or defined by an op.
LogicalResult ProgramBuilder::checkSymbols() {
  llvm::StringSet<> given;
  auto add = [&](SizeAttr size) {
    for (StringAttr symbol : size.getSymbols())
      given.insert(symbol.getValue());
  };
  for (auto [number, type] : llvm::enumerate(function.getArgumentTypes())) {
    if (isa<RankedTensorType>(type))
      llvm::for_each(getSizes(type), add);
    Attribute symbol = function.getArgAttr(number, "tc.symbol");
    if (auto name = dyn_cast_if_present<StringAttr>(symbol))
      given.insert(name.getValue());
    else if (auto size = dyn_cast_if_present<SizeAttr>(symbol))
      add(size);
  }
  function.walk([&](Operation *op) {
    if (auto symbol = op->getAttrOfType<StringAttr>("tc.symbol"))
      given.insert(symbol.getValue());
    // A call that finds out the sizes of its results binds them.
    if (isa<ExternOp>(op))
      for (Type type : op->getResultTypes())
        if (isa<RankedTensorType>(type))
          for (SizeAttr size : getSizes(type))
            if (isa<AffineSymbolExpr>(size.getExpr()))
              add(size);
  });
  for (const runtime::Symbol &symbol : result.program.symbols)
    // Those of conditions are named here, not by sizes.
    if (symbols.contains(symbol.name) && !given.contains(symbol.name))
      return function.emitError("size '") << symbol.name << "' is used, and no argument or op gives its value";
  return success();
}

FailureOr<HostProgram> ProgramBuilder::build() {
  result.program.name = function.getName().str();
  addSymbols();
  addKernels();
  if (failed(addInputs()) || failed(planOutputs()))
    return failure();
  for (Operation &op : function.getBody().front())
    if (failed(addOp(op)))
      return failure();
  if (failed(checkSymbols()))
    return failure();
  if (runtime::Error error = result.program.verify())
    return function.emitError("internal error in the host program: ") << error.message();
  return std::move(result);
}

FailureOr<HostProgram> buildHostProgram(func::FuncOp function, ArrayRef<fusion::KernelOp> kernels,
                                        ArrayRef<uint32_t> kernelOf, ArrayRef<KernelLaunchInfo> infos,
                                        runtime::Device device, std::shared_ptr<const void> owner) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("expected a function of one block");
  return ProgramBuilder(function, kernels, kernelOf, infos, device, std::move(owner)).build();
}

} // namespace tc
