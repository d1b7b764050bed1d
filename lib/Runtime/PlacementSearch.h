// A search for a placement of buffers within a limit, for where the greedy orders miss it.
#ifndef TC_LIB_RUNTIME_PLACEMENTSEARCH_H
#define TC_LIB_RUNTIME_PLACEMENTSEARCH_H

#include "tc/Runtime/Memory.h"

#include <optional>

namespace tc::runtime {

/// Offsets with which buffers alive at the same time do not overlap and all end at `limit` or before, in the order of
/// `lives`. None if there are none, or if the search did not come to an end within `work` steps. Sizes are multiples of
/// the alignment, and positive. Deterministic.
std::optional<std::vector<int64_t>> searchPlacement(std::span<const Interval> lives, std::span<const int64_t> sizes,
                                                    int64_t limit, int64_t work);

} // namespace tc::runtime

#endif
