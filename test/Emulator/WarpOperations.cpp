// What the lanes of a warp do together, and barriers.

#include "Operations.h"

#include "llvm/ADT/bit.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tc::emulator {

//===----------------------------------------------------------------------===//
// Shuffles: mask, value, lane or distance, clamp
//===----------------------------------------------------------------------===//

enum class Shuffle { Butterfly, Index, Up, Down };

/// The lane that a lane reads, as the PTX manual has it; none if that is outside of its segment.
template <Shuffle mode> static std::optional<uint32_t> getSource(uint32_t lane, uint32_t operand, uint32_t clamp) {
  uint32_t segment = clamp >> 8 & 31, limit = clamp & 31;
  uint32_t last = (lane & segment) | (limit & ~segment), first = lane & segment;
  operand &= 31;
  switch (mode) {
  case Shuffle::Up: {
    int source = int(lane) - int(operand);
    return source >= int(last) ? std::optional<uint32_t>(source) : std::nullopt;
  }
  case Shuffle::Down:
    return lane + operand <= last ? std::optional(lane + operand) : std::nullopt;
  case Shuffle::Butterfly:
    return (lane ^ operand) <= last ? std::optional(lane ^ operand) : std::nullopt;
  case Shuffle::Index: {
    uint32_t source = first | (operand & ~segment);
    return source <= last ? std::optional(source) : std::nullopt;
  }
  }
  llvm_unreachable("unknown shuffle");
}

template <Shuffle mode> static void shuffle(const Group &group) {
  std::array<uint64_t, 32> values{};
  group.forEach([&](uint32_t lane) { values[lane] = group.slots(lane)[1]; });
  group.forEach([&](uint32_t lane) {
    uint64_t *slots = group.slots(lane);
    std::optional<uint32_t> source = getSource<mode>(lane, slots[2], slots[3]);
    // The value of a lane that takes no part is undefined: one that no result survives.
    uint64_t value = source ? (group.mask >> *source & 1 ? values[*source] : 0xffffffff) : values[lane];
    slots[0] = value;
    slots[1] = source.has_value();
  });
}

//===----------------------------------------------------------------------===//
// Votes, reductions, elections
//===----------------------------------------------------------------------===//

static uint32_t ballot(const Group &group, unsigned operand) {
  uint32_t votes = 0;
  group.forEach([&](uint32_t lane) { votes |= uint32_t(group.slots(lane)[operand] & 1) << lane; });
  return votes;
}
static void voteBallot(const Group &group) {
  uint32_t votes = ballot(group, 1);
  group.forEach([&](uint32_t lane) { group.slots(lane)[0] = votes; });
}
static void voteAll(const Group &group) {
  bool all = ballot(group, 1) == group.mask;
  group.forEach([&](uint32_t lane) { group.slots(lane)[0] = all; });
}
static void voteAny(const Group &group) {
  bool any = ballot(group, 1) != 0;
  group.forEach([&](uint32_t lane) { group.slots(lane)[0] = any; });
}
static void voteUniform(const Group &group) {
  uint32_t votes = ballot(group, 1);
  group.forEach([&](uint32_t lane) { group.slots(lane)[0] = votes == 0 || votes == group.mask; });
}

/// Operands: value, mask.
template <uint32_t (*combine)(uint32_t, uint32_t)> static void reduce(const Group &group) {
  std::optional<uint32_t> total;
  group.forEach([&](uint32_t lane) {
    auto value = uint32_t(group.slots(lane)[0]);
    total = total ? combine(*total, value) : value;
  });
  group.forEach([&](uint32_t lane) { group.slots(lane)[0] = *total; });
}
static uint32_t add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t minUnsigned(uint32_t a, uint32_t b) { return std::min(a, b); }
static uint32_t maxUnsigned(uint32_t a, uint32_t b) { return std::max(a, b); }
static uint32_t minSigned(uint32_t a, uint32_t b) { return std::min(int32_t(a), int32_t(b)); }
static uint32_t maxSigned(uint32_t a, uint32_t b) { return std::max(int32_t(a), int32_t(b)); }
static uint32_t bitAnd(uint32_t a, uint32_t b) { return a & b; }
static uint32_t bitOr(uint32_t a, uint32_t b) { return a | b; }
static uint32_t bitXor(uint32_t a, uint32_t b) { return a ^ b; }

static void matchAny(const Group &group) {
  std::array<uint64_t, 32> values{};
  group.forEach([&](uint32_t lane) { values[lane] = group.slots(lane)[1]; });
  group.forEach([&](uint32_t lane) {
    uint32_t same = 0;
    group.forEach([&](uint32_t other) { same |= uint32_t(values[other] == values[lane]) << other; });
    group.slots(lane)[0] = same;
  });
}

static void elect(const Group &group) {
  uint32_t leader = llvm::countr_zero(group.mask);
  group.forEach([&](uint32_t lane) {
    group.slots(lane)[0] = leader;
    group.slots(lane)[1] = lane == leader;
  });
}

static void nothing(const Group &) {}
static void ignore(Thread &, uint64_t *) {}
static void getActiveMask(Thread &thread, uint64_t *slots) { slots[0] = thread.warp->lanes & ~thread.warp->exited; }

template <bool less, bool equal, bool greater> static void laneMask(Thread &thread, uint64_t *slots) {
  uint32_t bit = 1u << thread.registers.lane;
  slots[0] = (less ? bit - 1 : 0) | (equal ? bit : 0) | (greater ? ~(bit | (bit - 1)) : 0);
}

llvm::ArrayRef<Operation> getWarpOperations() {
  constexpr auto immediate = Operation::Kind::Immediate, collective = Operation::Kind::Collective,
                 barrier = Operation::Kind::Barrier;
  static const Operation operations[] = {
      {"shfl.sync.bfly.i32", collective, nullptr, shuffle<Shuffle::Butterfly>, 0},
      {"shfl.sync.bfly.f32", collective, nullptr, shuffle<Shuffle::Butterfly>, 0},
      {"shfl.sync.bfly.i32p", collective, nullptr, shuffle<Shuffle::Butterfly>, 0},
      {"shfl.sync.bfly.f32p", collective, nullptr, shuffle<Shuffle::Butterfly>, 0},
      {"shfl.sync.idx.i32", collective, nullptr, shuffle<Shuffle::Index>, 0},
      {"shfl.sync.idx.f32", collective, nullptr, shuffle<Shuffle::Index>, 0},
      {"shfl.sync.idx.i32p", collective, nullptr, shuffle<Shuffle::Index>, 0},
      {"shfl.sync.idx.f32p", collective, nullptr, shuffle<Shuffle::Index>, 0},
      {"shfl.sync.up.i32", collective, nullptr, shuffle<Shuffle::Up>, 0},
      {"shfl.sync.up.f32", collective, nullptr, shuffle<Shuffle::Up>, 0},
      {"shfl.sync.up.i32p", collective, nullptr, shuffle<Shuffle::Up>, 0},
      {"shfl.sync.up.f32p", collective, nullptr, shuffle<Shuffle::Up>, 0},
      {"shfl.sync.down.i32", collective, nullptr, shuffle<Shuffle::Down>, 0},
      {"shfl.sync.down.f32", collective, nullptr, shuffle<Shuffle::Down>, 0},
      {"shfl.sync.down.i32p", collective, nullptr, shuffle<Shuffle::Down>, 0},
      {"shfl.sync.down.f32p", collective, nullptr, shuffle<Shuffle::Down>, 0},
      {"vote.ballot.sync", collective, nullptr, voteBallot, 0},
      {"vote.all.sync", collective, nullptr, voteAll, 0},
      {"vote.any.sync", collective, nullptr, voteAny, 0},
      {"vote.uni.sync", collective, nullptr, voteUniform, 0},
      {"match.any.sync.i32", collective, nullptr, matchAny, 0},
      {"match.any.sync.i64", collective, nullptr, matchAny, 0},
      {"redux.sync.add", collective, nullptr, reduce<add>, 1},
      {"redux.sync.umin", collective, nullptr, reduce<minUnsigned>, 1},
      {"redux.sync.umax", collective, nullptr, reduce<maxUnsigned>, 1},
      {"redux.sync.min", collective, nullptr, reduce<minSigned>, 1},
      {"redux.sync.max", collective, nullptr, reduce<maxSigned>, 1},
      {"redux.sync.and", collective, nullptr, reduce<bitAnd>, 1},
      {"redux.sync.or", collective, nullptr, reduce<bitOr>, 1},
      {"redux.sync.xor", collective, nullptr, reduce<bitXor>, 1},
      {"elect.sync", collective, nullptr, elect, 0},
      {"bar.warp.sync", collective, nullptr, nothing, 0, true},
      {"activemask", immediate, getActiveMask},
      {"read.ptx.sreg.lanemask.eq", immediate, laneMask<false, true, false>},
      {"read.ptx.sreg.lanemask.lt", immediate, laneMask<true, false, false>},
      {"read.ptx.sreg.lanemask.le", immediate, laneMask<true, true, false>},
      {"read.ptx.sreg.lanemask.gt", immediate, laneMask<false, false, true>},
      {"read.ptx.sreg.lanemask.ge", immediate, laneMask<false, true, true>},
      // Barriers order memory; fences on their own order nothing that the checks could know of.
      {"barrier.cta.sync.aligned.all", barrier},
      {"barrier.cta.sync.all", barrier},
      {"barrier.cta.sync.aligned.count", barrier, nullptr, nullptr, 1},
      {"barrier.cta.sync.count", barrier, nullptr, nullptr, 1},
      {"barrier.cta.arrive.aligned.count", barrier, nullptr, nullptr, 1, false, true},
      {"barrier.cta.arrive.count", barrier, nullptr, nullptr, 1, false, true},
      {"membar.cta", immediate, ignore},
      {"membar.gl", immediate, ignore},
      {"membar.sys", immediate, ignore},
  };
  return operations;
}

} // namespace tc::emulator
