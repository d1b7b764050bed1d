// Contexts, modules and strings: wrong arguments, and the order in which handles are destroyed.

#include "Helpers.h"

#include <cstring>
#include <thread>

namespace {

class ContextTest : public CAPITest {};

TEST_F(ContextTest, NullIsReported) {
  testing::internal::CaptureStderr();
  tcContextSetDiagnosticHandler(nullptr, collect, this);
  EXPECT_NE(tcContextAddOperator(nullptr, "a::b(Tensor x) -> Tensor"), 0);
  EXPECT_EQ(tcModuleParse(nullptr, "", 0), nullptr);
  EXPECT_EQ(tcModuleImportPT2(nullptr, "x.pt2"), nullptr);
  EXPECT_EQ(tcModulePrint(nullptr, 0), nullptr);
  EXPECT_NE(tcModuleRunPipeline(nullptr, "cse"), 0);
  EXPECT_EQ(tcGraphCreate(nullptr, "main"), nullptr);
  std::string text = testing::internal::GetCapturedStderr();
  for (const char *function :
       {"tcContextSetDiagnosticHandler", "tcContextAddOperator", "tcModuleParse", "tcModuleImportPT2", "tcGraphCreate"})
    EXPECT_THAT(text, testing::HasSubstr(std::string(function) + ": error: expected a context, found null"));
  EXPECT_THAT(text, testing::HasSubstr("tcModulePrint: error: expected a module, found null"));
  EXPECT_THAT(text, testing::HasSubstr("tcModuleRunPipeline: error: expected a module, found null"));

  EXPECT_NE(tcContextAddOperator(context, nullptr), 0);
  EXPECT_ERROR("tcContextAddOperator", "expected 'schema', found null");
  EXPECT_EQ(tcModuleParse(context, nullptr, 3), nullptr);
  EXPECT_ERROR("tcModuleParse", "expected 3 elements in 'text', found null");
  EXPECT_EQ(tcModuleImportPT2(context, nullptr), nullptr);
  EXPECT_ERROR("expected 'path', found null");
  EXPECT_EQ(tcGraphCreate(context, nullptr), nullptr);
  EXPECT_ERROR("expected 'name', found null");
  EXPECT_EQ(tcOperatorHasDecomposition(nullptr), 0);

  tcContextDestroy(nullptr);
  tcModuleDestroy(nullptr);
  tcGraphDestroy(nullptr);
  tcStringFree(nullptr);
}

TEST_F(ContextTest, Operators) {
  EXPECT_EQ(tcOperatorHasDecomposition("aten::silu"), 1);
  EXPECT_EQ(tcOperatorHasDecomposition("aten::no_such_operator"), 0);
  EXPECT_EQ(tcOperatorHasDecomposition(""), 0);
  EXPECT_EQ(tcContextAddOperator(context, "mylib::f(Tensor a) -> Tensor"), 0);
  EXPECT_EQ(tcContextAddOperator(context, "mylib::f(Tensor a) -> Tensor"), 0);
  EXPECT_NE(tcContextAddOperator(context, "mylib::f(Tensor a, int b) -> Tensor"), 0);
  EXPECT_ERROR("operator 'mylib::f' is known already");
  for (const char *schema :
       {"", "f", "f(", "f(Tensor", "f(Tensor a", "f(Tensor a) ->", "f(Tensor a) -> (Tensor", "f(()", "f(Tensor(",
        "f(int[99999999999999999999] a) -> Tensor", "f(str a='", "f(int a=[1,"}) {
    EXPECT_NE(tcContextAddOperator(context, schema), 0) << schema;
    EXPECT_ERROR("expected");
  }
}

TEST_F(ContextTest, TextNeedsNoZero) {
  constexpr const char *text = "module {}";
  // The byte behind the text belongs to something else.
  std::vector<char> bytes(text, text + std::strlen(text));
  bytes.push_back('{');
  TcModule *module = tcModuleParse(context, bytes.data(), bytes.size() - 1);
  ASSERT_NE(module, nullptr) << take();
  tcModuleDestroy(module);

  EXPECT_EQ(tcModuleParse(context, text, SIZE_MAX), nullptr);
  EXPECT_ERROR("expected at most");
  TcModule *empty = tcModuleParse(context, nullptr, 0);
  ASSERT_NE(empty, nullptr);
  tcModuleDestroy(empty);
  const char zeros[] = "module\0{\0}";
  TcModule *withZeros = tcModuleParse(context, zeros, sizeof zeros);
  tcModuleDestroy(withZeros);
}

TEST_F(ContextTest, WrongText) {
  for (const char *text : {"module {", "func.func @f() { return }}", "\"no.such\"() : () -> ()", "module { %0 = }",
                           "func.func @f(%x: tensor<-1xf32>)", "\xff\xfe"}) {
    EXPECT_EQ(tcModuleParse(context, text, std::strlen(text)), nullptr) << text;
    EXPECT_ERROR("text");
  }
}

TEST_F(ContextTest, MissingFiles) {
  EXPECT_EQ(tcModuleImportPT2(context, "no/such/file.pt2"), nullptr);
  EXPECT_ERROR("no/such/file.pt2");
  EXPECT_EQ(tcModuleImportPT2(context, ""), nullptr);
  EXPECT_NE(take(), "");
  EXPECT_EQ(tcModuleImportPT2(context, "/"), nullptr);
  EXPECT_NE(take(), "");
}

TEST_F(ContextTest, Pipelines) {
  TcModule *module = buildRelu();
  ASSERT_NE(module, nullptr) << take();
  EXPECT_NE(tcModuleRunPipeline(module, nullptr), 0);
  EXPECT_ERROR("expected 'pipeline', found null");
  for (const char *pipeline : {"no-such-pass", "(", "func.func(", "tc-functionalize{", ","}) {
    EXPECT_NE(tcModuleRunPipeline(module, pipeline), 0) << pipeline;
    EXPECT_ERROR("tcModuleRunPipeline");
  }
  // With the module around it or without.
  EXPECT_EQ(tcModuleRunPipeline(module, "builtin.module(tc-functionalize)"), 0) << take();
  EXPECT_EQ(tcModuleRunPipeline(module, "func.func(tc-decompose)"), 0) << take();
  EXPECT_EQ(tcModuleRunPipeline(module, ""), 0) << take();
  char *text = tcModulePrint(module, 1);
  EXPECT_THAT(text, testing::HasSubstr("tc.max"));
  tcStringFree(text);
  // A pass that fails closes the module.
  EXPECT_NE(tcModuleRunPipeline(module, "tc-verify-contract{form=captured}"), 0);
  take();
  EXPECT_NE(tcModuleRunPipeline(module, "cse"), 0);
  EXPECT_ERROR("found one in which a pass has failed");
  text = tcModulePrint(module, 0);
  EXPECT_NE(text, nullptr);
  tcStringFree(text);
  tcModuleDestroy(module);
}

TEST_F(ContextTest, AnyOrderOfDestruction) {
  TcContext *other = tcContextCreate();
  tcContextSetDiagnosticHandler(other, collect, this);
  TcGraph *open = tcGraphCreate(other, "main");
  TcModule *module = tcModuleParse(other, "module {}", 9);
  tcContextDestroy(other);
  // The handler is gone with the context.
  testing::internal::CaptureStderr();
  EXPECT_NE(tcModuleRunPipeline(module, "no-such-pass"), 0);
  EXPECT_LT(tcGraphAddScalarInput(open, "n", "f7"), 0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("no-such-pass"));
  EXPECT_EQ(take(), "");
  tcGraphDestroy(open);
  tcModuleDestroy(module);
}

TEST_F(ContextTest, SeveralThreads) {
  // On one context, and each on its own.
  TcRuntime *runtime = tcRuntimeCreate(2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      TcContext *own = i % 2 ? tcContextCreate() : context;
      for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(tcContextAddOperator(own, "mylib::g(Tensor a) -> Tensor"), 0);
        TcGraph *graph = tcGraphCreate(own, "main");
        tcGraphDeclareSymbol(graph, "s0", 0, INT64_MAX);
        TcValue x = tcGraphAddTensorInput(graph, "x", &matrix.type, nullptr), y = -1;
        TcArgument argument = valueOf(x);
        EXPECT_EQ(
            tcGraphCall(graph, "aten.sin.default", 1, &argument, 0, nullptr, nullptr, 1, &matrix.type, nowhere, &y), 0);
        argument = valueOf(y);
        EXPECT_EQ(tcGraphSetOutputs(graph, 1, &argument, nullptr), 0);
        TcModule *module = tcGraphFinish(graph);
        tcGraphDestroy(graph);
        TcExecutable *executable = tcCompile(module, runtime, nullptr);
        EXPECT_NE(executable, nullptr);
        tcExecutableDestroy(executable);
        tcModuleDestroy(module);
      }
      if (i % 2)
        tcContextDestroy(own);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(take(), "");
  tcRuntimeDestroy(runtime);
}

} // namespace
