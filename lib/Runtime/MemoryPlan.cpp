// The placement of buffers in an arena: greedy by size with best fit, which is near the lower bound
// on network graphs. Where it misses the bound, other orders are tried and the best one kept, and where all of them
// miss it, a placement is searched for.

#include "tc/Runtime/Memory.h"

#include "PlacementSearch.h"

#include <algorithm>
#include <limits>

namespace tc::runtime {

namespace {

struct Placed {
  int64_t begin;
  int64_t end;
  Interval life;
};

} // namespace

static int64_t alignUp(int64_t value) { return (value + bufferAlignment - 1) / bufferAlignment * bufferAlignment; }

static bool overlaps(Interval a, Interval b) { return a.begin <= b.end && b.begin <= a.end; }

/// Puts each buffer into the tightest gap between those placed before that are alive with it.
static void place(std::span<const Interval> lives, std::span<const int64_t> sizes, std::span<const uint32_t> order,
                  MemoryPlan &plan) {
  plan.offsets.assign(lives.size(), 0);
  plan.bytes = 0;
  std::vector<Placed> placed; // by begin
  for (uint32_t index : order) {
    int64_t size = alignUp(sizes[index]);
    int64_t best = -1, bestGap = 0, cursor = 0;
    for (const Placed &other : placed) {
      if (!overlaps(other.life, lives[index]))
        continue;
      int64_t gap = other.begin - cursor;
      if (gap >= size && (best < 0 || gap < bestGap)) {
        best = cursor;
        bestGap = gap;
      }
      cursor = std::max(cursor, other.end);
    }
    if (best < 0)
      best = cursor;
    plan.offsets[index] = best;
    plan.bytes = std::max(plan.bytes, best + size);
    Placed entry{best, best + size, lives[index]};
    auto position = std::ranges::upper_bound(placed, entry.begin, {}, &Placed::begin);
    placed.insert(position, entry);
  }
}

static int64_t getPeak(std::span<const Interval> lives, std::span<const int64_t> sizes) {
  // (time, change); at one time births come last, as a life ends after its last instruction.
  std::vector<std::pair<uint64_t, int64_t>> changes;
  for (size_t i = 0; i < lives.size(); ++i) {
    if (sizes[i] <= 0)
      continue;
    changes.push_back({lives[i].begin, alignUp(sizes[i])});
    changes.push_back({uint64_t(lives[i].end) + 1, -alignUp(sizes[i])});
  }
  std::ranges::sort(changes);
  int64_t alive = 0, peak = 0;
  for (auto [time, change] : changes)
    peak = std::max(peak, alive += change);
  return peak;
}

MemoryPlan planMemory(std::span<const Interval> lives, std::span<const int64_t> sizes) {
  std::vector<uint32_t> bySize;
  for (uint32_t i = 0; i < lives.size(); ++i)
    if (sizes[i] > 0)
      bySize.push_back(i);
  std::vector<uint32_t> byTime = bySize;
  std::ranges::sort(bySize, [&](uint32_t a, uint32_t b) { return std::pair(-sizes[a], a) < std::pair(-sizes[b], b); });
  std::ranges::sort(
      byTime, [&](uint32_t a, uint32_t b) { return std::pair(lives[a].begin, a) < std::pair(lives[b].begin, b); });
  MemoryPlan best;
  best.peak = getPeak(lives, sizes);
  best.bytes = std::numeric_limits<int64_t>::max();
  // Where an order misses the bound, those that stick out above all others are placed first the next time.
  constexpr int maxTries = 12;
  for (std::vector<uint32_t> *order : {&bySize, &byTime})
    for (int attempt = 0; attempt < maxTries && best.bytes > best.peak; ++attempt) {
      MemoryPlan plan;
      place(lives, sizes, *order, plan);
      std::vector<uint32_t> next, others;
      for (uint32_t index : *order)
        (plan.offsets[index] + alignUp(sizes[index]) == plan.bytes ? next : others).push_back(index);
      next.insert(next.end(), others.begin(), others.end());
      *order = std::move(next);
      if (plan.bytes < best.bytes) {
        best.offsets = std::move(plan.offsets);
        best.bytes = plan.bytes;
      }
    }
  if (best.bytes <= best.peak)
    return best;
  std::vector<uint32_t> indices;
  std::vector<Interval> usedLives;
  std::vector<int64_t> usedSizes;
  for (uint32_t i = 0; i < lives.size(); ++i)
    if (sizes[i] > 0) {
      indices.push_back(i);
      usedLives.push_back(lives[i]);
      usedSizes.push_back(alignUp(sizes[i]));
    }
  // About a millisecond, once a plan.
  constexpr int64_t maxWork = 1'000'000;
  if (std::optional<std::vector<int64_t>> offsets = searchPlacement(usedLives, usedSizes, best.peak, maxWork)) {
    for (size_t i = 0; i < indices.size(); ++i)
      best.offsets[indices[i]] = (*offsets)[i];
    best.bytes = best.peak;
  }
  return best;
}

} // namespace tc::runtime
