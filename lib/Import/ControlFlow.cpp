// Control flow of captured graphs: scf.if and scf.while over references.
#include "tc/Import/GraphBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;

/// The innermost open region's op, if it is of the kind that is to go on, and what was added last is in the region
/// `number` of it.
template <typename Op>
static FailureOr<Op> innermost(ArrayRef<Operation *> openRegions, Block *current, unsigned number, StringRef step,
                               Location location) {
  auto op = openRegions.empty() ? Op() : dyn_cast<Op>(openRegions.back());
  if (!op)
    return emitError(location) << "'" << step << "' outside of " << Op::getOperationName();
  if (current->getParent() != &op->getRegion(number))
    return emitError(location) << "'" << step << "' in the " << (number ? "first" : "second") << " region of "
                               << Op::getOperationName() << ", expected it in the " << (number ? "second" : "first");
  return op;
}

FailureOr<Value> GraphBuilder::getPredicate(Value predicate, Location location) {
  Type boolean = builder.getI1Type();
  if (predicate && predicate.getType() == boolean)
    return predicate;
  auto ref = predicate ? dyn_cast<RefType>(predicate.getType()) : RefType();
  if (!ref || ref.getElementType() != boolean)
    return emitError(location) << "expected a boolean as predicate";
  FailureOr<SmallVector<Value>> item = call("item", {predicate}, {}, boolean, location);
  if (failed(item))
    return failure();
  return item->front();
}

LogicalResult GraphBuilder::yield(ArrayRef<CallArgument> results, TypeRange types, Location location) {
  if (results.size() != types.size())
    return emitError(location) << "expected a region of " << types.size() << " results, found " << results.size();
  SmallVector<Value> values;
  for (auto [i, result] : llvm::enumerate(results)) {
    if (!result.getValue())
      return emitError(location) << "result " << i << " of a region is no tensor";
    if (result.getValue().getType() != types[i])
      return emitError(location) << "result " << i << " of a region: expected " << types[i] << ", found "
                                 << result.getValue().getType();
    values.push_back(result.getValue());
  }
  scf::YieldOp::create(builder, location, values);
  return success();
}

LogicalResult GraphBuilder::beginIf(Value predicate, ArrayRef<Type> resultTypes, Location location) {
  FailureOr<Value> condition = getPredicate(predicate, location);
  if (failed(condition))
    return failure();
  auto op = scf::IfOp::create(builder, location, resultTypes, *condition, /*addThenBlock=*/true,
                              /*addElseBlock=*/true);
  openRegions.push_back(op);
  builder.setInsertionPointToStart(op.thenBlock());
  return success();
}

LogicalResult GraphBuilder::beginElse(ArrayRef<CallArgument> thenResults, Location location) {
  auto op = innermost<scf::IfOp>(openRegions, builder.getInsertionBlock(), 0, "else", location);
  if (failed(op) || failed(yield(thenResults, op->getResultTypes(), location)))
    return failure();
  builder.setInsertionPointToStart(op->elseBlock());
  return success();
}

FailureOr<SmallVector<Value>> GraphBuilder::endIf(ArrayRef<CallArgument> elseResults, Location location) {
  auto op = innermost<scf::IfOp>(openRegions, builder.getInsertionBlock(), 1, "end if", location);
  if (failed(op) || failed(yield(elseResults, op->getResultTypes(), location)))
    return failure();
  openRegions.pop_back();
  builder.setInsertionPointAfter(*op);
  return SmallVector<Value>(op->getResults());
}

FailureOr<SmallVector<Value>> GraphBuilder::beginWhile(ArrayRef<CallArgument> initial, Location location) {
  SmallVector<Value> values;
  for (auto [i, argument] : llvm::enumerate(initial)) {
    if (!argument.getValue())
      return emitError(location) << "value " << i << " carried by a loop is no tensor";
    values.push_back(argument.getValue());
  }
  TypeRange types = ValueRange(values).getTypes();
  auto op = scf::WhileOp::create(builder, location, types, values);
  SmallVector<Location> locations(values.size(), location);
  builder.createBlock(&op.getAfter(), {}, types, locations);
  Block *before = builder.createBlock(&op.getBefore(), {}, types, locations);
  openRegions.push_back(op);
  return SmallVector<Value>(before->getArguments().begin(), before->getArguments().end());
}

FailureOr<SmallVector<Value>> GraphBuilder::beginBody(Value predicate, Location location) {
  auto op = innermost<scf::WhileOp>(openRegions, builder.getInsertionBlock(), 0, "loop body", location);
  if (failed(op))
    return failure();
  FailureOr<Value> condition = getPredicate(predicate, location);
  if (failed(condition))
    return failure();
  scf::ConditionOp::create(builder, location, *condition, op->getBeforeArguments());
  builder.setInsertionPointToStart(op->getAfterBody());
  return SmallVector<Value>(op->getAfterArguments().begin(), op->getAfterArguments().end());
}

FailureOr<SmallVector<Value>> GraphBuilder::endWhile(ArrayRef<CallArgument> carried, Location location) {
  auto op = innermost<scf::WhileOp>(openRegions, builder.getInsertionBlock(), 1, "end while", location);
  if (failed(op) || failed(yield(carried, op->getResultTypes(), location)))
    return failure();
  openRegions.pop_back();
  builder.setInsertionPointAfter(*op);
  return SmallVector<Value>(op->getResults());
}
