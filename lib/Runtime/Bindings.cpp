// Finds the places of the inputs from which symbols can be solved.

#include "Bindings.h"

#include <algorithm>

namespace tc::runtime {

namespace {

/// scale * symbol + shift; scale 0 for constants.
struct Linear {
  uint32_t symbol = 0;
  int64_t scale = 0;
  int64_t shift = 0;
};

} // namespace

/// The expression as a linear one with a positive scale, if it is.
static bool getLinear(const SizeExpr &expr, Linear &result) {
  using Op = SizeExpr::Op;
  std::vector<Linear> stack;
  for (const SizeExpr::Term &term : expr.getTerms()) {
    if (term.op == Op::Const) {
      stack.push_back({0, 0, term.value});
      continue;
    }
    if (term.op == Op::Symbol) {
      stack.push_back({static_cast<uint32_t>(term.value), 1, 0});
      continue;
    }
    if (term.op != Op::Add && term.op != Op::Sub && term.op != Op::Mul)
      return false;
    Linear b = stack.back();
    stack.pop_back();
    Linear &a = stack.back();
    bool overflow;
    if (term.op == Op::Mul) {
      if (a.scale != 0)
        std::swap(a, b);
      if (a.scale != 0)
        return false;
      int64_t factor = a.shift;
      a.symbol = b.symbol;
      overflow = __builtin_mul_overflow(b.scale, factor, &a.scale);
      overflow |= __builtin_mul_overflow(b.shift, factor, &a.shift);
    } else {
      if (a.scale != 0 && b.scale != 0 && a.symbol != b.symbol)
        return false;
      if (a.scale == 0)
        a.symbol = b.symbol;
      if (term.op == Op::Add) {
        overflow = __builtin_add_overflow(a.scale, b.scale, &a.scale);
        overflow |= __builtin_add_overflow(a.shift, b.shift, &a.shift);
      } else {
        overflow = __builtin_sub_overflow(a.scale, b.scale, &a.scale);
        overflow |= __builtin_sub_overflow(a.shift, b.shift, &a.shift);
      }
    }
    if (overflow)
      return false;
  }
  result = stack.back();
  return result.scale > 0;
}

std::vector<Binding> findBindings(const Program &program) {
  std::vector<Binding> bindings;
  auto visit = [&](bool bareOnly, const SizeExpr &expr, uint32_t input, Binding::Place place, uint32_t dim) {
    Linear linear;
    if (expr.isConstant() || !getLinear(expr, linear) || (bareOnly && !expr.getSymbol()))
      return;
    if (std::ranges::any_of(bindings, [&](const Binding &b) { return b.symbol == linear.symbol; }))
      return;
    bindings.push_back({linear.symbol, input, place, dim, linear.scale, linear.shift});
  };
  // Integers and sizes come before strides: a stride of a size-1 dimension means nothing.
  for (bool bareOnly : {true, false}) {
    for (uint32_t i = 0; i < program.inputs.size(); ++i) {
      const Input &input = program.inputs[i];
      auto place = input.kind == Input::Kind::Tensor ? Binding::Place::Size : Binding::Place::Int;
      for (uint32_t dim = 0; dim < input.sizes.size(); ++dim)
        visit(bareOnly, input.sizes[dim], i, place, dim);
    }
    for (uint32_t i = 0; i < program.inputs.size(); ++i)
      for (uint32_t dim = 0; dim < program.inputs[i].strides.size(); ++dim)
        visit(bareOnly, program.inputs[i].strides[dim], i, Binding::Place::Stride, dim);
  }
  return bindings;
}

} // namespace tc::runtime
