// Sizes from sympy text.
#include "tc/Import/SymExpr.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

using namespace tc;

namespace {

class SymExpr : public testing::Test {
protected:
  SymExpr() { context.loadDialect<TCDialect>(); }

  /// The size printed, or the error.
  std::string parse(llvm::StringRef text) {
    auto size = parseSymExpr(&context, text, [](llvm::StringRef symbol) -> SizeRange {
      if (symbol == "s0")
        return {2, 64};
      if (symbol == "n0")
        return {std::nullopt, -1};
      return symbol == "s1" ? SizeRange{128, std::nullopt} : SizeRange{0, std::nullopt};
    });
    if (!size)
      return "error: " + llvm::toString(size.takeError());
    std::string printed;
    llvm::raw_string_ostream os(printed);
    size->printExpr(os);
    return printed;
  }

  void expectSame(llvm::StringRef a, llvm::StringRef b) {
    EXPECT_EQ(parse(a), parse(b)) << a.str() << " / " << b.str();
  }

  mlir::MLIRContext context;
};

TEST_F(SymExpr, Infix) {
  EXPECT_EQ(parse("7"), "7");
  EXPECT_EQ(parse("s0"), "s0");
  EXPECT_EQ(parse("s0 + s1"), "s0 + s1");
  EXPECT_EQ(parse("2*s0"), "s0 * 2");
  EXPECT_EQ(parse("s0//2"), "s0 floordiv 2");
  EXPECT_EQ(parse("(s0 - 1)//2 + 1"), "((s0 - 1) floordiv 2) + 1");
  EXPECT_EQ(parse("s0 % 3"), "s0 mod 3");
  expectSame("-s0 + 2*s0", "s0");
  expectSame("s0**2", "s0*s0");
  expectSame("s0 - (s1 - s0)", "2*s0 - s1");
  expectSame("s1 + s0", "s0 + s1");
}

TEST_F(SymExpr, Pieces) {
  EXPECT_EQ(parse("Piecewise((1, 2 > 3), (7, 4 >= 4), (9, True))"), "7");
  EXPECT_EQ(parse("Piecewise((1, 2 < 3), (0, True))"), "1");
  EXPECT_EQ(parse("Max(Integer(-5), Integer(3))"), "3");
  EXPECT_EQ(parse("Piecewise((s0, s0 > 3)"),
            "error: size expression 'Piecewise((s0, s0 > 3)', column 23: expected ')', found "
            "'nothing'");
}

TEST_F(SymExpr, Rounding) {
  for (auto [numerator, rounded] : {std::pair("4", "2"), {"5", "2"}, {"6", "3"}, {"7", "4"}, {"9", "4"}, {"-3", "-2"}})
    EXPECT_EQ(parse(std::string("RoundToInt(IntTrueDiv(") + numerator + ", 2))"), rounded);
  EXPECT_EQ(parse("RoundToInt(IntTrueDiv(7, 2) + 1.0)"), "4");
  EXPECT_EQ(parse("s0 + 1.1"),
            "error: size expression 's0 + 1.1', column 6: expected an integer or a binary fraction, found '1.1'");
}

TEST_F(SymExpr, Constructors) {
  EXPECT_EQ(parse("Symbol('s77', positive=True, integer=True)"), "s77");
  expectSame("Add(Mul(Integer(2), Symbol('s0', integer=True)), Integer(-1))", "2*s0 - 1");
  expectSame("FloorDiv(Symbol('s0'), Integer(2))", "s0//2");
  expectSame("torch.utils._sympy.functions.FloorDiv(s0, 2)", "s0//2");
  expectSame("Mod(s0, 4)", "s0 % 4");
  expectSame("PythonMod(s0, 4)", "s0 % 4");
  expectSame("ModularIndexing(s0, 2, 4)", "(s0//2) % 4");
  EXPECT_EQ(parse("CeilDiv(s0, 2)"), "s0 ceildiv 2");
  expectSame("Pow(s0, Integer(2), evaluate=False)", "s0*s0");
}

TEST_F(SymExpr, ExactDivision) {
  expectSame("Mul(Rational(1, 2), s0)", "s0//2");
  expectSame("s0/2 + s0/2", "(2*s0)//2");
  expectSame("floor(s0/3)", "s0//3");
  EXPECT_EQ(parse("ceiling(s0/3)"), "s0 ceildiv 3");
  expectSame("CleanDiv(6*s0, 3)", "2*s0");
}

TEST_F(SymExpr, BinaryFractions) {
  expectSame("FloorToInt(1.50000000000000*ToFloat(s0))", "(3*s0)//2");
  expectSame("TruncToInt(2.0*ToFloat(s0) + 0.25)", "(8*s0 + 1)//4");
  EXPECT_EQ(parse("CeilToInt(0.25*ToFloat(s0))"), "s0 ceildiv 4");
  EXPECT_EQ(parse("RoundToInt(0.5*7)"), "4");
}

TEST_F(SymExpr, NegativeDivisors) {
  expectSame("FloorDiv(s0 - 1, n0)", "(1 - s0)//(-n0)");
  expectSame("CeilDiv(s0, n0)", "CeilDiv(-s0, -n0)");
  expectSame("PythonMod(s0, n0)", "-((-s0) % (-n0))");
  EXPECT_EQ(parse("7//(-2)"), "-4");
  EXPECT_EQ(parse("7 % (-2)"), "-1");
}

TEST_F(SymExpr, MaxAndMinByRange) {
  EXPECT_EQ(parse("Max(1, s0)"), "s0");
  EXPECT_EQ(parse("Min(100, s0)"), "s0");
  EXPECT_EQ(parse("Max(s0, s1)"), "s1");
  // One more than u0 if that is 0.
  EXPECT_EQ(parse("Max(1, u0)"), "u0 + (1 floordiv (u0 + 1))");
  // Others are told apart where they are computed.
  EXPECT_EQ(parse("Max(2, s0 - 1)"),
            "(s0 + (((s0 * -1) + 3) * (((s0 * -1) + 1099511627778) floordiv 1099511627776))) - 1");
}

TEST_F(SymExpr, Errors) {
  EXPECT_EQ(parse("s0 +"), "error: size expression 's0 +', column 5: expected a number, a symbol or a function, found "
                           "'nothing'");
  EXPECT_EQ(parse("s0 s1"), "error: size expression 's0 s1', column 4: expected the end, found 's1'");
  EXPECT_EQ(parse("Piecewise(s0, s1)"),
            "error: size expression 'Piecewise(s0, s1)', column 11: expected '(', found 's0, s1)'");
  EXPECT_EQ(parse("s0//0"), "error: size expression 's0//0': it divides by something that is not positive");
  for (llvm::StringRef bad :
       {"", "(", "s0)", "Symbol(s0)", "Symbol('s0", "Max(", "Max(1", "Max(1,", "99999999999999999999", "s0**s1",
        "s0**1000000", "s0 % 0", "Rational(1, 0)", "2.55", "1.0e+20", "a.b", "s0 @ 2"})
    EXPECT_TRUE(llvm::StringRef(parse(bad)).starts_with("error: ")) << bad.str();
  EXPECT_TRUE(llvm::StringRef(parse(std::string(100000, '('))).contains("nested too deeply"));
  // Each power multiplies the size of the expression, each term the time to simplify it.
  EXPECT_TRUE(llvm::StringRef(parse("((((s0 + s1)**8)**8)**8)**8")).contains("has a power that is too large"));
  std::string sum = "s0";
  for (int i = 0; i < 100000; ++i)
    sum += " + s" + std::to_string(i);
  EXPECT_TRUE(llvm::StringRef(parse(sum)).contains("has more than 300 operations"));
  EXPECT_TRUE(llvm::StringRef(parse(std::string(100000, '-'))).contains("nested too deeply"));
}

} // namespace
