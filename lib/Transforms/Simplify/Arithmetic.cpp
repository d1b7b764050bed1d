// Cheaper arithmetic with the same values, or, for powers, with those that ATen computes.

#include "Patterns.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

Value mul(PatternRewriter &rewriter, Location loc, Value a, Value b) { return MulOp::create(rewriter, loc, a, b); }

/// Division by a power of two is multiplication by its reciprocal, which is exact.
struct DivideByPowerOfTwo : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp op, PatternRewriter &rewriter) const override {
    std::optional<APFloat> divisor = splatFloat(op.getRhs());
    if (!divisor)
      return failure();
    APFloat reciprocal(divisor->getSemantics());
    // Also refuses reciprocals that are not normal.
    if (!divisor->getExactInverse(&reciprocal))
      return rewriter.notifyMatchFailure(op, "the reciprocal is not exact");
    auto type = RankedTensorType::get({}, op.getRhs().getType().getElementType());
    Value constant = ConstantOp::create(rewriter, op.getLoc(), DenseElementsAttr::get(type, reciprocal));
    Value product = mul(rewriter, op.getLoc(), op.getLhs(), constant);
    if (product.getType() != op.getType())
      product = BroadcastOp::create(rewriter, op.getLoc(), op.getType(), product);
    rewriter.replaceOp(op, product);
    return success();
  }
};

/// x^2, x^3, x^0.5 and their reciprocals, as ATen's kernels compute them.
struct PowByConstant : OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PowOp op, PatternRewriter &rewriter) const override {
    std::optional<APFloat> exponent = splatFloat(op.getRhs());
    if (!exponent || op.getLhs().getType() != op.getType())
      return failure();
    Location loc = op.getLoc();
    Value x = op.getLhs();
    auto is = [&](double value) { return exponent->isExactlyValue(value); };
    auto one = [&]() { return floatConstant(rewriter, loc, op.getType().getElementType(), 1.0); };
    Value result;
    if (is(2))
      result = mul(rewriter, loc, x, x);
    else if (is(3))
      result = mul(rewriter, loc, mul(rewriter, loc, x, x), x);
    else if (is(0.5))
      result = SqrtOp::create(rewriter, loc, x);
    else if (is(-0.5))
      result = RsqrtOp::create(rewriter, loc, x);
    else if (is(-1))
      result = DivOp::create(rewriter, loc, one(), x);
    else if (is(-2))
      result = DivOp::create(rewriter, loc, one(), mul(rewriter, loc, x, x));
    else
      return rewriter.notifyMatchFailure(op, "no cheaper form of this exponent");
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// x * -1 is -x.
struct MultiplyByMinusOne : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    std::optional<APFloat> factor = splatFloat(op.getRhs());
    if (!factor || !factor->isExactlyValue(-1.0) || op.getLhs().getType() != op.getType())
      return failure();
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getLhs());
    return success();
  }
};

/// x + -y is x - y.
struct AddNegation : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    for (auto [x, y] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())})
      if (auto negation = y.getDefiningOp<NegOp>()) {
        rewriter.replaceOpWithNewOp<SubOp>(op, x, negation.getInput());
        return success();
      }
    return failure();
  }
};

/// x - -y is x + y.
struct SubtractNegation : OpRewritePattern<SubOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SubOp op, PatternRewriter &rewriter) const override {
    auto negation = op.getRhs().getDefiningOp<NegOp>();
    if (!negation)
      return failure();
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getLhs(), negation.getInput());
    return success();
  }
};

/// A negated condition exchanges the branches.
struct SelectOnNegation : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SelectOp op, PatternRewriter &rewriter) const override {
    auto negation = op.getCondition().getDefiningOp<NotOp>();
    if (!negation)
      return failure();
    rewriter.replaceOpWithNewOp<SelectOp>(op, negation.getInput(), op.getRhs(), op.getLhs());
    return success();
  }
};

} // namespace

void simplify::addArithmeticPatterns(RewritePatternSet &patterns) {
  patterns.add<DivideByPowerOfTwo, PowByConstant, MultiplyByMinusOne, AddNegation, SubtractNegation, SelectOnNegation>(
      patterns.getContext());
}
