// Measures the roof that micro.py holds ops against: floating-point peak and
// memory bandwidth, with all the threads given. Prints "GFLOP/s GB/s".
//
// The peak is independent multiply-adds in registers; the bandwidth is a
// copy of arrays much larger than the caches, both directions counted.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;
typedef float Vector __attribute__((vector_size(64)));

template <typename Body> static double timed(unsigned threads, Body body) {
  auto start = Clock::now();
  std::vector<std::thread> team;
  for (unsigned thread = 0; thread < threads; ++thread)
    team.emplace_back(body, thread);
  for (auto &member : team)
    member.join();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

static volatile float sink;

static void multiplyAdd(long steps) {
  // Twelve chains: enough to hide a latency of 4–5 cycles on two ports.
  Vector sums[12] = {}, a = Vector{} + 0.999f, b = Vector{} + 0.001f;
  for (int i = 0; i < 12; ++i)
    sums[i] = Vector{} + float(i);
  for (long step = 0; step < steps; ++step) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i)
      sums[i] = sums[i] * a + b;
    asm volatile("" : "+x"(a));
  }
  float total = 0;
  for (auto &sum : sums)
    total += sum[0];
  sink = total;
}

int main(int argc, char **argv) {
  unsigned threads = argc > 1 ? unsigned(std::atoi(argv[1])) : 1;
  const long steps = 20'000'000;
  double flops = 0, bytes = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    double seconds = timed(threads, [&](unsigned) { multiplyAdd(steps); });
    flops = std::max(flops, double(steps) * 12 * 16 * 2 * threads / seconds);
  }

  const size_t size = size_t(256) << 20;
  char *from = static_cast<char *>(std::malloc(size)), *to = static_cast<char *>(std::malloc(size));
  std::memset(from, 1, size);
  std::memset(to, 2, size);
  for (int attempt = 0; attempt < 5; ++attempt) {
    double seconds = timed(threads, [&](unsigned thread) {
      size_t part = size / threads;
      std::memcpy(to + thread * part, from + thread * part, part);
    });
    bytes = std::max(bytes, 2.0 * double(size) / seconds);
  }
  sink = to[size / 2];
  std::printf("%.1f %.1f\n", flops / 1e9, bytes / 1e9);
  std::free(from);
  std::free(to);
}
