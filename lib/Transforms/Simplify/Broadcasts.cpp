// Broadcasts that elementwise ops do by themselves, and work that is better done before one.

#include "Patterns.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

/// The same values with fewer repetitions: the input of a broadcast or of a reshape that adds leading dimensions of
/// size 1, or one element of a splat.
struct Unrepeated {
  Value value;
  /// A constant that is yet to be made, and the type of either.
  DenseElementsAttr constant;
  RankedTensorType type;

  Value materialize(OpBuilder &builder, Location loc) const {
    return value ? value : ConstantOp::create(builder, loc, constant).getResult();
  }
};

std::optional<Unrepeated> withoutRepetition(Value operand) {
  auto give = [](Value value) { return Unrepeated{value, {}, cast<RankedTensorType>(value.getType())}; };
  if (auto broadcast = operand.getDefiningOp<BroadcastOp>())
    return give(broadcast.getInput());
  if (auto reshape = operand.getDefiningOp<ReshapeOp>()) {
    SmallVector<SizeAttr> from = getSizes(reshape.getInput().getType()), to = getSizes(reshape.getType());
    if (to.size() <= from.size() || ArrayRef<SizeAttr>(to).take_back(from.size()) != ArrayRef<SizeAttr>(from) ||
        !llvm::all_of(ArrayRef<SizeAttr>(to).drop_back(from.size()),
                      [](SizeAttr size) { return size.getConstant() == 1; }))
      return std::nullopt;
    return give(reshape.getInput());
  }
  DenseElementsAttr constant;
  auto type = cast<RankedTensorType>(operand.getType());
  if (type.getRank() == 0 || !matchPattern(operand, m_Constant(&constant)) || !constant.isSplat())
    return std::nullopt;
  auto scalar = RankedTensorType::get({}, type.getElementType());
  return Unrepeated{{}, constant.resizeSplat(scalar), scalar};
}

/// An operand without its broadcast, where the result's sizes come from the other operands.
struct DropBroadcast : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    if (op->getNumOperands() < 2)
      return failure();
    SmallVector<SizeAttr> sizes = getSizes(op->getResult(0).getType());
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<Unrepeated> smaller = withoutRepetition(operand.get());
      if (!smaller)
        continue;
      FailureOr<SmallVector<SizeAttr>> found = getSizes(smaller->type);
      for (OpOperand &other : op->getOpOperands())
        if (&other != &operand && succeeded(found))
          found = broadcastSizes(*found, getSizes(other.get().getType()));
      if (failed(found) || *found != sizes)
        continue;
      Value value = smaller->materialize(rewriter, op.getLoc());
      rewriter.modifyOpInPlace(op, [&]() { operand.set(value); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is broadcast for nothing");
  }
};

/// Broadcast after the op instead of before, where all operands are repeated.
struct BroadcastAfter : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<Value> operands(op->getOperands());
    for (Value &operand : operands)
      if (auto broadcast = operand.getDefiningOp<BroadcastOp>())
        operand = broadcast.getInput();
    FailureOr<SmallVector<SizeAttr>> sizes = broadcastOperandSizes(operands);
    if (failed(sizes) || *sizes == getSizes(type))
      return rewriter.notifyMatchFailure(op, "an operand has all elements");
    Value small = cloneElementwise(rewriter, op, operands);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, type, small);
    return success();
  }
};

/// A moved splat is a splat.
template <typename Op> struct MoveSplat : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto broadcast = op.getInput().template getDefiningOp<BroadcastOp>();
    if (!broadcast || broadcast.getInput().getType().getRank() != 0)
      return failure();
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), broadcast.getInput());
    return success();
  }
};

/// A reshape that adds leading dimensions of size 1 is part of a broadcast.
struct BroadcastOfReshape : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    if (!op.getInput().getDefiningOp<ReshapeOp>())
      return failure();
    std::optional<Unrepeated> input = withoutRepetition(op.getInput());
    if (!input)
      return failure();
    rewriter.modifyOpInPlace(op, [&]() { op.getInputMutable().assign(input->value); });
    return success();
  }
};

} // namespace

void simplify::addBroadcastPatterns(RewritePatternSet &patterns) {
  patterns.add<DropBroadcast, BroadcastAfter, MoveSplat<ReshapeOp>, MoveSplat<TransposeOp>, MoveSplat<SliceOp>,
               MoveSplat<ReverseOp>, BroadcastOfReshape>(patterns.getContext());
}
