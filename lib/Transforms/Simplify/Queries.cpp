// Questions about values that several rewrites ask.

#include "Patterns.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"

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

static bool isFromConstants(Value value, DenseSet<Operation *> &visited) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (!visited.insert(op).second)
    return true;
  if (isa<ConstantOp>(op))
    return true;
  // Symbols are known at run time only.
  if (!isPure(op) || op->getNumRegions() || op->getNumOperands() == 0 || op->getName().getDialectNamespace() != "tc" ||
      !cast<RankedTensorType>(value.getType()).hasStaticShape())
    return false;
  return llvm::all_of(op->getOperands(), [&](Value operand) { return isFromConstants(operand, visited); });
}

bool simplify::isFromConstants(Value value) {
  DenseSet<Operation *> visited;
  return ::isFromConstants(value, visited);
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
