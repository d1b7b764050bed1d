// From LLVM IR for nvptx64 to LLVM IR for this machine, with calls of the emulator where a CPU has no such instruction.
#ifndef TC_TEST_EMULATOR_REWRITE_H
#define TC_TEST_EMULATOR_REWRITE_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tc::emulator {

struct Rewritten {
  /// Kernels, each now a function `void(Thread *, void *const *arguments)`.
  std::vector<std::string> kernels;
  /// Shared memory of the module's static variables; dynamic shared memory comes after it.
  uint32_t staticSharedBytes = 0;
  /// Descriptions of instructions, by the numbers that they pass to the emulator.
  std::vector<std::string> sites;
};

/// Functions that rewritten code calls: void(Thread *, const Operation *, uint32_t site, uint64_t *slots) and
/// void(Thread *, const char *data, uint32_t bytes, uint32_t alignment, uint32_t kind, uint32_t site).
inline constexpr const char *callName = "tc_emulator_call";
inline constexpr const char *accessName = "tc_emulator_access";

/// Rewrites all functions; loads and stores report themselves if `check`. The module's triple and data layout are left
/// to the caller.
llvm::Expected<Rewritten> rewrite(llvm::Module &module, bool check);

} // namespace tc::emulator

#endif
