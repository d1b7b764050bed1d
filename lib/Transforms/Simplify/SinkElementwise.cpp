// Transposes below elementwise ops.

#include "Transposes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

// The permutation of an operand as one of the result's dimensions: leading dimensions, that the operand lacks, stay.
Permutation extend(ArrayRef<int64_t> permutation, int64_t rank) {
  int64_t leading = rank - permutation.size();
  Permutation result = llvm::to_vector(llvm::seq<int64_t>(0, leading));
  for (int64_t dim : permutation)
    result.push_back(leading + dim);
  return result;
}

struct SinkThroughElementwise : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    for (Value operand : op->getOperands()) {
      auto transpose = operand.getDefiningOp<TransposeOp>();
      if (!transpose)
        continue;
      Permutation permutation = extend(transpose.getPermutation(), type.getRank()), inverse = invert(permutation);
      if (!pays(op, permutation, inverse))
        continue;
      SmallVector<Value> operands;
      for (Value other : op->getOperands())
        operands.push_back(transposeBroadcast(rewriter, op.getLoc(), other, inverse));
      Value result = cloneElementwise(rewriter, op, operands);
      // The result's transposes cancel at once: left to a fold, they would look like a reason to go back.
      if (!op->use_empty() &&
          llvm::all_of(op->getUsers(), [&](Operation *user) { return isTranspose(user, inverse); })) {
        for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
          rewriter.replaceOp(user, result);
        rewriter.eraseOp(op);
        return success();
      }
      rewriter.replaceOpWithNewOp<TransposeOp>(op, type, result, permutation);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is transposed, or another would have to be");
  }

  static bool isTranspose(Operation *op, ArrayRef<int64_t> permutation) {
    auto transpose = dyn_cast<TransposeOp>(op);
    return transpose && transpose.getPermutation() == permutation;
  }

  // Operands that are not cheap to transpose cost a transpose each; one may do so if the result's transpose then
  // cancels.
  static bool pays(ElementwiseOpInterface op, ArrayRef<int64_t> permutation, ArrayRef<int64_t> inverse) {
    auto isDear = [&](Value operand) {
      if (auto transpose = operand.getDefiningOp<TransposeOp>())
        if (ArrayRef<int64_t>(extend(transpose.getPermutation(), permutation.size())) == permutation)
          return false;
      return !isCheapToTranspose(operand, inverse);
    };
    int64_t dear = llvm::count_if(op->getOperands(), isDear);
    if (dear == 0)
      return true;
    return dear == 1 && llvm::all_of(op->getUsers(), [&](Operation *user) { return isTranspose(user, inverse); });
  }
};

} // namespace

void simplify::addSinkElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<SinkThroughElementwise>(patterns.getContext());
}
