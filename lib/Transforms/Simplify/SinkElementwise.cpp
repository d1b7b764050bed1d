// Transposes below elementwise ops.

#include "Transposes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

struct SinkThroughElementwise : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    for (Value operand : op->getOperands()) {
      TransposeOp transpose = getSinkableTranspose(operand);
      if (!transpose)
        continue;
      // Leading dimensions, that the operand lacks, stay.
      Permutation permutation = extend(transpose.getPermutation(), type.getRank()), inverse = invert(permutation);
      if (!pays(op, inverse))
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
  static bool pays(ElementwiseOpInterface op, ArrayRef<int64_t> inverse) {
    int64_t dear =
        llvm::count_if(op->getOperands(), [&](Value operand) { return !isCheapToTranspose(operand, inverse); });
    if (dear == 0)
      return true;
    return dear == 1 && !op->use_empty() &&
           llvm::all_of(op->getUsers(), [&](Operation *user) { return isTranspose(user, inverse); });
  }
};

} // namespace

void simplify::addSinkElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<SinkThroughElementwise>(patterns.getContext());
}
