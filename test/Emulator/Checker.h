// Finds accesses that no GPU would report: out of bounds, misaligned, of shared memory that nobody wrote, and races.
//
// Happens-before is kept a warp by vector clocks: a barrier orders what its warps did before it with what they do after
// it. Lanes of a warp are ordered by barriers and bar.warp.sync alone; shuffles order nothing. Between blocks nothing
// is ordered but by the end of the kernel, so only atomics may touch what another block touches and one of them writes.
#ifndef TC_TEST_EMULATOR_CHECKER_H
#define TC_TEST_EMULATOR_CHECKER_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tc::emulator {

struct Block;
struct Thread;

/// The last moment of each warp that is known to be over.
using VectorClock = std::array<uint32_t, 32>;
void join(VectorClock &clock, const VectorClock &other);

struct WarpClock {
  VectorClock seen{};  ///< of the warp itself: now
  uint32_t epoch = 0;  ///< counts what orders the lanes of the warp
  uint32_t number = 0; ///< of the warp
  void start(uint32_t warp);
  void syncWarp() { ++epoch; }
  /// What the warp has done so far is over for whoever joins `clock`.
  void release(VectorClock &clock);
  void acquire(const VectorClock &clock);
};

/// Addresses of shared memory; a block has the first of them.
constexpr uint32_t sharedWindowBytes = 256 << 10;

enum class Access { Read, Write, Atomic };

class Checker {
public:
  Checker(Block &block, bool isOn) : block(block), isOn(isOn) {}
  void startBlock();
  /// What is wrong with an access, if anything is.
  std::optional<std::string> access(Thread &thread, const char *data, uint32_t bytes, uint32_t alignment, Access kind,
                                    uint32_t site);

private:
  /// The accesses to a byte that later ones must not race with.
  struct Moment {
    uint32_t block = 0; ///< number of the block plus 1; 0: none
    uint32_t clock = 0, epoch = 0;
    uint32_t thread = 0, site = 0;
    bool isAtomic = false;
    bool isOfMany = false; ///< other lanes of the warp did the same
  };
  struct Cell {
    Moment write;
    /// The last of each warp since the last write, as far as there is room.
    std::vector<Moment> reads;
  };
  bool isOrdered(const Moment &moment, const Thread &thread) const;
  std::optional<std::string> accessByte(Cell &cell, Thread &thread, Access kind, uint32_t site);
  std::string describe(const Moment &moment) const;

  Block &block;
  bool isOn;
  uint32_t blockNumber = 0;
  std::vector<Cell> shared;
  std::unordered_map<uintptr_t, Cell> global;
};

} // namespace tc::emulator

#endif
