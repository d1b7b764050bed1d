// Building, checking and evaluating size expressions.

#include "tc/Runtime/SizeExpr.h"

#include <algorithm>

namespace tc::runtime {

using Op = SizeExpr::Op;

static bool isLeaf(Op op) { return op == Op::Const || op == Op::Symbol; }

static int64_t floorOf(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

/// a op b; false on overflow and division by zero.
static bool apply(Op op, int64_t a, int64_t b, int64_t &result) {
  switch (op) {
  case Op::Add:
    return !__builtin_add_overflow(a, b, &result);
  case Op::Sub:
    return !__builtin_sub_overflow(a, b, &result);
  case Op::Mul:
    return !__builtin_mul_overflow(a, b, &result);
  case Op::FloorDiv:
  case Op::CeilDiv:
  case Op::Mod:
    if (b == 0 || (a == INT64_MIN && b == -1))
      return false;
    result = floorOf(a, b);
    if (op == Op::CeilDiv)
      result += a % b != 0;
    else if (op == Op::Mod)
      result = a - b * result;
    return true;
  case Op::Max:
    result = std::max(a, b);
    return true;
  case Op::Min:
    result = std::min(a, b);
    return true;
  case Op::Equal:
    result = a == b;
    return true;
  case Op::NotEqual:
    result = a != b;
    return true;
  case Op::Less:
    result = a < b;
    return true;
  case Op::LessEqual:
    result = a <= b;
    return true;
  case Op::And:
    result = a && b;
    return true;
  case Op::Or:
    result = a || b;
    return true;
  case Op::Const:
  case Op::Symbol:
  case Op::Not:
    break;
  }
  return false;
}

SizeExpr SizeExpr::symbol(uint32_t index) {
  SizeExpr result;
  result.terms[0] = {Op::Symbol, index};
  return result;
}

Expected<SizeExpr> SizeExpr::fromTerms(std::vector<Term> terms) {
  size_t depth = 0;
  for (const Term &term : terms) {
    if (term.op > Op::Not)
      return Error("size expression: unknown operation " + std::to_string(unsigned(term.op)));
    if (term.op == Op::Symbol && (term.value < 0 || term.value > INT32_MAX))
      return Error("size expression: symbol " + std::to_string(term.value) + " is out of range");
    size_t operands = isLeaf(term.op) ? 0 : term.op == Op::Not ? 1 : 2;
    if (depth < operands)
      return Error("size expression: an operand is missing");
    depth += 1 - operands;
  }
  if (depth != 1)
    return Error("size expression: expected one result, got " + std::to_string(depth));
  SizeExpr result;
  result.terms = std::move(terms);
  return result;
}

/// If `expr` is `rest op constant`, splits it.
static bool splitConstant(const SizeExpr &expr, Op op, std::vector<SizeExpr::Term> &rest, int64_t &constant) {
  std::span<const SizeExpr::Term> terms = expr.getTerms();
  size_t count = terms.size();
  if (count < 3 || terms[count - 1].op != op || terms[count - 2].op != Op::Const)
    return false;
  constant = terms[count - 2].value;
  rest.assign(terms.begin(), terms.end() - 2);
  return true;
}

SizeExpr SizeExpr::binary(Op op, const SizeExpr &a, const SizeExpr &b) {
  std::optional<int64_t> x = a.getConstant(), y = b.getConstant();
  int64_t folded;
  if (x && y && apply(op, *x, *y, folded))
    return folded;
  // Sums and products keep their constant at the right end: `4 * (s0 * 3)` becomes `s0 * 12`.
  if (op == Op::Add || op == Op::Mul) {
    if (x && !y)
      return binary(op, b, a);
    SizeExpr rest;
    int64_t constant;
    if (y && splitConstant(a, op, rest.terms, constant) && apply(op, constant, *y, folded))
      return binary(op, rest, folded);
    if (!y && splitConstant(a, op, rest.terms, constant))
      return binary(op, binary(op, rest, b), constant);
    if (!y && splitConstant(b, op, rest.terms, constant))
      return binary(op, binary(op, a, rest), constant);
  }
  if (((op == Op::Add || op == Op::Sub) && y == 0) ||
      ((op == Op::Mul || op == Op::FloorDiv || op == Op::CeilDiv) && y == 1))
    return a;
  if (op == Op::Mul && y == 0)
    return 0;
  if ((op == Op::Max || op == Op::Min) && a == b)
    return a;
  SizeExpr result;
  result.terms = a.terms;
  result.terms.insert(result.terms.end(), b.terms.begin(), b.terms.end());
  result.terms.push_back({op, 0});
  return result;
}

SizeExpr SizeExpr::logicalNot(const SizeExpr &a) {
  if (std::optional<int64_t> x = a.getConstant())
    return *x == 0;
  SizeExpr result = a;
  result.terms.push_back({Op::Not, 0});
  return result;
}

std::optional<int64_t> SizeExpr::getConstant() const {
  return isConstant() ? std::optional(terms[0].value) : std::nullopt;
}

std::optional<uint32_t> SizeExpr::getSymbol() const {
  if (terms.size() == 1 && terms[0].op == Op::Symbol)
    return static_cast<uint32_t>(terms[0].value);
  return std::nullopt;
}

uint32_t SizeExpr::getNumSymbols() const {
  uint32_t count = 0;
  for (const Term &term : terms)
    if (term.op == Op::Symbol)
      count = std::max(count, static_cast<uint32_t>(term.value) + 1);
  return count;
}

bool SizeExpr::uses(uint32_t symbol) const {
  return std::ranges::any_of(terms, [&](const Term &term) { return term == Term{Op::Symbol, symbol}; });
}

bool SizeExpr::evaluate(std::span<const int64_t> symbols, int64_t &result) const {
  constexpr size_t inlineDepth = 32;
  int64_t inlineStack[inlineDepth];
  std::vector<int64_t> heapStack;
  int64_t *stack = inlineStack;
  if (terms.size() > inlineDepth) {
    heapStack.resize(terms.size());
    stack = heapStack.data();
  }
  size_t depth = 0;
  for (const Term &term : terms) {
    switch (term.op) {
    case Op::Const:
      stack[depth++] = term.value;
      break;
    case Op::Symbol:
      if (static_cast<uint64_t>(term.value) >= symbols.size())
        return false;
      stack[depth++] = symbols[term.value];
      break;
    case Op::Not:
      stack[depth - 1] = stack[depth - 1] == 0;
      break;
    default:
      --depth;
      if (!apply(term.op, stack[depth - 1], stack[depth], stack[depth - 1]))
        return false;
    }
  }
  result = stack[0];
  return true;
}

Expected<int64_t> SizeExpr::evaluate(std::span<const int64_t> symbols) const {
  int64_t result;
  if (evaluate(symbols, result))
    return result;
  std::string values;
  for (size_t i = 0; i < symbols.size(); ++i)
    if (uses(i))
      values += (values.empty() ? " where s" : ", s") + std::to_string(i) + " = " + std::to_string(symbols[i]);
  return Error("cannot compute " + str() + values + ": overflow or division by zero");
}

SizeExpr operator+(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::Add, a, b); }
SizeExpr operator-(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::Sub, a, b); }
SizeExpr operator*(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::Mul, a, b); }
SizeExpr floorDiv(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::FloorDiv, a, b); }
SizeExpr ceilDiv(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::CeilDiv, a, b); }
SizeExpr mod(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::Mod, a, b); }
SizeExpr max(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::Max, a, b); }
SizeExpr min(const SizeExpr &a, const SizeExpr &b) { return SizeExpr::binary(Op::Min, a, b); }

} // namespace tc::runtime
