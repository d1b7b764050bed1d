// Conditions, loops and scans of a captured graph.

#include "GraphCall.h"

using namespace mlir;
using tc::CallArgument;

extern "C" {

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

} // extern "C"
