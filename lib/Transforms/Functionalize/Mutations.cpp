// Captured calls that write: their functional variant, then writes to the arguments.

#include "Functionalizer.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

Value Functionalizer::castAndBroadcast(Location loc, Value value, RankedTensorType type) {
  auto from = cast<RankedTensorType>(value.getType());
  if (from.getElementType() != type.getElementType())
    value = CastOp::create(builder, loc, withElementType(from, type.getElementType()), value);
  return value.getType() == type ? value : BroadcastOp::create(builder, loc, type, value).getResult();
}

// A literal scalar as a 0-d tensor; null if it cannot be one.
static Value scalarTensor(OpBuilder &builder, Location loc, Attribute literal, Type elementType) {
  auto type = RankedTensorType::get({}, elementType);
  if (auto size = dyn_cast_if_present<SizeAttr>(literal); size && !size.getConstant()) {
    auto i64 = RankedTensorType::get({}, builder.getI64Type());
    Value value = SizeOp::create(builder, loc, i64, size);
    return i64 == type ? value : CastOp::create(builder, loc, type, value).getResult();
  }
  std::optional<double> real;
  std::optional<int64_t> integer;
  if (auto boolean = dyn_cast_if_present<BoolAttr>(literal))
    integer = boolean.getValue();
  else if (auto floating = dyn_cast_if_present<FloatAttr>(literal))
    real = floating.getValueAsDouble();
  else if (SizeAttr size = asSize(literal))
    integer = size.getConstant();
  else
    return {};
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    // An i64 is rounded once, to the element type.
    APFloat value(floatType.getFloatSemantics());
    bool lossy;
    if (integer)
      value.convertFromAPInt(APInt(64, *integer, true), true, APFloat::rmNearestTiesToEven);
    else
      value = APFloat(*real), value.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
    return ConstantOp::create(builder, loc, DenseElementsAttr::get(type, value));
  }
  auto intType = dyn_cast<IntegerType>(elementType);
  if (!intType)
    return {};
  APInt value(intType.getWidth(), 0);
  if (intType.getWidth() == 1)
    value = APInt(1, integer ? *integer != 0 : *real != 0.0);
  else if (integer)
    value = APInt(64, *integer, true).sextOrTrunc(intType.getWidth());
  else
    return {};
  return ConstantOp::create(builder, loc, DenseElementsAttr::get(type, value));
}

Value Functionalizer::directResult(Call &call, RankedTensorType type) {
  StringRef name = call.schema.name;
  Location loc = call.getLoc();
  if (name == "copy_" || name == "fill_.Tensor") {
    SmallVector<unsigned> source = call.operandsOf(1);
    if (source.size() != 1 || !isa<RefType, RankedTensorType>(call.op.getOperand(source.front()).getType()))
      return {};
    return castAndBroadcast(loc, read(loc, call.op.getOperand(source.front())), type);
  }
  if (name == "fill_.Scalar" || name == "zero_") {
    Attribute literal = name == "zero_" ? builder.getI64IntegerAttr(0) : call.argument("value");
    Value scalar = scalarTensor(builder, loc, literal, type.getElementType());
    return scalar ? castAndBroadcast(loc, scalar, type) : Value();
  }
  return {};
}

// 0: bool, 1: integers, 2: floats, 3: complex.
static int category(Type type) {
  return isa<ComplexType>(type) ? 3 : isa<FloatType>(type) ? 2 : type.isInteger(1) ? 0 : 1;
}

// The wider of two types of a category, as c10::promoteTypes.
static Type promote(Type a, Type b) {
  if (a == b || !a.isIntOrFloat() || !b.isIntOrFloat())
    return a;
  unsigned widthA = a.getIntOrFloatBitWidth(), widthB = b.getIntOrFloatBitWidth();
  if (isa<FloatType>(a) && widthA == widthB)
    return Float32Type::get(a.getContext());
  if (widthA == widthB)
    return IntegerType::get(a.getContext(), widthA == 8 ? 16 : widthA);
  return widthA > widthB ? a : b;
}

static bool isComparison(StringRef name) {
  static constexpr StringLiteral names[] = {"eq",         "ne",          "lt",          "le",         "gt",
                                            "ge",         "greater",     "less",        "not_equal",  "greater_equal",
                                            "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor"};
  return llvm::is_contained(names, name.split('.').first);
}

// The element type that the functional variant has, before it is cast to the destination's: that of the destination,
// except where a pointwise op computes in a wider type of the same category, or compares.
static Type computedElement(const aten::Op &functional, Type destination, ArrayRef<Value> operands) {
  if (isComparison(functional.name))
    return IntegerType::get(destination.getContext(), 1);
  if (!functional.has(aten::Tag::pointwise))
    return destination;
  bool haveDims = false;
  for (Value operand : operands)
    if (auto type = dyn_cast<RankedTensorType>(operand.getType()))
      haveDims |= type.getRank() > 0 && category(type.getElementType()) == category(destination);
  Type result;
  for (Value operand : operands) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || category(type.getElementType()) != category(destination) || (haveDims && type.getRank() == 0))
      continue;
    result = result ? promote(result, type.getElementType()) : type.getElementType();
  }
  return result ? result : destination;
}

LogicalResult Functionalizer::writeResult(Call &call, unsigned operand, Value value) {
  Value ref = call.op.getOperand(operand);
  return write(call.getLoc(), ref, castAndBroadcast(call.getLoc(), value, tensorOf(ref).type));
}

// The op without mutation: the registry's link, or the one named so (`__iadd__` → `__add__`, `dropout_` → `dropout`).
static const aten::Op *functionalVariant(const aten::Op &op, const aten::Overlay &operators) {
  if (!op.functional.empty() && op.functional != op.name)
    return operators.lookup(op.functional);
  if (op.name.starts_with("__i"))
    return operators.lookup(("__" + op.name.drop_front(3)).str());
  // The registry links forms whose arguments have the same names, which those of dropout and dropout_ do not.
  auto [base, overload] = op.name.split('.');
  if (!base.consume_back("_"))
    return nullptr;
  const aten::Op *plain = operators.lookup(overload.empty() ? base.str() : (base + "." + overload).str());
  return plain && plain->arguments.size() == op.arguments.size() ? plain : nullptr;
}

// Results that alias a written argument are that argument, the same tensor.
static std::optional<unsigned> returnedOperand(Call &call, unsigned result) {
  unsigned number = call.schemaResult(result);
  std::optional<unsigned> argument = call.schema.aliasedArgument(number);
  if (!argument)
    return std::nullopt;
  SmallVector<unsigned> operands = call.operandsOf(*argument);
  unsigned position = result - call.resultsOf(number).first;
  return position < operands.size() ? std::optional<unsigned>(operands[position]) : std::nullopt;
}

LogicalResult Functionalizer::convertMutation(Call &call) {
  AtenOp op = call.op;
  StringRef name = call.schema.name;
  auto returnTensor = [&](Value self) {
    for (Value result : op.getResults())
      tensorIds[result] = tensorIds.lookup(self);
    return success();
  };
  SmallVector<unsigned> written;
  for (auto [i, argument] : llvm::enumerate(call.schema.arguments))
    if (argument.isMutated())
      llvm::append_range(written, call.operandsOf(i));
  for (unsigned operand : written)
    if (!tensorIds.contains(op.getOperand(operand)))
      return op.emitError("'") << name << "' writes to an operand of type " << op.getOperand(operand).getType()
                               << ", expected a tc.ref";
  for (unsigned i = 0; i < op.getNumResults(); ++i)
    if (returnedOperand(call, i) && !asTensorType(op.getResult(i).getType()))
      return op.emitError("expected '") << name << "' to give a tensor, found " << op.getResult(i).getType();

  if (call.schema.has(aten::Tag::inplace_view)) {
    if (const ViewEntry *entry = findView(name))
      return convertInPlaceView(call, *entry);
    if (name.starts_with("resize_") && !written.empty() && op.getNumResults() == 1 &&
        asTensorType(op.getResult(0).getType()) == tensorOf(op.getOperand(written.front())).type)
      return returnTensor(op.getOperand(written.front()));
    return op.emitError("'") << name << "' changes a tensor's storage, which is not supported";
  }
  if (name == "set_data" || (name == "requires_grad_" && written.size() != 1))
    return op.emitError("'") << name << "' is not supported on what it is given";
  if (name == "requires_grad_")
    return returnTensor(op.getOperand(written.front()));

  if (written.size() == 1)
    if (Value value = directResult(call, tensorOf(op.getOperand(written.front())).type)) {
      if (failed(write(op.getLoc(), op.getOperand(written.front()), value)))
        return failure();
      return returnTensor(op.getOperand(written.front()));
    }

  const aten::Op *functional = functionalVariant(call.schema, operators);
  if (!functional) {
    if (call.schema.nameSpace() != "aten")
      return convertCustomMutation(call);
    return op.emitError("'") << name << "' has no variant without mutation";
  }
  // Arguments are matched by name, the first by its place; `out` has none in the functional variant.
  NewArguments arguments;
  for (auto [i, argument] : llvm::enumerate(functional->arguments)) {
    std::optional<unsigned> from = call.schema.findArgument(argument.name);
    // `dropout_(self, …)` and `dropout(input, …)`.
    if (!from && i == 0 && call.schema.aliasedArgument(0) == 0u)
      from = 0;
    if (!from && argument.type.isOptional())
      arguments.args.push_back(NoneAttr::get(call.getContext()));
    else if (!from)
      return op.emitError("'") << functional->name << "' needs the argument '" << argument.name << "', which '" << name
                               << "' does not have";
    else
      addArgument(call, op.getArgs()[*from], arguments);
  }
  // The functional variant's results: those that are no argument, then the new values of the arguments.
  SmallVector<Type> types;
  SmallVector<unsigned> plain;
  for (unsigned i = 0; i < op.getNumResults(); ++i)
    if (!returnedOperand(call, i)) {
      plain.push_back(i);
      RankedTensorType type = asTensorType(op.getResult(i).getType());
      types.push_back(type ? Type(type) : op.getResult(i).getType());
    }
  for (auto [i, operand] : llvm::enumerate(written)) {
    RankedTensorType type = tensorOf(op.getOperand(operand)).type;
    // An `out` that is too small is resized: its new sizes are those of the result.
    for (unsigned result = 0; result < op.getNumResults(); ++result)
      if (returnedOperand(call, result) == operand)
        type = asTensorType(op.getResult(result).getType());
    types.push_back(withElementType(type, computedElement(*functional, type.getElementType(), arguments.operands)));
  }
  auto value = AtenOp::create(builder, op.getLoc(), types, builder.getStringAttr(functional->name), arguments.operands,
                              builder.getArrayAttr(arguments.args));
  return finishMutation(call, value);
}

LogicalResult Functionalizer::finishMutation(Call &call, Operation *functional) {
  AtenOp op = call.op;
  unsigned next = 0;
  for (unsigned i = 0; i < op.getNumResults(); ++i) {
    if (returnedOperand(call, i))
      continue;
    Value result = functional->getResult(next++), captured = op.getResult(i);
    if (isa<RefType>(captured.getType()))
      addStorage(captured, result);
    else
      captured.replaceAllUsesWith(result);
  }
  for (auto [i, argument] : llvm::enumerate(call.schema.arguments)) {
    if (!argument.isMutated())
      continue;
    for (unsigned operand : call.operandsOf(i)) {
      Value value = functional->getResult(next++), ref = op.getOperand(operand);
      // A resized `out` leaves its storage.
      if (getSizes(value.getType()) != getSizes(tensorOf(ref).type)) {
        RankedTensorType type =
            withElementType(cast<RankedTensorType>(value.getType()), tensorOf(ref).type.getElementType());
        Value cast = castAndBroadcast(op.getLoc(), value, type);
        unsigned id = tensorIds.lookup(ref);
        addStorage(ref, cast);
        tensors[id] = tensors[tensorIds.lookup(ref)];
        tensorIds[ref] = id;
        cache.erase(id);
      } else if (failed(writeResult(call, operand, value))) {
        return failure();
      }
    }
  }
  for (unsigned i = 0; i < op.getNumResults(); ++i)
    if (std::optional<unsigned> operand = returnedOperand(call, i))
      tensorIds[op.getResult(i)] = tensorIds.lookup(op.getOperand(*operand));
  return success();
}

// A custom op that mutates is called on copies of what it writes, and gives their new values back.
LogicalResult Functionalizer::convertCustomMutation(Call &call) {
  AtenOp op = call.op;
  NewArguments arguments;
  for (Attribute argument : op.getArgs())
    addArgument(call, argument, arguments);
  SmallVector<Type> types;
  for (unsigned i = 0; i < op.getNumResults(); ++i)
    if (!returnedOperand(call, i)) {
      RankedTensorType type = asTensorType(op.getResult(i).getType());
      types.push_back(type ? Type(type) : op.getResult(i).getType());
    }
  for (auto [i, argument] : llvm::enumerate(call.schema.arguments))
    if (argument.isMutated())
      for (unsigned operand : call.operandsOf(i))
        types.push_back(tensorOf(op.getOperand(operand)).type);
  auto value = ExternOp::create(builder, op.getLoc(), types, op.getNameAttr(), arguments.operands,
                                builder.getArrayAttr(arguments.args));
  return finishMutation(call, value);
}
