// Tensors without elements, and sums over none: constants, so that no later stage meets them.

#include "Patterns.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

bool isEmpty(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && llvm::is_contained(type.getShape(), 0);
}

// A constant of any element type that integers and floats have; null for others.
Value zeros(PatternRewriter &rewriter, Location loc, RankedTensorType type) {
  Type element = type.getElementType();
  if (!isa<FloatType, IntegerType>(element) || !type.hasStaticShape())
    return {};
  auto scalar = RankedTensorType::get({}, element);
  TypedAttr zero = isa<FloatType>(element) ? TypedAttr(FloatAttr::get(element, 0.0))
                                           : IntegerAttr::get(element, APInt(element.getIntOrFloatBitWidth(), 0));
  Value value = ConstantOp::create(rewriter, loc, DenseElementsAttr::get(scalar, zero));
  return type.getRank() == 0 ? value : BroadcastOp::create(rewriter, loc, type, value).getResult();
}

/// A pure op with one result that has no elements is a constant without elements.
struct EmptyResult : RewritePattern {
  EmptyResult(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || op->getNumRegions() || op->getNumOperands() == 0 || !isPure(op) ||
        op->getName().getDialectNamespace() != "tc" || !isEmpty(op->getResult(0)))
      return failure();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    // Nothing is broadcast from a scalar already.
    if (isa<BroadcastOp>(op) && cast<RankedTensorType>(op->getOperand(0).getType()).getRank() == 0)
      return failure();
    Value value = zeros(rewriter, op->getLoc(), type);
    if (!value)
      return failure();
    rewriter.replaceOp(op, value);
    return success();
  }
};

/// A contraction or convolution of an operand without elements sums nothing.
template <typename Op> struct EmptySum : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!llvm::any_of(op->getOperands(), isEmpty))
      return failure();
    Value value = zeros(rewriter, op.getLoc(), cast<RankedTensorType>(op.getType()));
    if (!value)
      return failure();
    rewriter.replaceOp(op, value);
    return success();
  }
};

} // namespace

void simplify::addEmptyPatterns(RewritePatternSet &patterns) {
  patterns.add<EmptyResult, EmptySum<ContractOp>, EmptySum<ConvolveOp>>(patterns.getContext());
}
