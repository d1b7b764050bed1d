// Gather and scatter: data-dependent indices, read as integers and cast to index.

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

namespace {

/// Rank of the index tensors broadcast against one another.
int64_t getIndexRank(ValueRange indices) {
  int64_t rank = 0;
  for (Value index : indices)
    rank = std::max(rank, cast<RankedTensorType>(index.getType()).getRank());
  return rank;
}

/// The index into each dimension of the indexed tensor for one point of the gathered space: data-dependent in `dims`,
/// the trailing points' own elsewhere. Checked indices are clamped, so that a wrong one does not touch foreign memory.
SmallVector<Value> getIndexedPoint(BodyBuilder &body, Type indexed, ValueRange indexTensors, ArrayRef<int64_t> dims,
                                   bool checked, ValueRange point) {
  SmallVector<SizeAttr> sizes = getSizes(indexed);
  SmallVector<Value> result(sizes.size());
  int64_t rank = getIndexRank(indexTensors);
  for (auto [tensor, dim] : llvm::zip_equal(indexTensors, dims)) {
    Value scalar = body.readBroadcast(tensor, point.take_front(rank));
    bool isUnsigned = getElementTypeOrSelf(tensor.getType()).isUnsignedInteger();
    Value index =
        isUnsigned
            ? arith::IndexCastUIOp::create(body.builder, body.loc, body.builder.getIndexType(), scalar).getResult()
            : arith::IndexCastOp::create(body.builder, body.loc, body.builder.getIndexType(), scalar).getResult();
    if (checked) {
      Value last = body.index(body.symbol(0) - 1, {}, sizes[dim]);
      index = arith::MinSIOp::create(body.builder, body.loc, index, last);
      index = arith::MaxSIOp::create(body.builder, body.loc, index, body.constantIndex(0));
    }
    result[dim] = index;
  }
  for (Value &index : result)
    if (!index)
      index = point[rank++];
  return result;
}

struct GatherToMap : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto map = buildMap(rewriter, op.getLoc(), op.getType(), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source =
          getIndexedPoint(body, op.getInput().getType(), op.getIndices(), op.getDims(), op.getChecked(), indices);
      return SmallVector<Value>{body.read(op.getInput(), source)};
    });
    rewriter.replaceOp(op, map);
    return success();
  }
};

struct ScatterToScatter : OpRewritePattern<tc::ScatterOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tc::ScatterOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> sizes = getSizes(op.getUpdates().getType());
    auto scatter = loop::ScatterOp::create(rewriter, op.getLoc(), op.getType(), op.getInput(), op.getKindAttr(),
                                           toArrayAttr(op.getContext(), sizes));
    buildBody(rewriter, cast<LoopNestOpInterface>(*scatter), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> yielded =
          getIndexedPoint(body, op.getType(), op.getIndices(), op.getDims(), op.getChecked(), indices);
      yielded.push_back(body.read(op.getUpdates(), indices));
      return yielded;
    });
    rewriter.replaceOp(op, scatter);
    return success();
  }
};

} // namespace

void tc::populateIndexedToLoop(RewritePatternSet &patterns) {
  patterns.add<GatherToMap, ScatterToScatter>(patterns.getContext());
}
