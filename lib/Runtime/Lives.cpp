// When each buffer is alive. A use inside a loop keeps a buffer alive for the whole loop, unless
// the buffer is local to an iteration: it is written whole before anything else in the iteration
// touches it, and not used outside.

#include "Prepared.h"

#include <algorithm>

namespace tc::runtime {

static bool isInside(std::span<const Region> regions, int region, int ancestor) {
  while (region != ancestor && region >= 0)
    region = regions[region].parent;
  return region == ancestor;
}

namespace {

/// What the uses of one root have in common.
struct Summary {
  bool seen = false;
  uint32_t firstStep = 0;
  int firstRegion = 0;
  bool firstDefines = false; // the first step writes the whole value and does not read it
  bool isNested = true;      // all uses are inside the first one's region
};

} // namespace

void computeLives(const Prepared &prepared, Section &section, std::span<const Region> regions,
                  std::span<const ValueUse> uses) {
  section.lives.assign(prepared.values.size(), Life());
  std::vector<Summary> summaries(prepared.values.size());
  for (const ValueUse &use : uses) {
    ValueId root = prepared.values[use.value].root;
    Summary &summary = summaries[root];
    bool defines = use.access == Access::Write && root == use.value;
    if (!summary.seen)
      summary = {true, use.step, use.region, defines, true};
    else if (summary.firstStep == use.step)
      summary.firstDefines &= defines;
    summary.isNested &= isInside(regions, use.region, summary.firstRegion);
  }
  for (const ValueUse &use : uses) {
    ValueId root = prepared.values[use.value].root;
    const Summary &summary = summaries[root];
    Life &life = section.lives[root];
    life.begin = std::min(life.begin, use.step);
    life.end = std::max(life.end, use.step);
    for (int region = use.region; region >= 0; region = regions[region].parent) {
      if (!regions[region].isLoop)
        continue;
      bool isLocal = summary.firstDefines && summary.isNested && isInside(regions, summary.firstRegion, region);
      if (isLocal)
        continue;
      life.begin = std::min(life.begin, regions[region].begin);
      life.end = std::max(life.end, regions[region].end);
      life.inLoop = true;
    }
  }
}

} // namespace tc::runtime
