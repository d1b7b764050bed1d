// A shadow of memory: the last accesses to each byte, held against each new one.

#include "Checker.h"

#include "Block.h"

#include <algorithm>
#include <cstring>

namespace tc::emulator {

/// Enough for all warps of most blocks: bytes that are read are rarely written, and many are read by all blocks.
static constexpr size_t maxReads = 8;

void join(VectorClock &clock, const VectorClock &other) {
  for (size_t i = 0; i < clock.size(); ++i)
    clock[i] = std::max(clock[i], other[i]);
}

void WarpClock::start(uint32_t warp) {
  number = warp;
  seen[warp] = 1;
}

void WarpClock::release(VectorClock &clock) {
  join(clock, seen);
  ++seen[number];
}

void WarpClock::acquire(const VectorClock &clock) {
  join(seen, clock);
  ++epoch;
}

void Checker::startBlock() {
  ++blockNumber;
  if (!isOn)
    return;
  // What a block finds in shared memory is nothing to rely on: bits that are NaN in every float type.
  std::memset(block.shared, 0xff, block.sharedBytes);
  shared.assign(block.sharedBytes, {});
}

bool Checker::isOrdered(const Moment &moment, const Thread &thread) const {
  if (moment.thread == thread.number && !moment.isOfMany)
    return true;
  const Warp &warp = *thread.warp;
  uint32_t other = moment.thread / 32;
  return other == warp.number ? moment.epoch < warp.clock.epoch : moment.clock <= warp.clock.seen[other];
}

std::string Checker::describe(const Moment &moment) const {
  return "the access of thread " + std::to_string(moment.thread) +
         (moment.block == blockNumber ? "" : " of another block") + " (" + block.sites[moment.site] + ")";
}

std::optional<std::string> Checker::accessByte(Cell &cell, Thread &thread, Access kind, uint32_t site) {
  auto conflicts = [&](const Moment &moment) {
    if (moment.block == 0 || (kind == Access::Atomic && moment.isAtomic))
      return false;
    return moment.block != blockNumber || !isOrdered(moment, thread);
  };
  if (conflicts(cell.write))
    return "races with " + describe(cell.write);
  const Warp &warp = *thread.warp;
  Moment now{blockNumber, warp.clock.seen[warp.number], warp.clock.epoch, thread.number, site, kind == Access::Atomic};
  if (kind != Access::Read) {
    for (const Moment &read : cell.reads)
      if (conflicts(read))
        return "races with " + describe(read);
    cell.write = now;
    cell.reads.clear();
    return std::nullopt;
  }
  auto known = llvm::find_if(
      cell.reads, [&](const Moment &read) { return read.block == blockNumber && read.thread / 32 == warp.number; });
  if (known != cell.reads.end()) {
    now.isOfMany = known->epoch == now.epoch && (known->isOfMany || known->thread != thread.number);
    *known = now;
  } else if (cell.reads.size() < maxReads) {
    cell.reads.push_back(now);
  }
  return std::nullopt;
}

std::optional<std::string> Checker::access(Thread &thread, const char *data, uint32_t bytes, uint32_t alignment,
                                           Access kind, uint32_t site) {
  if (!isOn)
    return std::nullopt;
  auto explain = [&](const std::string &what, bool isShared, uint64_t offset) {
    const char *verb = kind == Access::Read ? "reads" : kind == Access::Write ? "writes" : "updates";
    return std::string(verb) + " " + std::to_string(bytes) + " bytes of " + (isShared ? "shared" : "global") +
           " memory at " + std::to_string(offset) + " (" + block.sites[site] + "), which " + what;
  };
  auto address = reinterpret_cast<uintptr_t>(data), window = reinterpret_cast<uintptr_t>(block.shared);
  // The window is larger than what the kernel asked for.
  bool isShared = address >= window && address < window + sharedWindowBytes;
  uint64_t offset = isShared ? address - window : address;
  if (isShared && offset + bytes > block.sharedBytes)
    return explain("has " + std::to_string(block.sharedBytes), true, offset);
  if (!isShared) {
    const Range *range = llvm::find_if(block.launch.memory,
                                       [&](const Range &r) { return address >= r.begin && address + bytes <= r.end; });
    if (range == block.launch.memory.end())
      return explain("is in no buffer of the launch", false, offset);
    offset = address - range->begin;
  }
  if (address % alignment != 0)
    return explain("is not aligned to " + std::to_string(alignment), isShared, offset);
  for (uint32_t i = 0; i < bytes; ++i) {
    Cell &cell = isShared ? shared[offset + i] : global[address + i];
    if (isShared && kind != Access::Write && cell.write.block == 0)
      return explain("nobody has written", true, offset + i);
    if (auto race = accessByte(cell, thread, kind, site))
      return explain(*race, isShared, offset + i);
  }
  return std::nullopt;
}

} // namespace tc::emulator
