// Depth first, from the bottom of the arena to its top. Any placement can be pushed down until each buffer lies on
// another one or on the bottom; taken in the order of their offsets, each buffer then lies on what was placed before
// it. So only the order is searched: of those that could come next, the one that the bound tells most of comes first.

#include "PlacementSearch.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace tc::runtime {

namespace {

class Search {
public:
  Search(std::span<const Interval> given, std::span<const int64_t> sizes, int64_t limit, int64_t work);
  bool run() { return placeNext(lives.size(), 0); }

  std::vector<int64_t> offsets; ///< -1: not placed yet

private:
  struct Candidate {
    int64_t offset;
    int64_t area;
    uint32_t buffer;
  };

  bool placeNext(size_t left, int64_t lowest);
  bool place(const Candidate &candidate);

  std::span<const int64_t> sizes;
  int64_t limit, work;
  std::vector<Interval> lives; ///< in moments
  // By moment: the end of what is placed, and the bytes that are not yet.
  std::vector<int64_t> tops, remaining;
};

} // namespace

Search::Search(std::span<const Interval> given, std::span<const int64_t> sizes, int64_t limit, int64_t work)
    : offsets(given.size(), -1), sizes(sizes), limit(limit), work(work) {
  // Whatever lives together does so where one of the lives begins: no other moments are looked at.
  std::vector<uint32_t> moments;
  for (const Interval &life : given)
    moments.push_back(life.begin);
  std::ranges::sort(moments);
  moments.erase(std::ranges::unique(moments).begin(), moments.end());
  auto find = [&](uint32_t time) -> uint32_t { return std::ranges::upper_bound(moments, time) - moments.begin() - 1; };
  tops.assign(moments.size(), 0);
  remaining.assign(moments.size(), 0);
  for (size_t i = 0; i < given.size(); ++i) {
    lives.push_back({find(given[i].begin), find(given[i].end)});
    for (uint32_t t = lives[i].begin; t <= lives[i].end; ++t)
      remaining[t] += sizes[i];
  }
}

/// Places one buffer; false if what is left, all of which comes at its offset or above, cannot fit any more.
bool Search::place(const Candidate &candidate) {
  const Interval life = lives[candidate.buffer];
  const int64_t size = sizes[candidate.buffer];
  offsets[candidate.buffer] = candidate.offset;
  for (uint32_t t = life.begin; t <= life.end; ++t) {
    remaining[t] -= size;
    tops[t] = candidate.offset + size;
  }
  work -= tops.size();
  for (size_t t = 0; t < tops.size(); ++t)
    if (std::max(tops[t], remaining[t] ? candidate.offset : 0) + remaining[t] > limit)
      return false;
  return true;
}

bool Search::placeNext(size_t left, int64_t lowest) {
  if (left == 0)
    return true;
  std::vector<Candidate> candidates;
  int64_t lowestEnd = std::numeric_limits<int64_t>::max();
  for (uint32_t i = 0; i < lives.size(); ++i) {
    if (offsets[i] >= 0)
      continue;
    int64_t moments = lives[i].end - lives[i].begin + 1;
    work -= moments;
    int64_t offset = *std::max_element(tops.begin() + lives[i].begin, tops.begin() + lives[i].end + 1);
    if (offset + sizes[i] > limit)
      return false;
    lowestEnd = std::min(lowestEnd, offset + sizes[i]);
    candidates.push_back({offset, sizes[i] * moments, i});
  }
  // Above the end of another that is left is no place for the lowest of them.
  std::erase_if(candidates, [&](const Candidate &c) { return c.offset >= lowestEnd || c.offset < lowest; });
  std::ranges::sort(candidates, [](const Candidate &a, const Candidate &b) {
    return std::tuple(a.offset, -a.area, a.buffer) < std::tuple(b.offset, -b.area, b.buffer);
  });
  for (const Candidate &candidate : candidates) {
    if (work < 0)
      return false;
    const Interval life = lives[candidate.buffer];
    std::vector<int64_t> before(tops.begin() + life.begin, tops.begin() + life.end + 1);
    if (place(candidate) && placeNext(left - 1, candidate.offset))
      return true;
    offsets[candidate.buffer] = -1;
    std::ranges::copy(before, tops.begin() + life.begin);
    for (uint32_t t = life.begin; t <= life.end; ++t)
      remaining[t] += sizes[candidate.buffer];
  }
  return false;
}

std::optional<std::vector<int64_t>> searchPlacement(std::span<const Interval> lives, std::span<const int64_t> sizes,
                                                    int64_t limit, int64_t work) {
  Search search(lives, sizes, limit, work);
  if (!search.run())
    return std::nullopt;
  return std::move(search.offsets);
}

} // namespace tc::runtime
