// Recognises the factors of a contraction and emits their guards.

#include "ContractOperand.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

static AffineExpr getDimOf(Frame &frame, loop::ContractOp op, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == op.getBodyBlock() ? frame.getDimExpr(argument.getArgNumber())
                                                              : AffineExpr();
}

// Marks the dimensions that an index scalar depends on; false if it depends on anything but indices.
static bool collectDims(Frame &frame, loop::ContractOp op, Value value, SmallVectorImpl<bool> &dims) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != op.getBodyBlock())
      return false;
    dims[argument.getArgNumber()] = true;
    return true;
  }
  Operation *producer = value.getDefiningOp();
  if (!isa<loop::IndexOp>(producer) && producer->getDialect()->getNamespace() != "arith")
    return false;
  return producer->getNumRegions() == 0 &&
         llvm::all_of(producer->getOperands(), [&](Value operand) { return collectDims(frame, op, operand, dims); });
}

std::optional<ContractOperand> tc::cpu::matchOperand(Frame &frame, loop::ContractOp op, Value yielded) {
  ContractOperand operand;
  operand.guardDims.assign(op.getSizes().size(), false);
  // A read is extended to the accumulator's type anyway.
  auto strip = [](Value value) {
    while (auto extend = value.getDefiningOp<arith::ExtFOp>())
      value = extend.getIn();
    return value;
  };
  Value value = strip(yielded);
  if (auto branch = value.getDefiningOp<scf::IfOp>()) {
    unsigned result = cast<OpResult>(value).getResultNumber();
    Value otherwise = branch.elseYield().getOperand(result);
    if (!matchPattern(otherwise, m_AnyZeroFloat()) && !matchPattern(otherwise, m_Zero()))
      return std::nullopt;
    operand.guard = branch.getCondition();
    if (!collectDims(frame, op, operand.guard, operand.guardDims))
      return std::nullopt;
    value = strip(branch.thenYield().getOperand(result));
  }
  operand.read = value.getDefiningOp<loop::ReadOp>();
  if (!operand.read)
    return std::nullopt;
  Value source = operand.read.getSource();
  if (!isa<BlockArgument>(stripReshapes(source)))
    return std::nullopt;
  operand.address = frame.getConstantExpr(0);
  for (auto [index, stride] :
       llvm::zip_equal(operand.read.getIndices(), frame.getStrides(getSizes(source.getType())))) {
    AffineExpr expr = getIndexExpr(frame, index, [&](Value leaf) { return getDimOf(frame, op, leaf); });
    if (!expr)
      return std::nullopt;
    operand.address = operand.address + expr * stride;
  }
  operand.address = frame.simplify(operand.address);
  return operand;
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
