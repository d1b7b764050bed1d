// Edits of tokens and lines.
#include "Mutate.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace tc::test;
using llvm::StringRef;

namespace {

constexpr StringRef numbers[] = {"0",
                                 "1",
                                 "-1",
                                 "2",
                                 "3",
                                 "4",
                                 "7",
                                 "16",
                                 "17",
                                 "4294967296",
                                 "0.0",
                                 "1e9",
                                 "1000",
                                 "9223372036854775807",
                                 "64",
                                 "-2",
                                 "2147483648",
                                 "-0.5",
                                 "-9223372036854775808"};
constexpr StringRef words[] = {"f32",
                               "f16",
                               "bf16",
                               "f64",
                               "i1",
                               "i8",
                               "i32",
                               "i64",
                               "ui8",
                               "si32",
                               "index",
                               "none",
                               "s0",
                               "s1",
                               "u0",
                               "add",
                               "max",
                               "true",
                               "false",
                               "tensor<f32>",
                               "complex<f32>",
                               "tensor<0xf32>",
                               "tensor<*xf32>",
                               "vector<4xf32>",
                               "f8E4M3FN"};

bool isWordCharacter(char c) { return llvm::isAlnum(c) || c == '_' || c == '$' || c == '.'; }

template <typename Range> auto &pick(Range &&range, std::mt19937 &random) { return range[random() % std::size(range)]; }

/// Another token for the place of `token`.
StringRef replacement(const Token &token, llvm::ArrayRef<Token> own, llvm::ArrayRef<Token> donors,
                      std::mt19937 &random) {
  if (token.kind == TokenKind::Number && random() % 2)
    return pick(numbers, random);
  if (token.kind == TokenKind::Word && random() % 4 == 0)
    return pick(words, random);
  llvm::ArrayRef<Token> source = random() % 3 || donors.empty() ? own : donors;
  for (int attempt = 0; attempt < 30; ++attempt)
    if (const Token &candidate = pick(source, random); candidate.kind == token.kind)
      return candidate.text;
  return pick(numbers, random);
}

void editTokens(std::vector<Token> &tokens, llvm::ArrayRef<Token> donors, std::mt19937 &random) {
  size_t at = random() % tokens.size();
  for (int attempt = 0; attempt < 30 && tokens[at].kind == TokenKind::Space; ++attempt)
    at = random() % tokens.size();
  const Token old = tokens[at];
  switch (random() % 8) {
  case 0:
    tokens.erase(tokens.begin() + at);
    return;
  case 1:
    tokens.insert(tokens.begin() + at, tokens[random() % tokens.size()]);
    return;
  case 2:
  case 3:
  case 4: { // everywhere: sizes, types and names stay consistent
    StringRef text = replacement(old, tokens, donors, random);
    for (Token &token : tokens)
      if (token.kind == old.kind && token.text == old.text)
        token.text = text;
    return;
  }
  default:
    tokens[at].text = replacement(old, tokens, donors, random);
  }
}

std::string editLines(StringRef text, std::mt19937 &random) {
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n');
  size_t a = random() % lines.size(), b = random() % lines.size();
  switch (random() % 3) {
  case 0:
    lines.erase(lines.begin() + a);
    break;
  case 1:
    lines.insert(lines.begin() + a, lines[b]);
    break;
  default:
    std::swap(lines[a], lines[b]);
  }
  return llvm::join(lines, "\n");
}

} // namespace

std::vector<Token> tc::test::tokenize(StringRef text) {
  std::vector<Token> tokens;
  while (!text.empty()) {
    char c = text.front();
    TokenKind kind = TokenKind::Punctuation;
    size_t length = 1;
    auto takeWhile = [&](auto &&predicate, size_t from) {
      while (from < text.size() && predicate(text[from]))
        ++from;
      return from;
    };
    if (llvm::isSpace(c)) {
      kind = TokenKind::Space;
      length = takeWhile(llvm::isSpace, 1);
    } else if (llvm::isDigit(c)) { // `8x4xf32` is three tokens and two x
      kind = TokenKind::Number;
      length = takeWhile([](char d) { return llvm::isDigit(d) || d == '.'; }, 1);
    } else if (c == 'x' && text.size() > 1 && (llvm::isDigit(text[1]) || text[1] == '?')) {
      length = 1;
    } else if (llvm::isAlpha(c) || c == '_') {
      kind = TokenKind::Word;
      length = takeWhile(isWordCharacter, 1);
      // Behind a number: `xf32`.
      if (c == 'x' && !tokens.empty() && tokens.back().kind == TokenKind::Number) {
        kind = TokenKind::Punctuation;
        length = 1;
      }
    } else if (c == '%' || c == '@' || c == '#' || c == '!' || c == '^') {
      kind = c == '%' ? TokenKind::Value : TokenKind::Symbol;
      length = takeWhile(isWordCharacter, 1);
    } else if (c == '"') {
      kind = TokenKind::String;
      length = std::min(text.size(), takeWhile([](char d) { return d != '"' && d != '\n'; }, 1) + 1);
    }
    tokens.push_back({kind, text.take_front(length)});
    text = text.drop_front(length);
  }
  return tokens;
}

std::string tc::test::mutate(StringRef text, llvm::ArrayRef<Token> donors, std::mt19937 &random) {
  std::string result = text.str();
  for (unsigned edits = 1 + random() % 3; edits && !result.empty(); --edits) {
    if (random() % 8 == 0) {
      result = editLines(result, random);
      continue;
    }
    std::vector<Token> tokens = tokenize(result);
    editTokens(tokens, donors, random);
    std::string edited;
    for (const Token &token : tokens)
      edited += token.text;
    result = std::move(edited);
  }
  return result;
}
