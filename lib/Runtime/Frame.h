// The memory of one run in flight: arena, pointer tables, scratch. Frames are kept between runs;
// one that served the same plan before is ready as it is.
#ifndef TC_LIB_RUNTIME_FRAME_H
#define TC_LIB_RUNTIME_FRAME_H

#include "Plan.h"

#include "tc/Runtime/Executable.h"

namespace tc::runtime {

/// Buffers whose size is known only within the run.
struct LateBuffer {
  void *data = nullptr;
  int64_t bytes = 0;
  bool isAllocated = false; // a zero-size buffer has no data
};

struct Frame {
  std::shared_ptr<const Plan> plan;
  bool isReady = false; // the tables are those of the plan
  HostBlock arena;
  HostBlock scratch;
  int64_t scratchStride = 0;
  std::vector<void *> values; // by value; late and per-run ones change
  std::vector<void *> args;   // of the section's steps
  // What moves with the inputs and outputs of each run, and is entered by Run::linkValues.
  std::vector<ValueId> inOutputs;   // arena values that live in an output
  std::vector<ValueId> perRunViews; // in order
  std::vector<uint32_t> perRunArgs;
  std::vector<uint64_t> scalars; // by input: scalars as kernels read them

  // Only of programs with late symbols.
  std::vector<int64_t> lateSlots;
  std::vector<int64_t> symbols;
  std::vector<uint8_t> isBound;
  std::vector<LateBuffer> late; // by value
  std::vector<void *> handles;  // of the extern handler

  // Device memory, bound to the stream whose work uses it.
  void *deviceArena = nullptr;
  int64_t deviceBytes = 0;
  void *stream = nullptr;
  Device device;

  const int64_t *getSlots() const { return lateSlots.empty() ? plan->slots.data() : lateSlots.data(); }
  /// At least `threads` pieces of `stride` bytes; false when memory is short.
  bool reserveScratch(unsigned threads, int64_t stride);
};

} // namespace tc::runtime

#endif
