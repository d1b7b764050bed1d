// What the tests of the C API share: a context that collects its diagnostics, and short forms of arguments.
#ifndef TC_TEST_UNIT_CAPI_HELPERS_H
#define TC_TEST_UNIT_CAPI_HELPERS_H

#include "tc-c/Executable.h"
#include "tc-c/Graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

inline TcArgument valueOf(TcValue value) {
  TcArgument argument{};
  argument.kind = TC_ARGUMENT_VALUE;
  argument.value = value;
  return argument;
}

inline TcArgument intOf(int64_t integer) {
  TcArgument argument{};
  argument.kind = TC_ARGUMENT_INT;
  argument.integer = integer;
  return argument;
}

/// A tensor type that owns nothing: the texts are literals.
struct Type {
  std::vector<const char *> sizes;
  TcTensorType type;
  Type(const char *dtype, std::vector<const char *> texts)
      : sizes(std::move(texts)), type{dtype, sizes.size(), sizes.data()} {}
  Type(const Type &) = delete;
};

constexpr TcLocation nowhere = {nullptr, nullptr};

class CAPITest : public testing::Test {
protected:
  CAPITest() : context(tcContextCreate()) { tcContextSetDiagnosticHandler(context, collect, this); }
  ~CAPITest() override {
    tcGraphDestroy(graph);
    tcContextDestroy(context);
  }

  static void collect(void *self, TcSeverity severity, const char *location, const char *message) {
    auto &test = *static_cast<CAPITest *>(self);
    if (severity == TC_ERROR)
      test.errors += std::string(location) + ": " + message + "\n";
  }

  /// The errors since the last time.
  std::string take() { return std::exchange(errors, {}); }

  /// Starts the graph that the shorter functions below add to, with an input x of f32[s0, 4].
  TcValue startGraph() {
    graph = tcGraphCreate(context, "main");
    EXPECT_EQ(tcGraphDeclareSymbol(graph, "s0", 0, INT64_MAX), 0);
    return tcGraphAddTensorInput(graph, "x", &matrix.type, nullptr);
  }
  /// Calls an operator that gives f32[s0, 4].
  int call(const char *op, std::vector<TcArgument> arguments, TcValue *result) {
    return tcGraphCall(graph, op, arguments.size(), arguments.data(), 0, nullptr, nullptr, 1, &matrix.type, nowhere,
                       result);
  }
  TcModule *finish(TcValue output) {
    TcArgument argument = valueOf(output);
    EXPECT_EQ(tcGraphSetOutputs(graph, 1, &argument, nullptr), 0);
    return tcGraphFinish(graph);
  }
  /// relu(x)
  TcModule *buildRelu() {
    TcValue y = -1;
    EXPECT_EQ(call("aten.relu.default", {valueOf(startGraph())}, &y), 0);
    return finish(y);
  }

  const Type matrix{"f32", {"s0", "4"}};
  TcContext *context;
  TcGraph *graph = nullptr;
  std::string errors;
};

#define EXPECT_ERROR(...)                                                                                              \
  do {                                                                                                                 \
    std::string found = take();                                                                                        \
    for (const char *part : {__VA_ARGS__})                                                                             \
      EXPECT_THAT(found, testing::HasSubstr(part));                                                                    \
  } while (false)

#endif
