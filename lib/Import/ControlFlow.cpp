// Control flow of captured graphs: scf.if and scf.while over references. Loops over the rows of tensors (scan, map) are
// scf.while with a counter that gathers its rows and scatters its results.
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

// A branch's result may have a size that the branch finds out, where the op's has a symbol: the branch binds it.
FailureOr<Value> GraphBuilder::bindSizes(Value value, RefType type, llvm::StringSet<> &bound, Location location) {
  auto from = dyn_cast<RefType>(value.getType());
  if (!from || from == type || from.getElementType() != type.getElementType() ||
      from.getSizes().size() != type.getSizes().size())
    return value;
  for (auto [found, expected] : llvm::zip_equal(from.getSizes(), type.getSizes())) {
    if (found == expected || !isa<AffineSymbolExpr>(expected.getExpr()))
      continue;
    StringRef symbol = expected.getSymbols().front();
    if (!bound.insert(symbol).second)
      continue;
    FailureOr<RefType> scalar = getRefType({}, builder.getI64Type(), location);
    FailureOr<SmallVector<Value>> size = call("scalar_tensor", {CallArgument(Attribute(found))},
                                              {{"dtype", TypeAttr::get(builder.getI64Type())}}, *scalar, location);
    if (failed(size) || failed(call("item", {size->front()}, {}, builder.getIndexType(), location, symbol)))
      return failure();
  }
  std::vector<CallArgument> sizes(type.getSizes().begin(), type.getSizes().end());
  FailureOr<SmallVector<Value>> view =
      call("reshape", {value, CallArgument::list(std::move(sizes))}, {}, type, location);
  if (failed(view))
    return failure();
  return view->front();
}

LogicalResult GraphBuilder::yield(ArrayRef<CallArgument> results, TypeRange types, Location location) {
  if (results.size() != types.size())
    return emitError(location) << "expected a region of " << types.size() << " results, found " << results.size();
  SmallVector<Value> values;
  llvm::StringSet<> bound;
  for (auto [i, result] : llvm::enumerate(results)) {
    Value value = result.getValue();
    if (!value)
      return emitError(location) << "result " << i << " of a region is no tensor";
    if (auto type = dyn_cast<RefType>(types[i]); type && isa<scf::IfOp>(openRegions.back())) {
      FailureOr<Value> sized = bindSizes(value, type, bound, location);
      if (failed(sized))
        return failure();
      value = *sized;
    }
    if (value.getType() != types[i])
      return emitError(location) << "result " << i << " of a region: expected " << types[i] << ", found "
                                 << value.getType();
    values.push_back(value);
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

FailureOr<GraphBuilder::Rows> GraphBuilder::beginScan(ArrayRef<CallArgument> initial, ArrayRef<CallArgument> stacked,
                                                      const CallArgument &length, ArrayRef<CallArgument> buffers,
                                                      Location location) {
  FailureOr<RefType> integer = getRefType({}, builder.getI64Type(), location);
  FailureOr<RefType> boolean = getRefType({}, builder.getI1Type(), location);
  auto zero =
      call("zeros", {CallArgument::list({})}, {{"dtype", TypeAttr::get(builder.getI64Type())}}, *integer, location);
  if (failed(zero))
    return failure();
  std::vector<CallArgument> carried{zero->front()};
  llvm::append_range(carried, initial);
  llvm::append_range(carried, buffers);
  FailureOr<SmallVector<Value>> values = beginWhile(carried, location);
  if (failed(values))
    return failure();
  auto isWithin =
      call(length.getValue() ? "lt.Tensor" : "lt.Scalar", {values->front(), length}, {}, *boolean, location);
  if (failed(isWithin) || failed(values = beginBody(isWithin->front(), location)))
    return failure();
  Rows rows;
  rows.carried.append(values->begin() + 1, values->end() - buffers.size());
  CallArgument index = CallArgument::list({values->front()});
  for (auto [i, argument] : llvm::enumerate(stacked)) {
    auto type = argument.getValue() ? dyn_cast<RefType>(argument.getValue().getType()) : RefType();
    if (!type || type.getSizes().empty())
      return emitError(location) << "operand " << i << " of a loop over rows has no rows";
    auto rowType = getRefType(type.getSizes().drop_front(), type.getElementType(), location);
    if (failed(rowType))
      return failure();
    auto row = call("index.Tensor", {argument, index}, {}, *rowType, location);
    if (failed(row))
      return failure();
    rows.rows.push_back(row->front());
  }
  return rows;
}

FailureOr<SmallVector<Value>> GraphBuilder::endScan(ArrayRef<CallArgument> carried, ArrayRef<CallArgument> rows,
                                                    Location location) {
  auto op = innermost<scf::WhileOp>(openRegions, builder.getInsertionBlock(), 1, "end scan", location);
  if (failed(op))
    return failure();
  ValueRange values = op->getAfterArguments();
  if (values.size() != 1 + carried.size() + rows.size())
    return emitError(location) << "expected " << values.size() - 1 << " results of a loop over rows, found "
                               << carried.size() + rows.size();
  Value counter = values.front();
  auto next =
      call("add.Scalar", {counter, CallArgument(builder.getI64IntegerAttr(1))}, {}, counter.getType(), location);
  if (failed(next))
    return failure();
  std::vector<CallArgument> yielded{next->front()};
  llvm::append_range(yielded, carried);
  for (auto [buffer, row] : llvm::zip_equal(values.take_back(rows.size()), rows)) {
    auto stacked = call("index_put", {buffer, CallArgument::list({counter}), row}, {}, buffer.getType(), location);
    if (failed(stacked))
      return failure();
    yielded.push_back(stacked->front());
  }
  FailureOr<SmallVector<Value>> results = endWhile(yielded, location);
  if (succeeded(results))
    results->erase(results->begin());
  return results;
}
