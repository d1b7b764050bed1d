// A program in the form that runs: nested instructions flattened to steps with jumps, every
// expression in a numbered slot, every buffer argument in one array, the lives of all values known.
// Made once, shared by all runs.
#ifndef TC_LIB_RUNTIME_PREPARED_H
#define TC_LIB_RUNTIME_PREPARED_H

#include "Bindings.h"

#include "tc/Runtime/Memory.h"
#include "tc/Runtime/Program.h"

namespace tc::runtime {

enum class StepKind : uint8_t {
  Launch,       // slots: symbols…, extent, grain, scratch
  CudaLaunch,   // slots: symbols…, grid x, y, z, shared
  Copy,         // args: destination, source; slots: bytes
  CopyStrided,  // args: destination, source; slots: sizes…, strides…, offset, twice
  Extern,       // args: tensors…; slots: of each tensor sizes…, strides…, offset, of each integer itself;
                // in order
  BindSymbol,   // args: source; slots: offset
  Assert,       // slots: condition
  BranchIfZero, // slots: condition
  Jump,
};

struct Step {
  StepKind kind;
  /// Some slot, or the place of some argument, is known only when the step runs.
  bool isLate = false;
  uint32_t firstArg = 0, numArgs = 0;
  uint32_t firstSlot = 0, numSlots = 0;
  uint32_t firstRelease = 0, numReleases = 0; // late values that die here
  uint32_t target = 0;                        // of jumps
  uint32_t instruction = 0;                   // number in the outermost list
  KernelFn kernel = nullptr;
  const Instruction *source = nullptr;
};

/// How a root value lives in a section; `begin > end` if it is not used.
struct Life {
  uint32_t begin = ~0u;
  uint32_t end = 0;
  bool inLoop = false; // was extended to a whole loop
  bool isUsed() const { return begin <= end; }
};

struct InPlaceStep {
  uint32_t step;
  ValueId result;  // root
  ValueId operand; // root
};

/// The init or the body.
struct Section {
  std::vector<Step> steps;
  std::vector<ValueId> args;
  std::vector<ValueId> releases;
  std::vector<Life> lives; // by value
  std::vector<InPlaceStep> inPlace;
};

struct ValueInfo {
  ValueId root = 0;
  uint32_t bytesSlot = 0;
  uint32_t offsetSlot = 0; // of a view
  bool isLate = false;     // place or size known only within the run
  bool isPerRun = false;   // another place in every run: inputs, outputs and views of them
};

struct Prepared {
  std::vector<SizeExpr> slots;
  std::vector<bool> isLateSlot;
  bool hasLate = false;
  std::vector<bool> isLateSymbol;
  std::vector<Binding> bindings;
  std::vector<ValueInfo> values;
  std::vector<uint32_t> inputSlots;  // first of sizes…, strides…
  std::vector<uint32_t> outputSlots; // first of sizes…, strides…, offset
  std::vector<ValueId> inputValues;  // noValue if there is no buffer
  std::vector<ValueId> outputValues; // noValue of aliases and integers
  Section init;
  Section body;
};

/// `program` has been verified, and outlives the result.
Prepared prepare(const Program &program, std::span<const KernelFn> kernels);

/// Fills Section::lives and inPlace; `regions` are the loops and branches of the section (see
/// Prepared.cpp).
struct Region {
  int parent = -1;
  bool isLoop = false;
  uint32_t begin = 0, end = 0; // steps, of a loop
};
struct ValueUse {
  ValueId value;
  Access access;
  uint32_t step;
  int region;
};
void computeLives(const Prepared &prepared, Section &section, std::span<const Region> regions,
                  std::span<const ValueUse> uses);

} // namespace tc::runtime

#endif
