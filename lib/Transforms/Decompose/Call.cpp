// Reading the arguments of a captured call.

#include "Call.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace tc::decompose {

Attribute Call::arg(size_t i) {
  if (i < op.getArgs().size() && !isa<NoneAttr>(op.getArgs()[i]))
    return op.getArgs()[i];
  return {};
}

bool Call::isNone(size_t i) { return !arg(i); }
bool Call::isList(size_t i) { return isa_and_nonnull<ArrayAttr>(arg(i)); }

// The size that an index value stands for: attribute of the function's argument or of the op that defines it.
static SizeAttr sizeOf(Value index) {
  Attribute attribute;
  if (Operation *op = index.getDefiningOp()) {
    attribute = op->getAttr("tc.symbol");
  } else {
    auto argument = llvm::cast<BlockArgument>(index);
    if (auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
      attribute = function.getArgAttr(argument.getArgNumber(), "tc.symbol");
  }
  if (auto symbol = dyn_cast_if_present<StringAttr>(attribute))
    return SizeAttr::symbol(index.getContext(), symbol);
  return dyn_cast_if_present<SizeAttr>(attribute);
}

Expr Call::fromAttribute(Attribute attribute) {
  if (auto operand = dyn_cast_or_null<OperandAttr>(attribute)) {
    Value value = op.getOperands()[operand.getIndex()];
    if (auto tensor = dyn_cast<RankedTensorType>(value.getType())) {
      if (!isa<FloatType, IntegerType>(tensor.getElementType()) && !takesComplex)
        reject("an element type that is neither float nor integer");
      return Expr(*this, value);
    }
    if (value.getType().isIndex())
      if (SizeAttr size = sizeOf(value))
        return size;
    reject("a scalar that is only known at run time");
    return {};
  }
  if (auto boolean = dyn_cast_or_null<BoolAttr>(attribute))
    return boolean.getValue();
  if (auto integer = dyn_cast_or_null<IntegerAttr>(attribute))
    return integer.getInt();
  if (auto real = dyn_cast_or_null<FloatAttr>(attribute))
    return real.getValueAsDouble();
  if (auto size = dyn_cast_or_null<SizeAttr>(attribute))
    return size;
  if (attribute)
    fail("expected a tensor or a number, found an argument of another kind");
  return {};
}

Expr Call::expr(size_t i) { return fromAttribute(arg(i)); }

SmallVector<Expr> Call::exprs(size_t i) {
  auto list = dyn_cast_or_null<ArrayAttr>(arg(i));
  if (!list) {
    fail("argument " + Twine(i) + ": expected a list");
    return {};
  }
  return llvm::map_to_vector(
      list, [&](Attribute element) { return isa<NoneAttr>(element) ? Expr() : fromAttribute(element); });
}

int64_t Call::integer(size_t i, std::optional<int64_t> otherwise) {
  if (!arg(i) && otherwise)
    return *otherwise;
  Expr value = expr(i);
  if (auto number = value.getNumber())
    return static_cast<int64_t>(*number);
  if (value)
    reject("argument " + Twine(i) + " is only known at run time");
  else
    fail("argument " + Twine(i) + ": expected an integer");
  return otherwise.value_or(1);
}

double Call::number(size_t i, std::optional<double> otherwise) {
  if (!arg(i) && otherwise)
    return *otherwise;
  Expr value = expr(i);
  if (auto number = value.getNumber())
    return *number;
  if (value)
    reject("argument " + Twine(i) + " is only known at run time");
  else
    fail("argument " + Twine(i) + ": expected a number");
  return otherwise.value_or(1);
}

bool Call::flag(size_t i, std::optional<bool> otherwise) {
  return number(i, otherwise ? std::optional<double>(*otherwise) : std::nullopt) != 0;
}

StringRef Call::string(size_t i, StringRef otherwise) {
  auto text = dyn_cast_or_null<StringAttr>(arg(i));
  return text ? text.getValue() : otherwise;
}

Type Call::type(size_t i, Type otherwise) {
  auto type = dyn_cast_or_null<TypeAttr>(arg(i));
  return type ? type.getValue() : otherwise;
}

// Sizes are integers, symbolic sizes, or index values that stand for a symbol.
static SizeAttr toSize(ExprBuilder &b, Expr value) {
  if (auto number = value.getNumber())
    return b.size(static_cast<int64_t>(*number));
  if (value.isNumber())
    return value.getSymbolicSize();
  b.reject("a size that is only known at run time");
  return b.size(1);
}

SizeAttr Call::sizeArg(size_t i) { return toSize(*this, expr(i)); }

Sizes Call::sizes(size_t i) {
  auto list = dyn_cast_or_null<ArrayAttr>(arg(i));
  if (!list)
    return arg(i) ? Sizes{sizeArg(i)} : Sizes();
  return llvm::map_to_vector(list, [&](Attribute element) { return toSize(*this, fromAttribute(element)); });
}

Ints Call::integers(size_t i, size_t count, std::optional<int64_t> otherwise) {
  Ints result;
  for (SizeAttr size : sizes(i)) {
    if (!size.getConstant())
      reject("argument " + Twine(i) + " has a symbolic entry");
    result.push_back(size.getConstant().value_or(1));
  }
  if (result.empty() && otherwise)
    result.push_back(*otherwise);
  if (count && result.size() == 1)
    result.resize(count, result.front());
  if (count && result.size() != count) {
    fail("argument " + Twine(i) + ": expected " + Twine(count) + " entries, found " + Twine(result.size()));
    result.resize(count, 1);
  }
  return result;
}

SmallVector<bool> Call::flags(size_t i) {
  return llvm::map_to_vector(exprs(i), [](const Expr &flag) { return flag.getNumber().value_or(0) != 0; });
}

int64_t Call::dim(size_t i, int64_t rank, std::optional<int64_t> otherwise) {
  return wrapDim(*this, integer(i, otherwise), rank);
}

Ints Call::dims(size_t i, int64_t rank) {
  Ints result = integers(i);
  if (result.empty())
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  for (int64_t &dim : result)
    dim = wrapDim(*this, dim, rank);
  return result;
}

RankedTensorType Call::resultType(size_t i) {
  if (i < op.getNumResults())
    if (auto type = dyn_cast<RankedTensorType>(op.getResult(i).getType()))
      return type;
  reject("a result that is no tensor");
  return RankedTensorType::get({}, f32());
}

Type Call::element(size_t i) { return resultType(i).getElementType(); }
Sizes Call::resultSizes(size_t i) { return getSizes(resultType(i)); }

const Decomposition *Decompositions::lookupExact(StringRef packet, StringRef overload) const {
  std::string name = packet.str();
  auto it = table.find(overload.empty() ? name : name + "." + overload.str());
  if (it == table.end())
    it = table.find(name + ".*");
  return it == table.end() ? nullptr : &it->second;
}

static const llvm::StringSet<> &sharedPrims() {
  static const llvm::StringSet<> names = {
      "abs",         "acos",       "acosh",     "asin",    "asinh",       "atan",       "atan2",       "atanh",
      "bitwise_and", "ceil",       "cos",       "cosh",    "bitwise_not", "bitwise_or", "bitwise_xor", "erf",
      "erfc",        "exp",        "exp2",      "expm1",   "floor",       "fmod",       "hypot",       "log",
      "log10",       "log1p",      "log2",      "neg",     "round",       "rsqrt",      "maximum",     "minimum",
      "nextafter",   "reciprocal", "sign",      "signbit", "sin",         "sinh",       "sqrt",        "tan",
      "tanh",        "trunc",      "remainder", "pow",     "lgamma",      "digamma",    "clone"};
  return names;
}

const Decomposition *Decompositions::lookup(StringRef name) const {
  name.consume_front("aten::");
  auto [packet, overload] = name.rsplit('.');
  if (overload == "default")
    overload = "";
  if (const Decomposition *found = lookupExact(packet, overload))
    return found;
  // Most prims have the name and the arguments of an ATen op.
  if (packet.consume_front("prims::"))
    return sharedPrims().contains(packet) ? lookupExact(packet, overload) : nullptr;
  return packet.consume_back("_copy") ? lookupExact(packet, overload) : nullptr;
}

} // namespace tc::decompose
