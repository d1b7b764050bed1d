// What the attributes of a graph's function, of its arguments and of its results may be; docs/seams.md says what they
// mean. Verified here once, so that the passes may rely on it.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace tc;

namespace {

/// One attribute of an argument or a result.
struct Boundary {
  Operation *op;
  StringRef what; ///< "argument" or "result"
  unsigned number;
  Type type;
  NamedAttribute attribute;

  InFlightDiagnostic error() const {
    return op->emitError() << "'" << attribute.getName().getValue() << "' of " << what << " " << number << ": ";
  }
  LogicalResult expect(bool condition, const Twine &expected) const {
    return condition ? success()
                     : LogicalResult(error() << "expected " << expected << ", found " << attribute.getValue());
  }
  /// The rank of the tensor or reference; nothing for other types.
  std::optional<int64_t> rank() const {
    if (!isa<RefType, RankedTensorType>(type))
      return std::nullopt;
    return getSizes(type).size();
  }
};

} // namespace

static Type getElementType(Type type) {
  auto ref = dyn_cast<RefType>(type);
  return ref ? ref.getElementType() : getElementTypeOrSelf(type);
}

static LogicalResult verifyStrides(const Boundary &b) {
  auto strides = dyn_cast<ArrayAttr>(b.attribute.getValue());
  if (!b.rank())
    return b.error() << "expected a tensor, found " << b.type;
  if (!strides || static_cast<int64_t>(strides.size()) != *b.rank())
    return b.expect(false, "an array of " + Twine(*b.rank()) + " strides");
  for (Attribute stride : strides) {
    auto size = dyn_cast<SizeAttr>(stride);
    if (!size || size.getConstant().value_or(0) < 0)
      return b.expect(false, "strides that are #tc.size and not negative");
  }
  return success();
}

static LogicalResult verifyPermutation(const Boundary &b) {
  auto permutation = dyn_cast<DenseI64ArrayAttr>(b.attribute.getValue());
  if (!b.rank() || !permutation || permutation.size() != *b.rank())
    return b.expect(false, "a permutation of the dimensions of " + Twine(b.rank() ? "the tensor" : "a tensor"));
  SmallVector<bool> seen(*b.rank());
  for (int64_t dim : permutation.asArrayRef()) {
    if (dim < 0 || dim >= *b.rank() || seen[dim])
      return b.expect(false, "a permutation");
    seen[dim] = true;
  }
  return success();
}

static LogicalResult verifyArgumentNumber(const Boundary &b) {
  auto function = dyn_cast<FunctionOpInterface>(b.op);
  auto number = dyn_cast<IntegerAttr>(b.attribute.getValue());
  if (!function || !number || !number.getType().isInteger(64) || number.getInt() < 0 ||
      number.getInt() >= function.getNumArguments())
    return b.expect(false, "the number of an argument");
  Type argument = function.getArgumentTypes()[number.getInt()];
  if (!b.rank() || !isa<RefType, RankedTensorType>(argument) || argument != b.type)
    return b.error() << "argument " << number.getInt() << " of type " << argument << " and the result of type "
                     << b.type << " cannot be one tensor";
  return success();
}

/// A view of an argument, or of a result that is no view, has its element type.
static LogicalResult verifyView(const Boundary &b) {
  auto function = dyn_cast<FunctionOpInterface>(b.op);
  auto view = dyn_cast<DictionaryAttr>(b.attribute.getValue());
  if (!function || !view)
    return b.expect(false, "a dictionary");
  auto argument = view.getAs<IntegerAttr>("argument"), result = view.getAs<IntegerAttr>("result");
  auto isBelow = [](IntegerAttr number, unsigned count) {
    return number && number.getType().isInteger(64) && number.getInt() >= 0 && number.getInt() < count;
  };
  if (!argument == !result || (argument && !isBelow(argument, function.getNumArguments())) ||
      (result && (!isBelow(result, function.getNumResults()) || result.getInt() == b.number ||
                  function.getResultAttr(result.getInt(), "tc.view"))))
    return b.expect(false, "the number of an argument, or of a result that is no view");
  if (argument && function.getArgAttr(argument.getInt(), "tc.value"))
    return b.error() << "argument " << argument.getInt() << " is memory of the program, of which there is no view";
  Type of = argument ? function.getArgumentTypes()[argument.getInt()] : function.getResultTypes()[result.getInt()];
  if (!b.rank() || !isa<RefType, RankedTensorType>(of) || getElementType(of) != getElementType(b.type))
    return b.error() << "a result of type " << b.type << " cannot be a view of " << of;
  auto sizes = view.getAs<ArrayAttr>("sizes"), strides = view.getAs<ArrayAttr>("strides");
  auto isSize = [](Attribute attribute) { return isa<SizeAttr>(attribute); };
  if (!view.getAs<SizeAttr>("offset") || !sizes || !strides || sizes.size() != strides.size() ||
      !llvm::all_of(sizes, isSize) || !llvm::all_of(strides, isSize))
    return b.expect(false, "an offset, and as many sizes as strides, all of them #tc.size");
  return success();
}

LogicalResult TCDialect::verifyRegionArgAttribute(Operation *op, unsigned region, unsigned argument,
                                                  NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  Type type = function                        ? function.getArgumentTypes()[argument]
              : op->getRegion(region).empty() ? Type()
                                              : op->getRegion(region).getArgument(argument).getType();
  Boundary b{op, "argument", argument, type, attribute};
  StringRef name = attribute.getName();
  if (name == "tc.name")
    return b.expect(isa<StringAttr>(attribute.getValue()), "a string");
  if (name == "tc.kind") {
    auto kind = dyn_cast<StringAttr>(attribute.getValue());
    if (kind && kind == "scalar")
      return b.expect(b.rank() == 0, "a tensor without dimensions");
    return b.expect(kind && (kind == "parameter" || kind == "buffer" || kind == "input"),
                    "\"parameter\", \"buffer\", \"input\" or \"scalar\"");
  }
  if (name == "tc.strides")
    return verifyStrides(b);
  if (name == "tc.permutation")
    return verifyPermutation(b);
  if (name == "tc.symbol") {
    if (!type.isIndex())
      return b.error() << "expected an argument of type index, found " << type;
    return b.expect(isa<StringAttr, SizeAttr>(attribute.getValue()), "a symbol or a size");
  }
  if (name == "tc.value") {
    auto value = dyn_cast<ElementsAttr>(attribute.getValue());
    if (!b.rank() || !value)
      return b.expect(false, "the elements of a tensor");
    auto found = dyn_cast<RankedTensorType>(value.getType());
    if (!found || ArrayRef<SizeAttr>(getSizes(found)) != ArrayRef<SizeAttr>(getSizes(type)) ||
        found.getElementType() != getElementType(type))
      return b.error() << "expected elements of " << type << ", found " << value.getType();
  }
  return success();
}

LogicalResult TCDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned result,
                                                     NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  Boundary b{op, "result", result, function.getResultTypes()[result], attribute};
  StringRef name = attribute.getName();
  if (name == "tc.strides")
    return verifyStrides(b);
  if (name == "tc.permutation")
    return verifyPermutation(b);
  if (name == "tc.mutates")
    return verifyArgumentNumber(b);
  if (name == "tc.view")
    return verifyView(b);
  return success();
}

static LogicalResult verifyRanges(Operation *op, Attribute value) {
  auto ranges = dyn_cast<DictionaryAttr>(value);
  if (!ranges)
    return op->emitError("'tc.ranges': expected a dictionary, found ") << value;
  for (NamedAttribute entry : ranges) {
    auto bounds = dyn_cast<ArrayAttr>(entry.getValue());
    auto bound = [&](unsigned i) {
      auto integer = bounds && bounds.size() == 2 ? dyn_cast<IntegerAttr>(bounds[i]) : IntegerAttr();
      return integer && integer.getType().isInteger(64) ? integer : IntegerAttr();
    };
    if (!bound(0) || !bound(1) || bound(0).getInt() > bound(1).getInt())
      return op->emitError("'tc.ranges': expected [least, most] for ")
             << entry.getName().getValue() << ", found " << entry.getValue();
  }
  return success();
}

static LogicalResult verifyOutputs(Operation *op, Attribute value) {
  auto outputs = dyn_cast<ArrayAttr>(value);
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!outputs || !function)
    return op->emitError("'tc.outputs': expected an array on a function, found ") << value;
  for (Attribute output : outputs) {
    if (auto operand = dyn_cast<OperandAttr>(output); operand && operand.getIndex() >= function.getNumResults())
      return op->emitError("'tc.outputs' names result ") << operand.getIndex() << " of " << function.getNumResults();
    if (!isa<OperandAttr, SizeAttr, NoneAttr, IntegerAttr, FloatAttr, StringAttr>(output))
      return op->emitError("'tc.outputs': expected results, sizes and literals, found ") << output;
  }
  return success();
}

LogicalResult TCDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == "tc.ranges")
    return verifyRanges(op, attribute.getValue());
  if (name == "tc.outputs")
    return verifyOutputs(op, attribute.getValue());
  if ((name == "tc.symbol" || name == "tc.target") && !isa<StringAttr>(attribute.getValue()))
    return op->emitError("'") << name << "': expected a string, found " << attribute.getValue();
  return success();
}
