// Building graphs: each function with null, absurd, unknown and late arguments.

#include "Helpers.h"

namespace {

class GraphTest : public CAPITest {};

TEST_F(GraphTest, NullGraph) {
  testing::internal::CaptureStderr();
  TcValue value = 0;
  int64_t size = 1;
  float data = 0;
  EXPECT_NE(tcGraphDeclareSymbol(nullptr, "s0", 0, 1), 0);
  EXPECT_LT(tcGraphAddTensorInput(nullptr, "x", &matrix.type, nullptr), 0);
  EXPECT_LT(tcGraphAddSymbolInput(nullptr, "n", "s0"), 0);
  EXPECT_LT(tcGraphAddScalarInput(nullptr, "n", "i64"), 0);
  EXPECT_LT(tcGraphAddConstant(nullptr, "c", "f32", 1, &size, &data, 4), 0);
  EXPECT_NE(tcGraphCall(nullptr, "aten.relu", 0, nullptr, 0, nullptr, nullptr, 0, nullptr, nowhere, &value), 0);
  EXPECT_NE(tcGraphBeginIf(nullptr, 0, 0, nullptr, nowhere), 0);
  EXPECT_NE(tcGraphBeginElse(nullptr, 0, nullptr), 0);
  EXPECT_NE(tcGraphEndIf(nullptr, 0, nullptr, nullptr), 0);
  EXPECT_NE(tcGraphBeginWhile(nullptr, 0, nullptr, nowhere, nullptr), 0);
  EXPECT_NE(tcGraphBeginBody(nullptr, 0, nullptr), 0);
  EXPECT_NE(tcGraphEndWhile(nullptr, 0, nullptr, nullptr), 0);
  EXPECT_NE(tcGraphSetOutputs(nullptr, 0, nullptr, nullptr), 0);
  EXPECT_EQ(tcGraphFinish(nullptr), nullptr);
  std::string text = testing::internal::GetCapturedStderr();
  for (const char *function :
       {"tcGraphDeclareSymbol", "tcGraphAddTensorInput", "tcGraphAddSymbolInput", "tcGraphAddScalarInput",
        "tcGraphAddConstant", "tcGraphCall", "tcGraphBeginIf", "tcGraphBeginElse", "tcGraphEndIf", "tcGraphBeginWhile",
        "tcGraphBeginBody", "tcGraphEndWhile", "tcGraphSetOutputs", "tcGraphFinish"})
    EXPECT_THAT(text, testing::HasSubstr(std::string(function) + ": error: expected a graph, found null"));
}

TEST_F(GraphTest, Symbols) {
  graph = tcGraphCreate(context, "main");
  EXPECT_NE(tcGraphDeclareSymbol(graph, nullptr, 0, 1), 0);
  EXPECT_ERROR("expected 'name', found null");
  for (const char *name : {"", "0s", "s 0", "s0 + 1", "s-0", "\xff"}) {
    EXPECT_NE(tcGraphDeclareSymbol(graph, name, 0, 1), 0);
    EXPECT_ERROR("expected a symbol's name");
  }
  EXPECT_NE(tcGraphDeclareSymbol(graph, "s0", 5, 4), 0);
  EXPECT_ERROR("expected bounds of s0 in order, found 5 and 4");
  EXPECT_EQ(tcGraphDeclareSymbol(graph, "s0", INT64_MIN, INT64_MAX), 0);
  EXPECT_LT(tcGraphAddSymbolInput(graph, "n", nullptr), 0);
  EXPECT_ERROR("expected 'expression', found null");
  for (const char *text : {"", "(", "s0 +", "1 / 0", "f(s0)", "99999999999999999999", "s0 // 0", "s0 % 0"}) {
    EXPECT_LT(tcGraphAddSymbolInput(graph, "n", text), 0) << text;
    EXPECT_NE(take(), "");
  }
  EXPECT_LT(tcGraphAddSymbolInput(graph, "n", std::string(1000000, '(').c_str()), 0);
  EXPECT_NE(take(), "");
  EXPECT_GE(tcGraphAddSymbolInput(graph, "n", "5"), 0) << take();
  EXPECT_GE(tcGraphAddSymbolInput(graph, "m", "2*s0 + 1"), 0) << take();
}

TEST_F(GraphTest, Inputs) {
  startGraph();
  EXPECT_LT(tcGraphAddTensorInput(graph, nullptr, &matrix.type, nullptr), 0);
  EXPECT_ERROR("expected 'name', found null");
  EXPECT_LT(tcGraphAddTensorInput(graph, "y", nullptr, nullptr), 0);
  EXPECT_ERROR("expected 'type', found null");
  TcTensorType type = {nullptr, 0, nullptr};
  EXPECT_LT(tcGraphAddTensorInput(graph, "y", &type, nullptr), 0);
  EXPECT_ERROR("expected 'dtype', found null");
  for (const char *dtype : {"", "f31", "i7", "i", "F32", "float32", "index", "u1", "i99999999999999999999"}) {
    type = {dtype, 0, nullptr};
    EXPECT_LT(tcGraphAddTensorInput(graph, "y", &type, nullptr), 0) << dtype;
    EXPECT_ERROR("unknown element type");
  }
  type = {"f32", 2, nullptr};
  EXPECT_LT(tcGraphAddTensorInput(graph, "y", &type, nullptr), 0);
  EXPECT_ERROR("expected 2 elements in 'sizes', found null");
  const char *const nulls[] = {"4", nullptr};
  type = {"f32", 2, nulls};
  EXPECT_LT(tcGraphAddTensorInput(graph, "y", &type, nullptr), 0);
  EXPECT_ERROR("expected 'sizes', found null");
  for (size_t rank : {size_t(65), SIZE_MAX}) {
    type = {"f32", rank, nulls};
    EXPECT_LT(tcGraphAddTensorInput(graph, "y", &type, nullptr), 0);
    EXPECT_ERROR("expected at most 64 elements in 'sizes'");
  }
  for (const char *size : {"-1", "9223372036854775807", "s0 s0", "s0)"}) {
    Type bad("f32", {size, "2"});
    EXPECT_LT(tcGraphAddTensorInput(graph, "y", &bad.type, nullptr), 0) << size;
    EXPECT_NE(take(), "");
  }
  EXPECT_LT(tcGraphAddTensorInput(graph, "y", &matrix.type, nulls), 0);
  EXPECT_ERROR("expected 'strides', found null");

  EXPECT_LT(tcGraphAddScalarInput(graph, "n", nullptr), 0);
  EXPECT_ERROR("expected 'dtype', found null");
  EXPECT_LT(tcGraphAddScalarInput(graph, nullptr, "i64"), 0);
  EXPECT_ERROR("expected 'name', found null");
  EXPECT_LT(tcGraphAddScalarInput(graph, "n", "f16"), 0);
  EXPECT_ERROR("expected a scalar of element type i64, f64 or bool, found f16");
  EXPECT_GE(tcGraphAddScalarInput(graph, "n", "bool"), 0);
}

TEST_F(GraphTest, Constants) {
  startGraph();
  const float data[6] = {};
  const int64_t sizes[] = {2, 3}, negative[] = {2, -3}, huge[] = {INT64_MAX, INT64_MAX}, none[] = {0, 3};
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", 2, sizes, data, 20), 0);
  EXPECT_ERROR("expected 24 bytes, found 20");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", 2, sizes, data, SIZE_MAX), 0);
  EXPECT_ERROR("expected 24 bytes");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", 2, sizes, nullptr, 24), 0);
  EXPECT_ERROR("in 'data', found null");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", 2, nullptr, data, 24), 0);
  EXPECT_ERROR("in 'sizes', found null");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", SIZE_MAX, sizes, data, 24), 0);
  EXPECT_ERROR("expected at most 64 elements in 'sizes'");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", 2, negative, data, 24), 0);
  EXPECT_ERROR("found -3");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f32", 2, huge, data, 24), 0);
  EXPECT_ERROR("expected at most 2^56 elements");
  EXPECT_LT(tcGraphAddConstant(graph, "c", "f33", 2, sizes, data, 24), 0);
  EXPECT_ERROR("unknown element type");
  EXPECT_LT(tcGraphAddConstant(graph, nullptr, "f32", 2, sizes, data, 24), 0);
  EXPECT_ERROR("expected 'name', found null");
  // Every element type that the header names.
  for (auto [dtype, bytes] : {std::pair("bool", 6),
                              {"i8", 6},
                              {"u16", 12},
                              {"f16", 12},
                              {"bf16", 12},
                              {"f32", 24},
                              {"f64", 48},
                              {"c64", 48},
                              {"c128", 96},
                              {"f8e4m3fn", 6},
                              {"f8e5m2", 6}}) {
    std::vector<char> contents(bytes);
    EXPECT_GE(tcGraphAddConstant(graph, "c", dtype, 2, sizes, contents.data(), contents.size()), 0) << dtype << take();
  }
  EXPECT_GE(tcGraphAddConstant(graph, "c", "f32", 2, none, nullptr, 0), 0) << take();
  EXPECT_GE(tcGraphAddConstant(graph, "c", "f32", 0, nullptr, data, 4), 0) << take();
}

TEST_F(GraphTest, Calls) {
  TcValue x = startGraph(), y = -1;
  TcArgument argument = valueOf(x);
  auto callWith = [&](TcArgument given) { return call("aten.relu.default", {given}, &y); };
  EXPECT_NE(tcGraphCall(graph, nullptr, 1, &argument, 0, nullptr, nullptr, 1, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("expected 'op', found null");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, nullptr, 0, nullptr, nullptr, 1, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("in 'positional', found null");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 1, nullptr, &argument, 1, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("in 'names', found null");
  const char *const name = nullptr;
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 1, &name, &argument, 1, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("expected 'names', found null");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 1, &name, nullptr, 1, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("in 'named', found null");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 0, nullptr, nullptr, 1, nullptr, nowhere, &y), 0);
  EXPECT_ERROR("in 'resultTypes', found null");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 0, nullptr, nullptr, 1, &matrix.type, nowhere, nullptr), 0);
  EXPECT_ERROR("in 'results', found null");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", SIZE_MAX, &argument, 0, nullptr, nullptr, 1, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("expected at most 1048576 elements in 'positional'");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 0, nullptr, nullptr, SIZE_MAX, &matrix.type, nowhere, &y), 0);
  EXPECT_ERROR("expected at most 1048576 elements in 'resultTypes'");
  EXPECT_NE(tcGraphCall(graph, "aten.relu", 1, &argument, 0, nullptr, nullptr, 0, nullptr, nowhere, nullptr), 0);
  EXPECT_ERROR("has 1 results, found 0");
  EXPECT_NE(call("aten.no_such_operator", {argument}, &y), 0);
  EXPECT_ERROR("unknown operator 'no_such_operator'");
  EXPECT_NE(call("", {argument}, &y), 0);
  EXPECT_NE(take(), "");
  EXPECT_NE(call("aten.relu.default", {}, &y), 0);
  EXPECT_ERROR("argument 'self' of 'relu' is missing");
  EXPECT_NE(call("aten.relu.default", {argument, argument}, &y), 0);
  EXPECT_ERROR("'relu' has 1 arguments, found 2");

  for (TcValue value : {TcValue(-1), TcValue(1), INT64_MIN, INT64_MAX}) {
    EXPECT_NE(callWith(valueOf(value)), 0);
    EXPECT_ERROR("argument refers to value");
  }
  TcArgument bad{};
  bad.kind = static_cast<TcArgumentKind>(99);
  EXPECT_NE(callWith(bad), 0);
  EXPECT_ERROR("argument of an unknown kind 99");
  for (TcArgumentKind kind : {TC_ARGUMENT_STRING, TC_ARGUMENT_DTYPE, TC_ARGUMENT_SIZE}) {
    bad.kind = kind;
    EXPECT_NE(callWith(bad), 0);
    EXPECT_ERROR("found null");
  }
  bad.kind = TC_ARGUMENT_LIST;
  bad.count = 3;
  EXPECT_NE(callWith(bad), 0);
  EXPECT_ERROR("expected 3 elements in 'elements', found null");
  bad.count = 1;
  bad.elements = &bad; // contains itself
  EXPECT_NE(callWith(bad), 0);
  EXPECT_ERROR("expected lists nested at most 16 deep");

  TcTensorType index = {"index", 0, nullptr};
  EXPECT_NE(tcGraphCall(graph, "aten.item", 1, &argument, 0, nullptr, nullptr, 1, &index, nowhere, &y), 0);
  EXPECT_ERROR("expected the name of the one symbol that 'aten.item' defines");
  const char *const expression = "u0 + 1";
  index = {"index", 1, &expression};
  EXPECT_NE(tcGraphCall(graph, "aten.item", 1, &argument, 0, nullptr, nullptr, 1, &index, nowhere, &y), 0);
  EXPECT_ERROR("expected the name of the one symbol");

  // The graph is as before all of these.
  ASSERT_EQ(callWith(argument), 0) << take();
  TcModule *module = finish(y);
  ASSERT_NE(module, nullptr) << take();
  tcModuleDestroy(module);
}

TEST_F(GraphTest, ErrorsAreAtTheUsersLine) {
  TcValue x = startGraph(), y = -1;
  TcArgument argument = valueOf(x);
  TcLocation location = {"File \"model.py\", line 7, in forward\n    y = f(x)", "layer.0"};
  EXPECT_NE(tcGraphCall(graph, "aten.no", 1, &argument, 0, nullptr, nullptr, 1, &matrix.type, location, &y), 0);
  EXPECT_ERROR("layer.0", "model.py", "7");
}

TEST_F(GraphTest, ControlFlow) {
  TcValue x = startGraph(), y = -1;
  Type boolean("bool", {});
  TcValue p = tcGraphAddTensorInput(graph, "p", &boolean.type, nullptr);
  TcArgument result = valueOf(x);
  EXPECT_NE(tcGraphBeginElse(graph, 1, &result), 0);
  EXPECT_ERROR("'else' outside of scf.if");
  EXPECT_NE(tcGraphEndIf(graph, 1, &result, &y), 0);
  EXPECT_ERROR("'end if' outside of scf.if");
  EXPECT_NE(tcGraphBeginBody(graph, p, &y), 0);
  EXPECT_ERROR("'loop body' outside of scf.while");
  EXPECT_NE(tcGraphEndWhile(graph, 1, &result, &y), 0);
  EXPECT_ERROR("'end while' outside of scf.while");
  EXPECT_NE(tcGraphBeginIf(graph, x, 1, &matrix.type, nowhere), 0);
  EXPECT_ERROR("expected a boolean as predicate");
  EXPECT_NE(tcGraphBeginIf(graph, 77, 1, &matrix.type, nowhere), 0);
  EXPECT_ERROR("argument refers to value 77");
  EXPECT_NE(tcGraphBeginIf(graph, p, SIZE_MAX, &matrix.type, nowhere), 0);
  EXPECT_ERROR("expected at most");
  EXPECT_NE(tcGraphBeginIf(graph, p, 1, nullptr, nowhere), 0);
  EXPECT_ERROR("in 'resultTypes', found null");
  TcArgument three = intOf(3);
  EXPECT_NE(tcGraphBeginWhile(graph, 1, &three, nowhere, &y), 0);
  EXPECT_ERROR("is no tensor");
  EXPECT_NE(tcGraphBeginWhile(graph, 1, &result, nowhere, nullptr), 0);
  EXPECT_ERROR("in 'carried', found null");

  ASSERT_EQ(tcGraphBeginIf(graph, p, 1, &matrix.type, nowhere), 0) << take();
  EXPECT_NE(tcGraphSetOutputs(graph, 1, &result, nullptr), 0);
  EXPECT_ERROR("the graph ends within a control-flow region");
  EXPECT_NE(tcGraphEndIf(graph, 1, &result, &y), 0);
  EXPECT_ERROR("'end if' in the first region of scf.if, expected it in the second");
  EXPECT_NE(tcGraphBeginElse(graph, 0, nullptr), 0);
  EXPECT_ERROR("expected a region of 1 results, found 0");
  TcArgument wrong = valueOf(p);
  EXPECT_NE(tcGraphBeginElse(graph, 1, &wrong), 0);
  EXPECT_ERROR("result 0 of a region: expected");
  ASSERT_EQ(tcGraphBeginElse(graph, 1, &result), 0) << take();
  EXPECT_NE(tcGraphBeginElse(graph, 1, &result), 0);
  EXPECT_ERROR("'else' in the second region of scf.if");
  EXPECT_NE(tcGraphEndIf(graph, 1, &result, nullptr), 0);
  EXPECT_ERROR("in 'results', found null");
  ASSERT_EQ(tcGraphEndIf(graph, 1, &result, &y), 0) << take();

  TcValue carried = -1, inner = -1, after = -1;
  result = valueOf(y);
  ASSERT_EQ(tcGraphBeginWhile(graph, 1, &result, nowhere, &carried), 0) << take();
  EXPECT_NE(tcGraphEndWhile(graph, 1, &result, &after), 0);
  EXPECT_ERROR("'end while' in the first region of scf.while");
  ASSERT_EQ(tcGraphBeginBody(graph, p, &inner), 0) << take();
  EXPECT_NE(tcGraphBeginBody(graph, p, &inner), 0);
  EXPECT_ERROR("'loop body' in the second region of scf.while");
  result = valueOf(inner);
  ASSERT_EQ(tcGraphEndWhile(graph, 1, &result, &after), 0) << take();
  TcModule *module = finish(after);
  ASSERT_NE(module, nullptr) << take();
  tcModuleDestroy(module);
}

TEST_F(GraphTest, ValuesDoNotLeaveTheirRegion) {
  TcValue x = startGraph(), inner = -1, y = -1;
  Type boolean("bool", {});
  TcValue p = tcGraphAddTensorInput(graph, "p", &boolean.type, nullptr);
  ASSERT_EQ(tcGraphBeginIf(graph, p, 1, &matrix.type, nowhere), 0);
  ASSERT_EQ(call("aten.relu.default", {valueOf(x)}, &inner), 0);
  TcArgument result = valueOf(inner);
  ASSERT_EQ(tcGraphBeginElse(graph, 1, &result), 0);
  ASSERT_EQ(tcGraphEndIf(graph, 1, &result, &y), 0);
  EXPECT_EQ(finish(inner), nullptr);
  EXPECT_ERROR("does not dominate");
}

TEST_F(GraphTest, Outputs) {
  TcValue x = startGraph();
  EXPECT_EQ(tcGraphFinish(graph), nullptr);
  EXPECT_ERROR("the graph's outputs are not set");
  TcArgument output = valueOf(x);
  EXPECT_NE(tcGraphSetOutputs(graph, 1, nullptr, nullptr), 0);
  EXPECT_ERROR("in 'outputs', found null");
  EXPECT_NE(tcGraphSetOutputs(graph, SIZE_MAX, &output, nullptr), 0);
  EXPECT_ERROR("expected at most");
  const char *const oneStride[] = {"4", nullptr};
  const char *const *strides[] = {oneStride};
  EXPECT_NE(tcGraphSetOutputs(graph, 1, &output, strides), 0);
  EXPECT_ERROR("expected 'strides', found null");
  TcArgument list{};
  list.kind = TC_ARGUMENT_LIST;
  EXPECT_NE(tcGraphSetOutputs(graph, 1, &list, nullptr), 0);
  EXPECT_ERROR("found a list");

  EXPECT_EQ(tcGraphSetOutputs(graph, 1, &output, nullptr), 0) << take();
  EXPECT_NE(tcGraphSetOutputs(graph, 1, &output, nullptr), 0);
  EXPECT_ERROR("the graph's outputs are set already");
  TcValue y = -1;
  EXPECT_NE(call("aten.relu.default", {output}, &y), 0);
  EXPECT_ERROR("the graph's outputs are set already");
  TcModule *module = tcGraphFinish(graph);
  ASSERT_NE(module, nullptr) << take();
  tcModuleDestroy(module);
  // Nothing of the module is touched after its end.
  EXPECT_EQ(tcGraphFinish(graph), nullptr);
  EXPECT_ERROR("the graph is finished already");
  EXPECT_LT(tcGraphAddTensorInput(graph, "y", &matrix.type, nullptr), 0);
  EXPECT_ERROR("the graph is finished already");
  EXPECT_NE(call("aten.relu.default", {output}, &y), 0);
  EXPECT_ERROR("the graph is finished already");
}

} // namespace
