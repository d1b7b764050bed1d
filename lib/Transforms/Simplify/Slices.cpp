// Slices of what was put together, and putting together of slices.

#include "Patterns.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

/// A constant range [begin, end) of a slice along one dimension, as far as it is known; end is that of the last element
/// read.
struct Range {
  int64_t begin, end;
};
std::optional<Range> rangeOf(ArrayAttr offsets, ArrayRef<int64_t> strides, RankedTensorType type, int64_t dim) {
  std::optional<int64_t> offset = cast<SizeAttr>(offsets[dim]).getConstant();
  if (!offset || type.isDynamicDim(dim) || type.getDimSize(dim) == 0)
    return std::nullopt;
  return Range{*offset, *offset + (type.getDimSize(dim) - 1) * strides[dim] + 1};
}

/// A slice that lies in one input of a concatenation.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat)
      return failure();
    int64_t dim = concat.getDim();
    SmallVector<SizeAttr> offsets = toSizes(op.getOffsets());
    SizeAttr length = getSizes(op.getType())[dim], start = SizeAttr::constant(op.getContext(), 0);
    std::optional<Range> range = rangeOf(op.getOffsets(), op.getStrides(), op.getType(), dim);
    for (Value input : concat.getInputs()) {
      SizeAttr size = getSizes(input.getType())[dim];
      auto from = start.getConstant(), extent = size.getConstant();
      bool inside = range && from && extent && range->begin >= *from && range->end <= *from + *extent;
      // With symbolic sizes: exactly this input.
      bool whole = offsets[dim] == start && length == size && op.getStrides()[dim] == 1;
      if (inside || whole) {
        offsets[dim] = offsets[dim] - start;
        rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), input, toArrayAttr(op.getContext(), offsets),
                                             op.getStrides());
        return success();
      }
      start = start + size;
    }
    return rewriter.notifyMatchFailure(op, "not known to lie in one input");
  }
};

/// A slice of what was written there, or of what was not touched.
struct SliceOfInsertSlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto insert = op.getInput().getDefiningOp<InsertSliceOp>();
    if (!insert)
      return failure();
    if (insert.getOffsets() == op.getOffsets() && insert.getStrides() == op.getStrides() &&
        insert.getSource().getType() == op.getType()) {
      rewriter.replaceOp(op, insert.getSource());
      return success();
    }
    for (int64_t dim = 0; dim < op.getType().getRank(); ++dim) {
      std::optional<Range> read = rangeOf(op.getOffsets(), op.getStrides(), op.getType(), dim);
      std::optional<Range> written =
          rangeOf(insert.getOffsets(), insert.getStrides(), insert.getSource().getType(), dim);
      if (read && written && (read->end <= written->begin || written->end <= read->begin)) {
        rewriter.modifyOpInPlace(op, [&]() { op.getInputMutable().assign(insert.getInput()); });
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "overlaps with what was written");
  }
};

/// Of two writes to one place the second counts.
struct OverwrittenSlice : OpRewritePattern<InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InsertSliceOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<InsertSliceOp>();
    if (!inner || inner.getOffsets() != op.getOffsets() || inner.getStrides() != op.getStrides() ||
        inner.getSource().getType() != op.getSource().getType())
      return failure();
    rewriter.modifyOpInPlace(op, [&]() { op.getInputMutable().assign(inner.getInput()); });
    return success();
  }
};

/// Neighbouring slices of one tensor are one slice.
struct ConcatOfSlices : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t dim = op.getDim();
    SmallVector<Value> merged;
    for (Value input : op.getInputs()) {
      auto next = input.getDefiningOp<SliceOp>();
      auto last = merged.empty() ? SliceOp() : merged.back().getDefiningOp<SliceOp>();
      if (!next || !last || !follows(last, next, dim)) {
        merged.push_back(input);
        continue;
      }
      SmallVector<SizeAttr> sizes = getSizes(last.getType());
      sizes[dim] = sizes[dim] + getSizes(next.getType())[dim];
      merged.back() = SliceOp::create(rewriter, op.getLoc(), getTensorType(sizes, op.getType().getElementType()),
                                      last.getInput(), last.getOffsets(), last.getStrides());
    }
    if (merged.size() == op.getInputs().size())
      return failure();
    rewriter.modifyOpInPlace(op, [&]() { op.getInputsMutable().assign(merged); });
    return success();
  }

  static bool follows(SliceOp last, SliceOp next, int64_t dim) {
    if (last.getInput() != next.getInput() || last.getStrides() != next.getStrides() || last.getStrides()[dim] != 1)
      return false;
    SmallVector<SizeAttr> expected = toSizes(last.getOffsets());
    expected[dim] = expected[dim] + getSizes(last.getType())[dim];
    return expected == toSizes(next.getOffsets());
  }
};

/// Concatenations of concatenations along one dimension.
struct ConcatOfConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      // With other users the inner one is needed anyway.
      if (inner && inner.getDim() == op.getDim() && inner->hasOneUse())
        llvm::append_range(inputs, inner.getInputs());
      else
        inputs.push_back(input);
    }
    if (inputs.size() == op.getInputs().size())
      return failure();
    rewriter.modifyOpInPlace(op, [&]() { op.getInputsMutable().assign(inputs); });
    return success();
  }
};

/// A slice of the unpadded part.
struct SliceOfPad : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    if (!pad)
      return failure();
    SmallVector<SizeAttr> offsets = toSizes(op.getOffsets()), low = toSizes(pad.getLow()),
                          high = toSizes(pad.getHigh());
    for (int64_t dim = 0; dim < op.getType().getRank(); ++dim) {
      if (low[dim].getConstant() == 0 && high[dim].getConstant() == 0)
        continue;
      std::optional<Range> range = rangeOf(op.getOffsets(), op.getStrides(), op.getType(), dim);
      auto before = low[dim].getConstant(), size = getSizes(pad.getInput().getType())[dim].getConstant();
      if (!range || !before || !size || range->begin < *before || range->end > *before + *size)
        return rewriter.notifyMatchFailure(op, "may read padding");
      offsets[dim] = offsets[dim] - low[dim];
    }
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), pad.getInput(), toArrayAttr(op.getContext(), offsets),
                                         op.getStrides());
    return success();
  }
};

} // namespace

void simplify::addSlicePatterns(RewritePatternSet &patterns) {
  patterns.add<SliceOfConcat, SliceOfInsertSlice, OverwrittenSlice, ConcatOfSlices, ConcatOfConcat, SliceOfPad>(
      patterns.getContext());
}
