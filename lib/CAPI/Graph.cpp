// Building a captured graph: a C face of tc::GraphBuilder.

#include "tc-c/Graph.h"

#include "Objects.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Import/GraphBuilder.h"
#include "tc/Import/Locations.h"
#include "tc/Runtime/DType.h"

#include <cstring>

using namespace mlir;
using tc::CallArgument;
using tc::SizeAttr;

struct TcGraph {
  TcContext *context;
  tc::GraphBuilder builder;
  std::vector<Value> values;

  TcValue add(Value value) {
    if (!value)
      return -1;
    values.push_back(value);
    return values.size() - 1;
  }
  Location unknown() { return UnknownLoc::get(builder.getContext()); }
  LogicalResult parseSizes(size_t count, const char *const *texts, SmallVectorImpl<SizeAttr> &sizes, Location loc) {
    for (size_t i = 0; i < count; ++i) {
      FailureOr<SizeAttr> size = builder.parseSize(texts[i], loc);
      if (failed(size))
        return failure();
      sizes.push_back(*size);
    }
    return success();
  }
  FailureOr<tc::RefType> getType(const TcTensorType &type, Location loc) {
    Type element = getElementType(builder.getContext(), type.dtype);
    if (!element)
      return emitError(loc, "unknown element type \"") << type.dtype << "\"";
    SmallVector<SizeAttr> sizes;
    if (failed(parseSizes(type.rank, type.sizes, sizes, loc)))
      return failure();
    return builder.getRefType(sizes, element, loc);
  }
  FailureOr<CallArgument> convert(const TcArgument &argument, Location loc);
  FailureOr<std::vector<CallArgument>> convert(size_t count, const TcArgument *arguments, Location loc) {
    std::vector<CallArgument> result;
    for (size_t i = 0; i < count; ++i) {
      FailureOr<CallArgument> argument = convert(arguments[i], loc);
      if (failed(argument))
        return failure();
      result.push_back(std::move(*argument));
    }
    return result;
  }
  FailureOr<Value> get(TcValue value, Location loc) {
    if (value < 0 || static_cast<size_t>(value) >= values.size())
      return emitError(loc, "expected one of ") << values.size() << " values, found " << value;
    return values[value];
  }
  /// Writes the values' numbers; nonzero after an error.
  int addAll(FailureOr<SmallVector<Value>> added, TcValue *numbers) {
    if (failed(added))
      return 1;
    for (Value value : *added)
      *numbers++ = add(value);
    return 0;
  }
  Location locate(TcLocation location) {
    return tc::getCaptureLocation(builder.getContext(), location.stackTrace ? location.stackTrace : "",
                                  location.modulePath ? location.modulePath : "");
  }
};

Type getElementType(MLIRContext *context, llvm::StringRef name) {
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

FailureOr<CallArgument> TcGraph::convert(const TcArgument &argument, Location loc) {
  Builder b(builder.getContext());
  switch (argument.kind) {
  case TC_ARGUMENT_NONE:
    return CallArgument();
  case TC_ARGUMENT_VALUE:
    if (argument.value < 0 || static_cast<size_t>(argument.value) >= values.size())
      return emitError(loc, "argument refers to value ") << argument.value << " of " << values.size();
    return CallArgument(values[argument.value]);
  case TC_ARGUMENT_INT:
    return CallArgument(b.getI64IntegerAttr(argument.integer));
  case TC_ARGUMENT_FLOAT:
    return CallArgument(b.getF64FloatAttr(argument.real));
  case TC_ARGUMENT_BOOL:
    return CallArgument(b.getBoolAttr(argument.integer != 0));
  case TC_ARGUMENT_STRING:
    return CallArgument(b.getStringAttr(argument.text));
  case TC_ARGUMENT_DTYPE: {
    Type type = getElementType(builder.getContext(), argument.text);
    if (!type)
      return emitError(loc, "unknown element type \"") << argument.text << "\"";
    return CallArgument(TypeAttr::get(type));
  }
  case TC_ARGUMENT_SIZE: {
    FailureOr<SizeAttr> size = builder.parseSize(argument.text, loc);
    if (failed(size))
      return failure();
    if (std::optional<int64_t> constant = size->getConstant())
      return CallArgument(b.getI64IntegerAttr(*constant));
    return CallArgument(*size);
  }
  case TC_ARGUMENT_LIST: {
    std::vector<CallArgument> elements;
    for (size_t i = 0; i < argument.count; ++i) {
      FailureOr<CallArgument> element = convert(argument.elements[i], loc);
      if (failed(element))
        return failure();
      elements.push_back(std::move(*element));
    }
    return CallArgument::list(std::move(elements));
  }
  }
  return emitError(loc, "argument of an unknown kind ") << argument.kind;
}

extern "C" {

TcGraph *tcGraphCreate(TcContext *context, const char *name) {
  MLIRContext *mlir = context->context.get();
  return new TcGraph{context, tc::GraphBuilder(mlir, UnknownLoc::get(mlir), name, &context->operators), {}};
}

void tcGraphDestroy(TcGraph *graph) { delete graph; }

void tcGraphDeclareSymbol(TcGraph *graph, const char *name, int64_t min, int64_t max) {
  graph->builder.declareSymbol(name, tc::SizeRange{min, max});
}

TcValue tcGraphAddTensorInput(TcGraph *graph, const char *name, const TcTensorType *type, const char *const *strides) {
  Location loc = NameLoc::get(StringAttr::get(graph->builder.getContext(), name));
  FailureOr<tc::RefType> ref = graph->getType(*type, loc);
  if (failed(ref))
    return -1;
  SmallVector<SizeAttr> strideSizes;
  if (strides && failed(graph->parseSizes(type->rank, strides, strideSizes, loc)))
    return -1;
  FailureOr<Value> value =
      graph->builder.addTensorInput(name, tc::GraphBuilder::InputKind::Input, *ref, strideSizes, loc);
  return succeeded(value) ? graph->add(*value) : -1;
}

TcValue tcGraphAddSymbolInput(TcGraph *graph, const char *name, const char *expression) {
  Location loc = NameLoc::get(StringAttr::get(graph->builder.getContext(), name));
  FailureOr<SizeAttr> size = graph->builder.parseSize(expression, loc);
  return succeeded(size) ? graph->add(graph->builder.addSymbolInput(name, *size, loc)) : -1;
}

TcValue tcGraphAddScalarInput(TcGraph *graph, const char *name, const char *dtype) {
  MLIRContext *context = graph->builder.getContext();
  Location loc = NameLoc::get(StringAttr::get(context, name));
  Type type = getElementType(context, dtype);
  if (!type) {
    emitError(loc, "unknown element type \"") << dtype << "\"";
    return -1;
  }
  return graph->add(graph->builder.addScalarInput(name, type, loc));
}

TcValue tcGraphAddConstant(TcGraph *graph, const char *name, const char *dtype, size_t rank, const int64_t *sizes,
                           const void *data) {
  MLIRContext *context = graph->builder.getContext();
  Location loc = NameLoc::get(StringAttr::get(context, name));
  Type element = getElementType(context, dtype);
  std::optional<tc::runtime::DType> parsed = tc::runtime::parseDType(dtype);
  if (!element || !parsed) {
    emitError(loc, "unknown element type \"") << dtype << "\"";
    return -1;
  }
  if (failed(graph->builder.getRefType(tc::toSizes(context, ArrayRef<int64_t>(sizes, rank)), element, loc)))
    return -1;
  auto type = RankedTensorType::get(ArrayRef<int64_t>(sizes, rank), element);
  int64_t bytes = type.getNumElements() * tc::runtime::getByteSize(*parsed);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(bytes, 64);
  std::memcpy(blob.getMutableData().data(), data, bytes);
  FailureOr<ElementsAttr> resource = graph->builder.getResource(name, type, std::move(blob), loc);
  return succeeded(resource) ? graph->add(graph->builder.addConstant(*resource, loc)) : -1;
}

int tcGraphCall(TcGraph *graph, const char *op, size_t numPositional, const TcArgument *positional, size_t numNamed,
                const char *const *names, const TcArgument *named, size_t numResults, const TcTensorType *resultTypes,
                TcLocation location, TcValue *results) {
  MLIRContext *context = graph->builder.getContext();
  Location loc = graph->locate(location);
  std::vector<CallArgument> args;
  std::vector<std::pair<llvm::StringRef, CallArgument>> namedArgs;
  for (size_t i = 0; i < numPositional; ++i) {
    FailureOr<CallArgument> argument = graph->convert(positional[i], loc);
    if (failed(argument))
      return 1;
    args.push_back(std::move(*argument));
  }
  for (size_t i = 0; i < numNamed; ++i) {
    FailureOr<CallArgument> argument = graph->convert(named[i], loc);
    if (failed(argument))
      return 1;
    namedArgs.emplace_back(names[i], std::move(*argument));
  }
  SmallVector<Type> types;
  for (size_t i = 0; i < numResults; ++i) {
    const TcTensorType &type = resultTypes[i];
    if (!type.dtype) {
      types.push_back(Type());
    } else if (!std::strcmp(type.dtype, "index")) {
      types.push_back(IndexType::get(context));
    } else {
      FailureOr<tc::RefType> ref = graph->getType(type, loc);
      if (failed(ref))
        return 1;
      types.push_back(*ref);
    }
  }
  bool definesSymbol = numResults == 1 && types[0] && types[0].isIndex();
  FailureOr<SmallVector<Value>> values =
      graph->builder.call(op, args, namedArgs, types, loc, definesSymbol ? resultTypes[0].sizes[0] : "");
  if (failed(values))
    return 1;
  for (size_t i = 0; i < numResults; ++i)
    results[i] = i < values->size() && types[i] ? graph->add((*values)[i]) : -1;
  return 0;
}

int tcGraphBeginIf(TcGraph *graph, TcValue predicate, size_t numResults, const TcTensorType *resultTypes,
                   TcLocation location) {
  Location loc = graph->locate(location);
  FailureOr<Value> condition = graph->get(predicate, loc);
  SmallVector<Type> types;
  for (size_t i = 0; i < numResults; ++i) {
    FailureOr<tc::RefType> ref = graph->getType(resultTypes[i], loc);
    if (failed(ref))
      return 1;
    types.push_back(*ref);
  }
  return failed(condition) || failed(graph->builder.beginIf(*condition, types, loc));
}

int tcGraphBeginElse(TcGraph *graph, size_t count, const TcArgument *thenResults) {
  FailureOr<std::vector<CallArgument>> results = graph->convert(count, thenResults, graph->unknown());
  return failed(results) || failed(graph->builder.beginElse(*results, graph->unknown()));
}

int tcGraphEndIf(TcGraph *graph, size_t count, const TcArgument *elseResults, TcValue *results) {
  FailureOr<std::vector<CallArgument>> converted = graph->convert(count, elseResults, graph->unknown());
  return failed(converted) || graph->addAll(graph->builder.endIf(*converted, graph->unknown()), results);
}

int tcGraphBeginWhile(TcGraph *graph, size_t count, const TcArgument *initial, TcLocation location, TcValue *carried) {
  Location loc = graph->locate(location);
  FailureOr<std::vector<CallArgument>> converted = graph->convert(count, initial, loc);
  return failed(converted) || graph->addAll(graph->builder.beginWhile(*converted, loc), carried);
}

int tcGraphBeginBody(TcGraph *graph, TcValue predicate, TcValue *carried) {
  FailureOr<Value> condition = graph->get(predicate, graph->unknown());
  return failed(condition) || graph->addAll(graph->builder.beginBody(*condition, graph->unknown()), carried);
}

int tcGraphEndWhile(TcGraph *graph, size_t count, const TcArgument *next, TcValue *results) {
  FailureOr<std::vector<CallArgument>> converted = graph->convert(count, next, graph->unknown());
  return failed(converted) || graph->addAll(graph->builder.endWhile(*converted, graph->unknown()), results);
}

int tcGraphSetOutputs(TcGraph *graph, size_t count, const TcArgument *outputs, const char *const *const *strides) {
  std::vector<tc::GraphBuilder::Output> converted;
  for (size_t i = 0; i < count; ++i) {
    FailureOr<CallArgument> value = graph->convert(outputs[i], graph->unknown());
    if (failed(value))
      return 1;
    tc::GraphBuilder::Output &output = converted.emplace_back();
    output.value = std::move(*value);
    auto type = output.value.getValue() ? dyn_cast<tc::RefType>(output.value.getValue().getType()) : tc::RefType();
    if (type && strides && strides[i] &&
        failed(graph->parseSizes(type.getSizes().size(), strides[i], output.strides, graph->unknown())))
      return 1;
  }
  return failed(graph->builder.setOutputs(converted, graph->unknown()));
}

TcModule *tcGraphFinish(TcGraph *graph) {
  FailureOr<OwningOpRef<ModuleOp>> module = graph->builder.finish();
  if (failed(module))
    return nullptr;
  return new TcModule{graph->context, std::move(*module)};
}

} // extern "C"
