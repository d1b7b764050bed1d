// Contractions and convolutions: sums of products. A convolution is a contraction whose reads have window indices; a
// depthwise one, with nothing to contract over, is a reduction of products.

#include "Padding.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

namespace {

/// What products are summed in.
RankedTensorType getAccumulatedType(RankedTensorType result) {
  Type element = result.getElementType();
  return withElementType(result, isa<FloatType>(element) ? getComputeType(element) : element);
}

/// Integers are widened in the body, where their signedness is known; floats are left to the kernel's arithmetic.
Value readFactor(BodyBuilder &body, Value tensor, ValueRange indices, Type accumulated) {
  Value scalar = body.read(tensor, indices);
  if (isa<FloatType>(accumulated))
    return scalar;
  return body.convert(scalar, getElementTypeOrSelf(tensor.getType()), accumulated);
}

struct ContractToContract : OpRewritePattern<tc::ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tc::ContractOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    RankedTensorType accumulated = getAccumulatedType(type);
    std::string letters = op.getResultIndices().str();
    SmallVector<SizeAttr> reduced;
    auto addReduced = [&](StringRef own, Type operand) {
      for (auto [letter, size] : llvm::zip_equal(own, getSizes(operand)))
        if (letters.find(letter) == std::string::npos) {
          letters.push_back(letter);
          reduced.push_back(size);
        }
    };
    addReduced(op.getLhsIndices(), op.getLhs().getType());
    addReduced(op.getRhsIndices(), op.getRhs().getType());
    auto contract =
        buildContract(rewriter, op.getLoc(), accumulated, reduced, [&](BodyBuilder &body, ValueRange indices) {
          auto pick = [&](StringRef own) {
            return llvm::map_to_vector(own, [&](char letter) { return indices[letters.find(letter)]; });
          };
          return SmallVector<Value>{
              readFactor(body, op.getLhs(), pick(op.getLhsIndices()), accumulated.getElementType()),
              readFactor(body, op.getRhs(), pick(op.getRhsIndices()), accumulated.getElementType())};
        });
    rewriter.replaceOp(op, convertTensor(rewriter, op.getLoc(), contract.getResult(0), type));
    return success();
  }
};

/// The space is (n, spatial…, [group,] o : window…, [c]).
struct ConvolveToContract : OpRewritePattern<ConvolveOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvolveOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    SmallVector<SizeAttr> input = getSizes(op.getInput().getType()), filter = getSizes(op.getFilter().getType()),
                          result = getSizes(type);
    unsigned spatial = type.getRank() - 2;
    int64_t groups = op.getGroups();
    SmallVector<WindowDim> dims;
    SmallVector<SizeAttr> reduced;
    for (unsigned d = 0; d < spatial; ++d) {
      dims.push_back({input[d + 1], result[d + 1], filter[d + 1], op.getStrides()[d], op.getDilation()[d],
                      op.getLow()[d], op.getHigh()[d], op.getInputDilation()[d]});
      if (dims.back().slides())
        reduced.push_back(filter[d + 1]);
    }
    RankedTensorType accumulated = getAccumulatedType(type);
    if (groups > 1 && filter.back().getConstant() == 1) {
      Value sum = buildDepthwise(op, rewriter, accumulated, dims, reduced);
      rewriter.replaceOp(op, convertTensor(rewriter, op.getLoc(), sum, type));
      return success();
    }

    reduced.push_back(filter.back());
    SmallVector<SizeAttr> space = result;
    SizeAttr perGroup = floorDiv(result.back(), SizeAttr::constant(op.getContext(), groups));
    if (groups > 1) {
      space.back() = SizeAttr::constant(op.getContext(), groups);
      space.push_back(perGroup);
    }
    Type element = accumulated.getElementType();
    RankedTensorType grouped = getTensorType(space, element);
    auto contract = buildContract(rewriter, op.getLoc(), grouped, reduced, [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> window = getOffsets(body, dims, indices.drop_front(space.size()));
      Value inside, channel = indices.back(), output = indices[space.size() - 1];
      SmallVector<Value> source = getPoint(body, dims, indices, window, inside);
      if (groups > 1) {
        SmallVector<Value> inGroup{indices[spatial + 1], channel}, outGroup{indices[spatial + 1], output};
        source.push_back(body.index(body.dim(0) * body.symbol(0) + body.dim(1), inGroup, filter.back()));
        output = body.index(body.dim(0) * body.symbol(0) + body.dim(1), outGroup, perGroup);
      } else {
        source.push_back(channel);
      }
      SmallVector<Value> filterIndices{output};
      llvm::append_range(filterIndices, window);
      filterIndices.push_back(channel);
      Type scalar =
          isa<FloatType>(element) ? getScalarType(op.getInput().getType().getElementType()) : getScalarType(element);
      Value pixel = body.guarded(
          inside, scalar, [&](BodyBuilder &in) { return readFactor(in, op.getInput(), source, element); },
          [&](BodyBuilder &out) { return out.zero(scalar); });
      return SmallVector<Value>{pixel, readFactor(body, op.getFilter(), filterIndices, element)};
    });
    Value sum = contract.getResult(0);
    if (groups > 1)
      sum = ReshapeOp::create(rewriter, op.getLoc(), accumulated, sum);
    rewriter.replaceOp(op, convertTensor(rewriter, op.getLoc(), sum, type));
    return success();
  }

  /// The offset within the window in each spatial dimension; only sliding windows have a dimension in the space.
  static SmallVector<Value> getOffsets(BodyBuilder &body, ArrayRef<WindowDim> dims, ValueRange reduced) {
    SmallVector<Value> offsets;
    for (const WindowDim &dim : dims) {
      offsets.push_back(dim.slides() ? reduced.front() : body.constantIndex(0));
      reduced = reduced.drop_front(dim.slides());
    }
    return offsets;
  }

  /// The batch index and the spatial indices of the input under a window's point.
  static SmallVector<Value> getPoint(BodyBuilder &body, ArrayRef<WindowDim> dims, ValueRange indices,
                                     ArrayRef<Value> window, Value &inside) {
    SmallVector<Value> source{indices.front()};
    for (auto [d, dim] : llvm::enumerate(dims))
      source.push_back(dim.getIndex(body, indices[d + 1], window[d], inside));
    return source;
  }

  static Value buildDepthwise(ConvolveOp op, PatternRewriter &rewriter, RankedTensorType type, ArrayRef<WindowDim> dims,
                              ArrayRef<SizeAttr> reduced) {
    int64_t rank = type.getRank();
    Type element = type.getElementType(), scalar = getScalarType(element);
    SizeAttr perGroup = floorDiv(getSizes(type).back(), SizeAttr::constant(op.getContext(), op.getGroups()));
    auto reduce = buildReduce(
        rewriter, op.getLoc(), type, ReductionKind::sum, reduced, [&](BodyBuilder &body, ValueRange indices) {
          SmallVector<Value> window = getOffsets(body, dims, indices.drop_front(rank));
          Value inside, output = indices[rank - 1];
          SmallVector<Value> source = getPoint(body, dims, indices, window, inside);
          source.push_back(body.index(body.dim(0).floorDiv(body.symbol(0)), output, perGroup));
          SmallVector<Value> filterIndices{output};
          llvm::append_range(filterIndices, window);
          filterIndices.push_back(body.constantIndex(0));
          Value product = body.guarded(
              inside, scalar,
              [&](BodyBuilder &in) -> Value {
                Value x = in.convert(in.read(op.getInput(), source), op.getInput().getType().getElementType(), element);
                Value w = in.convert(in.read(op.getFilter(), filterIndices), op.getFilter().getType().getElementType(),
                                     element);
                if (isa<FloatType>(scalar))
                  return arith::MulFOp::create(in.builder, in.loc, x, w);
                return arith::MulIOp::create(in.builder, in.loc, x, w);
              },
              [&](BodyBuilder &out) { return out.zero(scalar); });
          return SmallVector<Value>{product};
        });
    return reduce.getResult(0);
  }
};

} // namespace

void tc::populateContractionToLoop(RewritePatternSet &patterns) {
  patterns.add<ContractToContract, ConvolveToContract>(patterns.getContext());
}
