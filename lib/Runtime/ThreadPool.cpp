// The pool. One word, the epoch, announces a region to all workers; each part of it has a slot on a
// cache line of its own, where the worker of that number, or the caller when it is done with its
// own part, claims it. A claim that succeeds proves that the region is still open, so a late worker
// never touches the fields of another region.

#include "tc/Runtime/ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace tc::runtime {

namespace {

constexpr std::chrono::microseconds spinTime(50);
/// The low bits of the epoch word hold the number of parts.
constexpr unsigned partBits = 16;
constexpr unsigned maxParts = (1u << partBits) - 1;

void pauseBriefly() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

/// Rounding and flush-to-zero modes: workers compute under the caller's, or results would depend on
/// the split.
unsigned getFloatMode() {
#if defined(__x86_64__)
  return _mm_getcsr() & ~0x3fu; // without the sticky exception flags
#else
  return 0;
#endif
}

void setFloatMode([[maybe_unused]] unsigned mode) {
#if defined(__x86_64__)
  _mm_setcsr(mode);
#endif
}

/// One step of a wait: at first the processor stays with this thread, then whoever else wants it has a turn. Spinning
/// on a processor that the awaited thread needs would make it later.
void spinOnce(unsigned step) {
  constexpr unsigned politeFrom = 128;
  if (step < politeFrom || step % 16 != 0)
    pauseBriefly();
  else
    sched_yield();
}

void waitOn(std::atomic<uint32_t> &word, uint32_t value) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(std::atomic<uint32_t> &word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

struct Region {
  ThreadPool::Body body = nullptr;
  void *context = nullptr;
  int64_t extent = 0;
  unsigned parts = 0;
  unsigned floatMode = 0;

  void run(unsigned part) const {
    auto bound = [&](int64_t i) { return extent / parts * i + std::min<int64_t>(i, extent % parts); };
    body(context, bound(part), bound(part + 1), part);
  }
};

struct alignas(128) Slot {
  std::atomic<uint64_t> claimed{0}; // last epoch whose part was taken
  std::atomic<uint64_t> done{0};    // last epoch whose part the worker finished
  std::atomic<uint32_t> asleep{0};
  pthread_t thread{};

  bool claim(uint64_t epoch) {
    uint64_t current = claimed.load(std::memory_order_relaxed);
    return current < epoch && claimed.compare_exchange_strong(current, epoch, std::memory_order_acq_rel);
  }
};

} // namespace

struct ThreadPool::State {
  // Apart from the rest: the workers spin on it.
  alignas(128) std::atomic<uint64_t> word{0};
  alignas(128) std::atomic<bool> taken{false};
  std::atomic<bool> stop{false};
  Region region;
  uint64_t epoch = 0;
  std::vector<Slot> slots; // slot 0 is the caller's, unused
  unsigned started = 1;    // slots below have a worker
  pid_t process = getpid();

  explicit State(unsigned threads) : slots(threads) {}

  void startWorkers(unsigned parts);
  void work(unsigned index);
  uint64_t awaitNews(unsigned index, uint64_t seen, std::chrono::steady_clock::time_point &deadline);
};

/// Waits until the word is not `seen`: spins till the deadline, then sleeps.
uint64_t ThreadPool::State::awaitNews(unsigned index, uint64_t seen, std::chrono::steady_clock::time_point &deadline) {
  Slot &slot = slots[index];
  for (unsigned step = 0;; ++step) {
    uint64_t now = word.load(std::memory_order_acquire);
    if (now != seen)
      return now;
    spinOnce(step);
    if (step % 64 != 63 || std::chrono::steady_clock::now() < deadline)
      continue;
    // The caller stores the word and then looks at `asleep`; here it is the other way round, so one
    // of the two sees the other.
    slot.asleep.store(1, std::memory_order_seq_cst);
    while (word.load(std::memory_order_seq_cst) == seen && slot.asleep.load(std::memory_order_relaxed))
      waitOn(slot.asleep, 1);
    slot.asleep.store(0, std::memory_order_relaxed);
    deadline = std::chrono::steady_clock::now() + spinTime;
    step = 0;
  }
}

void ThreadPool::State::work(unsigned index) {
  Slot &slot = slots[index];
  uint64_t seen = 0;
  auto deadline = std::chrono::steady_clock::now() + spinTime;
  unsigned floatMode = getFloatMode();
  while (true) {
    seen = awaitNews(index, seen, deadline);
    if (stop.load(std::memory_order_acquire))
      return;
    uint64_t epoch = seen >> partBits;
    if (index >= (seen & maxParts))
      continue; // not for this worker: the deadline stays
    if (slot.claim(epoch)) {
      if (floatMode != region.floatMode) {
        floatMode = region.floatMode;
        setFloatMode(floatMode);
      }
      region.run(index);
      slot.done.store(epoch, std::memory_order_release);
    }
    deadline = std::chrono::steady_clock::now() + spinTime;
  }
}

/// Starts what is missing. A thread that the system refuses is no error: its parts are done by the
/// caller.
void ThreadPool::State::startWorkers(unsigned parts) {
  struct Start {
    State *state;
    unsigned index;
  };
  sigset_t all, old;
  sigfillset(&all);
  // Signals are for the embedder's threads.
  pthread_sigmask(SIG_SETMASK, &all, &old);
  for (; started < parts; ++started) {
    auto entry = [](void *argument) -> void * {
      std::unique_ptr<Start> start(static_cast<Start *>(argument));
      start->state->work(start->index);
      return nullptr;
    };
    auto start = std::make_unique<Start>(Start{this, started});
    if (pthread_create(&slots[started].thread, nullptr, entry, start.get()) != 0)
      break;
    start.release();
    pthread_setname_np(slots[started].thread, "tc-worker");
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

static unsigned countProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return std::max(1, CPU_COUNT(&set));
  return std::max(1l, sysconf(_SC_NPROCESSORS_ONLN));
}

ThreadPool::ThreadPool(unsigned maxThreads)
    : state(std::make_unique<State>(std::min(maxThreads ? maxThreads : countProcessors(), maxParts))) {}

ThreadPool::~ThreadPool() {
  // After a fork the workers are in the other process.
  if (state->process != getpid())
    return;
  state->stop.store(true, std::memory_order_release);
  state->word.store(~uint64_t(0), std::memory_order_seq_cst);
  for (unsigned i = 1; i < state->started; ++i) {
    state->slots[i].asleep.store(0, std::memory_order_seq_cst);
    wake(state->slots[i].asleep);
  }
  for (unsigned i = 1; i < state->started; ++i)
    pthread_join(state->slots[i].thread, nullptr);
}

unsigned ThreadPool::getMaxThreads() const { return state->slots.size(); }

void ThreadPool::parallelFor(int64_t extent, int64_t grain, unsigned threads, Body body, void *context) {
  if (extent <= 0)
    return;
  unsigned limit = threads ? std::min(threads, getMaxThreads()) : getMaxThreads();
  auto parts = static_cast<unsigned>(std::clamp<int64_t>(extent / std::max<int64_t>(grain, 1), 1, limit));
  State &s = *state;
  if (parts == 1 || s.taken.exchange(true, std::memory_order_acquire)) {
    body(context, 0, extent, 0);
    return;
  }
  if (parts > s.started)
    s.startWorkers(parts);
  s.region = {body, context, extent, parts, getFloatMode()};
  uint64_t epoch = ++s.epoch;
  s.word.store(epoch << partBits | parts, std::memory_order_seq_cst);
  for (unsigned i = 1; i < parts; ++i) {
    std::atomic<uint32_t> &asleep = s.slots[i].asleep;
    if (asleep.load(std::memory_order_seq_cst) && asleep.exchange(0, std::memory_order_seq_cst))
      wake(asleep);
  }
  s.region.run(0);
  // A part that is still unclaimed is done here: a worker that sleeps or waits for a processor
  // would be later. From the end, as the last workers were woken last.
  uint64_t stolen[maxParts / 64 + 1];
  std::fill_n(stolen, parts / 64 + 1, 0);
  for (unsigned i = parts - 1; i > 0; --i)
    if (s.slots[i].claim(epoch)) {
      s.region.run(i);
      stolen[i / 64] |= uint64_t(1) << i % 64;
    }
  for (unsigned i = 1; i < parts; ++i) {
    if (stolen[i / 64] >> i % 64 & 1)
      continue;
    for (unsigned spins = 0; s.slots[i].done.load(std::memory_order_acquire) != epoch; ++spins)
      spinOnce(spins);
  }
  s.taken.store(false, std::memory_order_release);
}

} // namespace tc::runtime
