// What the runtime itself costs: a parallel region, and a run of a program that does next to nothing.
// Prints nanoseconds, the median of many; -h for nothing else: there are no options.

#include "tc/Runtime/Executable.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

using namespace tc::runtime;
using Clock = std::chrono::steady_clock;

static double since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

static void waitIdle(int microseconds) {
  for (auto start = Clock::now(); since(start) < microseconds * 1e3;)
    ;
}

template <typename F> static double median(int rounds, int repeats, int idle, F &&f) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    waitIdle(idle);
    auto start = Clock::now();
    for (int j = 0; j < repeats; ++j)
      f();
    times.push_back(since(start) / repeats);
  }
  std::ranges::nth_element(times, times.begin() + rounds / 2);
  return times[rounds / 2];
}

static void benchRegions(Runtime &runtime) {
  auto body = [](void *context, int64_t begin, int64_t, unsigned) {
    static_cast<volatile int64_t *>(context)[begin * 16] = begin;
  };
  unsigned threads = runtime.getThreadPool().getMaxThreads();
  std::vector<int64_t> sink(threads * 16);
  for (int idle : {0, 50, 1000})
    std::printf("region of %u threads after %4d us idle: %7.0f ns\n", threads, idle,
                median(300, idle ? 1 : 100, idle,
                       [&] { runtime.getThreadPool().parallelFor(threads, 1, 0, body, sink.data()); }));
}

static void addOne(void *const *buffers, const int64_t *, int64_t begin, int64_t end, void *) {
  for (int64_t i = begin; i < end; ++i)
    static_cast<float *>(buffers[1])[i] = static_cast<const float *>(buffers[0])[i] + 1;
}

static double benchRun(Runtime &runtime, bool dynamic, int launches, int64_t n, unsigned threads) {
  Program p;
  SizeExpr size = n;
  if (dynamic)
    size = SizeExpr::symbol(p.addSymbol("s0"));
  p.addKernel("add_one");
  ValueId last = p.addTensorInput("x", DType::F32, {size});
  for (int i = 0; i < launches; ++i) {
    ValueId next = i + 1 == launches ? p.addTensorOutput("y", DType::F32, {size}) : p.addArena(size * 4);
    p.body.push_back(Launch{.buffers = {{last, Access::Read}, {next, Access::Write}}, .extent = size, .grain = n / 2});
    last = next;
  }
  KernelFn kernels[] = {addOne};
  auto executable = Executable::create(runtime, std::move(p), kernels);
  std::vector<float> x(n), y(n);
  TensorView view;
  view.data = x.data();
  view.rank = 1;
  view.sizes = &n;
  Argument arguments[] = {view};
  Result results[1];
  OutputAllocator outputs;
  outputs.context = y.data();
  outputs.allocate = [](void *context, const OutputRequest &, void **data) {
    *data = context;
    return Error();
  };
  RunOptions options{.threads = threads, .outputs = &outputs};
  return median(200, 1000, 0, [&] { (*executable)->run(arguments, results, options).ignore(); });
}

int main() {
  Runtime runtime;
  benchRegions(runtime);
  std::printf("run, 8 elements, fixed size:           %7.0f ns\n", benchRun(runtime, false, 1, 8, 1));
  std::printf("run, 8 elements, dynamic size:         %7.0f ns\n", benchRun(runtime, true, 1, 8, 1));
  std::printf("run, 100 launches of 8 elements:       %7.0f ns\n", benchRun(runtime, false, 100, 8, 1));
  std::printf("run, 100 parallel launches, 2 threads: %7.0f ns\n", benchRun(runtime, false, 100, 256, 2));
}
