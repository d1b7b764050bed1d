// The pass: the function's boundary, the walk over its ops, and the removal of what became dead.

#include "tc/Transforms/Functionalize/Passes.h"

#include "Functionalizer.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tc {
#define GEN_PASS_DEF_FUNCTIONALIZEPASS
#include "tc/Transforms/Functionalize/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

void Functionalizer::convertArguments(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments()) {
    if (!isa<RefType>(argument.getType()))
      continue;
    RankedTensorType type = asTensorType(argument.getType());
    argument.setType(type);
    std::optional<Layout> layout;
    if (auto strides = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "tc.strides"))
      layout = Layout{SizeAttr::constant(builder.getContext(), 0), toSizes(strides)};
    addStorage(argument, argument, layout).argument = argument.getArgNumber();
  }
}

LogicalResult Functionalizer::convertOp(Operation *op) {
  if (auto call = dyn_cast<AtenOp>(op))
    return convertCall(call);
  if (auto toRef = dyn_cast<ToRefOp>(op)) {
    addStorage(toRef.getResult(), toRef.getInput());
    replaced.push_back(op);
    return success();
  }
  if (op->getNumRegions())
    return convertControlFlow(op);
  auto isRef = [](Type type) { return isa<RefType>(type); };
  if (llvm::any_of(op->getResultTypes(), isRef) ||
      (!op->hasTrait<OpTrait::IsTerminator>() && llvm::any_of(op->getOperandTypes(), isRef)))
    return op->emitError("expected tc.aten, tc.to_ref or scf on references, found '") << op->getName() << "'";
  return success();
}

LogicalResult Functionalizer::convertBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    if (failed(convertOp(&op)))
      return failure();
  return success();
}

bool Functionalizer::isDead(Operation *op) {
  if (!op->use_empty() || op->hasTrait<OpTrait::IsTerminator>())
    return false;
  auto call = dyn_cast<AtenOp>(op);
  if (!call)
    return isOpTriviallyDead(op);
  // What defines a symbol is used wherever the symbol is.
  const aten::Op *schema = operators.lookup(call.getName());
  return schema && schema->isPure() && !op->hasAttr("tc.symbol") && !schema->has(aten::Tag::dynamic_output_shape) &&
         !schema->has(aten::Tag::data_dependent_output);
}

void Functionalizer::eraseDead(Region &region) {
  for (Block &block : region)
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      for (Region &nested : op.getRegions())
        eraseDead(nested);
      if (isDead(&op))
        op.erase();
    }
}

LogicalResult Functionalizer::run(func::FuncOp function) {
  if (function.isExternal())
    return success();
  if (!function.getBody().hasOneBlock())
    return function.emitError("expected one block, found ") << function.getBody().getBlocks().size();
  Block &body = function.getBody().front();
  auto terminator = dyn_cast<func::ReturnOp>(body.getTerminator());
  if (!terminator)
    return body.getTerminator()->emitError("expected func.return, found '") << body.getTerminator()->getName() << "'";
  convertArguments(function);
  if (failed(convertBlock(body)) || failed(convertReturn(function, terminator)))
    return failure();
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
  eraseDead(function.getBody());
  return success();
}

namespace {

struct FunctionalizePass : tc::impl::FunctionalizePassBase<FunctionalizePass> {
  void runOnOperation() override {
    aten::Overlay operators;
    if (auto schemas = getOperation()->getAttrOfType<ArrayAttr>("tc.schemas"))
      for (Attribute schema : schemas) {
        auto text = dyn_cast<StringAttr>(schema);
        if (!text) {
          getOperation().emitError("expected 'tc.schemas' to be strings, found ") << schema;
          return signalPassFailure();
        }
        if (auto added = operators.add(text.getValue()); !added) {
          getOperation().emitError("'tc.schemas': ") << llvm::toString(added.takeError());
          return signalPassFailure();
        }
      }
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      Functionalizer functionalizer(&getContext(), operators);
      if (failed(functionalizer.run(function)))
        return signalPassFailure();
      numViews += functionalizer.numViews;
      numWrites += functionalizer.numWrites;
    }
  }
};

} // namespace
