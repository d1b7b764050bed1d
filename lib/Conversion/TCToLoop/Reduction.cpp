// Reductions, scans and sorts along dimensions. Ops of the loop dialect scan and sort along the last dimension, so
// others are moved there and back. Reduced precision is accumulated in f32.

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

namespace {

struct ReduceToReduce : OpRewritePattern<tc::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tc::ReduceOp op, PatternRewriter &rewriter) const override {
    SmallVector<SizeAttr> sizes = getSizes(op.getInput().getType()), reduced;
    SmallVector<int64_t> keptDims, reducedDims;
    for (int64_t dim = 0, rank = sizes.size(); dim < rank; ++dim) {
      if (llvm::is_contained(op.getDims(), dim)) {
        reducedDims.push_back(dim);
        reduced.push_back(sizes[dim]);
      } else {
        keptDims.push_back(dim);
      }
    }
    Type element = op.getInput().getType().getElementType();
    auto type = cast<RankedTensorType>(op.getType());
    RankedTensorType accumulated = withElementType(type, getAccumulatedType(type.getElementType()));
    auto reduce = buildReduce(rewriter, op.getLoc(), accumulated, op.getKind(), reduced,
                              [&](BodyBuilder &body, ValueRange indices) {
                                SmallVector<Value> source(sizes.size());
                                for (auto [position, dim] : llvm::enumerate(keptDims))
                                  source[dim] = indices[position];
                                for (auto [position, dim] : llvm::enumerate(reducedDims))
                                  source[dim] = indices[keptDims.size() + position];
                                return SmallVector<Value>{body.convert(body.read(op.getInput(), source), element,
                                                                       accumulated.getElementType())};
                              });
    rewriter.replaceOp(op, convertTensor(rewriter, op.getLoc(), reduce.getResult(0), type));
    return success();
  }

  /// Signedness stays with the element type: the kind of maximum depends on it.
  static Type getAccumulatedType(Type element) { return isa<FloatType>(element) ? getComputeType(element) : element; }
};

struct ArgReduceToArgReduce : OpRewritePattern<tc::ArgReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tc::ArgReduceOp op, PatternRewriter &rewriter) const override {
    auto input = cast<RankedTensorType>(op.getInput().getType());
    auto type = cast<RankedTensorType>(op.getValue().getType());
    Type element = ReduceToReduce::getAccumulatedType(type.getElementType());
    int64_t dim = op.getDim(), parallel = input.getRank() - 1;
    SmallVector<SizeAttr> space = getSizes(type);
    space.push_back(getSizes(input)[dim]);
    auto reduce = loop::ArgReduceOp::create(
        rewriter, op.getLoc(), TypeRange{withElementType(type, element), op.getIndex().getType()}, op.getKindAttr(),
        toArrayAttr(op.getContext(), space), rewriter.getI64IntegerAttr(parallel));
    buildBody(rewriter, cast<LoopNestOpInterface>(*reduce), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source(indices.drop_back());
      source.insert(source.begin() + dim, indices.back());
      return SmallVector<Value>{body.convert(body.read(op.getInput(), source), input.getElementType(), element)};
    });
    rewriter.replaceOp(op, {convertTensor(rewriter, op.getLoc(), reduce.getResult(0), type), reduce.getResult(1)});
    return success();
  }
};

/// The permutation that moves `dim` to the end, and its inverse.
std::pair<SmallVector<int64_t>, SmallVector<int64_t>> moveLast(int64_t rank, int64_t dim) {
  SmallVector<int64_t> forward = llvm::to_vector(llvm::seq<int64_t>(0, rank)), backward(rank);
  forward.erase(forward.begin() + dim);
  forward.push_back(dim);
  for (auto [position, source] : llvm::enumerate(forward))
    backward[source] = position;
  return {forward, backward};
}

RankedTensorType permuteType(RankedTensorType type, ArrayRef<int64_t> permutation, Type element) {
  SmallVector<SizeAttr> sizes = getSizes(type), permuted;
  for (int64_t dim : permutation)
    permuted.push_back(sizes[dim]);
  return getTensorType(permuted, element);
}

struct ScanToScan : OpRewritePattern<tc::ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tc::ScanOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto [forward, backward] = moveLast(type.getRank(), op.getDim());
    Type from = op.getInput().getType().getElementType();
    RankedTensorType scanned = permuteType(type, forward, ReduceToReduce::getAccumulatedType(type.getElementType()));
    auto scan = loop::ScanOp::create(rewriter, op.getLoc(), TypeRange(scanned), op.getKindAttr(),
                                     toArrayAttr(op.getContext(), getSizes(scanned)));
    buildBody(rewriter, cast<LoopNestOpInterface>(*scan), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> source;
      for (int64_t dim : backward)
        source.push_back(indices[dim]);
      return SmallVector<Value>{body.convert(body.read(op.getInput(), source), from, scanned.getElementType())};
    });
    Value result = scan.getResult(0);
    // Equal sizes may still be permuted: the types do not tell.
    bool isLast = static_cast<int64_t>(op.getDim()) == type.getRank() - 1;
    if (!isLast || scanned != type)
      result = permuteAndConvert(rewriter, op.getLoc(), result, backward, type);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct SortToSort : OpRewritePattern<tc::SortOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tc::SortOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getValues().getType());
    auto indexType = cast<RankedTensorType>(op.getIndices().getType());
    auto [forward, backward] = moveLast(type.getRank(), op.getDim());
    Value input = op.getInput();
    bool isLast = static_cast<int64_t>(op.getDim()) == type.getRank() - 1;
    RankedTensorType sorted = permuteType(type, forward, type.getElementType());
    if (!isLast)
      input = permuteAndConvert(rewriter, op.getLoc(), input, forward, sorted);
    auto sort = loop::SortOp::create(rewriter, op.getLoc(), sorted, withElementType(sorted, indexType.getElementType()),
                                     input, op.getDescendingAttr());
    Value values = sort.getValues(), indices = sort.getIndices();
    if (!isLast) {
      values = permuteAndConvert(rewriter, op.getLoc(), values, backward, type);
      indices = permuteAndConvert(rewriter, op.getLoc(), indices, backward, indexType);
    }
    rewriter.replaceOp(op, {values, indices});
    return success();
  }
};

} // namespace

void tc::populateReductionToLoop(RewritePatternSet &patterns) {
  patterns.add<ReduceToReduce, ArgReduceToArgReduce, ScanToScan, SortToSort>(patterns.getContext());
}
