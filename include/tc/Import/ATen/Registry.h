// The operators ATen has, from the torch wheel's YAML (generated at build time), and the
// per-context overlay that adds custom operators to them.
#ifndef TC_IMPORT_ATEN_REGISTRY_H
#define TC_IMPORT_ATEN_REGISTRY_H

#include "tc/Import/ATen/Schema.h"

#include "llvm/ADT/StringMap.h"

#include <atomic>

namespace tc::aten {

/// Immutable and thread-safe. A schema is parsed when it is first looked up.
class Registry {
public:
  /// The one registry of the process.
  static const Registry &builtin();

  /// Finds "add.Tensor"; "aten::add.Tensor", "aten.add.Tensor" and, for the nameless overload,
  /// "relu.default" are the same operators. Null when there is none.
  const Op *lookup(llvm::StringRef name) const;

  size_t size() const;
  /// The name at a position of the sorted table.
  llvm::StringRef nameAt(size_t index) const;

  Registry(const Registry &) = delete;
  Registry &operator=(const Registry &) = delete;
  ~Registry();

private:
  Registry();
  const Op *parseAt(size_t index) const;
  std::unique_ptr<std::atomic<const Op *>[]> parsed;
};

/// The built-in operators and those a user added. Not synchronized: filled before it is shared.
class Overlay {
public:
  explicit Overlay(const Registry &base = Registry::builtin()) : base(base) {}

  /// Adds an operator from its schema text. An operator that is known already, with the same
  /// schema, is no error.
  llvm::Expected<const Op *> add(llvm::StringRef schema, llvm::ArrayRef<Tag> tags = {});
  const Op *lookup(llvm::StringRef name) const;

private:
  const Registry &base;
  llvm::StringMap<std::unique_ptr<Op>> custom;
};

/// The name operators are filed under: without "aten::" or "aten." in front and ".default" behind.
llvm::StringRef canonicalName(llvm::StringRef name);

} // namespace tc::aten

#endif // TC_IMPORT_ATEN_REGISTRY_H
