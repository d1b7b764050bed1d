// Compiling and running: wrong modules, options, tensors, allocators and call backs.

#include "Helpers.h"

#include <ATen/dlpack.h>

#include <thread>

namespace {

class ExecutableTest : public CAPITest {
protected:
  ExecutableTest() : runtime(tcRuntimeCreate(2)) {}
  ~ExecutableTest() override {
    tcExecutableDestroy(executable);
    tcRuntimeDestroy(runtime);
  }

  void compileRelu() {
    TcModule *module = buildRelu();
    ASSERT_NE(module, nullptr) << take();
    executable = tcCompile(module, runtime, nullptr);
    tcModuleDestroy(module);
    ASSERT_NE(executable, nullptr) << take();
  }
  /// The error of a run on one tensor; empty if there is none. Frees the output.
  std::string run(const DLTensor &tensor, const TcRunOptions *options = nullptr) {
    TcInput input = {&tensor, 0, nullptr};
    TcResult result;
    return finishRun(tcExecutableRun(executable, 1, &input, 1, &result, options), result, options);
  }
  std::string finishRun(char *error, const TcResult &result, const TcRunOptions *options) {
    std::string text = error ? error : "";
    tcStringFree(error);
    if (!error && !(options && options->outputs))
      tcExecutableFreeOutput(executable, result.data);
    return text;
  }
  DLTensor wrap(std::vector<int64_t> &sizes, int64_t *strides = nullptr) {
    DLTensor tensor{};
    tensor.data = data;
    tensor.device = {kDLCPU, 0};
    tensor.ndim = static_cast<int32_t>(sizes.size());
    tensor.dtype = {kDLFloat, 32, 1};
    tensor.shape = sizes.data();
    tensor.strides = strides;
    return tensor;
  }

  float data[64] = {};
  TcRuntime *runtime;
  TcExecutable *executable = nullptr;
};

TEST_F(ExecutableTest, NullIsReported) {
  TcModule *module = buildRelu();
  testing::internal::CaptureStderr();
  EXPECT_EQ(tcCompile(nullptr, runtime, nullptr), nullptr);
  EXPECT_EQ(tcCompile(module, nullptr, nullptr), nullptr);
  EXPECT_ERROR("tcCompile", "expected 'runtime', found null");
  EXPECT_EQ(tcExecutableDescribe(nullptr), nullptr);
  EXPECT_EQ(tcExecutableGetInfo(nullptr).cudaDevice, -1);
  EXPECT_EQ(tcExecutableGetExternName(nullptr, 0), nullptr);
  EXPECT_EQ(tcExecutableGetExternArguments(nullptr, 0), nullptr);
  tcExecutableFreeOutput(nullptr, data);
  std::string text = testing::internal::GetCapturedStderr();
  for (const char *function : {"tcExecutableDescribe", "tcExecutableGetInfo", "tcExecutableGetExternName",
                               "tcExecutableGetExternArguments", "tcExecutableFreeOutput"})
    EXPECT_THAT(text, testing::HasSubstr(std::string(function) + ": error: expected an executable, found null"));
  char *error = tcExecutableRun(nullptr, 0, nullptr, 0, nullptr, nullptr);
  EXPECT_STREQ(error, "expected an executable, found null");
  tcStringFree(error);
  tcExecutableDestroy(nullptr);
  tcRuntimeDestroy(nullptr);
  tcModuleDestroy(module);
}

TEST_F(ExecutableTest, Targets) {
  for (const char *target : {"", "avx1024", "sm_10", "cuda:x", "cuda:-1", "host:1"}) {
    tcGraphDestroy(graph);
    TcModule *module = buildRelu();
    TcCompileOptions options = {target, 0, 0, 0};
    EXPECT_EQ(tcCompile(module, runtime, &options), nullptr) << target;
    EXPECT_NE(take(), "") << target;
    tcModuleDestroy(module);
  }
}

TEST_F(ExecutableTest, NumbersOfThreads) {
  for (unsigned threads : {1u, 3u, ~0u}) {
    tcGraphDestroy(graph);
    TcModule *module = buildRelu();
    TcCompileOptions options = {nullptr, threads, 1, 0};
    TcRuntime *other = tcRuntimeCreate(threads);
    executable = tcCompile(module, other, &options);
    ASSERT_NE(executable, nullptr) << take();
    tcRuntimeDestroy(other);
    tcModuleDestroy(module);
    std::vector<int64_t> sizes = {3, 4};
    TcRunOptions runOptions{};
    runOptions.threads = threads;
    EXPECT_EQ(run(wrap(sizes), &runOptions), "");
    tcExecutableDestroy(executable);
    executable = nullptr;
  }
}

TEST_F(ExecutableTest, ModulesThatCannotBeCompiled) {
  TcModule *module = buildRelu();
  executable = tcCompile(module, runtime, nullptr);
  EXPECT_NE(executable, nullptr) << take();
  EXPECT_EQ(tcCompile(module, runtime, nullptr), nullptr);
  EXPECT_ERROR("expected a module as captured, found one that tcCompile has lowered");
  EXPECT_NE(tcModuleRunPipeline(module, "cse"), 0);
  EXPECT_ERROR("found one that tcCompile has lowered");
  tcModuleDestroy(module);
  TcModule *empty = tcModuleParse(context, "module {}", 9);
  EXPECT_EQ(tcCompile(empty, runtime, nullptr), nullptr);
  EXPECT_ERROR("expected a public function");
  tcModuleDestroy(empty);
}

TEST_F(ExecutableTest, Tensors) {
  compileRelu();
  std::vector<int64_t> sizes = {3, 4}, five = {3, 5}, negative = {-3, 4}, none = {0, 4}, many(20, 1);
  EXPECT_EQ(run(wrap(sizes)), "");
  EXPECT_EQ(run(wrap(none)), "");
  EXPECT_THAT(run(wrap(five)), testing::HasSubstr("expected size 4 in dimension 1, got 5"));
  EXPECT_THAT(run(wrap(negative)), testing::HasSubstr("got -3"));
  EXPECT_THAT(run(wrap(many)), testing::HasSubstr("expected 2 dimensions, got 20"));
  DLTensor tensor = wrap(none);
  tensor.data = nullptr;
  EXPECT_EQ(run(tensor), "");
  tensor = wrap(sizes);
  tensor.data = nullptr;
  tensor.byte_offset = 64;
  EXPECT_THAT(run(tensor), testing::HasSubstr("its data is missing"));
  tensor = wrap(sizes);
  tensor.shape = nullptr;
  EXPECT_THAT(run(tensor), testing::HasSubstr("its sizes are missing"));
  tensor.ndim = -1;
  EXPECT_THAT(run(tensor), testing::HasSubstr("expected at least 0 dimensions, got -1"));
  tensor = wrap(sizes);
  tensor.dtype = {200, 7, 3};
  EXPECT_THAT(run(tensor), testing::HasSubstr("unsupported element type"));
  tensor = wrap(sizes);
  tensor.device.device_type = kDLMetal;
  EXPECT_THAT(run(tensor), testing::HasSubstr("unsupported device"));
  tensor.device = {kDLCUDA, 3};
  EXPECT_THAT(run(tensor), testing::HasSubstr("expected device cpu, got cuda:3"));
  // Columns, and every other byte: copied.
  int64_t strides[] = {1, 3};
  EXPECT_EQ(run(wrap(sizes, strides)), "");
  tensor = wrap(sizes);
  tensor.byte_offset = 2;
  EXPECT_EQ(run(tensor), "");
}

TEST_F(ExecutableTest, Counts) {
  compileRelu();
  std::vector<int64_t> sizes = {3, 4};
  DLTensor tensor = wrap(sizes);
  TcInput input = {&tensor, 0, nullptr};
  TcResult result;
  auto message = [&](size_t numInputs, const TcInput *inputs, size_t numResults, TcResult *results) {
    return finishRun(tcExecutableRun(executable, numInputs, inputs, numResults, results, nullptr), result, nullptr);
  };
  EXPECT_EQ(message(0, nullptr, 1, &result), "expected 1 inputs, got 0");
  EXPECT_EQ(message(SIZE_MAX, &input, 1, &result), "expected 1 inputs, got 18446744073709551615");
  EXPECT_EQ(message(1, &input, SIZE_MAX, &result), "expected room for 1 outputs, got 18446744073709551615");
  EXPECT_EQ(message(1, nullptr, 1, &result), "expected 1 inputs, found null");
  EXPECT_EQ(message(1, &input, 1, nullptr), "expected room for 1 outputs, found null");
  TcInput integer = {nullptr, 7, nullptr};
  EXPECT_THAT(message(1, &integer, 1, &result), testing::HasSubstr("expected a tensor, got an int"));
  EXPECT_EQ(message(1, &input, 1, &result), "");
  testing::internal::CaptureStderr();
  EXPECT_EQ(tcExecutableGetExternName(executable, 0), nullptr);
  EXPECT_EQ(tcExecutableGetExternArguments(executable, SIZE_MAX), nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("expected one of 0 call backs, found 0"));
}

TEST_F(ExecutableTest, OutputsAreFreedOnce) {
  compileRelu();
  std::vector<int64_t> sizes = {3, 4};
  DLTensor tensor = wrap(sizes);
  TcInput input = {&tensor, 0, nullptr};
  TcResult first, second;
  ASSERT_EQ(tcExecutableRun(executable, 1, &input, 1, &first, nullptr), nullptr);
  ASSERT_EQ(tcExecutableRun(executable, 1, &input, 1, &second, nullptr), nullptr);
  EXPECT_NE(first.data, second.data);
  testing::internal::CaptureStderr();
  tcExecutableFreeOutput(executable, nullptr);
  tcExecutableFreeOutput(executable, first.data);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  tcExecutableFreeOutput(executable, first.data);
  tcExecutableFreeOutput(executable, data);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("expected an output of the executable"));
  // The second is freed with the executable: the leak checker of sanitized builds would tell.
}

TEST_F(ExecutableTest, AllocatorsThatFail) {
  compileRelu();
  std::vector<int64_t> sizes = {3, 4};
  TcOutputAllocator allocator{};
  TcRunOptions options{};
  options.outputs = &allocator;
  EXPECT_EQ(run(wrap(sizes), &options), "the output allocator has no function 'allocate'");
  allocator.allocate = [](void *, uint32_t, const TcDLTensor *, void **) { return 1; };
  EXPECT_THAT(run(wrap(sizes), &options), testing::HasSubstr("no memory for output 0 of 48 bytes"));
  allocator.allocate = [](void *, uint32_t, const TcDLTensor *, void **place) {
    *place = nullptr;
    return 0;
  };
  EXPECT_THAT(run(wrap(sizes), &options), testing::HasSubstr("out of memory"));
  TcProfiler profiler{};
  options = {};
  options.profiler = &profiler;
  EXPECT_EQ(run(wrap(sizes), &options), "the profiler has no function 'record'");
  TcExternHandler externs{};
  options = {};
  options.externs = &externs;
  EXPECT_EQ(run(wrap(sizes), &options), "the handler of call backs has no function 'call'");
}

/// What a call back does, and what the run says of it.
struct CallBack {
  int (*call)(void *, size_t, size_t, const TcInput *, size_t, TcExternResult *, char *, size_t);
  const char *message;
};

class ExternTest : public ExecutableTest {
protected:
  void SetUp() override {
    ASSERT_EQ(tcContextAddOperator(context, "mylib::f(Tensor a) -> Tensor"), 0);
    TcValue x = startGraph(), y = -1;
    ASSERT_EQ(call("mylib.f.default", {valueOf(x)}, &y), 0) << take();
    TcModule *module = finish(y);
    ASSERT_NE(module, nullptr) << take();
    executable = tcCompile(module, runtime, nullptr);
    tcModuleDestroy(module);
    ASSERT_NE(executable, nullptr) << take();
    EXPECT_STREQ(tcExecutableGetExternName(executable, 0), "mylib::f");
  }
  static DLTensor &at(TcExternResult *results) { return *static_cast<DLTensor *>(results[0].tensor); }
  /// A tensor of the callee's own, of 3 x 4 zeros.
  static void own(TcExternResult *results) {
    static float zeros[12];
    static int64_t sizes[] = {3, 4};
    DLTensor &tensor = at(results);
    tensor.data = zeros;
    tensor.device = {kDLCPU, 0};
    tensor.ndim = 2;
    tensor.dtype = {kDLFloat, 32, 1};
    tensor.shape = sizes;
    tensor.strides = nullptr;
    tensor.byte_offset = 0;
    results[0].handle = zeros;
  }
};

TEST_F(ExternTest, CallBacks) {
#define CALLBACK                                                                                                       \
  [](void *, size_t, size_t, const TcInput *, size_t, TcExternResult *results, char *message, size_t size)
  const CallBack cases[] = {{CALLBACK{return own(results), 0;
}
, ""
} // namespace
, {CALLBACK{return 1;
}
, "it failed without a message"
}
, {CALLBACK{return std::fill_n(message, size, 'x'), 1;
}
, "xxx"
}
, {CALLBACK{return own(results), at(results).shape = nullptr, 0;
}
, "its sizes are missing"
}
, {CALLBACK{return own(results), at(results).ndim = -2, 0;
}
, "expected at least 0 dimensions, got -2"
}
, {CALLBACK{return own(results), at(results).ndim = 1, 0;
}
, "expected 2 dimensions, got 1"
}
, {CALLBACK{return own(results), at(results).data = nullptr, 0;
}
, "its data is missing"
}
, {CALLBACK{return own(results), at(results).dtype.bits = 3, 0;
}
, "unsupported element type"
}
, {CALLBACK{return own(results), at(results).dtype.bits = 64, 0;
}
, "expected element type f32, got f64"
}
, {CALLBACK{return own(results), at(results).device.device_type = kDLVulkan, 0;
}
, "unsupported device"
}
, {CALLBACK{return own(results), at(results).device.device_type = kDLCUDA, 0;
}
, "expected it on another device"
}
,
}
;
std::vector<int64_t> sizes = {3, 4};
for (const CallBack &callBack : cases) {
  int released = 0;
  TcExternHandler handler = {&released, callBack.call, [](void *context, void *) { ++*static_cast<int *>(context); }};
  TcRunOptions options{};
  options.externs = &handler;
  std::string message = run(wrap(sizes), &options);
  EXPECT_THAT(message, testing::HasSubstr(callBack.message));
  EXPECT_EQ(message.empty(), !*callBack.message);
  EXPECT_LE(released, 1);
  handler.release = nullptr;
  run(wrap(sizes), &options);
}
EXPECT_THAT(run(wrap(sizes)), testing::HasSubstr("the embedder gave no handler for it"));
}

TEST_F(ExecutableTest, RunsOnSeveralThreads) {
  compileRelu();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      std::vector<float> contents(4 * (i + 1), -1.0f);
      contents[0] = static_cast<float>(i);
      std::vector<int64_t> sizes = {i + 1, 4};
      DLTensor tensor = wrap(sizes);
      tensor.data = contents.data();
      TcInput input = {&tensor, 0, nullptr};
      for (int round = 0; round < 50; ++round) {
        TcResult result;
        char *error = tcExecutableRun(executable, 1, &input, 1, &result, nullptr);
        ASSERT_EQ(error, nullptr);
        EXPECT_EQ(static_cast<float *>(result.data)[0], static_cast<float>(i));
        EXPECT_EQ(static_cast<float *>(result.data)[1], 0.0f);
        tcExecutableFreeOutput(executable, result.data);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
