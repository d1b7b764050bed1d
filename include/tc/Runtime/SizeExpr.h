// Sizes at run time: small integer expressions over a program's symbols, kept in postfix order.
// Arithmetic is checked: an overflow or a division by zero is reported, never wrapped.
#ifndef TC_RUNTIME_SIZEEXPR_H
#define TC_RUNTIME_SIZEEXPR_H

#include "tc/Runtime/Error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tc::runtime {

/// An int64 expression over symbols. Builders fold constants, so a static size is always a single
/// Const.
///
///   SizeExpr bytes = SizeExpr::symbol(0) * 768 * 4;
///   SizeExpr tiles = ceilDiv(SizeExpr::symbol(0), 32);
class SizeExpr {
public:
  enum class Op : uint8_t {
    Const,
    Symbol,
    Add,
    Sub,
    Mul,
    FloorDiv, ///< rounds towards minus infinity
    CeilDiv,  ///< rounds towards plus infinity
    Mod,      ///< a - b * floorDiv(a, b)
    Max,
    Min,
    // Conditions of Assert, If and While: 1 or 0.
    Equal,
    NotEqual,
    Less,
    LessEqual,
    And,
    Or,
    Not, ///< the one unary operation
  };

  /// One term in postfix order. `value` is the constant of Const and the index of Symbol.
  struct Term {
    Op op;
    int64_t value = 0;
    friend bool operator==(const Term &, const Term &) = default;
  };

  /// The constant `value`; implicit, so that sizes can be written as numbers.
  SizeExpr(int64_t value = 0) : terms{{Op::Const, value}} {}
  static SizeExpr symbol(uint32_t index);
  /// From postfix terms, as read from a package; fails unless they are exactly one expression.
  static Expected<SizeExpr> fromTerms(std::vector<Term> terms);
  static SizeExpr binary(Op op, const SizeExpr &a, const SizeExpr &b);
  static SizeExpr logicalNot(const SizeExpr &a);

  std::span<const Term> getTerms() const { return terms; }
  bool isConstant() const { return terms.size() == 1 && terms[0].op == Op::Const; }
  std::optional<int64_t> getConstant() const;
  /// The symbol, if the expression is nothing else.
  std::optional<uint32_t> getSymbol() const;
  /// One more than the largest symbol used; 0 if none is.
  uint32_t getNumSymbols() const;
  bool uses(uint32_t symbol) const;

  /// The value; false on overflow, division by zero or a symbol beyond `symbols`.
  bool evaluate(std::span<const int64_t> symbols, int64_t &result) const;
  /// The same with a message that names the expression.
  Expected<int64_t> evaluate(std::span<const int64_t> symbols) const;

  /// "s0 * 768 + 4", with the given names, or s<index>.
  std::string str(std::span<const std::string> names = {}) const;

  friend bool operator==(const SizeExpr &, const SizeExpr &) = default;

private:
  std::vector<Term> terms;
};

SizeExpr operator+(const SizeExpr &a, const SizeExpr &b);
SizeExpr operator-(const SizeExpr &a, const SizeExpr &b);
SizeExpr operator*(const SizeExpr &a, const SizeExpr &b);
SizeExpr floorDiv(const SizeExpr &a, const SizeExpr &b);
SizeExpr ceilDiv(const SizeExpr &a, const SizeExpr &b);
SizeExpr mod(const SizeExpr &a, const SizeExpr &b);
SizeExpr max(const SizeExpr &a, const SizeExpr &b);
SizeExpr min(const SizeExpr &a, const SizeExpr &b);

} // namespace tc::runtime

#endif
