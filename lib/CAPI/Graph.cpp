// Building a captured graph: a C face of tc::GraphBuilder.

#include "tc-c/Graph.h"

#include "Objects.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Import/GraphBuilder.h"
#include "tc/Import/Locations.h"
#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace mlir;
using tc::CallArgument;
using tc::SizeAttr;

namespace {

constexpr size_t maxListDepth = 16;

/// An element type by its name in the C API; null if there is none.
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

/// Bytes of an element in a constant: booleans take a whole one.
int64_t getByteSize(Type element) {
  auto complex = dyn_cast<ComplexType>(element);
  unsigned bits = complex ? 2 * complex.getElementType().getIntOrFloatBitWidth() : element.getIntOrFloatBitWidth();
  return llvm::divideCeil(bits, 8);
}

bool isSymbolName(llvm::StringRef name) {
  return !name.empty() && (llvm::isAlpha(name[0]) || name[0] == '_') &&
         llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

} // namespace

struct TcGraph {
  std::shared_ptr<TcContext> context;
  tc::GraphBuilder builder;
  std::vector<Value> values;
  enum class State { Open, Ended, Finished } state = State::Open;

  TcValue add(Value value) {
    if (!value)
      return -1;
    values.push_back(value);
    return values.size() - 1;
  }
  Location unknown() { return UnknownLoc::get(builder.getContext()); }
  Location locate(TcLocation location) {
    return tc::getCaptureLocation(builder.getContext(), location.stackTrace ? location.stackTrace : "",
                                  location.modulePath ? location.modulePath : "");
  }
};

namespace {

/// A call of a function that adds to a graph. Its errors are located at a place in the user's program where there is
/// one, else at the function.
class GraphCall : public Call {
public:
  GraphCall(TcGraph *graph, const char *function)
      : Call(graph ? graph->context.get() : nullptr, function, "graph"), graph(graph) {
    if (graph) {
      loc = graph->unknown();
      errorLoc = NameLoc::get(StringAttr::get(graph->builder.getContext(), function));
    }
  }

  /// Whether the graph is there and takes more.
  bool isOpen() const {
    if (!*this)
      return false;
    return graph->state == TcGraph::State::Open ||
           fail(graph->state == TcGraph::State::Ended ? "the graph's outputs are set already"
                                                      : "the graph is finished already");
  }
  /// Of what is added.
  Location getLoc() const { return *loc; }
  InFlightDiagnostic error(const Twine &message) const { return emitError(*errorLoc, message); }
  void setLoc(Location location) { loc = errorLoc = location; }
  /// Errors are at a call in the user's program, if that is known.
  void setLoc(TcLocation location) {
    if (Location located = graph->locate(location); !isa<UnknownLoc>(located))
      setLoc(located);
  }

  LogicalResult parseSizes(size_t count, const char *const *texts, llvm::StringRef argument,
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
  FailureOr<Type> getElement(const char *dtype) const {
    if (!isPresent(dtype, "dtype"))
      return failure();
    if (Type element = getElementType(graph->builder.getContext(), dtype))
      return element;
    return error("unknown element type \"") << dtype << "\"";
  }
  FailureOr<tc::RefType> getType(const TcTensorType &type) const {
    FailureOr<Type> element = getElement(type.dtype);
    SmallVector<SizeAttr> sizes;
    if (failed(element) || failed(parseSizes(type.rank, type.sizes, "sizes", sizes)))
      return failure();
    return graph->builder.getRefType(sizes, *element, *errorLoc);
  }
  LogicalResult getTypes(size_t count, const TcTensorType *types, SmallVectorImpl<Type> &result) const {
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
  FailureOr<Value> getValue(TcValue value) const {
    if (value < 0 || static_cast<size_t>(value) >= graph->values.size())
      return error("argument refers to value ") << value << " of " << graph->values.size();
    return graph->values[value];
  }
  FailureOr<CallArgument> convert(const TcArgument &argument, size_t depth = 0) const;
  FailureOr<std::vector<CallArgument>> convert(size_t count, const TcArgument *arguments, llvm::StringRef name,
                                               size_t depth = 0) const {
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
  /// Writes the values' numbers; nonzero after an error.
  int addAll(FailureOr<SmallVector<Value>> added, TcValue *numbers) const {
    if (failed(added))
      return 1;
    for (Value value : *added)
      *numbers++ = graph->add(value);
    return 0;
  }

private:
  TcGraph *graph;
  std::optional<Location> loc, errorLoc;
};

} // namespace

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

extern "C" {

TcGraph *tcGraphCreate(TcContext *context, const char *name) {
  Call call(context, "tcGraphCreate");
  if (!call || !call.isPresent(name, "name"))
    return nullptr;
  MLIRContext *mlir = context->context.get();
  return new TcGraph{
      context->shared_from_this(), tc::GraphBuilder(mlir, UnknownLoc::get(mlir), name, &context->operators), {}};
}

void tcGraphDestroy(TcGraph *graph) { delete graph; }

int tcGraphDeclareSymbol(TcGraph *graph, const char *name, int64_t min, int64_t max) {
  GraphCall call(graph, "tcGraphDeclareSymbol");
  if (!call.isOpen() || !call.isPresent(name, "name"))
    return 1;
  if (!isSymbolName(name))
    return !call.fail(Twine("expected a symbol's name, found \"") + name + "\"");
  if (min > max)
    return !call.fail(Twine("expected bounds of ") + name + " in order, found " + Twine(min) + " and " + Twine(max));
  graph->builder.declareSymbol(name, tc::SizeRange{min, max});
  return 0;
}

TcValue tcGraphAddTensorInput(TcGraph *graph, const char *name, const TcTensorType *type, const char *const *strides) {
  GraphCall call(graph, "tcGraphAddTensorInput");
  if (!call.isOpen() || !call.isPresent(name, "name") || !call.isPresent(type, "type"))
    return -1;
  call.setLoc(NameLoc::get(StringAttr::get(graph->builder.getContext(), name)));
  FailureOr<tc::RefType> ref = call.getType(*type);
  SmallVector<SizeAttr> strideSizes;
  if (failed(ref) || (strides && failed(call.parseSizes(type->rank, strides, "strides", strideSizes))))
    return -1;
  FailureOr<Value> value =
      graph->builder.addTensorInput(name, tc::GraphBuilder::InputKind::Input, *ref, strideSizes, call.getLoc());
  return succeeded(value) ? graph->add(*value) : -1;
}

TcValue tcGraphAddSymbolInput(TcGraph *graph, const char *name, const char *expression) {
  GraphCall call(graph, "tcGraphAddSymbolInput");
  if (!call.isOpen() || !call.isPresent(name, "name"))
    return -1;
  call.setLoc(NameLoc::get(StringAttr::get(graph->builder.getContext(), name)));
  SmallVector<SizeAttr> size;
  if (failed(call.parseSizes(1, &expression, "expression", size)))
    return -1;
  return graph->add(graph->builder.addSymbolInput(name, size[0], call.getLoc()));
}

TcValue tcGraphAddScalarInput(TcGraph *graph, const char *name, const char *dtype) {
  GraphCall call(graph, "tcGraphAddScalarInput");
  if (!call.isOpen() || !call.isPresent(name, "name"))
    return -1;
  call.setLoc(NameLoc::get(StringAttr::get(graph->builder.getContext(), name)));
  FailureOr<Type> type = call.getElement(dtype);
  if (failed(type))
    return -1;
  if (!type->isInteger(64) && !type->isF64() && !type->isInteger(1)) {
    call.error("expected a scalar of element type i64, f64 or bool, found ") << dtype;
    return -1;
  }
  return graph->add(graph->builder.addScalarInput(name, *type, call.getLoc()));
}

TcValue tcGraphAddConstant(TcGraph *graph, const char *name, const char *dtype, size_t rank, const int64_t *sizes,
                           const void *data, size_t length) {
  GraphCall call(graph, "tcGraphAddConstant");
  if (!call.isOpen() || !call.isPresent(name, "name") || !call.isArray(sizes, rank, "sizes", Call::maxRank))
    return -1;
  MLIRContext *context = graph->builder.getContext();
  call.setLoc(NameLoc::get(StringAttr::get(context, name)));
  FailureOr<Type> element = call.getElement(dtype);
  ArrayRef<int64_t> shape(sizes, rank);
  // The type's verifier bounds the sizes, and so the products below.
  if (failed(element) || failed(graph->builder.getRefType(tc::toSizes(context, shape), *element, call.getLoc())))
    return -1;
  auto type = RankedTensorType::get(shape, *element);
  if (size_t expected = type.getNumElements() * getByteSize(*element); length != expected) {
    call.error("expected ") << expected << " bytes, found " << length;
    return -1;
  }
  if (!call.isArray(data, length, "data", length))
    return -1;
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(length, 64);
  if (length)
    std::memcpy(blob.getMutableData().data(), data, length);
  FailureOr<ElementsAttr> resource = graph->builder.getResource(name, type, std::move(blob), call.getLoc());
  return succeeded(resource) ? graph->add(graph->builder.addConstant(*resource, call.getLoc())) : -1;
}

int tcGraphCall(TcGraph *graph, const char *op, size_t numPositional, const TcArgument *positional, size_t numNamed,
                const char *const *names, const TcArgument *named, size_t numResults, const TcTensorType *resultTypes,
                TcLocation location, TcValue *results) {
  GraphCall call(graph, "tcGraphCall");
  if (!call.isOpen() || !call.isPresent(op, "op") || !call.isArray(names, numNamed, "names") ||
      !call.isArray(resultTypes, numResults, "resultTypes") || !call.isArray(results, numResults, "results"))
    return 1;
  call.setLoc(location);
  FailureOr<std::vector<CallArgument>> args = call.convert(numPositional, positional, "positional");
  FailureOr<std::vector<CallArgument>> namedArgs = call.convert(numNamed, named, "named");
  if (failed(args) || failed(namedArgs))
    return 1;
  std::vector<std::pair<llvm::StringRef, CallArgument>> pairs;
  for (size_t i = 0; i < numNamed; ++i) {
    if (!call.isPresent(names[i], "names"))
      return 1;
    pairs.emplace_back(names[i], std::move((*namedArgs)[i]));
  }
  SmallVector<Type> types;
  for (size_t i = 0; i < numResults; ++i) {
    const TcTensorType &type = resultTypes[i];
    if (!type.dtype) {
      types.push_back(Type());
    } else if (!std::strcmp(type.dtype, "index")) {
      if (numResults != 1 || type.rank != 1 || !type.sizes || !type.sizes[0] || !isSymbolName(type.sizes[0])) {
        call.error("expected the name of the one symbol that '") << op << "' defines as the result's size";
        return 1;
      }
      types.push_back(IndexType::get(graph->builder.getContext()));
    } else {
      FailureOr<tc::RefType> ref = call.getType(type);
      if (failed(ref))
        return 1;
      types.push_back(*ref);
    }
  }
  bool definesSymbol = numResults == 1 && types[0] && types[0].isIndex();
  FailureOr<SmallVector<Value>> values =
      graph->builder.call(op, *args, pairs, types, call.getLoc(), definesSymbol ? resultTypes[0].sizes[0] : "");
  if (failed(values))
    return 1;
  for (size_t i = 0; i < numResults; ++i)
    results[i] = i < values->size() && types[i] ? graph->add((*values)[i]) : -1;
  return 0;
}

int tcGraphBeginIf(TcGraph *graph, TcValue predicate, size_t numResults, const TcTensorType *resultTypes,
                   TcLocation location) {
  GraphCall call(graph, "tcGraphBeginIf");
  if (!call.isOpen())
    return 1;
  call.setLoc(location);
  FailureOr<Value> condition = call.getValue(predicate);
  SmallVector<Type> types;
  return failed(condition) || failed(call.getTypes(numResults, resultTypes, types)) ||
         failed(graph->builder.beginIf(*condition, types, call.getLoc()));
}

int tcGraphBeginElse(TcGraph *graph, size_t count, const TcArgument *thenResults) {
  GraphCall call(graph, "tcGraphBeginElse");
  if (!call.isOpen())
    return 1;
  FailureOr<std::vector<CallArgument>> results = call.convert(count, thenResults, "thenResults");
  return failed(results) || failed(graph->builder.beginElse(*results, call.getLoc()));
}

int tcGraphEndIf(TcGraph *graph, size_t count, const TcArgument *elseResults, TcValue *results) {
  GraphCall call(graph, "tcGraphEndIf");
  if (!call.isOpen() || !call.isArray(results, count, "results"))
    return 1;
  FailureOr<std::vector<CallArgument>> converted = call.convert(count, elseResults, "elseResults");
  return failed(converted) || call.addAll(graph->builder.endIf(*converted, call.getLoc()), results);
}

int tcGraphBeginWhile(TcGraph *graph, size_t count, const TcArgument *initial, TcLocation location, TcValue *carried) {
  GraphCall call(graph, "tcGraphBeginWhile");
  if (!call.isOpen() || !call.isArray(carried, count, "carried"))
    return 1;
  call.setLoc(location);
  FailureOr<std::vector<CallArgument>> converted = call.convert(count, initial, "initial");
  return failed(converted) || call.addAll(graph->builder.beginWhile(*converted, call.getLoc()), carried);
}

int tcGraphBeginBody(TcGraph *graph, TcValue predicate, TcValue *carried) {
  GraphCall call(graph, "tcGraphBeginBody");
  if (!call.isOpen() || !call.isPresent(carried, "carried"))
    return 1;
  FailureOr<Value> condition = call.getValue(predicate);
  return failed(condition) || call.addAll(graph->builder.beginBody(*condition, call.getLoc()), carried);
}

int tcGraphEndWhile(TcGraph *graph, size_t count, const TcArgument *next, TcValue *results) {
  GraphCall call(graph, "tcGraphEndWhile");
  if (!call.isOpen() || !call.isArray(results, count, "results"))
    return 1;
  FailureOr<std::vector<CallArgument>> converted = call.convert(count, next, "next");
  return failed(converted) || call.addAll(graph->builder.endWhile(*converted, call.getLoc()), results);
}

int tcGraphBeginScan(TcGraph *graph, size_t numCarried, const TcArgument *initial, size_t numStacked,
                     const TcArgument *stacked, const TcArgument *length, size_t numBuffers, const TcArgument *buffers,
                     TcLocation location, TcValue *carried, TcValue *rows) {
  GraphCall call(graph, "tcGraphBeginScan");
  if (!call.isOpen() || !call.isPresent(length, "length") || !call.isArray(carried, numCarried, "carried") ||
      !call.isArray(rows, numStacked, "rows"))
    return 1;
  call.setLoc(location);
  FailureOr<std::vector<CallArgument>> initialValues = call.convert(numCarried, initial, "initial"),
                                       stackedValues = call.convert(numStacked, stacked, "stacked"),
                                       bufferValues = call.convert(numBuffers, buffers, "buffers"),
                                       count = call.convert(1, length, "length");
  if (failed(initialValues) || failed(stackedValues) || failed(bufferValues) || failed(count))
    return 1;
  auto region = graph->builder.beginScan(*initialValues, *stackedValues, count->front(), *bufferValues, call.getLoc());
  return failed(region) || call.addAll(std::move(region->carried), carried) ||
         call.addAll(std::move(region->rows), rows);
}

int tcGraphEndScan(TcGraph *graph, size_t numCarried, const TcArgument *next, size_t numRows, const TcArgument *rows,
                   TcValue *results) {
  GraphCall call(graph, "tcGraphEndScan");
  if (!call.isOpen() || !call.isArray(results, numCarried, "results") || !call.isArray(results, numRows, "results"))
    return 1;
  FailureOr<std::vector<CallArgument>> carried = call.convert(numCarried, next, "next"),
                                       rowValues = call.convert(numRows, rows, "rows");
  return failed(carried) || failed(rowValues) ||
         call.addAll(graph->builder.endScan(*carried, *rowValues, call.getLoc()), results);
}

int tcGraphSetOutputs(TcGraph *graph, size_t count, const TcArgument *outputs, const char *const *const *strides) {
  GraphCall call(graph, "tcGraphSetOutputs");
  if (!call.isOpen())
    return 1;
  FailureOr<std::vector<CallArgument>> values = call.convert(count, outputs, "outputs");
  if (failed(values))
    return 1;
  std::vector<tc::GraphBuilder::Output> converted;
  for (size_t i = 0; i < count; ++i) {
    tc::GraphBuilder::Output &output = converted.emplace_back();
    output.value = std::move((*values)[i]);
    auto type = output.value.getValue() ? dyn_cast<tc::RefType>(output.value.getValue().getType()) : tc::RefType();
    if (type && strides && strides[i] &&
        failed(call.parseSizes(type.getSizes().size(), strides[i], "strides", output.strides)))
      return 1;
  }
  if (failed(graph->builder.setOutputs(converted, call.getLoc())))
    return 1;
  graph->state = TcGraph::State::Ended;
  return 0;
}

TcModule *tcGraphFinish(TcGraph *graph) {
  GraphCall call(graph, "tcGraphFinish");
  if (!call || graph->state != TcGraph::State::Ended) {
    if (call)
      call.fail(graph->state == TcGraph::State::Open ? "the graph's outputs are not set"
                                                     : "the graph is finished already");
    return nullptr;
  }
  FailureOr<OwningOpRef<ModuleOp>> module = graph->builder.finish();
  if (failed(module))
    return nullptr;
  graph->state = TcGraph::State::Finished;
  graph->values.clear();
  return new TcModule{graph->context, std::move(*module), {}};
}

} // extern "C"
