// Finds accesses that no GPU would report: out of bounds, misaligned, of shared memory that nobody wrote, and races.
//
// Happens-before is kept a warp by vector clocks: a barrier orders what its warps did before it with what they do after
// it. Lanes of a warp are ordered by barriers and bar.warp.sync alone; shuffles order nothing. Between blocks nothing
// is ordered but by the end of the kernel, so only atomics may touch what another block touches and one of them writes.
#ifndef TC_TEST_EMULATOR_CHECKER_H
#define TC_TEST_EMULATOR_CHECKER_H

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tc::emulator {

struct Block;
struct Range;
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
  Checker(Block &block, bool isOn);
  void startBlock();
  /// What is wrong with an access, if anything is.
  std::optional<std::string> access(Thread &thread, const char *data, uint32_t bytes, uint32_t alignment, Access kind,
                                    uint32_t site);

private:
  /// The accesses to a byte that later ones must not race with.
  struct Moment {
    uint32_t block = 0; ///< number of the block plus 1; 0: none
    uint32_t clock = 0, epoch = 0;
    uint32_t site = 0;
    uint16_t thread = 0;
    bool isAtomic = false;
    bool isOfMany = false; ///< other lanes of the warp did the same
  };
  static constexpr unsigned maxReads = 8, inlineReads = 2;
  /// The last write of a byte, or of all bytes of a word, and the last read of each warp since then, as far as there is
  /// room. Of the reads of earlier blocks one is kept, the first. Zero bytes are an empty cell.
  struct Cell {
    Moment write;
    Moment reads[inlineReads];
    uint32_t overflow = 0; ///< where the other reads are, in `overflows`
    uint32_t bytes = 0;    ///< where the cells of the bytes are, in `splits`; 0 if they are all this one
    uint32_t block = 0;    ///< of shared memory: the block that the cell is about
    uint32_t numReads = 0;
  };
  static constexpr uint32_t wordBytes = 4, pageBytes = 4096;
  using Page = std::array<Cell, pageBytes / wordBytes>;
  using Bytewise = std::array<Cell, wordBytes>;
  using Overflow = std::array<Moment, maxReads - inlineReads>;

  const Range *findRange(uintptr_t address, uint32_t bytes);
  Cell &getGlobal(uintptr_t address);
  Cell &getShared(uint32_t offset);
  Moment &getRead(Cell &cell, unsigned number);
  bool isOrdered(const Moment &moment, const Thread &thread) const;
  std::optional<std::string> accessWord(Cell &cell, uint32_t first, uint32_t count, Thread &thread, Access kind,
                                        uint32_t site, bool isShared);
  std::optional<std::string> accessCell(Cell &cell, Thread &thread, Access kind, uint32_t site, bool isShared);
  std::string describe(const Moment &moment) const;

  Block &block;
  bool isOn;
  uint32_t blockNumber = 0;
  std::vector<Cell> shared;
  std::unordered_map<uintptr_t, std::unique_ptr<Page>> global;
  /// The pages used last, by the low bits of their numbers.
  struct Recent {
    uintptr_t number = ~uintptr_t(0);
    Page *page = nullptr;
  };
  std::array<Recent, 64> recent;
  std::vector<Range> ranges; ///< of the launch, by their begin
  const Range *lastRange = nullptr;
  std::vector<Overflow> overflows{1};
  std::vector<Bytewise> splits{1};
};

} // namespace tc::emulator

#endif
