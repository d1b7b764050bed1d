// Object code made executable in this process.
#ifndef TC_TARGET_CPU_KERNELLIBRARY_H
#define TC_TARGET_CPU_KERNELLIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace tc::cpu {

/// Owns the memory of the objects added to it; functions are valid while it lives. Objects see each other's symbols,
/// libm, and the few C functions code generation calls (Support.h), nothing else of the process. Thread-safe.
class KernelLibrary {
public:
  static llvm::Expected<std::unique_ptr<KernelLibrary>> create();
  ~KernelLibrary();
  KernelLibrary(const KernelLibrary &) = delete;
  KernelLibrary &operator=(const KernelLibrary &) = delete;

  /// Adds an object; the bytes are copied. A symbol that is there already is an error.
  llvm::Error add(llvm::ArrayRef<char> object);
  /// The address of a function, linking what it needs.
  llvm::Expected<void *> lookup(llvm::StringRef symbol);
  /// Several at once, which links their objects together.
  llvm::Expected<std::vector<void *>> lookupAll(llvm::ArrayRef<std::string> symbols);

private:
  struct State;
  explicit KernelLibrary(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace tc::cpu

#endif
