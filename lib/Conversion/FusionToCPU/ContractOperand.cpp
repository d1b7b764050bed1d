// Emits the guards of factors.

#include "ContractOperand.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

static AffineExpr getDimOf(Frame &frame, loop::ContractOp op, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == op.getBodyBlock() ? frame.getDimExpr(argument.getArgNumber())
                                                              : AffineExpr();
}

Value tc::cpu::emitIndexScalar(Frame &frame, loop::ContractOp op, Value value, ValueRange dims) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return dims[argument.getArgNumber()];
  if (value.getType().isIndex())
    if (AffineExpr expr = getIndexExpr(frame, value, [&](Value leaf) { return getDimOf(frame, op, leaf); }))
      return frame.emit(expr, dims);
  IRMapping mapping;
  for (Value operand : value.getDefiningOp()->getOperands())
    mapping.map(operand, emitIndexScalar(frame, op, operand, dims));
  Operation *copy = frame.getBuilder().clone(*value.getDefiningOp(), mapping);
  return copy->getResult(cast<OpResult>(value).getResultNumber());
}
