// Patterns that simplify bodies, run to a fixed point together with the canonicalisations of arith and scf.

#include "Bodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "tc/Dialect/Loop/IR/IndexExprs.h"
#include "tc/Transforms/Simplify/CommonSubexpressions.h"

using namespace mlir;
using namespace tc;

namespace {

/// A read of a constant whose elements are all equal is that element.
struct FoldConstantRead : OpRewritePattern<loop::ReadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(loop::ReadOp op, PatternRewriter &rewriter) const override {
    auto constant = op.getSource().getDefiningOp<ConstantOp>();
    auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
    if (!elements || !elements.isSplat())
      return rewriter.notifyMatchFailure(op, "not of a splat constant");
    auto value = elements.getSplatValue<TypedAttr>();
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = IntegerAttr::get(op.getType(), integer.getValue());
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, value);
    return success();
  }
};

/// A read of a reshape is a read of what is reshaped, where that needs no division.
struct FoldReshapeRead : OpRewritePattern<loop::ReadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(loop::ReadOp op, PatternRewriter &rewriter) const override {
    auto reshape = op.getSource().getDefiningOp<ReshapeOp>();
    if (!reshape)
      return rewriter.notifyMatchFailure(op, "not of a reshape");
    auto indices =
        getReshapedIndices(rewriter, op.getLoc(), reshape.getInput().getType(), reshape.getType(), op.getIndices(),
                           /*allowDivision=*/false);
    if (!indices)
      return rewriter.notifyMatchFailure(op, "would need divisions");
    rewriter.replaceOpWithNewOp<loop::ReadOp>(op, reshape.getInput(), *indices);
    return success();
  }
};

int countDivisions(AffineExpr expr) {
  int count = 0;
  expr.walk([&](AffineExpr e) {
    count += e.getKind() == AffineExprKind::FloorDiv || e.getKind() == AffineExprKind::Mod ||
             e.getKind() == AffineExprKind::CeilDiv;
  });
  return count;
}

/// A read at [e floordiv n, e mod n], n the inner size, is a read at e of the two dimensions merged.
struct MergeDividedRead : OpRewritePattern<loop::ReadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(loop::ReadOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> sizes = getSizes(op.getSource().getType());
    for (size_t dim = 0; dim + 1 < sizes.size(); ++dim) {
      IndexExprs index(op.getContext());
      AffineExpr outer = index.get(op.getIndices()[dim]), inner = index.get(op.getIndices()[dim + 1]);
      int before = countDivisions(outer) + countDivisions(inner);
      if (before == 0)
        continue;
      AffineExpr merged = index.simplify(outer * index.get(sizes[dim + 1]) + inner);
      if (countDivisions(merged) > 0)
        continue;
      SmallVector<SizeAttr> mergedSizes(sizes);
      mergedSizes[dim] = sizes[dim] * sizes[dim + 1];
      mergedSizes.erase(mergedSizes.begin() + dim + 1);
      SmallVector<Value> indices(op.getIndices());
      indices[dim] = index.emit(rewriter, op.getLoc(), merged);
      indices.erase(indices.begin() + dim + 1);
      rewriter.replaceOpWithNewOp<loop::ReadOp>(op, buildView(rewriter, op, mergedSizes), indices);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no dimensions to merge");
  }

  /// The view is a tensor value: it stands before the loop op.
  static Value buildView(PatternRewriter &rewriter, loop::ReadOp op, ArrayRef<SizeAttr> sizes) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op->getParentOfType<loop::LoopNestOpInterface>());
    return ReshapeOp::create(rewriter, op.getLoc(), getTensorType(sizes, op.getSource().getType().getElementType()),
                             op.getSource());
  }
};

/// Reshapes compose.
struct ComposeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "not of a reshape");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getInput());
    return success();
  }
};

/// 0 <= index < size, where the index's range decides it.
struct FoldGuard : OpRewritePattern<arith::CmpIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::CmpIOp op, PatternRewriter &rewriter) const override {
    if (op.getPredicate() != arith::CmpIPredicate::ult || !op.getLhs().getType().isIndex())
      return rewriter.notifyMatchFailure(op, "not a guard");
    IndexExprs index(op.getContext());
    AffineExpr at = index.get(op.getLhs()), size = index.get(op.getRhs());
    auto range = index.getRange(at), limit = index.getRange(size);
    std::optional<bool> holds;
    SizeAttr own = getDimSize(op.getLhs());
    if (range && limit && range->first >= 0 && range->second < limit->first)
      holds = true;
    else if (range && limit && (range->second < 0 || (range->first >= 0 && range->first >= limit->second)))
      holds = false;
    else if (own && index.get(own) == size)
      holds = true;
    if (!holds)
      return rewriter.notifyMatchFailure(op, "depends on the index");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, rewriter.getBoolAttr(*holds));
    return success();
  }
};

/// f32 to bf16 and back: values that stay in a kernel keep their precision.
struct FoldRoundTrip : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op, PatternRewriter &rewriter) const override {
    auto narrow = op.getIn().getDefiningOp<arith::TruncFOp>();
    if (!narrow || narrow.getIn().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "not a conversion there and back");
    rewriter.replaceOp(op, narrow.getIn());
    return success();
  }
};

} // namespace

void tc::simplifyBodies(Operation *root) {
  MLIRContext *context = root->getContext();
  RewritePatternSet patterns(context);
  patterns.add<FoldConstantRead, FoldReshapeRead, MergeDividedRead, ComposeReshapes, FoldGuard, FoldRoundTrip>(context);
  loop::IndexOp::getCanonicalizationPatterns(patterns, context);
  scf::IfOp::getCanonicalizationPatterns(patterns, context);
  arith::SelectOp::getCanonicalizationPatterns(patterns, context);
  arith::CmpIOp::getCanonicalizationPatterns(patterns, context);
  arith::AndIOp::getCanonicalizationPatterns(patterns, context);
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  (void)applyPatternsGreedily(root, std::move(patterns), config);
  IRRewriter rewriter(context);
  eliminateCommonSubexpressions(rewriter, root);
}
