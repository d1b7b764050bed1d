// Reductions and convolutions that do the work of their neighbours.

#include "Patterns.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

/// A reduction of a reduction of one kind, in one element type.
struct ReduceOfReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReduceOp>();
    if (!inner || inner.getKind() != op.getKind() || !inner->hasOneUse() ||
        inner.getType().getElementType() != op.getType().getElementType())
      return failure();
    SmallVector<int64_t> dims(inner.getDims()), kept;
    for (int64_t dim = 0; dim < inner.getInput().getType().getRank(); ++dim)
      if (!llvm::is_contained(inner.getDims(), dim))
        kept.push_back(dim);
    for (int64_t dim : op.getDims())
      dims.push_back(kept[dim]);
    llvm::sort(dims);
    rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getType(), op.getKind(), inner.getInput(), dims);
    return success();
  }
};

/// Reducing one element gives it.
struct ReduceUnitDims : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getInput().getType();
    // What any, all and parity make of numbers is not the number.
    if (!llvm::is_contained({ReductionKind::sum, ReductionKind::prod, ReductionKind::max, ReductionKind::min},
                            op.getKind()))
      return failure();
    SmallVector<int64_t> kept, map(type.getRank());
    SmallVector<SizeAttr> sizes = getSizes(type), newSizes;
    for (auto [dim, size] : llvm::enumerate(sizes)) {
      bool reduced = llvm::is_contained(op.getDims(), static_cast<int64_t>(dim));
      if (reduced && size.getConstant() == 1)
        continue;
      if (reduced)
        kept.push_back(newSizes.size());
      newSizes.push_back(size);
    }
    if (newSizes.size() == sizes.size())
      return failure();
    Value input =
        ReshapeOp::create(rewriter, op.getLoc(), getTensorType(newSizes, type.getElementType()), op.getInput());
    if (!kept.empty())
      rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getType(), op.getKind(), input, kept);
    else if (input.getType() == op.getType())
      rewriter.replaceOp(op, input);
    else
      rewriter.replaceOpWithNewOp<CastOp>(op, op.getType(), input);
    return success();
  }
};

/// Zero padding in spatial dimensions is the convolution's own.
struct ConvolveOfPad : OpRewritePattern<ConvolveOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvolveOp op, PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    std::optional<APFloat> value = pad ? splatFloat(pad.getValue()) : std::nullopt;
    if (!value || !value->isZero())
      return failure();
    SmallVector<int64_t> low(op.getLow()), high(op.getHigh());
    int64_t rank = pad.getType().getRank();
    for (int64_t dim = 0; dim < rank; ++dim) {
      auto before = cast<SizeAttr>(pad.getLow()[dim]).getConstant(),
           after = cast<SizeAttr>(pad.getHigh()[dim]).getConstant();
      if (!before || !after)
        return rewriter.notifyMatchFailure(op, "symbolic padding");
      if (*before == 0 && *after == 0)
        continue;
      // Between padding and input a dilated input has zeros of its own.
      if (dim == 0 || dim == rank - 1 || op.getInputDilation()[dim - 1] != 1)
        return rewriter.notifyMatchFailure(op, "padding outside the spatial dimensions");
      low[dim - 1] += *before;
      high[dim - 1] += *after;
    }
    rewriter.modifyOpInPlace(op, [&]() {
      op.getInputMutable().assign(pad.getInput());
      op.setLow(low);
      op.setHigh(high);
    });
    return success();
  }
};

} // namespace

void simplify::addComputePatterns(RewritePatternSet &patterns) {
  patterns.add<ReduceOfReduce, ReduceUnitDims, ConvolveOfPad>(patterns.getContext());
}
