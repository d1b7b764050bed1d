// Programs run: buffers, constants, init, views, in-place reuse, scratch, outputs, concurrency.

#include "Helpers.h"

#include <atomic>
#include <cstring>
#include <thread>

using namespace tc::runtime;

static const SizeExpr s0 = SizeExpr::symbol(0);

/// y = x + 1 + 1 + 1 through two temporaries, over s0 elements.
static Program makeChain() {
  Program p;
  p.addSymbol("s0", 0, 1 << 20);
  uint32_t k = p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {s0});
  ValueId a = p.addArena(s0 * 4, "a"), b = p.addArena(s0 * 4, "b");
  ValueId y = p.addTensorOutput("y", DType::F32, {s0});
  p.body.push_back(makeLaunch(k, {x, a}, s0));
  p.body.push_back(makeLaunch(k, {a, b}, s0));
  p.body.push_back(makeLaunch(k, {b, y}, s0));
  return p;
}

TEST(Executable, RunsDynamicSizes) {
  Runtime runtime({.maxThreads = 2});
  auto executable = makeExecutable(runtime, makeChain(), {addOne}, {.maxCachedPlans = 2});
  ASSERT_TRUE(executable);
  for (int64_t n : {3, 1000, 0, 3, 70000, 5, 1000}) {
    Tensor x({n});
    Argument arguments[] = {x};
    Result results[1];
    Error error = executable->run(arguments, results);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(results[0].rank, 1);
    EXPECT_EQ(results[0].sizes[0], n);
    EXPECT_EQ(results[0].strides[0], 1);
    std::vector<float> y = toVector(results[0], n);
    for (int64_t i = 0; i < n; ++i)
      ASSERT_EQ(y[i], x.data[i] + 3);
    runtime.getAllocator().deallocate(results[0].data);
  }
  EXPECT_EQ(runtime.getAllocator().getAllocatedBytes(), 0);
}

TEST(Executable, RunsOverlap) {
  Runtime runtime({.maxThreads = 2});
  auto executable = makeExecutable(runtime, makeChain(), {addOne});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 300; ++round) {
        int64_t n = 100 + 50 * ((round + t) % 4);
        Tensor x({n});
        x.data[n - 1] = t;
        Argument arguments[] = {x};
        Result results[1];
        if (executable->run(arguments, results)) {
          ++wrong;
          continue;
        }
        std::vector<float> y = toVector(results[0], n);
        wrong += y[n - 1] != t + 3 || y[0] != 4;
        runtime.getAllocator().deallocate(results[0].data);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Executable, ReusesTheArena) {
  // A chain of ten temporaries needs two.
  Program p;
  uint32_t k = p.addKernel("add_one");
  ValueId last = p.addTensorInput("x", DType::F32, {256});
  for (int i = 0; i < 10; ++i) {
    ValueId next = p.addArena(1024);
    p.body.push_back(makeLaunch(k, {last, next}, 256));
    last = next;
  }
  p.body.push_back(makeLaunch(k, {last, p.addTensorOutput("y", DType::F32, {256})}, 256));
  Program inPlace = p;
  Runtime runtime({.maxThreads = 1});
  auto run = [&](Program program) {
    auto executable = makeExecutable(runtime, std::move(program), {addOne});
    Tensor x({256});
    Argument arguments[] = {x};
    Result results[1];
    EXPECT_FALSE(executable->run(arguments, results));
    EXPECT_EQ(toVector(results[0], 256)[255], 256 + 11);
    runtime.getAllocator().deallocate(results[0].data);
    return executable->getArenaBytes();
  };
  EXPECT_EQ(run(p), 2048);
  // With leave to overwrite, all of it lives in the output.
  for (size_t i = 1; i < inPlace.body.size(); ++i) {
    auto &launch = std::get<Launch>(inPlace.body[i].op);
    inPlace.body[i].inPlace.push_back({launch.buffers[1].value, launch.buffers[0].value});
  }
  EXPECT_EQ(run(inPlace), 0);
}

TEST(Executable, InPlaceNeedsADyingOperand) {
  // a is used again after b was made from it: they cannot share.
  Program p;
  uint32_t one = p.addKernel("add_one"), sum = p.addKernel("add");
  ValueId x = p.addTensorInput("x", DType::F32, {16});
  ValueId a = p.addArena(64), b = p.addArena(64);
  ValueId y = p.addTensorOutput("y", DType::F32, {16});
  p.body.push_back(makeLaunch(one, {x, a}, 16));
  p.body.push_back({makeLaunch(one, {a, b}, 16), {{b, a}}});
  p.body.push_back(makeLaunch(sum, {a, b, y}, 16));
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne, add});
  Tensor t({16});
  Argument arguments[] = {t};
  Result results[1];
  ASSERT_FALSE(executable->run(arguments, results));
  EXPECT_EQ(toVector(results[0], 16)[0], 2 + 3);
  EXPECT_EQ(executable->getArenaBytes(), 128);
  runtime.getAllocator().deallocate(results[0].data);
}

TEST(Executable, ComputesOnceValuesOnce) {
  static std::atomic<int> calls;
  calls = 0;
  KernelFn pack = [](void *const *buffers, const int64_t *, int64_t begin, int64_t end, void *) {
    ++calls;
    for (int64_t i = begin; i < end; ++i)
      static_cast<float *>(buffers[1])[i] = static_cast<const float *>(buffers[0])[i] * 10;
  };
  Program p;
  uint32_t packing = p.addKernel("pack"), sum = p.addKernel("add"), one = p.addKernel("add_one");
  float weights[] = {1, 2, 3, 4};
  ValueId w = p.addConstant(Constant::copy("w", weights, sizeof(weights)));
  ValueId temporary = p.addArena(16), packed = p.addOnce(16, "packed");
  ValueId x = p.addTensorInput("x", DType::F32, {4});
  ValueId y = p.addTensorOutput("y", DType::F32, {4});
  p.init.push_back(makeLaunch(one, {w, temporary}, 4));
  p.init.push_back(makeLaunch(packing, {temporary, packed}, 4));
  p.body.push_back(makeLaunch(sum, {x, packed, y}, 4));
  Runtime runtime({.maxThreads = 2});
  auto executable = makeExecutable(runtime, p, {pack, add, addOne});
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        Tensor xs({4});
        Argument arguments[] = {xs};
        Result results[1];
        wrong += bool(executable->run(arguments, results));
        wrong += toVector(results[0], 4) != std::vector<float>{21, 32, 43, 54};
        runtime.getAllocator().deallocate(results[0].data);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(calls, 1);
}

TEST(Executable, ViewsAndCopies) {
  // Two halves of one buffer, written apart; then a strided copy transposes it into the output.
  Program p;
  uint32_t one = p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {2, 3});
  ValueId both = p.addArena(24);
  ValueId low = p.addView(both, 0, 12), high = p.addView(both, 12, 12);
  ValueId lowX = p.addView(x, 0, 12), highX = p.addView(x, 12, 12);
  ValueId y = p.addTensorOutput("y", DType::F32, {3, 2});
  p.body.push_back(makeLaunch(one, {lowX, low}, 3));
  p.body.push_back(Copy{high, highX, 12});
  p.body.push_back(CopyStrided{{y, DType::F32, {3, 2}}, {both, DType::F32, {3, 2}, {1, 3}}});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne});
  Tensor t({2, 3});
  Argument arguments[] = {t};
  Result results[1];
  ASSERT_FALSE(executable->run(arguments, results));
  EXPECT_EQ(toVector(results[0], 6), (std::vector<float>{2, 4, 3, 5, 4, 6}));
  runtime.getAllocator().deallocate(results[0].data);
}

TEST(Executable, ScratchIsPrivateToAThread) {
  KernelFn kernel = [](void *const *buffers, const int64_t *symbols, int64_t begin, int64_t end, void *scratch) {
    ASSERT_EQ(reinterpret_cast<uintptr_t>(scratch) % 64, 0u);
    auto *words = static_cast<int64_t *>(scratch);
    for (int64_t i = begin; i < end; ++i) {
      std::fill_n(words, symbols[0], i);
      std::this_thread::yield();
      for (int64_t j = 0; j < symbols[0]; ++j)
        ASSERT_EQ(words[j], i);
      static_cast<float *>(buffers[0])[i] = i;
    }
  };
  Program p;
  p.addKernel("scratch");
  ValueId y = p.addTensorOutput("y", DType::F32, {1000});
  p.body.push_back(Launch{.kernel = 0,
                          .buffers = {{y, Access::Write}},
                          .symbols = {100},
                          .extent = 1000,
                          .grain = 10,
                          .scratchBytes = 800});
  Runtime runtime({.maxThreads = 3});
  auto executable = makeExecutable(runtime, p, {kernel});
  for (unsigned threads : {1, 3, 2, 0}) {
    Result results[1];
    ASSERT_FALSE(executable->run({}, results, {.threads = threads}));
    EXPECT_EQ(toVector(results[0], 1000)[999], 999);
    runtime.getAllocator().deallocate(results[0].data);
  }
}

TEST(Executable, ScalarsAndIntegers) {
  KernelFn kernel = [](void *const *buffers, const int64_t *symbols, int64_t, int64_t, void *) {
    auto *y = static_cast<float *>(buffers[4]);
    y[0] = *static_cast<double *>(buffers[0]);
    y[1] = *static_cast<float *>(buffers[1]);
    y[2] = *static_cast<uint8_t *>(buffers[2]);
    y[3] = *static_cast<int64_t *>(buffers[3]);
    y[4] = symbols[0];
  };
  Program p;
  p.addKernel("scalars");
  uint32_t n = p.addSymbol("n");
  ValueId a = p.addScalarInput("a", DType::F64), b = p.addScalarInput("b", DType::F32);
  ValueId c = p.addScalarInput("c", DType::Bool), d = p.addScalarInput("d", DType::I64);
  p.addIntInput("n", SizeExpr::symbol(n));
  ValueId y = p.addTensorOutput("y", DType::F32, {5});
  p.outputs.push_back({.kind = Output::Kind::Int, .name = "twice", .sizes = {SizeExpr::symbol(n) * 2}});
  Launch launch = makeLaunch(0, {a, b, c, d, y}, 1);
  launch.symbols = {SizeExpr::symbol(n)};
  p.body.push_back(launch);
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {kernel});
  Argument arguments[] = {Argument::ofFloat(1.5), Argument::ofInt(2), Argument::ofBool(true), Argument::ofInt(-7),
                          Argument::ofInt(21)};
  Result results[2];
  Error error = executable->run(arguments, results);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(toVector(results[0], 5), (std::vector<float>{1.5, 2, 1, -7, 21}));
  EXPECT_EQ(results[1].kind, Result::Kind::Int);
  EXPECT_EQ(results[1].intValue, 42);
  runtime.getAllocator().deallocate(results[0].data);
}

TEST(Executable, AliasesOfInputsAndOutputs) {
  Program p;
  uint32_t one = p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {2, 3});
  ValueId y = p.addTensorOutput("y", DType::F32, {2, 3});
  p.body.push_back(makeLaunch(one, {x, y}, 6));
  p.outputs.push_back({.kind = Output::Kind::AliasInput, .index = 0, .sizes = {3}, .strides = {1}, .offset = 3});
  p.outputs.push_back({.kind = Output::Kind::AliasOutput, .index = 0, .sizes = {3, 2}, .strides = {1, 3}});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne});
  Tensor t({2, 3});
  Argument arguments[] = {t};
  Result results[3];
  ASSERT_FALSE(executable->run(arguments, results));
  EXPECT_EQ(results[1].kind, Result::Kind::AliasInput);
  EXPECT_EQ(results[1].data, t.data.data() + 3);
  EXPECT_EQ(results[2].kind, Result::Kind::AliasOutput);
  EXPECT_EQ(results[2].data, results[0].data);
  EXPECT_EQ(results[2].strides[1], 3);
  runtime.getAllocator().deallocate(results[0].data);
}

namespace {
struct Embedder {
  std::vector<std::vector<float>> memory = std::vector<std::vector<float>>(8);
  std::vector<std::vector<int64_t>> strides = std::vector<std::vector<int64_t>>(8);
  int failAt = -1, released = 0;

  OutputAllocator get() {
    OutputAllocator allocator;
    allocator.context = this;
    allocator.allocate = [](void *context, const OutputRequest &request, void **data) -> Error {
      auto &self = *static_cast<Embedder *>(context);
      if (int(request.output) == self.failAt)
        return Error("no memory today");
      self.memory[request.output].resize(request.bytes / 4);
      self.strides[request.output].assign(request.strides, request.strides + request.rank);
      *data = self.memory[request.output].data();
      return Error();
    };
    allocator.release = [](void *context, uint32_t, void *) { ++static_cast<Embedder *>(context)->released; };
    return allocator;
  }
};
} // namespace

TEST(Executable, EmbedderAllocatesOutputs) {
  Program p;
  uint32_t one = p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {2, 2});
  ValueId y = p.addTensorOutput("y", DType::F32, {2, 2}, {1, 2});
  ValueId z = p.addTensorOutput("z", DType::F32, {2, 2});
  p.body.push_back(makeLaunch(one, {x, y}, 4));
  p.body.push_back(makeLaunch(one, {y, z}, 4));
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne});
  Embedder embedder;
  OutputAllocator allocator = embedder.get();
  Tensor t({2, 2});
  Argument arguments[] = {t};
  Result results[2];
  ASSERT_FALSE(executable->run(arguments, results, {.outputs = &allocator}));
  EXPECT_EQ(embedder.memory[1], (std::vector<float>{3, 4, 5, 6}));
  EXPECT_EQ(embedder.strides[0], (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(results[1].data, embedder.memory[1].data());
  embedder.failAt = 1;
  Error error = executable->run(arguments, results, {.outputs = &allocator});
  EXPECT_EQ(error.message(), "no memory today");
  EXPECT_EQ(embedder.released, 1);
}

TEST(Executable, NoOutputsNoInputs) {
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, Program(), {});
  EXPECT_FALSE(executable->run({}, {}));
}

TEST(Executable, ReportsTimes) {
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, makeChain(), {addOne});
  Tensor x({100});
  Argument arguments[] = {x};
  Result results[1];
  std::vector<InstructionTiming> timings;
  ASSERT_FALSE(executable->run(arguments, results, {.timings = &timings}));
  ASSERT_EQ(timings.size(), 3u);
  EXPECT_EQ(timings[2].instruction, 2u);
  EXPECT_GE(timings[2].nanoseconds, 0);
  runtime.getAllocator().deallocate(results[0].data);
}

TEST(Executable, TrimFreesIdleArenas) {
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, makeChain(), {addOne});
  for (int i = 0; i < 2; ++i) {
    Tensor x({100});
    Argument arguments[] = {x};
    Result results[1];
    ASSERT_FALSE(executable->run(arguments, results));
    EXPECT_EQ(toVector(results[0], 100)[99], 103);
    runtime.getAllocator().deallocate(results[0].data);
    executable->trim();
  }
}
