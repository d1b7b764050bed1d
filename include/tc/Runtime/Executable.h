// A program made ready to run: bound to its kernels, with its once-computed buffers, its memory
// plans and its arenas.
#ifndef TC_RUNTIME_EXECUTABLE_H
#define TC_RUNTIME_EXECUTABLE_H

#include "tc/Runtime/Program.h"
#include "tc/Runtime/Runtime.h"

#include <memory>
#include <span>

namespace tc::runtime {

/// Time of one instruction of the body; loops and branches report theirs as one.
struct InstructionTiming {
  uint32_t instruction = 0;
  int64_t nanoseconds = 0;
  int64_t bytes = 0; ///< of all buffers of the launches
};

struct RunOptions {
  unsigned threads = 0;                     ///< 0: all of the pool
  void *stream = nullptr;                   ///< CUstream of a CUDA program
  const OutputAllocator *outputs = nullptr; ///< null: the runtime's own memory; see freeOutput
  const ExternHandler *externs = nullptr;
  std::vector<InstructionTiming> *timings = nullptr; ///< appended to, if given
};

struct ExecutableOptions {
  unsigned maxCachedPlans = 16;                     ///< memory plans kept, one a combination of symbol values
  const DeviceAllocator *deviceAllocator = nullptr; ///< must outlive the executable
};

struct ExecutableState;

/// Runs may overlap, on any threads: each has an arena of its own.
class Executable {
public:
  /// `kernels` has one function a Program::kernels. The runtime must outlive the executable.
  static Expected<std::unique_ptr<Executable>>
  create(Runtime &runtime, Program program, std::span<const KernelFn> kernels, const ExecutableOptions &options = {});
  ~Executable();

  /// Runs the program. `arguments` and `results` have one entry an input and an output. On an error
  /// no result is valid and all output memory was given back; mutated inputs may have been written.
  /// Messages name the culprit: "input 2 (x): expected size 768 in dimension 1, got 512".
  Error run(std::span<const Argument> arguments, std::span<Result> results, const RunOptions &options = {});

  /// Gives back the memory of an output of a run without an allocator of the caller's.
  void freeOutput(uint32_t output, void *data);

  const Program &getProgram() const;
  /// Bytes of the arena under the plan of the most recent run, and the least any plan could have
  /// needed.
  int64_t getArenaBytes() const;
  int64_t getPeakBytes() const;
  /// Frees idle arenas.
  void trim();

private:
  explicit Executable(std::unique_ptr<ExecutableState> state);
  std::unique_ptr<ExecutableState> state;
};

} // namespace tc::runtime

#endif
