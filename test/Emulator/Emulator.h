// Runs GPU kernels on the CPU, for tests: the LLVM IR that PTX is emitted from, with its special registers,
// collectives, barriers, shared memory, asynchronous copies and tensor cores, one fiber a thread, one block after the
// other.
//
// With checks on, what a GPU would not report is an error: accesses outside the memory that a launch was given, reads
// of shared memory that nobody wrote, misaligned accesses, races within a block and between blocks. Barriers and
// collectives that some of their threads never reach are always errors.
#ifndef TC_TEST_EMULATOR_EMULATOR_H
#define TC_TEST_EMULATOR_EMULATOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>

namespace tc::emulator {

struct Options {
  bool check = false;
  /// The order in which threads run: that of their numbers for 0, else random.
  uint64_t seed = 0;
};

/// Global memory that a kernel may access.
struct Range {
  uintptr_t begin, end;
};

struct Launch {
  uint32_t grid[3] = {1, 1, 1};
  uint32_t block[3] = {1, 1, 1};
  uint32_t sharedBytes = 0;
  /// `arguments[i]` points to the value of parameter i, as the CUDA driver takes them.
  void *const *arguments = nullptr;
  /// Looked at by checks alone.
  llvm::ArrayRef<Range> memory;
};

struct Kernel;

class Emulator {
public:
  /// Compiles a module of LLVM IR (text or bitcode) for nvptx64. An instruction that is not modelled is an error that
  /// names it.
  static llvm::Expected<std::unique_ptr<Emulator>> load(llvm::StringRef ir, const Options &options);
  ~Emulator();

  /// Null if there is none of this name.
  const Kernel *find(llvm::StringRef name) const;
  /// Runs all blocks. The error says which kernel, block and thread did what.
  llvm::Error run(const Kernel &kernel, const Launch &launch) const;

private:
  struct State;
  explicit Emulator(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace tc::emulator

#endif
