// A run with the sizes of the one before it makes no allocation.

#include "Helpers.h"

#include <atomic>
#include <cstdlib>
#include <new>

using namespace tc::runtime;

static std::atomic<int64_t> allocations{0};

void *operator new(size_t bytes) {
  ++allocations;
  if (void *data = std::malloc(bytes ? bytes : 1))
    return data;
  std::abort();
}
void operator delete(void *data) noexcept { std::free(data); }
void operator delete(void *data, size_t) noexcept { std::free(data); }

TEST(Allocation, NoneOnceWarm) {
  Program p;
  SizeExpr s0 = SizeExpr::symbol(p.addSymbol("s0"));
  uint32_t k = p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {s0, 4});
  ValueId a = p.addArena(s0 * 16);
  ValueId y = p.addTensorOutput("y", DType::F32, {s0, 4});
  p.body.push_back(makeLaunch(k, {x, a}, s0 * 4));
  p.body.push_back(makeLaunch(k, {a, y}, s0 * 4));
  Runtime runtime({.maxThreads = 2});
  auto executable = makeExecutable(runtime, p, {addOne});
  Tensor t({100, 4});
  Argument arguments[] = {t};
  Result results[1];
  int64_t before = 0;
  for (int i = 0; i < 10; ++i) {
    if (i == 2)
      before = allocations;
    ASSERT_FALSE(executable->run(arguments, results));
    runtime.getAllocator().deallocate(results[0].data);
  }
  EXPECT_GT(before, 0) << "nothing is counted";
  EXPECT_EQ(allocations, before);
}
