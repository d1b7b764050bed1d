// Weighing bodies and putting one into another.

#include "Bodies.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tc;

static int64_t getWeight(Operation *op) {
  if (op->getNumResults() == 1 && op->getResult(0).getType().isIndex())
    return 0;
  if (isa<arith::ConstantOp, arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp,
          arith::BitcastOp, arith::IndexCastOp, arith::IndexCastUIOp, arith::SIToFPOp, arith::UIToFPOp>(op))
    return 0;
  if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemFOp, arith::RemSIOp, arith::RemUIOp, math::SqrtOp>(
          op))
    return 8;
  if (isa<math::AbsFOp, math::AbsIOp, math::CopySignOp, math::FmaOp, math::FloorOp, math::CeilOp, math::RoundEvenOp,
          math::TruncOp>(op))
    return 1;
  if (isa<math::PowFOp>(op))
    return 40;
  if (isa<math::MathDialect>(op->getDialect()))
    return 20;
  return isa<arith::ArithDialect>(op->getDialect()) ? 1 : 0;
}

/// Whether the index is computed from what was read, Each op is looked at once: indices share what they
/// are computed from.
static bool dependsOnRead(Value index) {
  llvm::SmallSetVector<Operation *, 8> behind;
  auto add = [&](Value value) {
    if (Operation *op = value.getDefiningOp())
      behind.insert(op);
  };
  add(index);
  for (size_t i = 0; i < behind.size(); ++i) {
    if (isa<loop::ReadOp, scf::IfOp>(behind[i]))
      return true;
    llvm::for_each(behind[i]->getOperands(), add);
  }
  return false;
}

/// Comparisons of indices and their conjunctions, as in the guards of padding, are index arithmetic.
static bool isGuardArithmetic(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return compare.getLhs().getType().isIndex();
  auto conjunction = dyn_cast<arith::AndIOp>(op);
  return conjunction && conjunction.getType().isInteger(1);
}

BodyCost tc::getBodyCost(Block &body) {
  BodyCost cost;
  body.walk([&](Operation *op) {
    ++cost.numOps;
    if (auto read = dyn_cast<loop::ReadOp>(op)) {
      ++cost.numReads;
      cost.numIndirectReads += llvm::any_of(read.getIndices(), dependsOnRead);
    } else if (isa<scf::IfOp>(op)) {
      ++cost.numGuards;
    } else if (!isGuardArithmetic(op)) {
      cost.weight += getWeight(op);
    }
  });
  return cost;
}

void tc::inlineRead(RewriterBase &rewriter, loop::ReadOp read, loop::MapOp producer, unsigned result,
                    ValueRange indices) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(read);
  IRMapping mapping;
  Block *body = producer.getBodyBlock();
  mapping.map(body->getArguments(), indices);
  for (Operation &op : body->without_terminator())
    rewriter.clone(op, mapping);
  rewriter.replaceOp(read, mapping.lookupOrDefault(body->getTerminator()->getOperand(result)));
}

void tc::moveIntoRead(RewriterBase &rewriter, loop::ReadOp read, loop::MapOp producer, ValueRange indices) {
  Block *body = producer.getBodyBlock();
  Operation *yield = body->getTerminator();
  rewriter.inlineBlockBefore(body, read, indices);
  rewriter.replaceOp(read, yield->getOperand(0));
  rewriter.eraseOp(yield);
  rewriter.eraseOp(producer);
}

bool tc::isIdentityRead(loop::ReadOp read, loop::LoopNestOpInterface nest, int64_t count) {
  SmallVector<SizeAttr> sizes = nest.getIterationSizes(), source = getSizes(read.getSource().getType());
  if (static_cast<int64_t>(sizes.size()) < count || static_cast<int64_t>(source.size()) < count)
    return false;
  for (int64_t dim = 0; dim < count; ++dim) {
    if (source[dim] != sizes[dim])
      return false;
    Value index = read.getIndices()[dim];
    bool isOwn = index == nest.getBodyBlock()->getArgument(dim);
    if (!isOwn && !(sizes[dim].getConstant() == 1 && matchPattern(index, m_Zero())))
      return false;
  }
  return true;
}
