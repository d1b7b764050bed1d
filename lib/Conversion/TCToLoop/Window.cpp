// Sliding windows (pooling): a reduction over the window's own dimensions, padding left out by guards that give the
// reduction's identity.

#include "Padding.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

Value WindowDim::getIndex(BodyBuilder &body, Value position, Value offset, Value &inside) const {
  SmallVector<Value> operands{position};
  AffineExpr expr = body.dim(0) * stride - low;
  if (slides()) {
    operands.push_back(offset);
    expr = expr + body.dim(1) * dilation;
  }
  if (inputDilation != 1) {
    Value rest = body.index(expr % inputDilation, operands);
    inside = body.both(
        inside, arith::CmpIOp::create(body.builder, body.loc, arith::CmpIPredicate::eq, rest, body.constantIndex(0)));
    expr = expr.floorDiv(inputDilation);
  }
  Value index = body.index(expr, operands);
  if (needsGuard())
    inside = body.both(inside, body.inBounds(index, input));
  return index;
}

namespace {

/// What a reduction starts from, so that padding does not count.
TypedAttr getIdentity(OpBuilder &builder, ReductionKind kind, Type element) {
  Type type = getScalarType(element);
  bool isMax = kind == ReductionKind::max;
  if (kind == ReductionKind::max || kind == ReductionKind::min) {
    if (auto floatType = dyn_cast<FloatType>(type))
      return builder.getFloatAttr(type, APFloat::getInf(floatType.getFloatSemantics(), /*Negative=*/isMax));
    unsigned width = type.getIntOrFloatBitWidth();
    bool isUnsigned = element.isUnsignedInteger() || width == 1;
    APInt value = isMax ? (isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width))
                        : (isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width));
    return builder.getIntegerAttr(type, value);
  }
  bool isOne = kind == ReductionKind::prod || kind == ReductionKind::all;
  if (isa<FloatType>(type))
    return builder.getFloatAttr(type, isOne ? 1.0 : 0.0);
  return builder.getIntegerAttr(type, isOne ? 1 : 0);
}

template <typename Op> SmallVector<WindowDim> getWindowDims(Op op, Type result) {
  SmallVector<SizeAttr> input = getSizes(op.getInput().getType()), output = getSizes(result);
  SmallVector<WindowDim> dims;
  for (size_t d = 0; d < input.size(); ++d)
    dims.push_back({input[d], output[d], SizeAttr::constant(op.getContext(), op.getWindow()[d]), op.getStrides()[d],
                    op.getDilation()[d], op.getLow()[d], op.getHigh()[d]});
  return dims;
}

/// The input's element under a window's point, or the identity in the padding, as a scalar of `element`.
Value readWindow(BodyBuilder &body, Value input, ArrayRef<WindowDim> dims, ValueRange position, ArrayRef<Value> offsets,
                 ReductionKind kind, Type element) {
  SmallVector<Value> source;
  Value inside;
  for (auto [dim, index, offset] : llvm::zip_equal(dims, position, offsets))
    source.push_back(dim.getIndex(body, index, offset, inside));
  Type from = getElementTypeOrSelf(input.getType());
  return body.guarded(
      inside, getScalarType(element),
      [&](BodyBuilder &in) { return in.convert(in.read(input, source), from, element); },
      [&](BodyBuilder &out) -> Value {
        return arith::ConstantOp::create(out.builder, out.loc, getIdentity(out.builder, kind, element));
      });
}

Type getAccumulatedType(Type element) { return isa<FloatType>(element) ? getComputeType(element) : element; }

struct WindowToReduce : OpRewritePattern<WindowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(WindowOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    Type element = getAccumulatedType(type.getElementType());
    SmallVector<WindowDim> dims = getWindowDims(op, type);
    SmallVector<SizeAttr> reduced;
    for (WindowDim &dim : dims)
      if (dim.slides())
        reduced.push_back(dim.window);
    auto reduce =
        buildReduce(rewriter, op.getLoc(), withElementType(type, element), op.getKind(), reduced,
                    [&](BodyBuilder &body, ValueRange indices) {
                      SmallVector<Value> offsets;
                      ValueRange windowIndices = indices.drop_front(dims.size());
                      for (WindowDim &dim : dims) {
                        offsets.push_back(dim.slides() ? windowIndices.front() : Value());
                        windowIndices = windowIndices.drop_front(dim.slides());
                      }
                      return SmallVector<Value>{readWindow(body, op.getInput(), dims, indices.take_front(dims.size()),
                                                           offsets, op.getKind(), element)};
                    });
    rewriter.replaceOp(op, convertTensor(rewriter, op.getLoc(), reduce.getResult(0), type));
    return success();
  }
};

/// One trailing dimension runs over the whole window in row-major order, so its index is the window's.
struct ArgWindowToArgReduce : OpRewritePattern<ArgWindowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ArgWindowOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getValue().getType());
    auto indexType = cast<RankedTensorType>(op.getIndex().getType());
    Type element = getAccumulatedType(type.getElementType());
    SmallVector<WindowDim> dims = getWindowDims(op, type);
    int64_t points = 1;
    for (WindowDim &dim : dims)
      points *= *dim.window.getConstant();
    SmallVector<SizeAttr> space = getSizes(type);
    space.push_back(SizeAttr::constant(op.getContext(), points));
    RankedTensorType positions = withElementType(indexType, rewriter.getI64Type());
    auto reduce = loop::ArgReduceOp::create(rewriter, op.getLoc(), TypeRange{withElementType(type, element), positions},
                                            op.getKindAttr(), toArrayAttr(op.getContext(), space),
                                            rewriter.getI64IntegerAttr(dims.size()));
    buildBody(rewriter, cast<LoopNestOpInterface>(*reduce), [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> offsets;
      int64_t inner = points;
      for (WindowDim &dim : dims) {
        int64_t window = *dim.window.getConstant();
        inner /= window;
        offsets.push_back(window == 1 ? Value() : body.index(body.dim(0).floorDiv(inner) % window, indices.back()));
      }
      return SmallVector<Value>{
          readWindow(body, op.getInput(), dims, indices.drop_back(), offsets, op.getKind(), element)};
    });
    rewriter.replaceOp(op, {convertTensor(rewriter, op.getLoc(), reduce.getResult(0), type),
                            convertTensor(rewriter, op.getLoc(), reduce.getResult(1), indexType)});
    return success();
  }
};

} // namespace

void tc::populateWindowToLoop(RewritePatternSet &patterns) {
  patterns.add<WindowToReduce, ArgWindowToArgReduce>(patterns.getContext());
}
