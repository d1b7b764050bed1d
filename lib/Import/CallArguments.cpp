// Matching of call arguments with an operator's schema.
#include "CallArguments.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace tc;
using aten::TypeKind;

namespace {

std::string describe(Attribute literal) {
  std::string text;
  llvm::raw_string_ostream(text) << literal;
  return text;
}

/// The numbers behind the names that schemas use as defaults of integers: the Reduction
/// enumeration.
std::optional<int64_t> numberOf(StringRef identifier) {
  return llvm::StringSwitch<std::optional<int64_t>>(identifier).Case("Mean", 1).Case("Sum", 2).Default(std::nullopt);
}

} // namespace

LogicalResult CallArguments::match(ArrayRef<CallArgument> positional,
                                   ArrayRef<std::pair<StringRef, CallArgument>> named) {
  if (positional.size() > op.arguments.size())
    return emitError(location) << "'" << op.name << "' has " << op.arguments.size() << " arguments, found "
                               << positional.size();
  for (const auto &[name, argument] : named)
    if (!op.findArgument(name))
      return emitError(location) << "'" << op.name << "' has no argument '" << name << "'";
  for (auto [i, argument] : llvm::enumerate(op.arguments)) {
    current = argument.name;
    const auto *byName = llvm::find_if(named, [&](const auto &pair) { return pair.first == argument.name; });
    if (i < positional.size() && byName != named.end())
      return emitError(location) << "argument '" << current << "' of '" << op.name << "' is given twice";
    if (i >= positional.size() && byName == named.end()) {
      if (!argument.defaultValue && !argument.type.isOptional())
        return emitError(location) << "argument '" << current << "' of '" << op.name << "' is missing";
      attributes.push_back(convertDefault(argument.defaultValue.value_or(aten::None()), argument.type));
      continue;
    }
    FailureOr<Attribute> attribute = convert(i < positional.size() ? positional[i] : byName->second, argument.type);
    if (failed(attribute))
      return failure();
    attributes.push_back(*attribute);
  }
  return success();
}

FailureOr<Attribute> CallArguments::refuse(const aten::Type &expected, const Twine &found) {
  std::string type;
  llvm::raw_string_ostream os(type);
  expected.print(os);
  emitError(location) << "argument '" << current << "' of '" << op.name << "': expected " << type << ", found "
                      << found;
  return failure();
}

FailureOr<Attribute> CallArguments::convert(const CallArgument &argument, const aten::Type &type) {
  if (argument.isNone()) {
    if (type.isOptional())
      return Attribute(NoneAttr::get(builder.getContext()));
    return refuse(type, "None");
  }
  if (type.isList())
    return convertList(argument, type);
  if (argument.isList())
    return refuse(type, "a list");
  if (Value value = argument.getValue())
    return convertValue(value, type);
  return convertLiteral(argument.getLiteral(), type);
}

FailureOr<Attribute> CallArguments::convertList(const CallArgument &argument, const aten::Type &type) {
  SmallVector<Attribute> elements;
  aten::Type elementType = type.element();
  if (!argument.isList()) {
    // `int[2] stride` takes a single integer for both.
    unsigned count = type.withoutOptional().listSize;
    if (!count)
      return refuse(type, argument.getValue() ? "a value" : describe(argument.getLiteral()));
    for (unsigned i = 0; i < count; ++i) {
      FailureOr<Attribute> element = convert(argument, elementType);
      if (failed(element))
        return failure();
      elements.push_back(*element);
    }
    return Attribute(builder.getArrayAttr(elements));
  }
  for (const CallArgument &item : argument.getElements()) {
    FailureOr<Attribute> element = convert(item, elementType);
    if (failed(element))
      return failure();
    elements.push_back(*element);
  }
  return Attribute(builder.getArrayAttr(elements));
}

static bool isScalarTensor(Type type) {
  if (auto ref = dyn_cast<RefType>(type))
    return ref.getSizes().empty();
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 0;
}

FailureOr<Attribute> CallArguments::convertValue(Value value, const aten::Type &type) {
  bool fits = false;
  switch (type.kind) {
  case TypeKind::Tensor:
    fits = true; // a scalar value stands for a 0-d tensor, as a Python number does
    break;
  case TypeKind::Int:
  case TypeKind::SymInt:
    fits = value.getType().isIntOrIndex();
    break;
  case TypeKind::Float:
  case TypeKind::Bool:
  case TypeKind::Scalar:
    // Numbers only known at run time are tensors without dimensions.
    fits = value.getType().isIntOrIndexOrFloat() || isScalarTensor(value.getType());
    break;
  default:
    break;
  }
  if (!fits)
    return refuse(type, isa<RankedTensorType, RefType>(value.getType()) ? "a tensor" : "a scalar value");
  operands.push_back(value);
  return Attribute(OperandAttr::get(builder.getContext(), operands.size() - 1));
}

FailureOr<Attribute> CallArguments::convertLiteral(Attribute literal, const aten::Type &type) {
  auto boolean = dyn_cast<BoolAttr>(literal);
  auto integer = boolean ? IntegerAttr() : dyn_cast<IntegerAttr>(literal);
  bool isNumber = isa<FloatAttr, IntegerAttr, SizeAttr>(literal);
  // A size that turns out to be constant is an integer.
  if (auto size = dyn_cast<SizeAttr>(literal))
    if (std::optional<int64_t> constant = size.getConstant())
      return convertLiteral(builder.getI64IntegerAttr(*constant), type);
  switch (type.kind) {
  case TypeKind::Tensor: // a Python number where a tensor is expected keeps its weaker type in
                         // promotion
  case TypeKind::Scalar:
    if (isNumber)
      return literal;
    break;
  case TypeKind::Int:
  case TypeKind::SymInt:
    if (integer || isa<SizeAttr>(literal))
      return literal;
    if (boolean)
      return Attribute(builder.getI64IntegerAttr(boolean.getValue()));
    break;
  case TypeKind::Float:
    if (isa<FloatAttr, SizeAttr>(literal))
      return literal;
    if (integer)
      return Attribute(builder.getF64FloatAttr(integer.getInt()));
    break;
  case TypeKind::Bool:
    if (boolean)
      return literal;
    if (integer)
      return Attribute(builder.getBoolAttr(integer.getInt() != 0));
    break;
  case TypeKind::ScalarType:
    if (isa<TypeAttr>(literal))
      return literal;
    break;
  case TypeKind::String:
  case TypeKind::Layout:
  case TypeKind::MemoryFormat:
  case TypeKind::Device:
    if (isa<StringAttr>(literal))
      return literal;
    break;
  case TypeKind::Generator:
    break;
  case TypeKind::Other:
    return literal;
  }
  return refuse(type, describe(literal));
}

Attribute CallArguments::convertDefault(const aten::DefaultValue &value, const aten::Type &type) {
  if (std::holds_alternative<aten::None>(value))
    return NoneAttr::get(builder.getContext());
  if (auto *list = std::get_if<aten::IntList>(&value)) {
    bool isBool = type.kind == TypeKind::Bool, isFloat = type.kind == TypeKind::Float;
    return builder.getArrayAttr(llvm::map_to_vector(*list, [&](int64_t item) -> Attribute {
      if (isBool)
        return builder.getBoolAttr(item);
      if (isFloat)
        return builder.getF64FloatAttr(item);
      return builder.getI64IntegerAttr(item);
    }));
  }
  Attribute literal;
  if (auto *boolean = std::get_if<bool>(&value))
    literal = builder.getBoolAttr(*boolean);
  else if (auto *integer = std::get_if<int64_t>(&value))
    literal = type.kind == TypeKind::Float ? Attribute(builder.getF64FloatAttr(*integer))
                                           : builder.getI64IntegerAttr(*integer);
  else if (auto *real = std::get_if<double>(&value))
    literal = builder.getF64FloatAttr(*real);
  else if (auto *text = std::get_if<std::string>(&value))
    literal = builder.getStringAttr(*text);
  else {
    StringRef identifier = std::get<aten::Identifier>(value).name;
    if (std::optional<int64_t> number = numberOf(identifier); number && type.kind == TypeKind::Int)
      literal = builder.getI64IntegerAttr(*number);
    else if (type.kind == TypeKind::ScalarType && identifier == "long")
      literal = TypeAttr::get(builder.getI64Type());
    else
      literal = builder.getStringAttr(identifier);
  }
  // The default of `int[2] stride=1` stands for both.
  if (type.isList())
    return builder.getArrayAttr(SmallVector<Attribute>(std::max(1u, type.withoutOptional().listSize), literal));
  return literal;
}
