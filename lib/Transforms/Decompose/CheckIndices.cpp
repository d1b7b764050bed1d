// tc-check-indices: indices out of range end the run, as they do in eager mode.

#include "Expr.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"
#include "tc/Transforms/Decompose/Passes.h"
#include "llvm/ADT/StringSwitch.h"

namespace tc {
#define GEN_PASS_DEF_CHECKINDICESPASS
#include "tc/Transforms/Decompose/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;
using namespace tc::decompose;

namespace {

/// What eager mode raises for an operator, the exception's class first where it is not RuntimeError. It also names the
/// index, which differs from element to element.
std::string getMessage(StringRef call, int64_t dim, SizeAttr size) {
  StringRef fixed = llvm::StringSwitch<StringRef>(call)
                        .Cases({"embedding", "index_select", "index_reduce"}, "IndexError: index out of range in self")
                        .Cases({"nll_loss", "nll_loss_forward", "nll_loss_backward", "nll_loss_nd",
                                "nll_loss2d_forward", "nll_loss2d_backward", "cross_entropy_loss"},
                               "IndexError: Target is out of bounds.")
                        .Cases({"multi_margin_loss", "multilabel_margin_loss"}, "target out of range")
                        .Default("");
  if (!fixed.empty())
    return fixed.str();
  std::string message;
  llvm::raw_string_ostream os(message);
  bool isRuntimeError = call.starts_with("gather") || call.starts_with("scatter") || call.starts_with("max_unpool") ||
                        call == "index_add" || call.contains("embedding_bag");
  os << (isRuntimeError ? "" : "IndexError: ") << "index is out of bounds for dimension " << dim << " with size ";
  size.printExpr(os);
  return message;
}

struct CheckIndicesPass : tc::impl::CheckIndicesPassBase<CheckIndicesPass> {
  void runOnOperation() override {
    DominanceInfo dominance(getOperation());
    getOperation().walk([&](Operation *op) {
      if (auto gather = dyn_cast<GatherOp>(op); gather && gather.getChecked())
        check(op, gather.getIndices(), gather.getDims(), getSizes(gather.getInput().getType()), dominance);
      else if (auto scatter = dyn_cast<ScatterOp>(op); scatter && scatter.getChecked())
        check(op, scatter.getIndices(), scatter.getDims(), getSizes(scatter.getType()), dominance);
      op->removeAttr(indexedByAttr);
    });
    checks.clear();
  }

private:
  void check(Operation *op, ValueRange indices, ArrayRef<int64_t> dims, ArrayRef<SizeAttr> sizes,
             DominanceInfo &dominance) {
    auto call = op->getAttrOfType<StringAttr>(indexedByAttr);
    for (auto [index, dim] : llvm::zip_equal(indices, dims)) {
      SizeAttr size = sizes[dim];
      if (isKnownInRange(index, size))
        continue;
      SmallVector<Operation *> &known = checks[{index, size}];
      if (llvm::any_of(known, [&](Operation *earlier) { return dominance.properlyDominates(earlier, op); }))
        continue;
      ExprBuilder b(op);
      Expr position(b, index);
      bool isUnsigned = getElementTypeOrSelf(index.getType()).isUnsignedInteger();
      Expr isInside = position < Expr(size);
      if (!isUnsigned)
        isInside = isInside & (position >= 0);
      if (position.getRank() > 0)
        isInside = reduce(ReductionKind::all, isInside, allDims(isInside));
      Value holds = ItemOp::create(b, b.loc, b.getI1Type(), isInside.getValue());
      known.push_back(cf::AssertOp::create(b, b.loc, holds, getMessage(call ? call.getValue() : "", dim, size)));
      ++numChecks;
    }
  }

  llvm::DenseMap<std::pair<Value, SizeAttr>, SmallVector<Operation *>> checks;
};

} // namespace
