// A recursive-descent parser for sympy text. Sums and products are kept as fractions while parsing,
// as sympy writes an exact division as multiplication by a Rational; a size is an integer, so the
// whole expression divides evenly.
#include "tc/Import/SymExpr.h"

#include "tc/Dialect/TC/IR/Sizes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace tc;

namespace {

/// numerator / denominator, the latter a positive constant.
struct Fraction {
  SizeAttr numerator;
  int64_t denominator = 1;
};

class Parser {
public:
  Parser(MLIRContext *context, StringRef text, RangeOfSymbol rangeOf)
      : context(context), whole(text), rest(text), rangeOf(rangeOf) {}

  llvm::Expected<SizeAttr> parse() {
    Fraction result = parseSum();
    skipSpace();
    if (problem.empty() && !rest.empty())
      fail("the end");
    if (!problem.empty())
      return llvm::createStringError(problem);
    return toSize(result);
  }

private:
  static constexpr unsigned maxDepth = 200;
  static constexpr int64_t maxExponent = 8;
  /// Expressions are simplified after each operation, at a cost of their size.
  static constexpr unsigned maxOperations = 300;
  static constexpr int64_t maxDenominator = int64_t(1) << 31;

  SizeAttr constant(int64_t value) { return SizeAttr::constant(context, value); }

  SizeAttr toSize(const Fraction &f) {
    return f.denominator == 1 ? f.numerator : floorDiv(f.numerator, constant(f.denominator));
  }

  // The first problem is the one reported; parsing goes on harmlessly after it.
  Fraction fail(const Twine &expected) {
    if (problem.empty())
      problem =
          llvm::formatv("size expression '{0}', column {1}: expected {2}, found '{3}'", whole,
                        whole.size() - rest.size() + 1, expected.str(), rest.empty() ? "nothing" : rest.take_front(12));
    rest = "";
    return {constant(1)};
  }

  Fraction refuse(const Twine &what) {
    if (problem.empty())
      problem = ("size expression '" + whole + "': " + what).str();
    rest = "";
    return {constant(1)};
  }

  void skipSpace() { rest = rest.ltrim(); }

  bool tryConsume(StringRef token) {
    skipSpace();
    return rest.consume_front(token);
  }

  bool peekIs(StringRef token) {
    skipSpace();
    return rest.starts_with(token);
  }

  bool isTooLong() {
    if (++operations <= maxOperations)
      return false;
    refuse("it has more than " + Twine(maxOperations) + " operations");
    return true;
  }

  /// Powers of powers double a shared operand again and again.
  bool isTooLarge(const Fraction &f) {
    unsigned size = 0;
    f.numerator.getExpr().walk([&](AffineExpr) { ++size; });
    if (size <= maxOperations)
      return false;
    refuse("it has a power that is too large");
    return true;
  }

  Fraction add(const Fraction &a, const Fraction &b, bool isMinus) {
    if (isTooLong())
      return a;
    int64_t denominator;
    if (llvm::MulOverflow(a.denominator, b.denominator, denominator) || denominator > maxDenominator)
      return refuse("its denominators are too large");
    SizeAttr x = a.numerator, y = b.numerator;
    if (a.denominator != b.denominator) {
      x = x * b.denominator;
      y = y * a.denominator;
    } else {
      denominator = a.denominator;
    }
    return {isMinus ? x - y : x + y, denominator};
  }

  Fraction multiply(const Fraction &a, const Fraction &b) {
    if (isTooLong())
      return a;
    int64_t denominator;
    if (llvm::MulOverflow(a.denominator, b.denominator, denominator) || denominator > maxDenominator)
      return refuse("its denominators are too large");
    return {a.numerator * b.numerator, denominator};
  }

  /// Divisors of sizes are positive: one that may be negative is multiplied by its sign, and the dividend with it.
  /// Gives the sign.
  SizeAttr makePositive(SizeAttr &dividend, SizeAttr &divisor) {
    SizeRange range = boundsOf(divisor, rangeOf);
    SizeAttr sign = constant(1);
    if (range.max == 0)
      refuse("it divides by something that is not positive");
    else if (range.max && *range.max < 0)
      sign = constant(-1);
    else if (!range.min || *range.min < 0)
      sign = isPositive(divisor) * 2 - 1;
    dividend = dividend * sign;
    divisor = divisor * sign;
    return sign;
  }

  Fraction divideFloor(const Fraction &a, const Fraction &b) {
    SizeAttr dividend = a.numerator * b.denominator, divisor = b.numerator * a.denominator;
    makePositive(dividend, divisor);
    return problem.empty() ? Fraction{floorDiv(dividend, divisor)} : a;
  }

  Fraction divideExactly(const Fraction &a, const Fraction &b) {
    std::optional<int64_t> divisor = b.numerator.getConstant();
    if (!divisor)
      return divideFloor(a, b);
    if (*divisor <= 0 || *divisor > maxDenominator)
      return refuse("it divides by something that is not positive");
    return multiply({a.numerator * b.denominator, a.denominator}, {constant(1), *divisor});
  }

  Fraction remainder(const Fraction &a, const Fraction &b) {
    SizeAttr dividend = toSize(a), divisor = toSize(b);
    SizeAttr sign = makePositive(dividend, divisor);
    return problem.empty() ? Fraction{mod(dividend, divisor) * sign} : a;
  }

  Fraction power(const Fraction &base, const Fraction &exponent) {
    std::optional<int64_t> count = exponent.numerator.getConstant();
    if (!count || exponent.denominator != 1 || *count < -1 || *count > maxExponent)
      return refuse("it has a power that is not a small integer");
    if (*count == -1)
      return divideExactly({constant(1)}, base);
    Fraction result{constant(1)};
    for (int64_t i = 0; i < *count && problem.empty() && !isTooLarge(result); ++i)
      result = multiply(result, base);
    return result;
  }

  /// The larger (or smaller) of two sizes, where their ranges say which one it is.
  Fraction extreme(const Fraction &a, const Fraction &b, bool isMax) {
    SizeAttr x = toSize(a), y = toSize(b);
    SizeRange difference = boundsOf(x - y, rangeOf);
    if (difference.min && *difference.min >= 0)
      return {isMax ? x : y};
    if (difference.max && *difference.max <= 0)
      return {isMax ? y : x};
    // max(1, x) of what is not negative is x, and 1 more for 0.
    SizeAttr other = x.getConstant() == 1 ? y : y.getConstant() == 1 ? x : SizeAttr();
    if (isMax && other && boundsOf(other, rangeOf).min.value_or(-1) >= 0)
      return {other + floorDiv(constant(1), other + 1)};
    SizeAttr isGreater = isPositive(x - y), excess = isGreater * (x - y);
    return {isMax ? y + excess : x - excess};
  }

  /// 1 for what is greater than 0, and 0 for others. Sizes are far from the bound.
  SizeAttr isPositive(SizeAttr x) {
    constexpr int64_t bound = int64_t(1) << 40;
    return floorDiv(x + (bound - 1), constant(bound));
  }

  /// The condition of a piece, as 0 or 1.
  SizeAttr parseCondition() {
    if (tryConsume("True"))
      return constant(1);
    SizeAttr left = toSize(parseSum());
    for (StringRef relation : {">=", "<=", ">", "<"})
      if (tryConsume(relation)) {
        SizeAttr right = toSize(parseSum());
        SizeAttr difference = relation.front() == '>' ? left - right : right - left;
        return isPositive(relation.size() == 2 ? difference + 1 : difference);
      }
    fail("a comparison");
    return constant(0);
  }

  /// Piecewise((value, condition), …), from behind its parenthesis: the value of the first condition that holds.
  Fraction parsePiecewise() {
    SizeAttr result = constant(0), isOpen = constant(1);
    do {
      if (!tryConsume("("))
        return fail("'('");
      SizeAttr value = toSize(parseSum());
      if (!tryConsume(","))
        return fail("','");
      SizeAttr condition = parseCondition();
      if (!tryConsume(")"))
        return fail("')'");
      result = result + isOpen * condition * value;
      isOpen = isOpen * (condition * -1 + 1);
    } while (problem.empty() && tryConsume(","));
    return tryConsume(")") ? Fraction{result} : fail("')'");
  }

  /// To the nearest integer, from the middle to the even one.
  Fraction roundToEven(const Fraction &a) {
    SizeAttr divisor = constant(2 * a.denominator), doubled = a.numerator * 2 + constant(a.denominator);
    SizeAttr rounded = floorDiv(doubled, divisor), isMiddle = floorDiv(constant(1), mod(doubled, divisor) + 1);
    return {rounded - isMiddle * mod(rounded, constant(2))};
  }

  Fraction parseSum() {
    if (++depth > maxDepth)
      return refuse("it is nested too deeply");
    Fraction result = parseProduct();
    while (problem.empty()) {
      if (tryConsume("+"))
        result = add(result, parseProduct(), /*isMinus=*/false);
      else if (tryConsume("-"))
        result = add(result, parseProduct(), /*isMinus=*/true);
      else
        break;
    }
    --depth;
    return result;
  }

  Fraction parseProduct() {
    Fraction result = parseFactor();
    while (problem.empty()) {
      if (tryConsume("//"))
        result = divideFloor(result, parseFactor());
      else if (tryConsume("/"))
        result = divideExactly(result, parseFactor());
      else if (tryConsume("%"))
        result = remainder(result, parseFactor());
      else if (!peekIs("**") && tryConsume("*"))
        result = multiply(result, parseFactor());
      else
        break;
    }
    return result;
  }

  Fraction parseFactor() {
    if (tryConsume("-")) {
      if (++depth > maxDepth)
        return refuse("it is nested too deeply");
      Fraction operand = parseFactor();
      --depth;
      return {operand.numerator * -1, operand.denominator};
    }
    Fraction base = parseAtom();
    if (!tryConsume("**"))
      return base;
    if (++depth > maxDepth)
      return refuse("it is nested too deeply");
    Fraction exponent = parseFactor();
    --depth;
    return power(base, exponent);
  }

  Fraction parseAtom() {
    if (tryConsume("(")) {
      Fraction inner = parseSum();
      return tryConsume(")") ? inner : fail("')'");
    }
    skipSpace();
    StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; });
    if (word.empty())
      return fail("a number, a symbol or a function");
    if (llvm::isDigit(word.front())) {
      // A float, "1.50": sums and products of binary fractions of few digits are exact.
      auto [whole, fraction] = word.split('.');
      fraction = fraction.rtrim('0');
      int64_t value, denominator = 1;
      if ((!fraction.empty() && whole.size() + fraction.size() > 15) ||
          StringRef((whole + fraction).str()).getAsInteger(10, value))
        return fail("an integer");
      for (size_t i = 0; i < fraction.size(); ++i)
        denominator *= 10;
      int64_t divisor = std::gcd(value, denominator);
      if (!llvm::isPowerOf2_64(denominator / divisor))
        return fail("an integer or a binary fraction");
      rest = rest.drop_front(word.size());
      return {constant(value / divisor), denominator / divisor};
    }
    StringRef behind = rest.drop_front(word.size());
    if (!behind.ltrim().starts_with("(")) {
      if (word.contains('.'))
        return fail("a symbol name");
      rest = behind;
      return {SizeAttr::symbol(context, word)};
    }
    rest = behind;
    tryConsume("(");
    if (word == "Symbol")
      return parseSymbol();
    if (word == "Piecewise")
      return parsePiecewise();
    SmallVector<Fraction> arguments = parseArguments();
    return problem.empty() ? apply(word.rsplit('.').second.empty() ? word : word.rsplit('.').second, arguments)
                           : Fraction{constant(1)};
  }

  /// Symbol('s77', positive=True, integer=True), from behind its parenthesis.
  Fraction parseSymbol() {
    skipSpace();
    char quote = rest.empty() ? 0 : rest.front();
    if (quote != '\'' && quote != '"')
      return fail("a quoted symbol name");
    auto [name, behind] = rest.drop_front().split(quote);
    if (name.empty() || !llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; }))
      return fail("a symbol name");
    rest = behind;
    rest = rest.drop_front(std::min(rest.size(), rest.find(')')));
    return tryConsume(")") ? Fraction{SizeAttr::symbol(context, name)} : fail("')'");
  }

  /// Positional arguments up to the closing parenthesis; keyword ones (evaluate=False) say nothing
  /// about the value.
  SmallVector<Fraction> parseArguments() {
    SmallVector<Fraction> arguments;
    while (problem.empty() && !tryConsume(")")) {
      skipSpace();
      StringRef word = rest.take_while([](char c) { return llvm::isAlpha(c) || c == '_'; });
      if (!word.empty() && rest.drop_front(word.size()).starts_with("="))
        rest = rest.drop_front(std::min(rest.find(','), rest.find(')')));
      else
        arguments.push_back(parseSum());
      if (!tryConsume(",") && !peekIs(")"))
        fail("',' or ')'");
    }
    return arguments;
  }

  Fraction apply(StringRef function, ArrayRef<Fraction> arguments) {
    auto is = [&](std::initializer_list<StringRef> names, size_t count) {
      return llvm::is_contained(names, function) && arguments.size() == count;
    };
    auto isVariadic = [&](StringRef name) { return function == name && !arguments.empty(); };
    if (is({"Integer", "Identity", "ToInt", "CleanToInt", "ToFloat"}, 1))
      return arguments[0];
    if (is({"Rational"}, 2))
      return divideExactly(arguments[0], arguments[1]);
    if (is({"floor", "FloorToInt", "TruncToInt"}, 1))
      return {toSize(arguments[0])};
    if (is({"RoundToInt"}, 1))
      return roundToEven(arguments[0]);
    if (is({"ceiling", "CeilToInt"}, 1))
      return {ceilDiv(arguments[0].numerator, constant(arguments[0].denominator))};
    if (is({"FloorDiv"}, 2))
      return divideFloor(arguments[0], arguments[1]);
    if (is({"CleanDiv", "IntTrueDiv"}, 2))
      return divideExactly(arguments[0], arguments[1]);
    if (is({"CeilDiv"}, 2)) {
      SizeAttr dividend = toSize(arguments[0]), divisor = toSize(arguments[1]);
      makePositive(dividend, divisor);
      return problem.empty() ? Fraction{ceilDiv(dividend, divisor)} : arguments[0];
    }
    if (is({"Mod", "PythonMod"}, 2))
      return remainder(arguments[0], arguments[1]);
    if (is({"ModularIndexing"}, 3))
      return remainder(divideFloor(arguments[0], arguments[1]), arguments[2]);
    if (is({"Pow", "PowByNatural"}, 2))
      return power(arguments[0], arguments[1]);
    if (isVariadic("Add") || isVariadic("Mul") || isVariadic("Max") || isVariadic("Min")) {
      Fraction result = arguments[0];
      for (const Fraction &argument : arguments.drop_front())
        result = function == "Add"   ? add(result, argument, /*isMinus=*/false)
                 : function == "Mul" ? multiply(result, argument)
                                     : extreme(result, argument, /*isMax=*/function == "Max");
      return result;
    }
    return refuse("sizes cannot express " + function + " of " + Twine(arguments.size()) + " arguments");
  }

  MLIRContext *context;
  StringRef whole, rest;
  RangeOfSymbol rangeOf;
  std::string problem;
  unsigned depth = 0, operations = 0;
};

} // namespace

llvm::Expected<SizeAttr> tc::parseSymExpr(MLIRContext *context, StringRef text, RangeOfSymbol rangeOf) {
  return Parser(context, text, rangeOf).parse();
}
