// Control flow in the host program: conditions are symbols that tc.item binds, and what regions give is copied to where
// it is read.

#include "ProgramBuilder.h"

using namespace mlir;

namespace tc {

using runtime::Instruction;
using runtime::SizeExpr;
using runtime::ValueId;

LogicalResult ProgramBuilder::addItem(ItemOp op) {
  runtime::BindSymbol bind;
  if (op.getType().isIndex()) {
    auto symbol = op->getAttrOfType<StringAttr>("tc.symbol");
    if (!symbol)
      return op.emitOpError("has an index result without the attribute tc.symbol");
    bind.symbol = symbolNumber(symbol);
  } else {
    bind.symbol = result.program.addSymbol("condition" + std::to_string(conditions.size()), 0, 1);
    conditions[op.getResult()] = SizeExpr::symbol(bind.symbol);
  }
  bind.source = values.lookup(op.getInput());
  bind.dtype = *getDType(op.getInput().getType().getElementType());
  instructions->push_back(Instruction(std::move(bind)));
  return success();
}

LogicalResult ProgramBuilder::addAssert(cf::AssertOp op) {
  auto condition = conditions.find(op.getArg());
  if (condition == conditions.end())
    return op.emitOpError("expected a condition that the host program computes");
  instructions->push_back(Instruction(runtime::Assert{condition->second, op.getMsg().str()}));
  return success();
}

LogicalResult ProgramBuilder::addScalar(Operation *op) {
  if (op->getNumResults() != 1 || !op->getResult(0).getType().isInteger(1))
    return op->emitError("is not supported in a host program");
  auto operand = [&](unsigned i) { return conditions.lookup(op->getOperand(i)); };
  SizeExpr &condition = conditions[op->getResult(0)];
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    condition = SizeExpr(cast<IntegerAttr>(constant.getValue()).getValue().getZExtValue());
  else if (isa<arith::AndIOp>(op))
    condition = SizeExpr::binary(SizeExpr::Op::And, operand(0), operand(1));
  else if (isa<arith::OrIOp>(op))
    condition = SizeExpr::binary(SizeExpr::Op::Or, operand(0), operand(1));
  else if (isa<arith::XOrIOp>(op))
    condition = SizeExpr::binary(SizeExpr::Op::NotEqual, operand(0), operand(1));
  else
    return op->emitError("is not supported in a host program");
  return success();
}

FailureOr<ValueId> ProgramBuilder::addBuffer(Operation *op, Type type) {
  FailureOr<SizeExpr> bytes = byteSize(op, type);
  if (failed(bytes))
    return failure();
  return result.program.addArena(*bytes, op->getName().getStringRef().str(), device);
}

LogicalResult ProgramBuilder::addCopy(Operation *op, ValueId to, Value from) {
  ValueId source = values.lookup(from);
  FailureOr<SizeExpr> bytes = byteSize(op, from.getType());
  if (failed(bytes))
    return failure();
  if (source != to)
    instructions->push_back(Instruction(runtime::Copy{to, source, *bytes}));
  return success();
}

LogicalResult ProgramBuilder::addBlock(Block &block, std::vector<Instruction> &to) {
  std::vector<Instruction> *outer = std::exchange(instructions, &to);
  for (Operation &op : block.without_terminator())
    if (failed(addOp(op)))
      return failure();
  instructions = outer;
  return success();
}

/// Whether the size of `type` is known wherever that of `from` is. A branch may bind the symbols of its results after
/// it has computed them.
static bool isKnownWith(Type type, Type from) {
  llvm::SmallDenseSet<StringAttr> known;
  for (SizeAttr size : getSizes(from))
    known.insert_range(size.getSymbols());
  return llvm::all_of(getSizes(type), [&](SizeAttr size) {
    return llvm::all_of(size.getSymbols(), [&](StringAttr symbol) { return known.contains(symbol); });
  });
}

// A branch writes its results where those of the op are; a kernel of the branch does so itself.
LogicalResult ProgramBuilder::addBranch(Block &block, ArrayRef<ValueId> results, std::vector<Instruction> &to) {
  Operation *yield = block.getTerminator();
  for (auto [operand, place] : llvm::zip_equal(yield->getOperands(), results))
    if (Value root = getRoot(operand); root.getDefiningOp<fusion::KernelOp>() && root.getParentBlock() == &block &&
                                       isKnownWith(operand.getType(), root.getType()))
      placeOf.try_emplace(root, place);
  if (failed(addBlock(block, to)))
    return failure();
  std::vector<Instruction> *outer = std::exchange(instructions, &to);
  for (auto [operand, place] : llvm::zip_equal(yield->getOperands(), results))
    if (failed(addCopy(yield, place, operand)))
      return failure();
  instructions = outer;
  return success();
}

LogicalResult ProgramBuilder::addIf(scf::IfOp op) {
  SmallVector<ValueId> results;
  for (Value value : op.getResults()) {
    FailureOr<ValueId> buffer = addBuffer(op, value.getType());
    if (failed(buffer))
      return failure();
    results.push_back(values[value] = *buffer);
  }
  runtime::If branch;
  branch.condition = conditions.lookup(op.getCondition());
  if (failed(addBranch(*op.thenBlock(), results, branch.thenBody)) ||
      (op.elseBlock() && failed(addBranch(*op.elseBlock(), results, branch.elseBody))))
    return failure();
  instructions->push_back(Instruction(std::move(branch)));
  return success();
}

// What canonicalization makes of an scf.if whose branches do nothing.
LogicalResult ProgramBuilder::addSelect(arith::SelectOp op) {
  FailureOr<ValueId> buffer = addBuffer(op, op.getType());
  if (failed(buffer))
    return failure();
  runtime::If branch;
  branch.condition = conditions.lookup(op.getCondition());
  std::vector<Instruction> *outer = instructions;
  for (auto [body, value] :
       {std::pair(&branch.thenBody, op.getTrueValue()), std::pair(&branch.elseBody, op.getFalseValue())}) {
    instructions = body;
    if (failed(addCopy(op, *buffer, value)))
      return failure();
  }
  instructions = outer;
  values[op.getResult()] = *buffer;
  instructions->push_back(Instruction(std::move(branch)));
  return success();
}

// Carried values have buffers of their own; what the condition passes on is also what the loop gives.
LogicalResult ProgramBuilder::addWhile(scf::WhileOp op) {
  SmallVector<ValueId> carried;
  for (auto [initial, argument] : llvm::zip_equal(op.getInits(), op.getBeforeArguments())) {
    FailureOr<ValueId> buffer = addBuffer(op, initial.getType());
    if (failed(buffer) || failed(addCopy(op, *buffer, initial)))
      return failure();
    carried.push_back(values[argument] = *buffer);
  }
  runtime::While loop;
  if (failed(addBlock(*op.getBeforeBody(), loop.before)))
    return failure();
  scf::ConditionOp condition = op.getConditionOp();
  loop.condition = conditions.lookup(condition.getCondition());
  for (auto [passed, argument, value] : llvm::zip_equal(condition.getArgs(), op.getAfterArguments(), op.getResults()))
    values[argument] = values[value] = values.lookup(passed);
  scf::YieldOp yield = op.getYieldOp();
  for (auto [operand, place] : llvm::zip_equal(yield.getOperands(), carried))
    if (Value root = getRoot(operand);
        root.getDefiningOp<fusion::KernelOp>() && root.getParentBlock() == op.getAfterBody())
      for (BlockArgument argument : op.getAfterArguments())
        if (values.lookup(argument) == place)
          carriedAs.try_emplace(root, argument);
  if (failed(addBlock(*op.getAfterBody(), loop.body)))
    return failure();

  std::vector<Instruction> *outer = std::exchange(instructions, &loop.body);
  SmallVector<std::pair<ValueId, ValueId>> late;
  for (auto [operand, place] : llvm::zip_equal(yield.getOperands(), carried)) {
    // A carried value that becomes another one is read before any is written.
    ValueId source = values.lookup(operand);
    if (source == place)
      continue;
    FailureOr<SizeExpr> bytes = byteSize(yield, operand.getType());
    if (failed(bytes))
      return failure();
    if (llvm::is_contained(carried, source)) {
      ValueId copy = result.program.addArena(*bytes, "carried", device);
      instructions->push_back(Instruction(runtime::Copy{copy, source, *bytes}));
      source = copy;
    }
    late.push_back({place, source});
  }
  for (auto [place, source] : late)
    instructions->push_back(Instruction(runtime::Copy{place, source, result.program.values[place].bytes}));
  instructions = outer;
  instructions->push_back(Instruction(std::move(loop)));
  return success();
}

} // namespace tc
