// Sizes that the run itself finds out, control flow, and extern calls.

#include "Helpers.h"

#include <cstring>

using namespace tc::runtime;

using Op = SizeExpr::Op;
static const SizeExpr s0 = SizeExpr::symbol(0), u0 = SizeExpr::symbol(1);

/// Counts the positive elements into an i64.
static void count(void *const *buffers, const int64_t *symbols, int64_t, int64_t, void *) {
  int64_t n = 0;
  for (int64_t i = 0; i < symbols[0]; ++i)
    n += static_cast<const float *>(buffers[0])[i] > 0;
  *static_cast<int64_t *>(buffers[1]) = n;
}

/// Writes the positive elements.
static void select(void *const *buffers, const int64_t *symbols, int64_t, int64_t, void *) {
  auto *out = static_cast<float *>(buffers[1]);
  for (int64_t i = 0; i < symbols[0]; ++i)
    if (float value = static_cast<const float *>(buffers[0])[i]; value > 0)
      *out++ = value;
}

/// y = masked_select(x, x > 0) + 1, through a temporary of the unknown size.
static Program makeSelect() {
  Program p;
  p.addSymbol("s0");
  p.addSymbol("u0", 0, 1000);
  for (const char *name : {"count", "select", "add_one"})
    p.addKernel(name);
  ValueId x = p.addTensorInput("x", DType::F32, {s0});
  ValueId number = p.addArena(8);
  ValueId selected = p.addArena(u0 * 4);
  ValueId y = p.addTensorOutput("y", DType::F32, {u0});
  Launch counting = makeLaunch(0, {x, number}, 1), selecting = makeLaunch(1, {x, selected}, 1);
  counting.symbols = selecting.symbols = {s0};
  p.body.push_back(counting);
  p.body.push_back(BindSymbol{.symbol = 1, .source = number});
  p.body.push_back(selecting);
  p.body.push_back(makeLaunch(2, {selected, y}, u0));
  return p;
}

TEST(Late, OutputsOfUnknownSize) {
  Runtime runtime({.maxThreads = 2});
  auto executable = makeExecutable(runtime, makeSelect(), {count, select, addOne});
  for (int64_t positive : {5, 0, 100, 3}) {
    Tensor x({128});
    for (int64_t i = 0; i < 128; ++i)
      x.data[i] = i < positive ? i + 1 : -1;
    Argument arguments[] = {x};
    Result results[1];
    Error error = executable->run(arguments, results);
    ASSERT_FALSE(error) << error.message();
    ASSERT_EQ(results[0].sizes[0], positive);
    std::vector<float> y = toVector(results[0], positive);
    for (int64_t i = 0; i < positive; ++i)
      ASSERT_EQ(y[i], i + 2);
    runtime.getAllocator().deallocate(results[0].data);
    EXPECT_EQ(runtime.getAllocator().getAllocatedBytes(), 0);
  }
}

TEST(Late, RangesOfBoundSymbols) {
  Program p = makeSelect();
  p.symbols[1].max = 4;
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {count, select, addOne});
  Tensor x({10});
  Argument arguments[] = {x};
  Result results[1];
  EXPECT_EQ(executable->run(arguments, results).message(), "symbol u0: 10 is outside its range [0, 4]");
  EXPECT_EQ(runtime.getAllocator().getAllocatedBytes(), 0);
}

TEST(Late, Asserts) {
  Program p;
  p.addSymbol("s0");
  p.addIntInput("n", s0);
  p.body.push_back(Assert{SizeExpr::binary(Op::Less, s0, 5), "expected fewer than 5"});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {});
  Argument four[] = {Argument::ofInt(4)}, five[] = {Argument::ofInt(5)};
  EXPECT_FALSE(executable->run(four, {}));
  EXPECT_EQ(executable->run(five, {}).message(), "expected fewer than 5");
}

TEST(Late, Branches) {
  Program p;
  p.addSymbol("s0");
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {4});
  p.addIntInput("n", s0);
  ValueId y = p.addTensorOutput("y", DType::F32, {4});
  ValueId a = p.addArena(16);
  p.body.push_back(
      If{SizeExpr::binary(Op::Less, 10, s0), {makeLaunch(0, {x, a}, 4), makeLaunch(0, {a, y}, 4)}, {Copy{y, x, 16}}});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne});
  for (int64_t n : {3, 30}) {
    Tensor t({4});
    Argument arguments[] = {t, Argument::ofInt(n)};
    Result results[1];
    ASSERT_FALSE(executable->run(arguments, results));
    EXPECT_EQ(toVector(results[0], 4)[0], n > 10 ? 3 : 1);
    runtime.getAllocator().deallocate(results[0].data);
  }
}

TEST(Late, LoopsCarryValues) {
  // while (i < n) { t = acc + 1; u = t (whole temporaries of an iteration); acc = u; i = i + 1 }
  KernelFn compare = [](void *const *buffers, const int64_t *symbols, int64_t, int64_t, void *) {
    *static_cast<int64_t *>(buffers[1]) = *static_cast<int64_t *>(buffers[0]) < symbols[0];
  };
  KernelFn increment = [](void *const *buffers, const int64_t *, int64_t, int64_t, void *) {
    ++*static_cast<int64_t *>(buffers[0]);
  };
  KernelFn zero = [](void *const *buffers, const int64_t *, int64_t, int64_t, void *) {
    *static_cast<int64_t *>(buffers[0]) = 0;
  };
  Program p;
  p.addSymbol("s0");
  p.addSymbol("c", 0, 1);
  for (const char *name : {"add_one", "compare", "increment", "zero"})
    p.addKernel(name);
  ValueId x = p.addTensorInput("x", DType::F32, {4});
  p.addIntInput("n", s0);
  ValueId acc = p.addArena(16, "acc"), t = p.addArena(16, "t"), u = p.addArena(16, "u");
  ValueId i = p.addArena(8, "i"), c = p.addArena(8, "c");
  ValueId y = p.addTensorOutput("y", DType::F32, {4});
  Launch comparing = makeLaunch(1, {i, c}, 1);
  comparing.symbols = {s0};
  p.body.push_back(Copy{acc, x, 16});
  p.body.push_back(makeLaunch(3, {i}, 1));
  p.body.push_back(While{{comparing, BindSymbol{.symbol = 1, .source = c}},
                         u0,
                         {makeLaunch(0, {acc, t}, 4), Copy{u, t, 16}, Copy{acc, u, 16},
                          Launch{.kernel = 2, .buffers = {{i, Access::ReadWrite}}}}});
  p.body.push_back(Copy{y, acc, 16});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne, compare, increment, zero});
  for (int64_t n : {0, 1, 17}) {
    Tensor in({4});
    Argument arguments[] = {in, Argument::ofInt(n)};
    Result results[1];
    Error error = executable->run(arguments, results);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(toVector(results[0], 4)[3], 4 + n);
    runtime.getAllocator().deallocate(results[0].data);
  }
  // acc, i, c and the two temporaries: all alive in the loop but t, which c's bytes may not be reused for.
  EXPECT_LE(executable->getArenaBytes(), 5 * 64);
}

namespace {

/// Operation 0 doubles into the destination; 1 returns a tensor of its own, of as many elements as its integer says,
/// with a stride of 2; 2 returns a symbol; 3 fails.
struct Handler {
  int alive = 0;

  ExternHandler get() {
    ExternHandler handler;
    handler.context = this;
    handler.call = [](void *context, uint32_t callback, std::span<const Argument> arguments,
                      std::span<ExternResult> results, void *) -> Error {
      auto &self = *static_cast<Handler *>(context);
      if (callback == 0) {
        auto *in = static_cast<const float *>(arguments[0].tensor.data);
        for (int64_t i = 0; i < results[0].tensor.sizes[0]; ++i)
          static_cast<float *>(results[0].tensor.data)[i] = 2 * in[i];
      } else if (callback == 1) {
        struct Own {
          std::vector<float> data;
          int64_t size, stride;
        };
        int64_t n = arguments[0].intValue;
        auto *own = new Own{std::vector<float>(2 * n), n, 2};
        for (int64_t i = 0; i < n; ++i)
          own->data[2 * i] = 100 + i;
        results[0].tensor = {own->data.data(), DType::F32, {}, 1, &own->size, &own->stride};
        results[0].handle = own;
        ++self.alive;
        results[0].handle = new std::shared_ptr<Own>(own);
      } else if (callback == 2) {
        results[0].intValue = 6;
      } else {
        return Error("cannot do that");
      }
      return Error();
    };
    handler.release = [](void *context, void *handle) {
      --static_cast<Handler *>(context)->alive;
      delete static_cast<std::shared_ptr<void> *>(handle);
    };
    return handler;
  }
};

} // namespace

TEST(Late, ExternCalls) {
  Program p;
  p.addSymbol("s0");
  p.addSymbol("u0");
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {s0});
  ValueId doubled = p.addArena(s0 * 4);
  ValueId external = p.addExternal(u0 * 4);
  ValueId y = p.addTensorOutput("y", DType::F32, {s0});
  ValueId z = p.addTensorOutput("z", DType::F32, {u0});
  TensorDesc xs{x, DType::F32, {s0}}, ds{doubled, DType::F32, {s0}}, es{external, DType::F32, {u0}};
  p.body.push_back(Extern{0, {xs}, {{.tensor = ds}}});
  p.body.push_back(makeLaunch(0, {doubled, y}, s0));
  p.body.push_back(Extern{1, {s0 + 2}, {{.tensor = es}}});
  p.body.push_back(makeLaunch(0, {external, z}, u0));
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {addOne});
  Handler handler;
  ExternHandler externs = handler.get();
  Tensor t({3});
  Argument arguments[] = {t};
  Result results[2];
  Error error = executable->run(arguments, results, {.externs = &externs});
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(toVector(results[0], 3), (std::vector<float>{3, 5, 7}));
  EXPECT_EQ(results[1].sizes[0], 5);
  EXPECT_EQ(toVector(results[1], 5), (std::vector<float>{101, 102, 103, 104, 105}));
  EXPECT_EQ(handler.alive, 0);
  for (Result &result : results)
    runtime.getAllocator().deallocate(result.data);
  EXPECT_EQ(runtime.getAllocator().getAllocatedBytes(), 0);
  EXPECT_EQ(executable->run(arguments, results).message(), "extern call 0: the embedder gave no handler for it");
}

TEST(Late, ExternSymbolsAndFailures) {
  Program p;
  p.addSymbol("s0");
  p.addSymbol("u0");
  p.addIntInput("n", s0);
  p.body.push_back(Extern{2, {}, {{.kind = Extern::Result::Kind::Symbol, .symbol = 1}}});
  p.body.push_back(If{SizeExpr::binary(Op::Equal, u0, s0), {Extern{3, {}, {}}}, {}});
  p.outputs.push_back({.kind = Output::Kind::Int, .sizes = {u0 * 2}});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {});
  Handler handler;
  ExternHandler externs = handler.get();
  Argument one[] = {Argument::ofInt(1)}, six[] = {Argument::ofInt(6)};
  Result results[1];
  ASSERT_FALSE(executable->run(one, results, {.externs = &externs}));
  EXPECT_EQ(results[0].intValue, 12);
  EXPECT_EQ(executable->run(six, results, {.externs = &externs}).message(), "extern call 3: cannot do that");
}

TEST(Late, SymbolOfAPathNotTaken) {
  Program p;
  p.addSymbol("s0");
  p.addSymbol("u0");
  p.addIntInput("n", s0);
  p.body.push_back(If{s0, {Extern{2, {}, {{.kind = Extern::Result::Kind::Symbol, .symbol = 1}}}}, {}});
  p.outputs.push_back({.kind = Output::Kind::Int, .sizes = {u0}});
  Runtime runtime({.maxThreads = 1});
  auto executable = makeExecutable(runtime, p, {});
  Argument zero[] = {Argument::ofInt(0)};
  Result results[1];
  EXPECT_EQ(executable->run(zero, results).message(), "symbol u0 was not bound by the path taken");
}
