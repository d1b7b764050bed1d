// Damages text that was well-formed, one small edit at a time, so that much of it stays plausible.
#ifndef TC_TEST_FUZZ_MUTATE_H
#define TC_TEST_FUZZ_MUTATE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <random>
#include <string>
#include <vector>

namespace tc::test {

/// What an edit may put in the place of a token.
enum class TokenKind { Space, Number, Word, Value, Symbol, String, Punctuation };

struct Token {
  TokenKind kind;
  llvm::StringRef text;
};

/// Splits MLIR text, or JSON, into tokens that together are the text.
std::vector<Token> tokenize(llvm::StringRef text);

/// `text` after a few edits: a token replaced here or everywhere by another one of the text or of `donors`, or by a
/// number or type that is often forgotten; a token or line removed, doubled or moved. The same `random`, the same
/// edits.
std::string mutate(llvm::StringRef text, llvm::ArrayRef<Token> donors, std::mt19937 &random);

} // namespace tc::test

#endif // TC_TEST_FUZZ_MUTATE_H
