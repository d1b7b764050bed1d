// The pool: every iteration once, fixed parts, nesting, several callers, idle workers, modes of the caller.

#include "tc/Runtime/ThreadPool.h"

#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace tc::runtime;

TEST(ThreadPool, VisitsEveryIterationOnce) {
  ThreadPool pool(4);
  for (int64_t extent : {0, 1, 2, 3, 7, 64, 1001})
    for (int64_t grain : {0, 1, 5, 2000})
      for (unsigned threads : {0, 1, 2, 3, 9}) {
        std::vector<std::atomic<int>> visits(extent);
        pool.forEach(extent, grain, threads, [&](int64_t begin, int64_t end, unsigned part) {
          EXPECT_LT(begin, end);
          EXPECT_LT(part, 4u);
          for (int64_t i = begin; i < end; ++i)
            ++visits[i];
        });
        for (auto &count : visits)
          ASSERT_EQ(count, 1);
      }
}

TEST(ThreadPool, PartsDependOnTheArgumentsAlone) {
  ThreadPool pool(4);
  auto split = [&] {
    std::mutex mutex;
    std::set<std::tuple<int64_t, int64_t, unsigned>> parts;
    pool.forEach(103, 10, 3, [&](int64_t begin, int64_t end, unsigned part) {
      std::lock_guard<std::mutex> lock(mutex);
      parts.insert({begin, end, part});
    });
    return parts;
  };
  auto first = split();
  EXPECT_EQ(first.size(), 3u);
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(split(), first);
}

TEST(ThreadPool, PartsHaveAtLeastTheGrain) {
  ThreadPool pool(8);
  pool.forEach(39, 10, 8, [&](int64_t begin, int64_t end, unsigned) { EXPECT_GE(end - begin, 10); });
}

TEST(ThreadPool, HugeExtents) {
  ThreadPool pool(3);
  std::atomic<int64_t> total{0};
  pool.forEach(INT64_MAX, 1, 3, [&](int64_t begin, int64_t end, unsigned) { total += end - begin; });
  EXPECT_EQ(total, INT64_MAX);
}

TEST(ThreadPool, NestedRegionsRunInline) {
  ThreadPool pool(2);
  std::atomic<int64_t> total{0};
  pool.forEach(4, 1, 0, [&](int64_t begin, int64_t end, unsigned) {
    for (int64_t i = begin; i < end; ++i)
      pool.forEach(100, 1, 0, [&](int64_t b, int64_t e, unsigned part) {
        EXPECT_EQ(part, 0u);
        total += e - b;
      });
  });
  EXPECT_EQ(total, 400);
}

TEST(ThreadPool, ManyCallers) {
  ThreadPool pool(3);
  constexpr int callers = 3, regions = 4000;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < callers; ++caller)
    threads.emplace_back([&, caller] {
      std::vector<int64_t> data(257);
      for (int region = 0; region < regions; ++region) {
        pool.forEach(data.size(), 1 + region % 7, region % 4, [&](int64_t begin, int64_t end, unsigned) {
          for (int64_t i = begin; i < end; ++i)
            data[i] += caller + 1;
        });
      }
      for (int64_t value : data)
        wrong += value != int64_t(regions) * (caller + 1);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadPool, WorksAfterWorkersFellAsleep) {
  ThreadPool pool(2);
  for (int i = 0; i < 20; ++i) {
    std::atomic<int64_t> total{0};
    pool.forEach(1000, 1, 0, [&](int64_t begin, int64_t end, unsigned) { total += end - begin; });
    ASSERT_EQ(total, 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 3));
  }
}

TEST(ThreadPool, WorkersTakePart) {
  ThreadPool pool(2);
  std::set<std::thread::id> seen;
  std::mutex mutex;
  // The first part waits for the second: this ends only if a worker takes it.
  std::atomic<bool> second{false};
  pool.forEach(2, 1, 2, [&](int64_t, int64_t, unsigned part) {
    if (part == 1)
      second = true;
    while (part == 0 && !second)
      std::this_thread::yield();
    std::lock_guard<std::mutex> lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen.size(), 2u);
}

TEST(ThreadPool, CreatedAndDestroyedWhileAwakeOrAsleep) {
  for (int i = 0; i < 50; ++i) {
    ThreadPool pool(3);
    std::atomic<int> count{0};
    if (i % 2)
      pool.forEach(3, 1, 0, [&](int64_t, int64_t, unsigned) { ++count; });
    if (i % 10 == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(ThreadPool, WorksInAForkedChild) {
  ThreadPool pool(3);
  auto sum = [&] {
    std::atomic<int64_t> total{0};
    pool.forEach(1000, 1, 0, [&](int64_t begin, int64_t end, unsigned) { total += end - begin; });
    return total.load();
  };
  ASSERT_EQ(sum(), 1000);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool good = sum() == 1000;
    pool.~ThreadPool(); // must not wait for threads of the parent
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#if defined(__x86_64__)
TEST(ThreadPool, WorkersComputeUnderTheCallersFloatMode) {
  ThreadPool pool(2);
  constexpr unsigned flushToZero = 1u << 15;
  unsigned before = _mm_getcsr();
  for (bool flush : {true, false, true}) {
    _mm_setcsr(flush ? before | flushToZero : before & ~flushToZero);
    std::atomic<int> started{0}, flushing{0};
    pool.forEach(2, 1, 2, [&](int64_t, int64_t, unsigned) {
      ++started;
      while (started < 2)
        std::this_thread::yield();
      flushing += (_mm_getcsr() & flushToZero) != 0;
    });
    EXPECT_EQ(flushing, flush ? 2 : 0);
  }
  _mm_setcsr(before);
}
#endif
