// Size expressions: folding, evaluation, rounding, overflow, text.

#include "tc/Runtime/SizeExpr.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace tc::runtime;

using Op = SizeExpr::Op;

static int64_t eval(const SizeExpr &expr, std::vector<int64_t> symbols = {}) {
  int64_t result = 0;
  EXPECT_TRUE(expr.evaluate(symbols, result)) << expr.str();
  return result;
}

TEST(SizeExpr, FoldsConstants) {
  EXPECT_EQ((SizeExpr(6) * 7).getConstant(), 42);
  EXPECT_EQ(ceilDiv(7, 2).getConstant(), 4);
  SizeExpr s = SizeExpr::symbol(0);
  EXPECT_EQ(s * 1, s);
  EXPECT_EQ(s + 0, s);
  EXPECT_EQ(1 * s, s);
  EXPECT_EQ((s * 0).getConstant(), 0);
  EXPECT_EQ(floorDiv(s, 1).getSymbol(), 0u);
  EXPECT_EQ((4 * (s * 3)).str(), "s0 * 12");
  EXPECT_EQ((s * 4 * (SizeExpr::symbol(1) * 2)).str(), "s0 * s1 * 8");
  EXPECT_EQ((1 + (s + 2) + s).str(), "s0 + s0 + 3");
}

TEST(SizeExpr, Evaluates) {
  SizeExpr s0 = SizeExpr::symbol(0), s1 = SizeExpr::symbol(1);
  EXPECT_EQ(eval(s0 * 768 + s1, {2, 3}), 1539);
  EXPECT_EQ(eval(max(s0, s1) - min(s0, s1), {2, 9}), 7);
  EXPECT_EQ(eval(SizeExpr::binary(Op::LessEqual, s0, s1), {2, 2}), 1);
  EXPECT_EQ(eval(SizeExpr::logicalNot(SizeExpr::binary(Op::Equal, s0, s1)), {2, 2}), 0);
}

TEST(SizeExpr, RoundsTowardsTheRightSide) {
  SizeExpr a = SizeExpr::symbol(0), b = SizeExpr::symbol(1);
  for (int64_t x = -9; x <= 9; ++x)
    for (int64_t y : {-4, -3, -1, 1, 2, 5}) {
      EXPECT_EQ(eval(floorDiv(a, b), {x, y}), std::floor(double(x) / y));
      EXPECT_EQ(eval(ceilDiv(a, b), {x, y}), std::ceil(double(x) / y));
      EXPECT_EQ(eval(mod(a, b), {x, y}), x - y * int64_t(std::floor(double(x) / y)));
    }
}

TEST(SizeExpr, ReportsOverflow) {
  SizeExpr s = SizeExpr::symbol(0);
  Expected<int64_t> product = (s * s).evaluate(std::vector<int64_t>{int64_t(1) << 40});
  ASSERT_FALSE(product);
  EXPECT_EQ(product.message(), "cannot compute s0 * s0 where s0 = 1099511627776: overflow or division by zero");
  int64_t result;
  EXPECT_FALSE(floorDiv(1, s).evaluate(std::vector<int64_t>{0}, result));
  EXPECT_FALSE(floorDiv(s, SizeExpr::symbol(1)).evaluate(std::vector<int64_t>{INT64_MIN, -1}, result));
  EXPECT_FALSE(s.evaluate({}, result)) << "symbol out of range";
  // Constants that overflow are kept and fail when evaluated.
  EXPECT_FALSE((SizeExpr(INT64_MAX) + 1).evaluate({}, result));
}

TEST(SizeExpr, LongExpressions) {
  SizeExpr sum = SizeExpr::symbol(0);
  for (int i = 0; i < 100; ++i)
    sum = SizeExpr::symbol(0) + sum;
  EXPECT_EQ(eval(sum, {3}), 303);
}

TEST(SizeExpr, Prints) {
  SizeExpr s0 = SizeExpr::symbol(0), s1 = SizeExpr::symbol(1);
  std::string names[] = {"batch", ""};
  EXPECT_EQ((s0 * (s1 + 2)).str(names), "batch * (s1 + 2)");
  EXPECT_EQ((s0 - (s1 - 2)).str(), "s0 - (s1 - 2)");
  EXPECT_EQ(max(ceilDiv(s0, 32), 1).str(), "max(s0 ceildiv 32, 1)");
}

TEST(SizeExpr, ChecksTerms) {
  EXPECT_TRUE(SizeExpr::fromTerms({{Op::Symbol, 0}, {Op::Const, 2}, {Op::Mul}}));
  EXPECT_FALSE(SizeExpr::fromTerms({}));
  EXPECT_FALSE(SizeExpr::fromTerms({{Op::Mul}}));
  EXPECT_FALSE(SizeExpr::fromTerms({{Op::Const, 1}, {Op::Const, 2}}));
  EXPECT_FALSE(SizeExpr::fromTerms({{Op::Symbol, -1}}));
  EXPECT_FALSE(SizeExpr::fromTerms({{static_cast<Op>(99), 0}}));
}
