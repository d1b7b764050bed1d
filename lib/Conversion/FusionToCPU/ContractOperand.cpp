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

// Fills in the read; false if the value is something else.
static bool matchRead(Frame &frame, loop::ContractOp op, ContractOperand &operand) {
  // A read is extended to the accumulator's type anyway.
  auto strip = [](Value value) {
    while (auto extend = value.getDefiningOp<arith::ExtFOp>())
      value = extend.getIn();
    return value;
  };
  Value value = strip(operand.value);
  if (auto branch = value.getDefiningOp<scf::IfOp>()) {
    unsigned result = cast<OpResult>(value).getResultNumber();
    Value otherwise = branch.elseYield().getOperand(result);
    if (!matchPattern(otherwise, m_AnyZeroFloat()) && !matchPattern(otherwise, m_Zero()))
      return false;
    operand.guard = branch.getCondition();
    if (!collectDims(frame, op, operand.guard, operand.guardDims))
      return false;
    value = strip(branch.thenYield().getOperand(result));
  }
  auto read = value.getDefiningOp<loop::ReadOp>();
  if (!read || !isa<BlockArgument>(stripReshapes(read.getSource())))
    return false;
  Value source = read.getSource();
  AffineExpr address = frame.getConstantExpr(0);
  for (auto [index, stride] : llvm::zip_equal(read.getIndices(), frame.getStrides(getSizes(source.getType())))) {
    AffineExpr expr = getIndexExpr(frame, index, [&](Value leaf) { return getDimOf(frame, op, leaf); });
    if (!expr)
      return false;
    address = address + expr * stride;
  }
  operand.read = read;
  operand.address = frame.simplify(address);
  for (auto [dim, uses] : llvm::enumerate(operand.dims))
    uses = operand.address.isFunctionOfDim(dim) || (operand.guard && operand.guardDims[dim]);
  return true;
}

/// Marks the dimensions that a value of the body is computed from.
static void collectAllDims(Block *body, Value value, SmallVectorImpl<bool> &dims,
                           llvm::SmallPtrSetImpl<Operation *> &seen) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() == body)
      dims[argument.getArgNumber()] = true;
    return;
  }
  Operation *producer = value.getDefiningOp();
  if (!body->getParent()->isAncestor(producer->getParentRegion()) || !seen.insert(producer).second)
    return;
  producer->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      collectAllDims(body, operand, dims, seen);
  });
}

ContractOperand tc::cpu::matchOperand(Frame &frame, loop::ContractOp op, Value yielded) {
  ContractOperand operand;
  operand.value = yielded;
  operand.guardDims.assign(op.getSizes().size(), false);
  operand.dims.assign(op.getSizes().size(), false);
  if (!matchRead(frame, op, operand)) {
    operand.guard = {};
    llvm::SmallPtrSet<Operation *, 8> seen;
    collectAllDims(op.getBodyBlock(), yielded, operand.dims, seen);
  }
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
