// Construction of the as-captured function.
#include "tc/Import/GraphBuilder.h"
#include "CallArguments.h"

#include "tc/Dialect/TC/IR/Sizes.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;

/// Checks of metadata. Sizes, dtypes and devices are fixed by the capture, and the bounds of symbols are on the
/// function.
bool GraphBuilder::isAssertion(StringRef op) {
  static constexpr StringLiteral names[] = {
      "_assert_scalar",      "_functional_assert_scalar",    "_assert_tensor_metadata",
      "sym_constrain_range", "sym_constrain_range_for_size", "_functional_sym_constrain_range"};
  return llvm::is_contained(names, aten::canonicalName(op));
}

GraphBuilder::GraphBuilder(MLIRContext *context, Location location, StringRef name, const aten::Overlay *operators)
    : builder(context), operators(operators ? *operators : builtinOperators) {
  context->loadDialect<TCDialect, func::FuncDialect, scf::SCFDialect>();
  module = ModuleOp::create(location);
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, location, name, builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
}

void GraphBuilder::declareSymbol(StringRef name, SizeRange range) { symbols[name.str()] = range; }

SizeRange GraphBuilder::rangeOf(StringRef symbol) const {
  auto it = symbols.find(symbol);
  // No size is negative.
  return it == symbols.end() ? SizeRange{0, std::nullopt} : it->second;
}

FailureOr<SizeAttr> GraphBuilder::parseSize(StringRef text, Location location) {
  auto size = parseSymExpr(getContext(), text, [&](StringRef symbol) { return rangeOf(symbol); });
  if (!size) {
    emitError(location) << llvm::toString(size.takeError());
    return failure();
  }
  return *size;
}

FailureOr<RefType> GraphBuilder::getRefType(ArrayRef<SizeAttr> sizes, Type elementType, Location location) {
  if (RefType type = RefType::getChecked([&]() { return emitError(location); }, getContext(), sizes, elementType))
    return type;
  return failure();
}

Value GraphBuilder::addInput(StringRef name, Type type, Location location) {
  unsigned index = function.getNumArguments();
  (void)function.insertArgument(index, type, {}, location);
  function.setArgAttr(index, "tc.name", builder.getStringAttr(name));
  return function.getArgument(index);
}

bool GraphBuilder::isContiguous(RefType type, ArrayRef<SizeAttr> strides, bool unitsMatter) const {
  if (strides.empty())
    return true;
  SizeAttr expected = SizeAttr::constant(type.getContext(), 1);
  for (auto [size, stride] : llvm::reverse(llvm::zip_equal(type.getSizes(), strides))) {
    if (size.getConstant() == 0)
      return true;
    if (stride != expected && (unitsMatter || size.getConstant() != 1))
      return false;
    expected = expected * size;
  }
  return true;
}

FailureOr<Value> GraphBuilder::addTensorInput(StringRef name, InputKind kind, RefType type, ArrayRef<SizeAttr> strides,
                                              Location location, ElementsAttr initialValue) {
  if (!strides.empty() && strides.size() != type.getSizes().size()) {
    emitError(location) << "input '" << name << "': expected " << type.getSizes().size() << " strides, found "
                        << strides.size();
    return failure();
  }
  Value input = addInput(name, type, location);
  unsigned index = function.getNumArguments() - 1;
  StringRef kindName = kind == InputKind::Input ? "input" : kind == InputKind::Parameter ? "parameter" : "buffer";
  function.setArgAttr(index, "tc.kind", builder.getStringAttr(kindName));
  if (!isContiguous(type, strides))
    function.setArgAttr(index, "tc.strides", toArrayAttr(getContext(), strides));
  if (initialValue)
    function.setArgAttr(index, "tc.value", initialValue);
  return input;
}

Value GraphBuilder::addSymbolInput(StringRef name, SizeAttr size, Location location) {
  Value input = addInput(name, builder.getIndexType(), location);
  bool isBare = isa<AffineSymbolExpr>(size.getExpr());
  function.setArgAttr(function.getNumArguments() - 1, "tc.symbol",
                      isBare ? Attribute(size.getSymbols().front()) : Attribute(size));
  return input;
}

Value GraphBuilder::addScalarInput(StringRef name, Type type, Location location) {
  Value input = addInput(name, RefType::get(getContext(), {}, type), location);
  function.setArgAttr(function.getNumArguments() - 1, "tc.kind", builder.getStringAttr("scalar"));
  return input;
}

FailureOr<ElementsAttr> GraphBuilder::getResource(StringRef name, RankedTensorType type, AsmResourceBlob data,
                                                  Location location) {
  Type elementType = type.getElementType();
  auto complex = dyn_cast<ComplexType>(elementType);
  unsigned bits = complex ? 2 * complex.getElementType().getIntOrFloatBitWidth() : elementType.getIntOrFloatBitWidth();
  size_t expected = type.getNumElements() * llvm::divideCeil(bits, 8);
  if (data.getData().size() != expected) {
    emitError(location) << "tensor '" << name << "': expected " << expected << " bytes, found "
                        << data.getData().size();
    return failure();
  }
  return cast<ElementsAttr>(DenseResourceElementsAttr::get(type, name, std::move(data)));
}

Value GraphBuilder::addConstant(ElementsAttr value, Location location) {
  auto type = cast<RankedTensorType>(value.getType());
  Value constant = ConstantOp::create(builder, location, value);
  return ToRefOp::create(builder, location, RefType::get(getContext(), getSizes(type), type.getElementType()), constant)
      .getResult();
}

FailureOr<SmallVector<Value>> GraphBuilder::call(StringRef name, ArrayRef<CallArgument> positional,
                                                 ArrayRef<std::pair<StringRef, CallArgument>> named,
                                                 ArrayRef<Type> resultTypes, Location location, StringRef symbol) {
  const aten::Op *op = operators.lookup(name);
  if (!op) {
    emitError(location) << "unknown operator '" << aten::canonicalName(name)
                        << "': custom operators have to be registered with their schema";
    return failure();
  }
  if (isAssertion(op->name))
    return SmallVector<Value>();
  if (!op->ownedText.empty())
    customSchemas.insert(op->schema);
  CallArguments arguments(builder, *op, location);
  if (failed(arguments.match(positional, named)))
    return failure();
  bool hasLists = llvm::any_of(op->returns, [](const aten::Return &result) { return result.type.isList(); });
  if (!hasLists && resultTypes.size() != op->returns.size()) {
    emitError(location) << "'" << op->name << "' has " << op->returns.size() << " results, found "
                        << resultTypes.size();
    return failure();
  }
  SmallVector<Type> types(resultTypes);
  for (Type &type : types)
    if (!type)
      type = builder.getNoneType();
  auto call = AtenOp::create(builder, location, types, op->name, arguments.operands,
                             builder.getArrayAttr(arguments.attributes));
  if (!symbol.empty())
    call->setAttr("tc.symbol", builder.getStringAttr(symbol));
  return SmallVector<Value>(call.getResults());
}

LogicalResult GraphBuilder::setOutputs(ArrayRef<Output> outputs, Location location) {
  if (!openRegions.empty())
    return emitError(location) << "the graph ends within a control-flow region";
  SmallVector<Value> results;
  SmallVector<Attribute> all;
  SmallVector<ArrayRef<SizeAttr>> strides;
  for (auto [i, output] : llvm::enumerate(outputs)) {
    const CallArgument &argument = output.value;
    if (argument.isList())
      return emitError(location) << "output " << i << ": expected a value, a literal or None, found a list";
    if (Value value = argument.getValue()) {
      auto type = dyn_cast<RefType>(value.getType());
      if (!output.strides.empty() && (!type || type.getSizes().size() != output.strides.size()))
        return emitError(location) << "output " << i << ": found " << output.strides.size()
                                   << " strides for a value of type " << value.getType();
      all.push_back(OperandAttr::get(getContext(), results.size()));
      results.push_back(value);
      strides.push_back(output.strides);
    } else {
      all.push_back(argument.isNone() ? NoneAttr::get(getContext()) : argument.getLiteral());
    }
  }
  func::ReturnOp::create(builder, location, results);
  function.setFunctionType(
      builder.getFunctionType(function.getFunctionType().getInputs(), ValueRange(results).getTypes()));
  for (auto [i, result] : llvm::enumerate(results))
    if (auto type = dyn_cast<RefType>(result.getType()); type && !isContiguous(type, strides[i], /*unitsMatter=*/true))
      function.setResultAttr(i, "tc.strides", toArrayAttr(getContext(), strides[i]));
  if (results.size() != outputs.size())
    function->setAttr("tc.outputs", builder.getArrayAttr(all));
  return success();
}

FailureOr<OwningOpRef<ModuleOp>> GraphBuilder::finish() {
  if (!module)
    return emitError(builder.getUnknownLoc()) << "the graph is finished already";
  if (!symbols.empty()) {
    SmallVector<NamedAttribute> ranges;
    for (const auto &[name, range] : symbols) {
      Attribute min = builder.getI64IntegerAttr(range.min.value_or(std::numeric_limits<int64_t>::min()));
      Attribute max = builder.getI64IntegerAttr(range.max.value_or(std::numeric_limits<int64_t>::max()));
      ranges.emplace_back(name, builder.getArrayAttr({min, max}));
    }
    function->setAttr("tc.ranges", builder.getDictionaryAttr(ranges));
  }
  if (!customSchemas.empty())
    (*module)->setAttr("tc.schemas", builder.getStrArrayAttr(customSchemas.getArrayRef()));
  if (failed(verify(*module)))
    return failure();
  return std::move(module);
}
