// The threads that kernels run on. A region costs a fraction of a microsecond: workers spin for a
// short, bounded time after their last region and sleep on a futex after that, so that other pools
// in the process are not starved.
#ifndef TC_RUNTIME_THREADPOOL_H
#define TC_RUNTIME_THREADPOOL_H

#include <cstdint>
#include <memory>
#include <type_traits>

namespace tc::runtime {

/// Splits index ranges over threads. Any number of threads may call parallelFor at the same time:
/// one region has the workers, every other one (and a nested one) runs inline on its caller.
/// Workers that have not started their part when the caller has finished its own are relieved of
/// it, so a late, busy or vanished (fork) worker only costs time.
class ThreadPool {
public:
  /// Processes [begin, end). `part` is below the number of threads asked for, and no two calls that
  /// run at the same time share one: it selects scratch memory. Must not throw.
  using Body = void (*)(void *context, int64_t begin, int64_t end, unsigned part);

  /// A pool for at most `maxThreads` threads, the caller included; 0 means the CPUs this process
  /// may run on. Workers are started when a region first needs them.
  explicit ThreadPool(unsigned maxThreads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Threads a region can have, the caller included.
  unsigned getMaxThreads() const;

  /// Runs `body` over [0, extent) in at most `threads` (0: all) contiguous parts of at least
  /// `grain` iterations. The parts depend on the arguments alone, or are one whole part when the
  /// pool is taken; results must not depend on them. Returns when all iterations are done and their
  /// writes are visible.
  void parallelFor(int64_t extent, int64_t grain, unsigned threads, Body body, void *context);

  /// parallelFor over a callable `f(begin, end, part)`.
  template <typename F> void forEach(int64_t extent, int64_t grain, unsigned threads, F &&f) {
    parallelFor(
        extent, grain, threads,
        [](void *context, int64_t begin, int64_t end, unsigned part) {
          (*static_cast<std::remove_reference_t<F> *>(context))(begin, end, part);
        },
        const_cast<void *>(static_cast<const void *>(std::addressof(f))));
  }

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tc::runtime

#endif
