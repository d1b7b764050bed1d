// Finds the select by which an epilogue replaces sums: `select(column <= row, f(sum), constant)`.

#include "ContractSkip.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "tc/Conversion/KernelAnalysis/Space.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

/// The only read of the contraction in the epilogue; null if there are several, or others see the sums.
static loop::ReadOp getOnlyRead(Frame &frame, const ContractPlan &plan) {
  loop::ContractOp op = plan.op;
  Value sums = op.getResult(0);
  if (!getResultNumbers(frame.getKernel(), sums).empty() || !sums.hasOneUse())
    return {};
  return dyn_cast<loop::ReadOp>(*sums.user_begin());
}

/// Appends an expression that is at least 0 where the comparison holds.
static void addComparison(Frame &frame, arith::CmpIOp compare, Block *body, SmallVectorImpl<AffineExpr> &skips) {
  auto getExpr = [&](Value side) -> AffineExpr {
    if (auto cast = side.getDefiningOp<arith::IndexCastOp>())
      side = cast.getIn();
    if (!side.getType().isIndex())
      return {};
    return getIndexExpr(frame, side, [&](Value leaf) {
      auto argument = dyn_cast<BlockArgument>(leaf);
      return argument && argument.getOwner() == body ? frame.getDimExpr(argument.getArgNumber()) : AffineExpr();
    });
  };
  AffineExpr lhs = getExpr(compare.getLhs()), rhs = getExpr(compare.getRhs());
  if (!lhs || !rhs)
    return;
  switch (compare.getPredicate()) {
  case arith::CmpIPredicate::sle:
    return skips.push_back(frame.simplify(rhs - lhs));
  case arith::CmpIPredicate::slt:
    return skips.push_back(frame.simplify(rhs - lhs - 1));
  case arith::CmpIPredicate::sge:
    return skips.push_back(frame.simplify(lhs - rhs));
  case arith::CmpIPredicate::sgt:
    return skips.push_back(frame.simplify(lhs - rhs - 1));
  default:
    return;
  }
}

AffineExpr tc::cpu::findRowEnd(Frame &frame, const ContractPlan &plan) {
  loop::ContractOp op = plan.op;
  Value guard = plan.rows.guard;
  auto compare = guard ? guard.getDefiningOp<arith::CmpIOp>() : arith::CmpIOp();
  if (!compare)
    return {};
  SmallVector<AffineExpr> ends;
  addComparison(frame, compare, op.getBodyBlock(), ends);
  unsigned inner = plan.depthDims.back();
  if (ends.empty())
    return {};
  LinearForm form = getLinearForm(ends.front(), op.getIterationSizes().size());
  if (form.nonLinear[inner] || frame.simplify(form.coefficients[inner]) != frame.getConstantExpr(-1))
    return {};
  return frame.simplify(ends.front() + frame.getDimExpr(inner));
}

SmallVector<AffineExpr> tc::cpu::findSkips(Frame &frame, const ContractPlan &plan) {
  loop::ReadOp read = getOnlyRead(frame, plan);
  if (!read || !isa<loop::MapOp>(read->getParentOp()))
    return {};
  Block *body = read->getBlock();
  loop::ContractOp op = plan.op;
  unsigned numDims = op.getIterationSizes().size();
  // Every value that is computed from the sum is used once, until a select takes it.
  Value value = read.getResult();
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (auto select = dyn_cast<arith::SelectOp>(user); select && select.getTrueValue() == value) {
      SmallVector<AffineExpr> skips;
      SmallVector<Value> conditions{select.getCondition()};
      while (!conditions.empty()) {
        Operation *condition = conditions.pop_back_val().getDefiningOp();
        if (auto both = dyn_cast_or_null<arith::AndIOp>(condition))
          llvm::append_range(conditions, both->getOperands());
        else if (auto compare = dyn_cast_or_null<arith::CmpIOp>(condition))
          addComparison(frame, compare, body, skips);
      }
      // Of a vector of columns, the largest value is at one of its ends.
      llvm::erase_if(skips, [&](AffineExpr skip) {
        LinearForm form = getLinearForm(skip, numDims);
        return form.nonLinear[plan.columnDim] ||
               !isa<AffineConstantExpr>(frame.simplify(form.coefficients[plan.columnDim]));
      });
      return skips;
    }
    if (user->getBlock() != body || user->getNumResults() != 1 || user->getNumRegions() != 0 || !isPure(user))
      return {};
    value = user->getResult(0);
  }
  return {};
}
