// Building a captured graph: a C face of tc::GraphBuilder. Its regions are in GraphRegions.cpp.

#include "GraphCall.h"
#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace mlir;
using tc::CallArgument;
using tc::SizeAttr;

/// Bytes of an element in a constant: booleans take a whole one.
static int64_t getByteSize(Type element) {
  auto complex = dyn_cast<ComplexType>(element);
  unsigned bits = complex ? 2 * complex.getElementType().getIntOrFloatBitWidth() : element.getIntOrFloatBitWidth();
  return llvm::divideCeil(bits, 8);
}

static bool isSymbolName(llvm::StringRef name) {
  return !name.empty() && (llvm::isAlpha(name[0]) || name[0] == '_') &&
         llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
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
