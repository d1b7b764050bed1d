// Transposes below reductions, windows and scans, and into contractions.

#include "Transposes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

struct SinkThroughReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    TransposeOp transposed = getSinkableTranspose(op.getInput());
    if (!transposed)
      return failure();
    ArrayRef<int64_t> permutation = transposed.getPermutation();
    SmallVector<int64_t> dims, kept, sorted;
    for (auto [dim, source] : llvm::enumerate(permutation))
      (llvm::is_contained(op.getDims(), static_cast<int64_t>(dim)) ? dims : kept).push_back(source);
    llvm::sort(dims);
    sorted = kept;
    llvm::sort(sorted);
    Permutation order =
        llvm::map_to_vector(kept, [&](int64_t dim) -> int64_t { return llvm::find(sorted, dim) - sorted.begin(); });
    RankedTensorType type =
        getTensorType(permute<SizeAttr>(getSizes(op.getType()), invert(order)), op.getType().getElementType());
    Value result = ReduceOp::create(rewriter, op.getLoc(), type, op.getKind(), transposed.getInput(), dims);
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), result, order));
    return success();
  }
};

struct SinkThroughWindow : OpRewritePattern<WindowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(WindowOp op, PatternRewriter &rewriter) const override {
    TransposeOp transposed = getSinkableTranspose(op.getInput());
    if (!transposed)
      return failure();
    Permutation permutation(transposed.getPermutation()), inverse = invert(permutation);
    auto back = [&](ArrayRef<int64_t> list) { return permute<int64_t>(list, inverse); };
    RankedTensorType type =
        getTensorType(permute<SizeAttr>(getSizes(op.getType()), inverse), op.getType().getElementType());
    Value result =
        WindowOp::create(rewriter, op.getLoc(), type, op.getKind(), transposed.getInput(), back(op.getWindow()),
                         back(op.getStrides()), back(op.getLow()), back(op.getHigh()), back(op.getDilation()));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), result, permutation);
    return success();
  }
};

struct SinkThroughScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScanOp op, PatternRewriter &rewriter) const override {
    TransposeOp transposed = getSinkableTranspose(op.getInput());
    if (!transposed)
      return failure();
    Permutation permutation(transposed.getPermutation());
    RankedTensorType type =
        getTensorType(permute<SizeAttr>(getSizes(op.getType()), invert(permutation)), op.getType().getElementType());
    Value result =
        ScanOp::create(rewriter, op.getLoc(), type, op.getKind(), transposed.getInput(), permutation[op.getDim()]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), result, permutation);
    return success();
  }
};

std::string permuteLetters(StringRef letters, ArrayRef<int64_t> permutation) {
  std::string result;
  for (int64_t dim : permutation)
    result += letters[dim];
  return result;
}

/// A contraction reads its operands in any order of dimensions.
struct TransposeIntoContract : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    std::string lhs = op.getLhsIndices().str(), rhs = op.getRhsIndices().str(), result = op.getResultIndices().str();
    Value left = op.getLhs(), right = op.getRhs();
    for (auto [letters, value] : {std::pair(&lhs, &left), std::pair(&rhs, &right)})
      if (auto transposed = value->getDefiningOp<TransposeOp>()) {
        *letters = permuteLetters(*letters, invert(transposed.getPermutation()));
        *value = transposed.getInput();
      }
    if (left == op.getLhs() && right == op.getRhs())
      return failure();
    rewriter.replaceOpWithNewOp<ContractOp>(op, op.getType(), left, right, lhs + "," + rhs + "->" + result);
    return success();
  }
};

/// And writes its result in any order, as long as the last dimension, along which it is vectorised, stays last.
struct TransposeOfContract : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto contract = op.getInput().getDefiningOp<ContractOp>();
    ArrayRef<int64_t> permutation = op.getPermutation();
    if (!contract || !contract->hasOneUse() || permutation.back() + 1 != static_cast<int64_t>(permutation.size()))
      return failure();
    std::string spec = (contract.getLhsIndices() + "," + contract.getRhsIndices() + "->" +
                        permuteLetters(contract.getResultIndices(), permutation))
                           .str();
    rewriter.replaceOpWithNewOp<ContractOp>(op, op.getType(), contract.getLhs(), contract.getRhs(), spec);
    return success();
  }
};

} // namespace

void simplify::addSinkComputePatterns(RewritePatternSet &patterns) {
  patterns.add<SinkThroughReduce, SinkThroughWindow, SinkThroughScan, TransposeIntoContract, TransposeOfContract>(
      patterns.getContext());
}
