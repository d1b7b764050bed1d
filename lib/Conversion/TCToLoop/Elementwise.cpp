// Elementwise ops: a map of the op's scalar form, operands read at broadcast indices, reduced precision computed in
// f32.

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

namespace {

struct ElementwiseToMap : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    bool bits = isa<BitcastOp>(op.getOperation());
    auto map = buildMap(rewriter, op.getLoc(), type, [&](BodyBuilder &body, ValueRange indices) {
      SmallVector<Value> scalars;
      for (Value operand : op->getOperands()) {
        Value scalar = body.readBroadcast(operand, indices);
        scalars.push_back(bits ? scalar : body.extend(scalar));
      }
      Value result = buildScalar(op, body, scalars, type.getElementType());
      return SmallVector<Value>{result};
    });
    rewriter.replaceOp(op, map);
    return success();
  }

  static Value buildScalar(ElementwiseOpInterface op, BodyBuilder &body, ValueRange scalars, Type element) {
    Type compute = getComputeType(element);
    // An integer becomes f16 or bf16 by way of f32, as in ATen.
    if (isa<CastOp>(op.getOperation()) && compute != getScalarType(element) &&
        isa<IntegerType>(scalars.front().getType()))
      return body.convert(scalars.front(), getElementTypeOrSelf(op->getOperand(0).getType()), element);
    Value result = op.buildScalar(body.builder, body.loc, scalars);
    if (result.getType() != getScalarType(element))
      result = arith::TruncFOp::create(body.builder, body.loc, element, result);
    return result;
  }
};

} // namespace

void tc::populateElementwiseToLoop(RewritePatternSet &patterns) {
  patterns.add<ElementwiseToMap>(patterns.getContext());
}
