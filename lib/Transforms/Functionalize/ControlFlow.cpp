// scf with captured tensors. A storage from outside that a region writes becomes a further value that the op takes
// (loops) and gives. Results and what loops carry are storages of their own: the captured operators forbid them to
// alias.

#include "Functionalizer.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

// Follows what a value aliases out of the op's regions. Called before the regions are converted.
std::optional<unsigned> Functionalizer::storageOutside(Value value, Operation *op) {
  while (true) {
    if (auto id = tensorIds.find(value); id != tensorIds.end())
      return tensors[id->second].storage;
    auto call = value.getDefiningOp<AtenOp>();
    if (!call || !op->isProperAncestor(call))
      return std::nullopt;
    const aten::Op *schema = operators.lookup(call.getName());
    if (!schema || call.getArgs().size() != schema->arguments.size())
      return std::nullopt;
    Call view{call, *schema};
    std::optional<unsigned> aliased =
        schema->aliasedArgument(view.schemaResult(cast<OpResult>(value).getResultNumber()));
    SmallVector<unsigned> operands = aliased ? view.operandsOf(*aliased) : SmallVector<unsigned>();
    if (operands.size() != 1)
      return std::nullopt;
    value = call.getOperand(operands.front());
  }
}

SmallVector<unsigned> Functionalizer::writtenIn(Operation *op) {
  llvm::SetVector<unsigned> written;
  op->walk([&](AtenOp nested) {
    const aten::Op *schema = operators.lookup(nested.getName());
    if (!schema || nested.getArgs().size() != schema->arguments.size())
      return;
    Call call{nested, *schema};
    auto add = [&](Value value) {
      if (std::optional<unsigned> storage = storageOutside(value, op))
        written.insert(*storage);
    };
    for (auto [i, argument] : llvm::enumerate(schema->arguments))
      if (argument.isMutated())
        for (unsigned operand : call.operandsOf(i))
          add(nested.getOperand(operand));
    if (isTrainingBatchNorm(call))
      for (StringRef name : {"running_mean", "running_var"})
        if (auto operand = dyn_cast<OperandAttr>(call.argument(name)))
          add(nested.getOperand(operand.getIndex()));
  });
  return written.takeVector();
}

// Converts a region whose arguments from `firstCarried` on are new and hold the written storages, if it has such. Its
// terminator then gives the current values: its operands, read, then those of the written storages.
LogicalResult Functionalizer::convertRegion(Region &region, ArrayRef<unsigned> written, bool hasCarried) {
  if (region.empty())
    return success();
  if (!region.hasOneBlock())
    return region.getParentOp()->emitError("expected regions of one block");
  Block &block = region.front();
  // What a region does to storages and reads of them is undone after it: the op's results have the outcome.
  std::vector<Storage> savedStorages = storages;
  auto savedCache = cache;
  unsigned numOwn = block.getNumArguments() - (hasCarried ? written.size() : 0);
  for (BlockArgument argument : block.getArguments().take_front(numOwn))
    if (isa<RefType>(argument.getType())) {
      argument.setType(asTensorType(argument.getType()));
      addStorage(argument, argument);
    }
  if (hasCarried)
    for (auto [storage, argument] : llvm::zip_equal(written, block.getArguments().drop_front(numOwn))) {
      storages[storage].value = argument;
      storages[storage].version = nextVersion();
    }
  if (failed(convertBlock(block)))
    return failure();
  Operation *terminator = block.getTerminator();
  builder.setInsertionPoint(terminator);
  SmallVector<Value> values;
  for (Value operand : terminator->getOperands())
    values.push_back(read(terminator->getLoc(), operand));
  for (unsigned storage : written)
    values.push_back(storages[storage].value);
  terminator->setOperands(values);
  for (auto [i, saved] : llvm::enumerate(savedStorages))
    if (storages[i].version != saved.version && !llvm::is_contained(written, i))
      return terminator->emitError("a tensor from outside is written in a way that cannot be followed");
  // Storages that were made inside stay in the list, unused, so that numbers stay valid.
  std::copy(savedStorages.begin(), savedStorages.end(), storages.begin());
  cache = std::move(savedCache);
  return success();
}

static SmallVector<Type> convertTypes(TypeRange types) {
  return llvm::map_to_vector(types, [](Type type) -> Type { return isa<RefType>(type) ? asTensorType(type) : type; });
}

LogicalResult Functionalizer::convertControlFlow(Operation *op) {
  SmallVector<unsigned> written = writtenIn(op);
  builder.setInsertionPoint(op);
  Location loc = op->getLoc();
  SmallVector<Type> types = convertTypes(op->getResultTypes());
  SmallVector<Value> before = llvm::map_to_vector(written, [&](unsigned storage) { return storages[storage].value; });
  llvm::append_range(types, ValueRange(before).getTypes());
  SmallVector<Location> locations(written.size(), loc);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(read(loc, operand));
  bool isLoop = isa<scf::ForOp, scf::WhileOp>(op);
  if (isLoop)
    llvm::append_range(operands, before);
  else if (!isa<scf::IfOp>(op))
    return op->emitError("expected scf.if, scf.for or scf.while, found '") << op->getName() << "'";

  OperationState state(loc, op->getName());
  state.addOperands(operands);
  state.addTypes(types);
  state.addAttributes(llvm::to_vector(op->getDiscardableAttrs()));
  for (unsigned i = 0; i < op->getNumRegions(); ++i)
    state.addRegion();
  Operation *functional = builder.create(state);
  for (auto [from, to] : llvm::zip_equal(op->getRegions(), functional->getRegions()))
    to.takeBody(from);
  // A branch that is not there changes nothing, but has to say so once there are results.
  if (auto branch = dyn_cast<scf::IfOp>(functional); branch && branch.getElseRegion().empty() && !types.empty()) {
    builder.createBlock(&branch.getElseRegion());
    scf::YieldOp::create(builder, loc);
  }
  for (Region &region : functional->getRegions()) {
    if (isLoop && !region.empty())
      region.front().addArguments(ValueRange(before).getTypes(), locations);
    if (failed(convertRegion(region, written, isLoop)))
      return failure();
  }
  builder.setInsertionPointAfter(functional);
  unsigned numOwn = op->getNumResults();
  for (auto [captured, result] : llvm::zip(op->getResults(), functional->getResults())) {
    if (isa<RefType>(captured.getType()))
      addStorage(captured, result);
    else
      captured.replaceAllUsesWith(result);
  }
  for (auto [storage, result] : llvm::zip_equal(written, functional->getResults().drop_front(numOwn))) {
    storages[storage].value = result;
    storages[storage].version = nextVersion();
  }
  replaced.push_back(op);
  return success();
}
