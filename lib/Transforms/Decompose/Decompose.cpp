// Replaces each captured call by the ops of its decomposition, or by tc.extern. What a call becomes is in the families'
// files.

#include "tc/Transforms/Decompose/Passes.h"

#include "Call.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Remarks.h"

namespace tc {
#define GEN_PASS_DEF_DECOMPOSEPASS
#include "tc/Transforms/Decompose/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;
using namespace tc::decompose;

// The table of all families, which does not change.
static const Decompositions &getDecompositions() {
  static const Decompositions table = [] {
    Decompositions result;
    for (auto addFamily :
         {addPointwise,       addActivations,   addComparisons,      addReductions,  addSoftmax,
          addNormalization,   addLinearAlgebra, addConvolution,      addPooling,     addResizing,
          addIndexing,        addScattering,    addCreation,         addShape,       addAttention,
          addLosses,          addSorting,       addRandom,           addForeach,     addTransformerLayers,
          addRecurrentLayers, addComposites,    addSpecialFunctions, addEmbeddingBag})
      addFamily(result);
    return result;
  }();
  return table;
}

static const Decompositions &getComplexDecompositions() {
  static const Decompositions table = [] {
    Decompositions result;
    addComplex(result, getDecompositions());
    return result;
  }();
  return table;
}

// Whether a call takes or gives complex tensors.
static bool isComplex(AtenOp op) {
  auto isComplexType = [](Type type) { return isa<ComplexType>(getElementTypeOrSelf(type)); };
  return llvm::any_of(op->getOperandTypes(), isComplexType) || llvm::any_of(op->getResultTypes(), isComplexType);
}

bool tc::hasDecomposition(StringRef name) { return getDecompositions().lookup(name); }

// A result as the capture has it: its element type, and its sizes under their names there.
static Value finishResult(Call &call, const Expr &result, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor) {
    call.reject("a result that is no tensor");
    return {};
  }
  Expr typed = castTo(result.as(call, tensor.getElementType()), tensor.getElementType());
  if (!typed)
    return {};
  return broadcast(typed, getSizes(tensor)).getValue();
}

// The values for the op's results; empty if the formula does not apply, which the call then knows.
static SmallVector<Value> applyDecomposition(Call &call, AtenOp op, const Decomposition &decomposition) {
  for (Type type : op.getResultTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor && !isa<FloatType, IntegerType>(tensor.getElementType()) && !isComplex(op))
      call.reject("an element type that is neither float nor integer");
  Results results = call.isRejected() ? Results(Expr()) : decomposition(call);
  if (call.isWrong() || call.isRejected())
    return {};
  // The capture leaves out results that are None.
  if (results.size() > op.getNumResults())
    llvm::erase_if(results, [](const Expr &result) { return !result; });
  if (results.size() != op.getNumResults()) {
    call.fail("expected " + Twine(results.size()) + " results, found " + Twine(op.getNumResults()));
    return {};
  }
  SmallVector<Value> values;
  for (auto [result, captured] : llvm::zip_equal(results, op.getResults())) {
    Value value = !result && captured.use_empty() ? Value() : finishResult(call, result, captured.getType());
    if (!value && !captured.use_empty() && !call.isWrong() && !call.isRejected())
      call.reject("a result that the formula does not give");
    values.push_back(value);
  }
  return values;
}

// Whether all results are tensors without elements, whatever the op computes. Custom ops may do other things, too.
static bool isEmpty(AtenOp op) {
  return op.getNumResults() > 0 && !op.getName().contains("::") && llvm::all_of(op.getResultTypes(), [](Type type) {
           auto tensor = dyn_cast<RankedTensorType>(type);
           return tensor && tensor.hasStaticShape() && tensor.getNumElements() == 0 &&
                  isa<FloatType, IntegerType>(tensor.getElementType());
         });
}

static void replaceByEmpty(AtenOp op) {
  Call call(op);
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    result.replaceAllUsesWith(full(call, call.resultSizes(i), 0, call.element(i)).getValue());
  op.erase();
}

// A number that the host program needs: a size, or the predicate of a branch.
static bool convertItem(AtenOp op) {
  if ((op.getName() != "item" && op.getName() != "_local_scalar_dense") || op.getNumOperands() != 1 ||
      op.getNumResults() != 1)
    return false;
  Type type = op.getResult(0).getType();
  auto from = dyn_cast<RankedTensorType>(op.getOperand(0).getType());
  if (!from || !isa<IntegerType>(from.getElementType()) || !(type.isIndex() || type.isInteger(1)))
    return false;
  OpBuilder builder(op);
  Value input = op.getOperand(0);
  if (!from.getElementType().isInteger(1) && !from.getElementType().isInteger(64))
    input = CastOp::create(builder, op.getLoc(), withElementType(from, builder.getI64Type()), input);
  auto item = ItemOp::create(builder, op.getLoc(), type, input);
  item->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op.replaceAllUsesWith(item);
  op.erase();
  return true;
}

namespace {

struct DecomposePass : tc::impl::DecomposePassBase<DecomposePass> {
  void runOnOperation() override {
    SmallVector<AtenOp> calls;
    getOperation().walk([&](AtenOp op) { calls.push_back(op); });
    for (AtenOp op : calls)
      if (failed(decomposeOp(op)))
        return signalPassFailure();
  }

  LogicalResult decomposeOp(AtenOp op) {
    for (Value operand : op.getOperands())
      if (isa<RefType>(operand.getType()))
        return op.emitOpError("expected the functional form, found an operand of type ") << operand.getType();
    if (isEmpty(op)) {
      replaceByEmpty(op);
      return success();
    }
    if (convertItem(op))
      return success();
    bool takesComplex = isComplex(op);
    const Decomposition *decomposition =
        (takesComplex ? getComplexDecompositions() : getDecompositions()).lookup(op.getName());
    if (!decomposition)
      return leaveToPyTorch(op,
                            takesComplex ? "it has no decomposition for complex numbers" : "it has no decomposition");
    Operation *before = op->getPrevNode();
    Call call(op, takesComplex);
    SmallVector<Value> values = applyDecomposition(call, op, *decomposition);
    if (!call.isWrong() && !call.isRejected()) {
      for (Operation *made = before ? before->getNextNode() : &op->getBlock()->front(); made != op;
           made = made->getNextNode())
        if (isa<GatherOp, ScatterOp>(made))
          made->setAttr(indexedByAttr, op.getNameAttr());
      for (auto [result, value] : llvm::zip_equal(op.getResults(), values))
        if (value)
          result.replaceAllUsesWith(value);
      op.erase();
      ++numDecomposed;
      return success();
    }
    while (op->getPrevNode() != before)
      op->getPrevNode()->erase();
    if (call.isWrong())
      return op.emitOpError("\"") << op.getName() << "\": " << call.getReason();
    return leaveToPyTorch(op, call.getReason());
  }

  LogicalResult leaveToPyTorch(AtenOp op, StringRef reason) {
    remark::missed(op.getLoc(), remark::RemarkOpts::name("extern").category("tc-decompose"))
        << (llvm::Twine("\"") + op.getName() + "\" is left to PyTorch: " + reason).str();
    OpBuilder builder(op);
    // Results that are None do not come back.
    SmallVector<Value> kept;
    for (Value result : op.getResults())
      if (!isa<NoneType>(result.getType()) || !result.use_empty())
        kept.push_back(result);
    auto replacement = ExternOp::create(builder, op.getLoc(), TypeRange(ValueRange(kept)), op.getNameAttr(),
                                        op.getOperands(), op.getArgs());
    replacement->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    for (auto [result, value] : llvm::zip_equal(kept, replacement.getResults()))
      result.replaceAllUsesWith(value);
    op.erase();
    ++numExtern;
    return success();
  }
};

} // namespace
