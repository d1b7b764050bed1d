// Transposes below other ops that move elements.

#include "Transposes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

SmallVector<int64_t> permuteDims(ArrayRef<int64_t> dims, ArrayRef<int64_t> permutation) {
  return llvm::map_to_vector(dims, [&](int64_t dim) { return permutation[dim]; });
}

ArrayAttr permuteSizes(ArrayAttr sizes, ArrayRef<int64_t> permutation) {
  return toArrayAttr(sizes.getContext(), permute<SizeAttr>(toSizes(sizes), permutation));
}

/// A transpose of dimensions of size 1.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    if (!isReshape(getSizes(op.getInput().getType()), op.getPermutation()))
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

/// Ops of one tensor whose result has the input's dimensions. `rebuild` makes the op on the untransposed input, given
/// the inverse permutation (untransposed dimension i is transposed dimension inverse[i]).
template <typename Op, typename Rebuild> LogicalResult sink(Op op, PatternRewriter &rewriter, Rebuild rebuild) {
  TransposeOp transposed = getSinkableTranspose(op.getInput());
  if (!transposed)
    return failure();
  Permutation permutation(transposed.getPermutation()), inverse = invert(permutation);
  RankedTensorType type = op.getType();
  RankedTensorType newType = getTensorType(permute<SizeAttr>(getSizes(type), inverse), type.getElementType());
  Value result = rebuild(newType, transposed.getInput(), permutation, inverse);
  if (!result)
    return failure();
  rewriter.replaceOpWithNewOp<TransposeOp>(op, type, result, permutation);
  return success();
}

struct SinkThroughSlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    return sink(op, rewriter, [&](RankedTensorType type, Value input, ArrayRef<int64_t>, ArrayRef<int64_t> inverse) {
      return SliceOp::create(rewriter, op.getLoc(), type, input, permuteSizes(op.getOffsets(), inverse),
                             permute<int64_t>(op.getStrides(), inverse));
    });
  }
};

struct SinkThroughPad : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PadOp op, PatternRewriter &rewriter) const override {
    return sink(op, rewriter, [&](RankedTensorType type, Value input, ArrayRef<int64_t>, ArrayRef<int64_t> inverse) {
      return PadOp::create(rewriter, op.getLoc(), type, input, op.getValue(), permuteSizes(op.getLow(), inverse),
                           permuteSizes(op.getHigh(), inverse));
    });
  }
};

struct SinkThroughReverse : OpRewritePattern<ReverseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReverseOp op, PatternRewriter &rewriter) const override {
    return sink(op, rewriter,
                [&](RankedTensorType type, Value input, ArrayRef<int64_t> permutation, ArrayRef<int64_t>) {
                  return ReverseOp::create(rewriter, op.getLoc(), type, input, permuteDims(op.getDims(), permutation));
                });
  }
};

/// Only of dimensions that are there.
struct SinkThroughBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    if (op.getInput().getType().getRank() != op.getType().getRank())
      return failure();
    return sink(op, rewriter, [&](RankedTensorType type, Value input, ArrayRef<int64_t>, ArrayRef<int64_t>) {
      return BroadcastOp::create(rewriter, op.getLoc(), type, input);
    });
  }
};

struct SinkThroughInsertSlice : OpRewritePattern<InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InsertSliceOp op, PatternRewriter &rewriter) const override {
    // Either may be the transposed one, as long as the other costs nothing.
    for (Value operand : {op.getInput(), op.getSource()}) {
      TransposeOp transposed = getSinkableTranspose(operand);
      if (!transposed)
        continue;
      Permutation permutation(transposed.getPermutation()), inverse = invert(permutation);
      if (!isCheapToTranspose(op.getInput(), inverse) || !isCheapToTranspose(op.getSource(), inverse))
        continue;
      Location loc = op.getLoc();
      Value input = transpose(rewriter, loc, op.getInput(), inverse),
            source = transpose(rewriter, loc, op.getSource(), inverse);
      Value result =
          InsertSliceOp::create(rewriter, loc, input.getType(), input, source, permuteSizes(op.getOffsets(), inverse),
                                permute<int64_t>(op.getStrides(), inverse));
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), result, permutation);
      return success();
    }
    return failure();
  }
};

struct SinkThroughConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    for (Value operand : op.getInputs()) {
      TransposeOp transposed = getSinkableTranspose(operand);
      if (!transposed)
        continue;
      Permutation permutation(transposed.getPermutation()), inverse = invert(permutation);
      if (!llvm::all_of(op.getInputs(), [&](Value input) { return isCheapToTranspose(input, inverse); }))
        return rewriter.notifyMatchFailure(op, "another input would have to be transposed");
      SmallVector<Value> inputs = llvm::map_to_vector(
          op.getInputs(), [&](Value input) { return transpose(rewriter, op.getLoc(), input, inverse); });
      RankedTensorType type =
          getTensorType(permute<SizeAttr>(getSizes(op.getType()), inverse), op.getType().getElementType());
      Value result = ConcatOp::create(rewriter, op.getLoc(), type, inputs, permutation[op.getDim()]);
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), result, permutation);
      return success();
    }
    return failure();
  }
};

/// Below reshapes that add and remove dimensions of size 1 only.
struct SinkThroughReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    TransposeOp transposed = getSinkableTranspose(op.getInput());
    if (!transposed)
      return failure();
    SmallVector<SizeAttr> from = getSizes(op.getInput().getType()), to = getSizes(op.getType());
    auto isUnit = [](SizeAttr size) { return size.getConstant() == 1; };
    // For each result dimension, the untransposed one it is; -1 for units.
    SmallVector<int64_t> sources;
    size_t next = 0;
    for (SizeAttr size : to) {
      if (isUnit(size)) {
        sources.push_back(-1);
        continue;
      }
      while (next < from.size() && isUnit(from[next]))
        ++next;
      if (next == from.size() || from[next] != size)
        return rewriter.notifyMatchFailure(op, "changes other sizes");
      sources.push_back(transposed.getPermutation()[next++]);
    }
    if (!llvm::all_of(ArrayRef<SizeAttr>(from).drop_front(next), isUnit))
      return rewriter.notifyMatchFailure(op, "changes other sizes");
    Permutation order = llvm::to_vector(llvm::seq<int64_t>(0, to.size()));
    llvm::sort(order, [&](int64_t a, int64_t b) { return std::pair(sources[a], a) < std::pair(sources[b], b); });
    RankedTensorType type = getTensorType(permute<SizeAttr>(to, order), op.getType().getElementType());
    Value result = rewriter.createOrFold<ReshapeOp>(op.getLoc(), type, transposed.getInput());
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), result, invert(order)));
    return success();
  }
};

} // namespace

void simplify::addSinkShapePatterns(RewritePatternSet &patterns) {
  patterns.add<TransposeToReshape, SinkThroughSlice, SinkThroughPad, SinkThroughReverse, SinkThroughBroadcast,
               SinkThroughInsertSlice, SinkThroughConcat, SinkThroughReshape>(patterns.getContext());
}
