// Everything of a run that follows from the symbol values at entry: the values of all slots, and
// where each buffer lies.
#ifndef TC_LIB_RUNTIME_PLAN_H
#define TC_LIB_RUNTIME_PLAN_H

#include "Prepared.h"

namespace tc::runtime {

/// Where the arena values of a section lie.
struct Placement {
  static constexpr int64_t nowhere = -1;
  std::vector<int64_t> offsets; // by value; nowhere for all that is not in an arena
  std::vector<ValueId> sameAs;  // by value; an output whose memory the value uses in place, or noValue
  int64_t hostBytes = 0;
  int64_t deviceBytes = 0;
  int64_t peak = 0; // of the host arena
};

struct Plan {
  std::vector<int64_t> symbols; // late ones 0
  std::vector<int64_t> slots;   // late ones 0
  Placement body;
  int64_t scratchStride = 0; // bytes a thread, most of all launches whose need is known
};

Placement placeSection(const Program &program, const Prepared &prepared, const Section &section,
                       std::span<const int64_t> slots);

/// Evaluates and checks all slots, and places the body's buffers.
Expected<Plan> makePlan(const Program &program, const Prepared &prepared, std::span<const int64_t> symbols);

/// Checks that the elements of a Tensor output lie inside its buffer; its slots are known.
Error checkOutputExtent(const Program &program, const Prepared &prepared, uint32_t output,
                        std::span<const int64_t> slots);

/// What a launch needs of scratch memory for one thread, rounded so that two threads never share a
/// line.
int64_t roundScratch(int64_t bytes);

} // namespace tc::runtime

#endif
