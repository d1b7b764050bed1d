// Ops that move elements: maps whose reads have index expressions, guarded where a read may be outside.

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

namespace {

/// Replaces the op by a map of one read at indices computed from the result's.
template <typename Indices>
void replaceByRead(PatternRewriter &rewriter, Operation *op, Value input, Indices &&indicesOf) {
  auto map = buildMap(rewriter, op->getLoc(), op->getResultTypes(), [&](BodyBuilder &body, ValueRange indices) {
    SmallVector<Value> source = indicesOf(body, indices);
    return SmallVector<Value>{body.read(input, source)};
  });
  rewriter.replaceOp(op, map);
}

struct SizeToMap : OpRewritePattern<SizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SizeOp op, PatternRewriter &rewriter) const override {
    auto map = buildMap(rewriter, op.getLoc(), op.getType(), [&](BodyBuilder &body, ValueRange) {
      Type element = getScalarType(op.getType().getElementType());
      return SmallVector<Value>{arith::IndexCastOp::create(rewriter, op.getLoc(), element, body.size(op.getSize()))};
    });
    rewriter.replaceOp(op, map);
    return success();
  }
};

struct IotaToMap : OpRewritePattern<IotaOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(IotaOp op, PatternRewriter &rewriter) const override {
    auto map = buildMap(rewriter, op.getLoc(), op.getType(), [&](BodyBuilder &body, ValueRange indices) {
      Type element = op.getType().getElementType(), i64 = rewriter.getI64Type();
      Type direct = isa<IntegerType>(element) && !element.isInteger(1) ? getScalarType(element) : i64;
      Value index = arith::IndexCastOp::create(rewriter, op.getLoc(), direct, indices[op.getDim()]);
      return SmallVector<Value>{direct == i64 ? body.convert(index, i64, element) : index};
    });
    rewriter.replaceOp(op, map);
    return success();
  }
};

struct BroadcastToMap : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    replaceByRead(rewriter, op, op.getInput(), [&](BodyBuilder &, ValueRange indices) {
      return llvm::to_vector(indices.take_back(op.getInput().getType().getRank()));
    });
    return success();
  }
};

struct TransposeToMap : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, permuteAndConvert(rewriter, op.getLoc(), op.getInput(), op.getPermutation(), op.getType()));
    return success();
  }
};

struct SliceToMap : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> offsets = toSizes(op.getOffsets());
    replaceByRead(rewriter, op, op.getInput(), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source;
      for (auto [index, offset, stride] : llvm::zip_equal(indices, offsets, op.getStrides()))
        source.push_back(body.index(body.dim(0) * stride + body.symbol(0), index, offset));
      return source;
    });
    return success();
  }
};

struct ReverseToMap : OpRewritePattern<ReverseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReverseOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> sizes = getSizes(op.getType());
    replaceByRead(rewriter, op, op.getInput(), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source(indices);
      for (int64_t dim : op.getDims())
        source[dim] = body.index(body.symbol(0) - 1 - body.dim(0), indices[dim], sizes[dim]);
      return source;
    });
    return success();
  }
};

struct PadToMap : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PadOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> low = toSizes(op.getLow()), high = toSizes(op.getHigh()),
                          sizes = getSizes(op.getInput().getType());
    Type element = getScalarType(op.getType().getElementType());
    auto map = buildMap(rewriter, op.getLoc(), op.getType(), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source;
      Value inside;
      for (auto [dim, index] : llvm::enumerate(indices)) {
        source.push_back(body.index(body.dim(0) - body.symbol(0), index, low[dim]));
        if (low[dim].getConstant() != 0 || high[dim].getConstant() != 0)
          inside = body.both(inside, body.inBounds(source.back(), sizes[dim]));
      }
      return SmallVector<Value>{body.guarded(
          inside, element, [&](BodyBuilder &in) { return in.read(op.getInput(), source); },
          [&](BodyBuilder &out) { return out.read(op.getValue(), {}); })};
    });
    rewriter.replaceOp(op, map);
    return success();
  }
};

struct ConcatToMap : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t dim = op.getDim();
    SmallVector<SizeAttr> starts{SizeAttr::constant(op.getContext(), 0)};
    for (Value input : op.getInputs())
      starts.push_back(starts.back() + getSizes(input.getType())[dim]);
    Type element = getScalarType(op.getType().getElementType());
    auto map = buildMap(rewriter, op.getLoc(), op.getType(), [&](BodyBuilder &body, ValueRange indices) {
      return SmallVector<Value>{choose(body, op, element, indices, starts, 0, op.getInputs().size())};
    });
    rewriter.replaceOp(op, map);
    return success();
  }

  /// Reads the one of inputs [first, last) that the index falls in; a binary search, as there may be many.
  static Value choose(BodyBuilder &body, ConcatOp op, Type element, ValueRange indices, ArrayRef<SizeAttr> starts,
                      size_t first, size_t last) {
    int64_t dim = op.getDim();
    if (last - first == 1) {
      SmallVector<Value> source(indices);
      source[dim] = body.index(body.dim(0) - body.symbol(0), indices[dim], starts[first]);
      return body.read(op.getInputs()[first], source);
    }
    size_t middle = (first + last) / 2;
    Value isLeft = body.inBounds(indices[dim], starts[middle]);
    return body.guarded(
        isLeft, element, [&](BodyBuilder &in) { return choose(in, op, element, indices, starts, first, middle); },
        [&](BodyBuilder &in) { return choose(in, op, element, indices, starts, middle, last); });
  }
};

struct InsertSliceToMap : OpRewritePattern<InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InsertSliceOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> offsets = toSizes(op.getOffsets()), from = getSizes(op.getSource().getType()),
                          sizes = getSizes(op.getType());
    Type element = getScalarType(op.getType().getElementType());
    auto map = buildMap(rewriter, op.getLoc(), op.getType(), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source;
      Value inside;
      for (auto [dim, index] : llvm::enumerate(indices)) {
        int64_t stride = op.getStrides()[dim];
        AffineExpr relative = body.dim(0) - body.symbol(0);
        source.push_back(body.index(relative.floorDiv(stride), index, offsets[dim]));
        if (stride != 1) {
          Value rest = body.index(relative % stride, index, offsets[dim]);
          inside = body.both(inside, arith::CmpIOp::create(rewriter, op.getLoc(), arith::CmpIPredicate::eq, rest,
                                                           body.constantIndex(0)));
        }
        if (stride != 1 || from[dim] != sizes[dim])
          inside = body.both(inside, body.inBounds(source.back(), from[dim]));
      }
      return SmallVector<Value>{body.guarded(
          inside, element, [&](BodyBuilder &in) { return in.read(op.getSource(), source); },
          [&](BodyBuilder &out) { return out.read(op.getInput(), indices); })};
    });
    rewriter.replaceOp(op, map);
    return success();
  }
};

} // namespace

void tc::populateShapeToLoop(RewritePatternSet &patterns) {
  patterns.add<SizeToMap, IotaToMap, BroadcastToMap, TransposeToMap, SliceToMap, ReverseToMap, PadToMap, ConcatToMap,
               InsertSliceToMap>(patterns.getContext());
}
