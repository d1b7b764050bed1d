// The pass that computes with weights ahead of time: scales into filters, transposed weights.

#include "tc/Transforms/Simplify/Passes.h"

#include "Patterns.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace tc {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "tc/Transforms/Simplify/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;
using namespace tc::simplify;

namespace {

// The scale of each output channel as a filter's leading dimension; null if `value` is not that.
Value channelScale(PatternRewriter &rewriter, ConvolveOp convolve, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<SizeAttr> sizes = getSizes(type);
  SizeAttr channels = getSizes(convolve.getType()).back();
  for (auto [i, size] : llvm::enumerate(llvm::reverse(sizes)))
    if (size.getConstant() != 1 && (i > 0 || size != channels))
      return {};
  if (sizes.empty() || sizes.back().getConstant() == 1)
    return sizes.empty() ? value : Value();
  SmallVector<SizeAttr> leading(convolve.getFilter().getType().getRank(), SizeAttr::constant(type.getContext(), 1));
  leading.front() = channels;
  return ReshapeOp::create(rewriter, value.getLoc(), getTensorType(leading, type.getElementType()), value);
}

/// A scale computed from constants goes into the constant filter of the convolution before it.
struct ScaleFilter : OpRewritePattern<MulOp> {
  ScaleFilter(MLIRContext *context, int64_t &count) : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    for (auto [scaled, scale] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto convolve = scaled.getDefiningOp<ConvolveOp>();
      // Narrow floats would be rounded at another place.
      if (!convolve || !convolve->hasOneUse() || scaled.getType() != op.getType() || !isFromConstants(scale) ||
          !isFromConstants(convolve.getFilter()) ||
          convolve.getFilter().getType().getElementType() != op.getType().getElementType())
        continue;
      Value factor = channelScale(rewriter, convolve, scale);
      if (!factor)
        continue;
      Value filter = MulOp::create(rewriter, op.getLoc(), convolve.getFilter(), factor);
      rewriter.setInsertionPoint(op);
      Operation *scaledConvolve = rewriter.clone(*convolve);
      scaledConvolve->setOperand(1, filter);
      rewriter.replaceOp(op, scaledConvolve->getResults());
      ++count;
      return success();
    }
    return rewriter.notifyMatchFailure(op, "not the scale of a convolution with a constant filter");
  }
  int64_t &count;
};

/// (y + b) * s is y * s + b * s where y is a convolution, so that the scale reaches it.
struct ScaleBeforeBias : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    for (auto [sum, scale] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto add = sum.getDefiningOp<AddOp>();
      if (!add || !add->hasOneUse() || add.getType() != op.getType() || !isFromConstants(scale))
        continue;
      auto convolve = add.getLhs().getDefiningOp<ConvolveOp>();
      if (!convolve || !convolve->hasOneUse() || !isFromConstants(add.getRhs()) ||
          !isFromConstants(convolve.getFilter()))
        continue;
      Value scaled = MulOp::create(rewriter, op.getLoc(), add.getLhs(), scale);
      Value bias = MulOp::create(rewriter, op.getLoc(), add.getRhs(), scale);
      rewriter.replaceOpWithNewOp<AddOp>(op, scaled, bias);
      return success();
    }
    return failure();
  }
};

/// A transposed weight.
struct TransposeConstant : OpRewritePattern<TransposeOp> {
  TransposeConstant(MLIRContext *context, int64_t maxElements, int64_t &count)
      : OpRewritePattern(context), maxElements(maxElements), count(count) {}

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    ElementsAttr constant;
    RankedTensorType from = op.getInput().getType();
    if (!matchPattern(op.getInput(), m_Constant(&constant)) || from.getNumElements() > maxElements)
      return rewriter.notifyMatchFailure(op, "not a constant, or a large one");
    unsigned bits = from.getElementType().isIntOrFloat() ? from.getElementType().getIntOrFloatBitWidth() : 0;
    ArrayRef<char> data;
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant)) {
      AsmResourceBlob *blob = resource.getRawHandle().getBlob();
      data = blob ? blob->getData() : ArrayRef<char>();
    } else if (auto dense = dyn_cast<DenseElementsAttr>(constant); dense && !dense.isSplat()) {
      data = dense.getRawData();
    }
    if (bits % 8 || bits == 0 || data.size() != static_cast<size_t>(from.getNumElements()) * (bits / 8))
      return rewriter.notifyMatchFailure(op, "no bytes to transpose");
    std::vector<char> result(data.size());
    transposeBytes(data, from.getShape(), op.getPermutation(), bits / 8, result);
    rewriter.replaceOpWithNewOp<ConstantOp>(op, DenseElementsAttr::getFromRawBuffer(op.getType(), result));
    ++count;
    return success();
  }

  static void transposeBytes(ArrayRef<char> from, ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation,
                             unsigned width, std::vector<char> &to) {
    SmallVector<int64_t> strides(shape.size(), 1), steps, extents, index(shape.size(), 0);
    for (size_t dim = shape.size(); dim-- > 1;)
      strides[dim - 1] = strides[dim] * shape[dim];
    for (int64_t dim : permutation) {
      steps.push_back(strides[dim]);
      extents.push_back(shape[dim]);
    }
    int64_t position = 0;
    for (size_t at = 0; at < to.size(); at += width) {
      std::copy_n(from.data() + position * width, width, to.data() + at);
      for (size_t dim = extents.size(); dim-- > 0;) {
        position += steps[dim];
        if (++index[dim] < extents[dim])
          break;
        position -= steps[dim] * extents[dim];
        index[dim] = 0;
      }
    }
  }

  int64_t maxElements;
  int64_t &count;
};

struct FoldConstantsPass : tc::impl::FoldConstantsPassBase<FoldConstantsPass> {
  using FoldConstantsPassBase::FoldConstantsPassBase;
  void runOnOperation() override {
    int64_t scales = 0, folded = 0;
    RewritePatternSet patterns(&getContext());
    patterns.add<ScaleFilter>(&getContext(), scales);
    patterns.add<ScaleBeforeBias>(&getContext());
    patterns.add<TransposeConstant>(&getContext(), maxElements, folded);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      getOperation().emitWarning("folding of constants did not come to an end");
    numScales += scales;
    numFolded += folded;
  }
};

} // namespace
