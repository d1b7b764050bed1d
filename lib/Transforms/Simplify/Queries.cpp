// Questions about values that several rewrites ask.

#include "Patterns.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tc;

std::optional<APFloat> simplify::splatFloat(Value value) {
  DenseElementsAttr constant;
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getInput();
  if (!matchPattern(value, m_Constant(&constant)) || !constant.isSplat() || !isa<FloatType>(constant.getElementType()))
    return std::nullopt;
  return constant.getSplatValue<APFloat>();
}

Value simplify::floatConstant(OpBuilder &builder, Location loc, Type elementType, double value) {
  APFloat rounded(value);
  bool lossy;
  rounded.convert(cast<FloatType>(elementType).getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
  return ConstantOp::create(builder, loc, DenseElementsAttr::get(RankedTensorType::get({}, elementType), rounded));
}

bool simplify::isFromConstants(Value value) {
  // Weights are not longer in the making than this. Transposes and reshapes do not count, so that moving them never
  // changes the answer.
  constexpr unsigned mostOps = 64;
  unsigned numOps = 0;
  llvm::SmallSetVector<Value, 16> values;
  values.insert(value);
  for (size_t i = 0; i < values.size(); ++i) {
    Operation *op = values[i].getDefiningOp();
    if (!op)
      return false;
    if (isa<ConstantOp>(op))
      continue;
    // Symbols are known at run time only.
    if (!isPure(op) || op->getNumRegions() || op->getNumOperands() == 0 ||
        op->getName().getDialectNamespace() != "tc" || !cast<RankedTensorType>(values[i].getType()).hasStaticShape())
      return false;
    if (!isa<TransposeOp, ReshapeOp>(op) && ++numOps > mostOps)
      return false;
    values.insert_range(op->getOperands());
  }
  return true;
}

FailureOr<SmallVector<SizeAttr>> simplify::broadcastOperandSizes(ValueRange operands) {
  SmallVector<SizeAttr> sizes;
  for (Value operand : operands) {
    FailureOr<SmallVector<SizeAttr>> next = broadcastSizes(sizes, getSizes(operand.getType()));
    if (failed(next))
      return failure();
    sizes = *next;
  }
  return sizes;
}

Value simplify::cloneElementwise(OpBuilder &builder, Operation *op, ValueRange operands) {
  Type elementType = getElementTypeOrSelf(op->getResult(0).getType());
  OperationState state(op->getLoc(), op->getName(), operands,
                       {getTensorType(*broadcastOperandSizes(operands), elementType)}, op->getAttrs());
  return builder.create(state)->getResult(0);
}
