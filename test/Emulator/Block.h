// A block of threads: their registers, where each one waits, and who goes on when. Everything that threads do together
// happens here, outside of their fibers.
#ifndef TC_TEST_EMULATOR_BLOCK_H
#define TC_TEST_EMULATOR_BLOCK_H

#include "Checker.h"
#include "Emulator.h"
#include "Fiber.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tc::emulator {

struct Block;
struct Operation;
struct Warp;

/// What a kernel reads of its thread; the rewriter knows the offsets.
struct Registers {
  uint32_t tid[3], ntid[3], ctaid[3], nctaid[3];
  uint32_t lane, warp;
  char *shared;
};

/// A copy that was begun and not waited for.
struct AsyncCopy {
  char *to;
  const char *from;
  uint32_t bytes, filled; ///< the bytes after the first `bytes`, up to `filled`, become zero
  uint32_t site;
};

struct Thread {
  enum class State { Ready, Waiting, Done };

  Registers registers;
  Block *block = nullptr;
  Warp *warp = nullptr;
  uint32_t number = 0;
  State state = State::Done;
  Fiber fiber;
  /// What it waits for, and the operands and results of that.
  const Operation *operation = nullptr;
  uint32_t site = 0;
  uint64_t *slots = nullptr;
  /// Groups of copies, the last one open.
  std::vector<std::vector<AsyncCopy>> copies;
};

/// Lanes of a warp that wait for one another.
struct Gathering {
  const Operation *operation;
  uint32_t site, mask, arrived;
};

struct Warp {
  uint32_t number = 0;
  uint32_t lanes = 0, exited = 0; ///< masks of those there are, and of those that have ended
  Thread *threads = nullptr;
  std::vector<Gathering> gatherings;
  WarpClock clock;
};

/// Lanes that meet in a collective.
struct Group {
  Warp &warp;
  uint32_t mask;
  uint64_t *slots(uint32_t lane) const { return warp.threads[lane].slots; }
  template <typename Body> void forEach(Body body) const {
    for (uint32_t lane = 0; lane < 32; ++lane)
      if (mask >> lane & 1)
        body(lane);
  }
};

struct Barrier {
  uint32_t arrived = 0, expected = 0;
  std::vector<Thread *> waiting;
  VectorClock clock{};
};

/// The entry of a kernel in the form the rewriter gives it.
using Entry = void (*)(Thread *, void *const *arguments);

/// Runs the blocks of a launch, one after the other.
struct Block {
  Block(Entry entry, const Launch &launch, const Options &options, char *shared, uint32_t sharedBytes,
        llvm::ArrayRef<std::string> sites);

  /// What went wrong, if anything did.
  std::optional<std::string> run(const uint32_t (&id)[3]);

  /// Called by threads, that is in their fibers.
  void wait(Thread &thread, const Operation &operation, uint32_t site, uint64_t *slots);
  /// Records the first thing that went wrong; the thread never runs again.
  [[noreturn]] void failThread(Thread &thread, std::string what);
  /// The same, outside of fibers.
  void fail(const Thread &thread, const std::string &what);

  Entry entry;
  const Launch &launch;
  Options options;
  char *shared;
  uint32_t sharedBytes;
  llvm::ArrayRef<std::string> sites;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  Barrier barriers[16];
  FiberStacks stacks;
  Checker checker;
  uint32_t id[3] = {};
  uint32_t live = 0;
  std::optional<std::string> failure;

private:
  void reset(const uint32_t (&number)[3]);
  void runThread(Thread &thread);
  void arrive(Thread &thread);
  void arriveAtBarrier(Thread &thread);
  void exit(Thread &thread);
  std::string describeDeadlock() const;
  std::mt19937_64 random;
};

} // namespace tc::emulator

#endif
