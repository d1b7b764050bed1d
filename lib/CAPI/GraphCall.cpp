// Checks and conversions of what functions that add to a graph are given.

#include "GraphCall.h"

#include "tc/Import/Locations.h"

#include <cstring>

using namespace mlir;
using tc::CallArgument;
using tc::SizeAttr;

static constexpr size_t maxListDepth = 16;

/// An element type by its name in the C API; null if there is none.
static Type getElementType(MLIRContext *context, llvm::StringRef name) {
  Builder b(context);
  if (name == "bool")
    return b.getI1Type();
  if (name == "f16")
    return b.getF16Type();
  if (name == "bf16")
    return b.getBF16Type();
  if (name == "f32")
    return b.getF32Type();
  if (name == "f64")
    return b.getF64Type();
  if (name == "c64")
    return ComplexType::get(b.getF32Type());
  if (name == "c128")
    return ComplexType::get(b.getF64Type());
  if (name == "f8e4m3fn")
    return Float8E4M3FNType::get(context);
  if (name == "f8e5m2")
    return Float8E5M2Type::get(context);
  unsigned width;
  if (name.size() > 1 && !name.drop_front().getAsInteger(10, width) &&
      (width == 8 || width == 16 || width == 32 || width == 64)) {
    if (name[0] == 'i')
      return b.getIntegerType(width);
    if (name[0] == 'u')
      return b.getIntegerType(width, /*isSigned=*/false);
  }
  return {};
}

TcValue TcGraph::add(Value value) {
  if (!value)
    return -1;
  values.push_back(value);
  return values.size() - 1;
}

Location TcGraph::locate(TcLocation location) {
  return tc::getCaptureLocation(builder.getContext(), location.stackTrace ? location.stackTrace : "",
                                location.modulePath ? location.modulePath : "");
}

GraphCall::GraphCall(TcGraph *graph, const char *function)
    : Call(graph ? graph->context.get() : nullptr, function, "graph"), graph(graph) {
  if (graph) {
    loc = graph->unknown();
    errorLoc = NameLoc::get(StringAttr::get(graph->builder.getContext(), function));
  }
}

bool GraphCall::isOpen() const {
  if (!*this)
    return false;
  return graph->state == TcGraph::State::Open ||
         fail(graph->state == TcGraph::State::Ended ? "the graph's outputs are set already"
                                                    : "the graph is finished already");
}

void GraphCall::setLoc(TcLocation location) {
  if (Location located = graph->locate(location); !isa<UnknownLoc>(located))
    setLoc(located);
}

LogicalResult GraphCall::parseSizes(size_t count, const char *const *texts, llvm::StringRef argument,
                                    SmallVectorImpl<SizeAttr> &sizes) const {
  if (!isArray(texts, count, argument, maxRank))
    return failure();
  for (size_t i = 0; i < count; ++i) {
    if (!isPresent(texts[i], argument))
      return failure();
    FailureOr<SizeAttr> size = graph->builder.parseSize(texts[i], *errorLoc);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
  }
  return success();
}

FailureOr<Type> GraphCall::getElement(const char *dtype) const {
  if (!isPresent(dtype, "dtype"))
    return failure();
  if (Type element = getElementType(graph->builder.getContext(), dtype))
    return element;
  return error("unknown element type \"") << dtype << "\"";
}

FailureOr<tc::RefType> GraphCall::getType(const TcTensorType &type) const {
  FailureOr<Type> element = getElement(type.dtype);
  SmallVector<SizeAttr> sizes;
  if (failed(element) || failed(parseSizes(type.rank, type.sizes, "sizes", sizes)))
    return failure();
  return graph->builder.getRefType(sizes, *element, *errorLoc);
}

LogicalResult GraphCall::getTypes(size_t count, const TcTensorType *types, SmallVectorImpl<Type> &result) const {
  if (!isArray(types, count, "resultTypes"))
    return failure();
  for (size_t i = 0; i < count; ++i) {
    FailureOr<tc::RefType> ref = getType(types[i]);
    if (failed(ref))
      return failure();
    result.push_back(*ref);
  }
  return success();
}

FailureOr<Value> GraphCall::getValue(TcValue value) const {
  if (value < 0 || static_cast<size_t>(value) >= graph->values.size())
    return error("argument refers to value ") << value << " of " << graph->values.size();
  return graph->values[value];
}

FailureOr<CallArgument> GraphCall::convert(const TcArgument &argument, size_t depth) const {
  Builder b(graph->builder.getContext());
  // What comes from C may be no member of the enum.
  int kind;
  static_assert(sizeof kind == sizeof argument.kind);
  std::memcpy(&kind, &argument.kind, sizeof kind);
  switch (kind) {
  case TC_ARGUMENT_NONE:
    return CallArgument();
  case TC_ARGUMENT_VALUE: {
    FailureOr<Value> value = getValue(argument.value);
    if (failed(value))
      return failure();
    return CallArgument(*value);
  }
  case TC_ARGUMENT_INT:
    return CallArgument(b.getI64IntegerAttr(argument.integer));
  case TC_ARGUMENT_FLOAT:
    return CallArgument(b.getF64FloatAttr(argument.real));
  case TC_ARGUMENT_BOOL:
    return CallArgument(b.getBoolAttr(argument.integer != 0));
  case TC_ARGUMENT_STRING:
    if (!isPresent(argument.text, "text"))
      return failure();
    return CallArgument(b.getStringAttr(argument.text));
  case TC_ARGUMENT_DTYPE: {
    FailureOr<Type> type = getElement(argument.text);
    if (failed(type))
      return failure();
    return CallArgument(TypeAttr::get(*type));
  }
  case TC_ARGUMENT_SIZE: {
    SmallVector<SizeAttr> size;
    if (failed(parseSizes(1, &argument.text, "text", size)))
      return failure();
    if (std::optional<int64_t> constant = size[0].getConstant())
      return CallArgument(b.getI64IntegerAttr(*constant));
    return CallArgument(size[0]);
  }
  case TC_ARGUMENT_LIST: {
    if (depth == maxListDepth)
      return error("expected lists nested at most ") << maxListDepth << " deep";
    FailureOr<std::vector<CallArgument>> elements = convert(argument.count, argument.elements, "elements", depth + 1);
    if (failed(elements))
      return failure();
    return CallArgument::list(std::move(*elements));
  }
  }
  return error("argument of an unknown kind ") << kind;
}

FailureOr<std::vector<CallArgument>> GraphCall::convert(size_t count, const TcArgument *arguments, llvm::StringRef name,
                                                        size_t depth) const {
  if (!isArray(arguments, count, name))
    return failure();
  std::vector<CallArgument> result;
  for (size_t i = 0; i < count; ++i) {
    FailureOr<CallArgument> argument = convert(arguments[i], depth);
    if (failed(argument))
      return failure();
    result.push_back(std::move(*argument));
  }
  return result;
}

int GraphCall::addAll(FailureOr<SmallVector<Value>> added, TcValue *numbers) const {
  if (failed(added))
    return 1;
  for (Value value : *added)
    *numbers++ = graph->add(value);
  return 0;
}
