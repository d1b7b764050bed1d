// What ATen says of one operator overload: the parsed form of a schema such as
//   add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)
// together with its tags and its variants. Built-in operators come from the generated table
// (Registry.h), custom ones from the text of `op._schema`; both go through parseSchema.
#ifndef TC_IMPORT_ATEN_SCHEMA_H
#define TC_IMPORT_ATEN_SCHEMA_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace tc::aten {

/// The operator tags of tags.yaml, by their ATen names.
enum class Tag : uint8_t {
#define TC_ATEN_TAG(name) name,
#include "tc/Import/ATen/Registry.inc" // undefines the macro
};

enum class TypeKind : uint8_t {
  Tensor,
  Int,
  SymInt,
  Float,
  Bool,
  Scalar,
  String,
  ScalarType,
  Layout,
  MemoryFormat,
  Device,
  Generator,
  Other ///< anything else: Storage, Stream, torch classes; `Type::name` has the spelling
};

/// A type is a base under wrappers, read from the inside out: `Tensor?[]` is Tensor, optional,
/// list.
struct Type {
  enum class Wrapper : uint8_t { Optional, List };
  TypeKind kind = TypeKind::Other;
  llvm::StringRef name; ///< spelling of the base
  llvm::SmallVector<Wrapper, 2> wrappers;
  /// The N of `int[N]` (outermost list), which lets a single value stand for N equal ones; 0
  /// without one.
  unsigned listSize = 0;

  bool isOptional() const { return !wrappers.empty() && wrappers.back() == Wrapper::Optional; }
  /// A list, optional or not.
  bool isList() const;
  /// The type below an outer `?`, and the type of an element of the list.
  Type withoutOptional() const;
  Type element() const;
  /// Tensor, Tensor?, Tensor[], Tensor?[] …
  bool isTensorLike() const { return kind == TypeKind::Tensor; }
  void print(llvm::raw_ostream &os) const;
};

/// `(a! -> b)`: the sets a tensor belongs to on entry and on exit, and whether it is written.
struct Alias {
  llvm::StringRef before; ///< e.g. "a" or "a|b"; "*" is the wildcard: may alias anything
  llvm::StringRef after;  ///< equal to `before` without an arrow
  bool isWrite = false;
};

/// A default as the schema spells it. An identifier (contiguous_format, Mean, long) keeps its name.
struct Identifier {
  llvm::StringRef name;
};
struct None {};
using IntList = llvm::SmallVector<int64_t, 4>;
using DefaultValue = std::variant<None, bool, int64_t, double, std::string, Identifier, IntList>;

struct Argument {
  llvm::StringRef name;
  Type type;
  std::optional<DefaultValue> defaultValue;
  std::optional<Alias> alias;
  bool isKeywordOnly = false;

  bool isMutated() const { return alias && alias->isWrite; }
};

struct Return {
  llvm::StringRef name; ///< empty where the schema gives none
  Type type;
  std::optional<Alias> alias;
};

/// One operator overload. Immutable once made; owned by a Registry or an Overlay.
struct Op {
  llvm::StringRef name; ///< "add.Tensor", "relu"; custom operators keep their namespace: "torchvision::nms"
  llvm::SmallVector<Argument, 6> arguments;
  llvm::SmallVector<Return, 2> returns;
  uint32_t tags = 0;
  bool isStructured = false; ///< its functional, in-place and out forms share one structured kernel
  /// The other forms of this operator, empty where there is none; an operator names itself as well.
  llvm::StringRef functional, inplace, mutableForm, out;
  /// For a view: the operator that copies instead of aliasing.
  llvm::StringRef viewCopy;
  llvm::StringRef schema; ///< the text all of the above points into

  bool has(Tag tag) const { return tags >> static_cast<unsigned>(tag) & 1; }
  llvm::StringRef nameSpace() const;
  /// The overload's position of the argument of that name.
  std::optional<unsigned> findArgument(llvm::StringRef argument) const;
  bool mutatesAnArgument() const;
  /// Some result aliases an argument that is not written: view, transpose, split, …; also the
  /// in-place ones that only change sizes and strides (`t_`).
  bool isView() const;
  /// The argument whose memory the result is: the `a` of `Tensor(a!) self -> Tensor(a!)`.
  std::optional<unsigned> aliasedArgument(unsigned result) const;
  /// Neither mutates nor aliases nor draws random numbers: two calls with equal arguments have
  /// equal results.
  bool isPure() const;

  /// Backing store of a custom operator's text; empty for built-in ones.
  std::string ownedText;
};

/// Parses one schema. `schema` must outlive the result unless `copyText`. Errors name the column
/// and what was expected.
llvm::Expected<std::unique_ptr<Op>> parseSchema(llvm::StringRef schema, bool copyText = true);

} // namespace tc::aten

#endif // TC_IMPORT_ATEN_SCHEMA_H
