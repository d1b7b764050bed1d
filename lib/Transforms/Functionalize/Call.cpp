// Arguments of captured calls by name.

#include "Call.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

SizeAttr functionalize::asSize(Attribute attribute) {
  if (auto size = dyn_cast_if_present<SizeAttr>(attribute))
    return size;
  if (auto integer = dyn_cast_if_present<IntegerAttr>(attribute))
    return SizeAttr::constant(attribute.getContext(), integer.getValue().getSExtValue());
  return {};
}

RankedTensorType functionalize::asTensorType(Type type) {
  if (auto ref = dyn_cast<RefType>(type))
    return getTensorType(ref.getSizes(), ref.getElementType());
  return dyn_cast<RankedTensorType>(type);
}

Attribute Call::argument(StringRef name) {
  std::optional<unsigned> index = schema.findArgument(name);
  if (!index)
    return {};
  Attribute value = op.getArgs()[*index];
  return isa<NoneAttr>(value) ? Attribute() : value;
}

static std::optional<int64_t> asInteger(Attribute attribute) {
  if (auto boolean = dyn_cast_if_present<BoolAttr>(attribute))
    return boolean.getValue();
  SizeAttr size = asSize(attribute);
  return size ? size.getConstant() : std::nullopt;
}

std::optional<int64_t> Call::integer(StringRef name) { return asInteger(argument(name)); }

std::optional<SmallVector<int64_t>> Call::integers(StringRef name) {
  Attribute value = argument(name);
  auto list = dyn_cast_if_present<ArrayAttr>(value);
  SmallVector<int64_t> result;
  for (Attribute element : list ? list.getValue() : ArrayRef<Attribute>(value)) {
    std::optional<int64_t> integer = asInteger(element);
    if (!integer)
      return std::nullopt;
    result.push_back(*integer);
  }
  return result;
}

SizeAttr Call::size(StringRef name) { return asSize(argument(name)); }

SmallVector<unsigned> Call::operandsOf(unsigned argument) {
  Attribute value = op.getArgs()[argument];
  SmallVector<unsigned> result;
  auto list = dyn_cast<ArrayAttr>(value);
  for (Attribute element : list ? list.getValue() : ArrayRef<Attribute>(value))
    if (auto operand = dyn_cast<OperandAttr>(element))
      result.push_back(operand.getIndex());
  return result;
}

// At most one result is a list; it takes the results that the others leave.
std::pair<unsigned, unsigned> Call::resultsOf(unsigned number) {
  unsigned next = 0;
  for (auto [i, result] : llvm::enumerate(schema.returns)) {
    unsigned count = result.type.isList() ? op.getNumResults() - (schema.returns.size() - 1) : 1;
    if (i == number)
      return {next, count};
    next += count;
  }
  return {next, 0};
}

unsigned Call::schemaResult(unsigned result) {
  for (unsigned i = 0; i < schema.returns.size(); ++i) {
    auto [first, count] = resultsOf(i);
    if (result >= first && result < first + count)
      return i;
  }
  return 0;
}
