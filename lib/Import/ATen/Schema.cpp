// Questions that an operator's schema answers.
#include "tc/Import/ATen/Schema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace tc::aten;

bool Type::isList() const {
  Type type = withoutOptional();
  return !type.wrappers.empty() && type.wrappers.back() == Wrapper::List;
}

Type Type::withoutOptional() const {
  Type type = *this;
  if (isOptional())
    type.wrappers.pop_back();
  return type;
}

Type Type::element() const {
  Type type = withoutOptional();
  if (!type.wrappers.empty())
    type.wrappers.pop_back();
  type.listSize = 0;
  return type;
}

void Type::print(llvm::raw_ostream &os) const {
  os << name;
  for (auto [i, wrapper] : llvm::enumerate(wrappers)) {
    if (wrapper == Wrapper::Optional) {
      os << '?';
      continue;
    }
    os << '[';
    // Only the outermost list keeps its size.
    bool isOutermost = !llvm::is_contained(llvm::drop_begin(wrappers, i + 1), Wrapper::List);
    if (isOutermost && listSize)
      os << listSize;
    os << ']';
  }
}

llvm::StringRef Op::nameSpace() const {
  auto [prefix, rest] = name.split("::");
  return rest.empty() ? "aten" : prefix;
}

std::optional<unsigned> Op::findArgument(llvm::StringRef argument) const {
  for (auto [i, candidate] : llvm::enumerate(arguments))
    if (candidate.name == argument)
      return i;
  return std::nullopt;
}

bool Op::mutatesAnArgument() const {
  return llvm::any_of(arguments, [](const Argument &argument) { return argument.isMutated(); });
}

bool Op::isView() const {
  if (has(Tag::inplace_view))
    return true;
  return llvm::any_of(returns, [](const Return &result) { return result.alias && !result.alias->isWrite; });
}

std::optional<unsigned> Op::aliasedArgument(unsigned result) const {
  if (result >= returns.size() || !returns[result].alias)
    return std::nullopt;
  llvm::StringRef set = returns[result].alias->before;
  for (auto [i, argument] : llvm::enumerate(arguments))
    if (argument.alias && argument.alias->before == set)
      return i;
  return std::nullopt;
}

bool Op::isPure() const {
  return !mutatesAnArgument() && !isView() && !has(Tag::nondeterministic_seeded) &&
         !has(Tag::maybe_aliasing_or_mutating);
}
