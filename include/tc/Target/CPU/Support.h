// The C functions that generated code may call, apart from what the compiler expands itself.
#ifndef TC_TARGET_CPU_SUPPORT_H
#define TC_TARGET_CPU_SUPPORT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace tc::cpu {

struct SupportFunction {
  llvm::StringRef name;
  void *address;
};

/// libm functions, memory functions, conversions of narrow floats, and sorting.
llvm::ArrayRef<SupportFunction> getSupportFunctions();

} // namespace tc::cpu

#endif
