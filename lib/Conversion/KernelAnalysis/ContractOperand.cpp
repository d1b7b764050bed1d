// Recognises the factors of a contraction.

#include "tc/Conversion/KernelAnalysis/ContractOperand.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace tc;

static AffineExpr getDimOf(const KernelSymbols &symbols, loop::ContractOp op, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == op.getBodyBlock() ? symbols.getDimExpr(argument.getArgNumber())
                                                              : AffineExpr();
}

// Marks the dimensions that an index scalar depends on; false if it depends on anything but indices.
static bool collectDims(loop::ContractOp op, Value value, SmallVectorImpl<bool> &dims) {
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
         llvm::all_of(producer->getOperands(), [&](Value operand) { return collectDims(op, operand, dims); });
}

// Fills in the read; false if the value is something else.
static bool matchRead(const KernelSymbols &symbols, loop::ContractOp op, ContractOperand &operand) {
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
    if (!collectDims(op, operand.guard, operand.guardDims))
      return false;
    value = strip(branch.thenYield().getOperand(result));
  }
  auto read = value.getDefiningOp<loop::ReadOp>();
  if (!read || !isa<BlockArgument>(stripReshapes(read.getSource())))
    return false;
  SmallVector<AffineExpr> indices;
  for (Value index : read.getIndices())
    if (!indices.emplace_back(getIndexExpr(symbols, index, [&](Value leaf) { return getDimOf(symbols, op, leaf); })))
      return false;
  operand.read = read;
  operand.address = symbols.getAddress(getSizes(read.getSource().getType()), indices);
  return true;
}

ContractOperand tc::matchOperand(const KernelSymbols &symbols, loop::ContractOp op, Value yielded) {
  ContractOperand operand;
  operand.value = yielded;
  operand.guardDims.assign(op.getSizes().size(), false);
  if (!matchRead(symbols, op, operand)) {
    operand.guard = {};
    operand.dims = getUsedDims(cast<loop::LoopNestOpInterface>(op.getOperation()), yielded);
    return operand;
  }
  for (auto [dim, isInGuard] : llvm::enumerate(operand.guardDims))
    operand.dims.push_back(operand.address.isFunctionOfDim(dim) || (operand.guard && isInGuard));
  return operand;
}

static void markDims(Value value, Block *body, MutableArrayRef<bool> dims, SmallPtrSetImpl<Operation *> &seen) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() == body)
      dims[argument.getArgNumber()] = true;
    return;
  }
  Operation *op = value.getDefiningOp();
  if (!body->getParent()->isAncestor(op->getParentRegion()) || !seen.insert(op).second)
    return;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (!isa<RankedTensorType>(operand.getType()))
        markDims(operand, body, dims, seen);
  });
}

SmallVector<bool> tc::getUsedDims(loop::LoopNestOpInterface op, Value value) {
  SmallVector<bool> dims(op.getIterationSizes().size(), false);
  SmallPtrSet<Operation *, 8> seen;
  markDims(value, op.getBodyBlock(), dims, seen);
  return dims;
}
