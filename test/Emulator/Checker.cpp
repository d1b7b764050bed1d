// A shadow of memory: the last accesses to each byte, held against each new one.

#include "Checker.h"

#include "Block.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstring>

namespace tc::emulator {

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

Checker::Checker(Block &block, bool isOn)
    : block(block), isOn(isOn), ranges(block.launch.memory.begin(), block.launch.memory.end()) {
  llvm::sort(ranges, [](const Range &a, const Range &b) { return a.begin < b.begin; });
  if (isOn)
    shared.resize(llvm::divideCeil(block.sharedBytes, wordBytes));
}

void Checker::startBlock() {
  ++blockNumber;
  // What a block finds in shared memory is nothing to rely on: bits that are NaN in every float type.
  if (isOn)
    std::memset(block.shared, 0xff, block.sharedBytes);
}

const Range *Checker::findRange(uintptr_t address, uint32_t bytes) {
  auto holds = [&](const Range &range) { return address >= range.begin && address + bytes <= range.end; };
  if (lastRange && holds(*lastRange))
    return lastRange;
  auto after = llvm::upper_bound(ranges, address, [](uintptr_t value, const Range &r) { return value < r.begin; });
  if (after == ranges.begin() || !holds(*std::prev(after)))
    return nullptr;
  return lastRange = &*std::prev(after);
}

Checker::Cell &Checker::getGlobal(uintptr_t address) {
  uintptr_t number = address / pageBytes;
  Recent &entry = recent[number % recent.size()];
  if (entry.number != number) {
    std::unique_ptr<Page> &page = global[number];
    if (!page)
      page = std::make_unique<Page>();
    entry = {number, page.get()};
  }
  return (*entry.page)[address % pageBytes / wordBytes];
}

Checker::Cell &Checker::getShared(uint32_t offset) {
  Cell &cell = shared[offset / wordBytes];
  if (cell.block != blockNumber) {
    cell.write = {};
    cell.numReads = cell.bytes = 0;
    cell.block = blockNumber;
  }
  return cell;
}

Checker::Moment &Checker::getRead(Cell &cell, unsigned number) {
  if (number < inlineReads)
    return cell.reads[number];
  if (cell.overflow == 0) {
    cell.overflow = overflows.size();
    overflows.emplace_back();
  }
  return overflows[cell.overflow][number - inlineReads];
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

std::optional<std::string> Checker::accessCell(Cell &cell, Thread &thread, Access kind, uint32_t site, bool isShared) {
  auto conflicts = [&](const Moment &moment) {
    if (moment.block == 0 || (kind == Access::Atomic && moment.isAtomic))
      return false;
    return moment.block != blockNumber || !isOrdered(moment, thread);
  };
  if (isShared && kind != Access::Write && cell.write.block == 0)
    return "nobody has written";
  if (conflicts(cell.write))
    return "races with " + describe(cell.write);
  const Warp &warp = *thread.warp;
  Moment now{blockNumber, warp.clock.seen[warp.number],         warp.clock.epoch,
             site,        static_cast<uint16_t>(thread.number), kind == Access::Atomic};
  if (kind != Access::Read) {
    for (unsigned i = 0; i < cell.numReads; ++i)
      if (conflicts(getRead(cell, i)))
        return "races with " + describe(getRead(cell, i));
    cell.write = now;
    cell.numReads = 0;
    return std::nullopt;
  }
  if (cell.numReads > 0 && getRead(cell, cell.numReads - 1).block != blockNumber)
    cell.numReads = 1;
  for (unsigned i = 0; i < cell.numReads; ++i) {
    Moment &read = getRead(cell, i);
    if (read.block != blockNumber || read.thread / 32u != warp.number)
      continue;
    now.isOfMany = read.epoch == now.epoch && (read.isOfMany || read.thread != thread.number);
    read = now;
    return std::nullopt;
  }
  if (cell.numReads < maxReads)
    getRead(cell, cell.numReads++) = now;
  return std::nullopt;
}

std::optional<std::string> Checker::accessWord(Cell &cell, uint32_t first, uint32_t count, Thread &thread, Access kind,
                                               uint32_t site, bool isShared) {
  bool isWhole = count == wordBytes;
  if (isWhole && cell.bytes == 0)
    return accessCell(cell, thread, kind, site, isShared);
  if (cell.bytes == 0) {
    Bytewise bytes;
    for (Cell &byte : bytes) {
      byte.write = cell.write;
      for (unsigned i = 0; i < cell.numReads; ++i) {
        Moment read = getRead(cell, i); // a copy: the byte's may move it
        getRead(byte, i) = read;
      }
      byte.numReads = cell.numReads;
    }
    cell.bytes = splits.size();
    splits.push_back(bytes);
  }
  for (uint32_t i = first; i < first + count; ++i)
    if (auto problem = accessCell(splits[cell.bytes][i], thread, kind, site, isShared))
      return problem;
  if (isWhole && kind != Access::Read) {
    cell.write = splits[cell.bytes][0].write;
    cell.numReads = cell.bytes = 0;
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
    const Range *range = findRange(address, bytes);
    if (!range)
      return explain("is in no buffer of the launch", false, offset);
    offset = address - range->begin;
  }
  if (address % alignment != 0)
    return explain("is not aligned to " + std::to_string(alignment), isShared, offset);
  for (uint32_t done = 0; done < bytes;) {
    uint32_t first = (address + done) % wordBytes, count = std::min(bytes - done, wordBytes - first);
    Cell &cell = isShared ? getShared(offset + done) : getGlobal(address + done);
    if (auto problem = accessWord(cell, first, count, thread, kind, site, isShared))
      return explain(*problem, isShared, offset + done);
    done += count;
  }
  return std::nullopt;
}

} // namespace tc::emulator
