// The instructions that a CPU does not have, by the names of their LLVM intrinsics.
#ifndef TC_TEST_EMULATOR_OPERATIONS_H
#define TC_TEST_EMULATOR_OPERATIONS_H

#include "Block.h"

namespace tc::emulator {

/// Operands are in slots of 64 bits, which the results overwrite: integers zero-extended, floats and vectors by their
/// bits.
struct Operation {
  const char *name; ///< without "llvm.nvvm."
  enum class Kind {
    Immediate,  ///< concerns the thread alone
    Collective, ///< of the lanes of a mask
    Barrier,    ///< of the threads of a block
  } kind = Kind::Immediate;
  void (*run)(Thread &thread, uint64_t *slots) = nullptr;
  void (*runGroup)(const Group &group) = nullptr;
  /// The operand that is the mask of a collective; -1 for all lanes. The operand that is the number of threads at a
  /// barrier; -1 for all threads.
  int count = -1;
  /// Whether memory accesses before it come before those after it.
  bool ordersMemory = false;
  /// Of a barrier: arrives without waiting.
  bool isArrival = false;
};

/// Null if it is not modelled. `name` is that of an intrinsic, with or without the suffixes of its address spaces.
const Operation *findOperation(llvm::StringRef name);

// Tables of them, by file.
llvm::ArrayRef<Operation> getWarpOperations();
llvm::ArrayRef<Operation> getMatrixOperations();
llvm::ArrayRef<Operation> getCopyOperations();
llvm::ArrayRef<Operation> getScalarOperations();

} // namespace tc::emulator

#endif
