// tc-to-loop: every primitive op becomes a loop op that reads its operands at index expressions. One loop op an op;
// that loop ops are combined is the fuse stage's work.

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "tc/Conversion/TCToLoop/Passes.h"

namespace tc {
#define GEN_PASS_DEF_TCTOLOOP
#include "tc/Conversion/TCToLoop/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

Value tc::permuteAndConvert(OpBuilder &builder, Location loc, Value tensor, ArrayRef<int64_t> permutation,
                            RankedTensorType result) {
  Type from = getElementTypeOrSelf(tensor.getType());
  auto map = loop::buildMap(builder, loc, result, [&](loop::BodyBuilder &body, ValueRange indices) {
    SmallVector<Value> source(indices.size());
    for (auto [dim, inputDim] : llvm::enumerate(permutation))
      source[inputDim] = indices[dim];
    return SmallVector<Value>{body.convert(body.read(tensor, source), from, result.getElementType())};
  });
  return map.getResult(0);
}

Value tc::convertTensor(OpBuilder &builder, Location loc, Value tensor, RankedTensorType result) {
  if (tensor.getType() == result)
    return tensor;
  return permuteAndConvert(builder, loc, tensor, llvm::to_vector(llvm::seq<int64_t>(0, result.getRank())), result);
}

namespace {

/// What loops take and give as it is: views of memory, and what is no loop.
bool isKept(Operation *op) { return isa<ConstantOp, ReshapeOp, ReinterpretOp, ExternOp, ItemOp>(op); }

/// The element type of an op that scalar code has no arithmetic for; tc-expand-complex and tc-expand-float8 take out
/// what they have formulas for. Null if there is none.
Type getUnsupportedElement(Operation *op) {
  SmallVector<Type> types(op->getOperandTypes());
  llvm::append_range(types, op->getResultTypes());
  for (Type type : types) {
    Type element = getElementTypeOrSelf(type);
    auto real = dyn_cast<FloatType>(element);
    if (isa<ComplexType>(element) || (real && real.getWidth() < 16))
      return element;
  }
  return {};
}

struct TCToLoop : tc::impl::TCToLoopBase<TCToLoop> {
  void runOnOperation() override {
    // All sizes have to be known by name: without names nothing says which two are equal.
    SizeAttr unnamed = SizeAttr::symbol(&getContext(), "?");
    WalkResult found = getOperation()->walk([&](Operation *op) {
      for (Type type : op->getResultTypes())
        if (isa<RankedTensorType>(type) && llvm::is_contained(getSizes(type), unnamed)) {
          op->emitOpError("has a result of unnamed size, ") << type;
          return WalkResult::interrupt();
        }
      if (!isa_and_present<TCDialect>(op->getDialect()) || isKept(op))
        return WalkResult::advance();
      if (Type element = getUnsupportedElement(op)) {
        op->emitError("element type ") << element << " is not supported here";
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (found.wasInterrupted())
      return signalPassFailure();

    RewritePatternSet patterns(&getContext());
    populateElementwiseToLoop(patterns);
    populateShapeToLoop(patterns);
    populateIndexedToLoop(patterns);
    populateReductionToLoop(patterns);
    populateWindowToLoop(patterns);
    populateContractionToLoop(patterns);
    populateRandomToLoop(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));

    WalkResult left = getOperation()->walk([&](Operation *op) {
      if (!isa_and_present<TCDialect>(op->getDialect()) || isKept(op))
        return WalkResult::advance();
      op->emitOpError("has no loop form");
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
