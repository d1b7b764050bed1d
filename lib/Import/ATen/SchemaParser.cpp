// A recursive-descent parser for operator schemas:
//   schema   ::= name `(` [argument {`,` argument}] `)` `->` returns
//   argument ::= `*` | type [alias] {wrapper} name [`=` default]
//   returns  ::= return | `(` [return {`,` return}] `)`
//   alias    ::= `(` set [`!`] [`->` set] `)`       wrapper ::= `?` | `[` [integer] `]`
#include "tc/Import/ATen/Schema.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <charconv>

using namespace tc::aten;
using llvm::StringRef;

namespace {

TypeKind kindOf(StringRef name) {
  return llvm::StringSwitch<TypeKind>(name)
      .Case("Tensor", TypeKind::Tensor)
      .Case("int", TypeKind::Int)
      .Case("SymInt", TypeKind::SymInt)
      .Case("float", TypeKind::Float)
      .Case("bool", TypeKind::Bool)
      .Cases({"Scalar", "number"}, TypeKind::Scalar)
      .Case("str", TypeKind::String)
      .Case("ScalarType", TypeKind::ScalarType)
      .Case("Layout", TypeKind::Layout)
      .Case("MemoryFormat", TypeKind::MemoryFormat)
      .Case("Device", TypeKind::Device)
      .Case("Generator", TypeKind::Generator)
      .Default(TypeKind::Other);
}

class Parser {
public:
  explicit Parser(StringRef text) : text(text) {}

  llvm::Error parse(Op &op) {
    op.name = takeWhile([](char c) { return isWordChar(c) || c == ':' || c == '.'; });
    if (op.name.empty())
      return error("an operator name");
    if (op.name.contains("::"))
      op.name.consume_front("aten::");
    if (llvm::Error e = expect("("))
      return e;
    bool isKeywordOnly = false;
    while (!tryConsume(")")) {
      if (!op.arguments.empty() || isKeywordOnly)
        if (llvm::Error e = expect(","))
          return e;
      if (tryConsume("*")) {
        isKeywordOnly = true;
        continue;
      }
      Argument &argument = op.arguments.emplace_back();
      argument.isKeywordOnly = isKeywordOnly;
      if (llvm::Error e = parseArgument(argument))
        return e;
    }
    if (llvm::Error e = expect("->"))
      return e;
    if (llvm::Error e = parseReturns(op))
      return e;
    skipSpace();
    return position == text.size() ? llvm::Error::success() : error("the end of the schema");
  }

private:
  static bool isWordChar(char c) { return llvm::isAlnum(c) || c == '_'; }

  template <typename Predicate> StringRef takeWhile(Predicate predicate) {
    skipSpace();
    StringRef taken = text.substr(position).take_while(predicate);
    position += taken.size();
    return taken;
  }

  void skipSpace() { position += text.substr(position).take_while(llvm::isSpace).size(); }

  bool tryConsume(StringRef token) {
    skipSpace();
    if (!text.substr(position).starts_with(token))
      return false;
    position += token.size();
    return true;
  }

  llvm::Error error(StringRef expected) const {
    StringRef found = text.substr(position).take_front(12);
    return llvm::createStringError(llvm::formatv("schema '{0}', column {1}: expected {2}, found '{3}'", text,
                                                 position + 1, expected, found.empty() ? "nothing" : found));
  }

  llvm::Error expect(StringRef token) {
    return tryConsume(token) ? llvm::Error::success() : error(("'" + token + "'").str());
  }

  llvm::Error parseAlias(std::optional<Alias> &alias) {
    if (!tryConsume("("))
      return llvm::Error::success();
    auto isSetChar = [](char c) { return isWordChar(c) || c == '|' || c == '*'; };
    alias.emplace();
    alias->before = alias->after = takeWhile(isSetChar);
    if (alias->before.empty())
      return error("an alias set");
    alias->isWrite = tryConsume("!");
    if (tryConsume("->"))
      alias->after = takeWhile(isSetChar);
    return expect(")");
  }

  llvm::Error parseType(Type &type, std::optional<Alias> &alias) {
    skipSpace();
    size_t begin = position;
    StringRef name = takeWhile([](char c) { return isWordChar(c) || c == '.' || c == ':'; });
    if (name == "Dict" || name == "Future" || name == "Union" || name == "RRef" || name == "Await" || name.empty()) {
      if (llvm::Error e = skipBalanced())
        return e;
      name = text.slice(begin, position);
    }
    type.name = name;
    type.kind = kindOf(name);
    if (type.kind == TypeKind::Tensor)
      if (llvm::Error e = parseAlias(alias))
        return e;
    while (true) {
      if (tryConsume("?")) {
        type.wrappers.push_back(Type::Wrapper::Optional);
      } else if (tryConsume("[")) {
        type.wrappers.push_back(Type::Wrapper::List);
        type.listSize = 0;
        StringRef size = takeWhile(llvm::isDigit);
        if (!size.empty() && size.getAsInteger(10, type.listSize))
          return error("a list size");
        if (llvm::Error e = expect("]"))
          return e;
      } else {
        break;
      }
    }
    // Printed schemas of list types put the annotation behind the list: Tensor[](a!).
    if (type.kind == TypeKind::Tensor && !alias)
      return parseAlias(alias);
    return llvm::Error::success();
  }

  /// A parenthesised type such as `(int, str)` or the argument list of Dict.
  llvm::Error skipBalanced() {
    if (llvm::Error e = expect("("))
      return e;
    for (unsigned depth = 1; depth; ++position) {
      if (position >= text.size())
        return error("')'");
      depth += (text[position] == '(') - (text[position] == ')');
    }
    return llvm::Error::success();
  }

  llvm::Error parseArgument(Argument &argument) {
    if (llvm::Error e = parseType(argument.type, argument.alias))
      return e;
    argument.name = takeWhile(isWordChar);
    if (argument.name.empty())
      return error("an argument name");
    if (!tryConsume("="))
      return llvm::Error::success();
    return parseDefault(argument.defaultValue.emplace());
  }

  llvm::Error parseDefault(DefaultValue &value) {
    skipSpace();
    if (tryConsume("[")) {
      auto &list = value.emplace<IntList>();
      while (!tryConsume("]")) {
        if (!list.empty())
          if (llvm::Error e = expect(","))
            return e;
        StringRef item = takeWhile([](char c) { return isWordChar(c) || c == '-'; });
        int64_t number = item == "True";
        if (item != "True" && item != "False" && item.getAsInteger(10, number))
          return error("an integer");
        list.push_back(number);
      }
      return llvm::Error::success();
    }
    if (position < text.size() && (text[position] == '"' || text[position] == '\''))
      return parseString(value.emplace<std::string>());
    StringRef word = takeWhile([](char c) { return isWordChar(c) || c == '.' || c == '-' || c == '+'; });
    if (word.empty())
      return error("a default value");
    int64_t integer;
    double real;
    if (word == "None")
      value = None();
    else if (word == "True" || word == "False")
      value = word == "True";
    else if (!word.getAsInteger(10, integer))
      value = integer;
    else if (!word.getAsDouble(real))
      value = real;
    else
      value = Identifier{word};
    return llvm::Error::success();
  }

  llvm::Error parseString(std::string &value) {
    char quote = text[position++];
    for (; position < text.size(); ++position) {
      char c = text[position];
      if (c == quote) {
        ++position;
        return llvm::Error::success();
      }
      if (c == '\\' && position + 1 < text.size())
        c = text[++position];
      value.push_back(c);
    }
    return error("a closing quote");
  }

  llvm::Error parseReturn(Op &op) {
    Return &result = op.returns.emplace_back();
    if (llvm::Error e = parseType(result.type, result.alias))
      return e;
    result.name = takeWhile(isWordChar);
    return llvm::Error::success();
  }

  llvm::Error parseReturns(Op &op) {
    if (!tryConsume("("))
      return parseReturn(op);
    while (!tryConsume(")")) {
      if (!op.returns.empty())
        if (llvm::Error e = expect(","))
          return e;
      if (llvm::Error e = parseReturn(op))
        return e;
    }
    return llvm::Error::success();
  }

  StringRef text;
  size_t position = 0;
};

} // namespace

llvm::Expected<std::unique_ptr<Op>> tc::aten::parseSchema(StringRef schema, bool copyText) {
  auto op = std::make_unique<Op>();
  if (copyText) {
    op->ownedText = schema.str();
    schema = op->ownedText;
  }
  op->schema = schema;
  if (llvm::Error e = Parser(schema).parse(*op))
    return std::move(e);
  return op;
}
