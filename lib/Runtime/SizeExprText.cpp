// The text of a size expression, for dumps and messages: infix, with no more parentheses than
// needed.

#include "tc/Runtime/SizeExpr.h"

namespace tc::runtime {

using Op = SizeExpr::Op;

namespace {

struct Text {
  std::string text;
  int precedence; // of the outermost operation; larger binds tighter
};

struct Infix {
  const char *sign;
  int precedence;
};

} // namespace

static Infix getInfix(Op op) {
  switch (op) {
  case Op::Or:
    return {" || ", 1};
  case Op::And:
    return {" && ", 2};
  case Op::Equal:
    return {" == ", 3};
  case Op::NotEqual:
    return {" != ", 3};
  case Op::Less:
    return {" < ", 3};
  case Op::LessEqual:
    return {" <= ", 3};
  case Op::Add:
    return {" + ", 4};
  case Op::Sub:
    return {" - ", 4};
  case Op::Mul:
    return {" * ", 5};
  case Op::FloorDiv:
    return {" floordiv ", 5};
  case Op::CeilDiv:
    return {" ceildiv ", 5};
  case Op::Mod:
    return {" mod ", 5};
  default:
    return {nullptr, 0}; // written as a function
  }
}

static std::string parenthesise(const Text &text, int precedence) {
  return text.precedence < precedence ? "(" + text.text + ")" : text.text;
}

std::string SizeExpr::str(std::span<const std::string> names) const {
  constexpr int atom = 9;
  std::vector<Text> stack;
  for (const Term &term : terms) {
    if (term.op == Op::Const) {
      stack.push_back({std::to_string(term.value), atom});
    } else if (term.op == Op::Symbol) {
      bool named = static_cast<uint64_t>(term.value) < names.size() && !names[term.value].empty();
      stack.push_back({named ? names[term.value] : "s" + std::to_string(term.value), atom});
    } else if (term.op == Op::Not) {
      stack.back() = {"!" + parenthesise(stack.back(), atom), atom};
    } else {
      Text right = std::move(stack.back());
      stack.pop_back();
      Text &left = stack.back();
      if (Infix infix = getInfix(term.op); infix.sign)
        left = {parenthesise(left, infix.precedence) + infix.sign + parenthesise(right, infix.precedence + 1),
                infix.precedence};
      else
        left = {(term.op == Op::Max ? "max(" : "min(") + left.text + ", " + right.text + ")", atom};
    }
  }
  return stack.empty() ? std::string() : stack.front().text;
}

} // namespace tc::runtime
