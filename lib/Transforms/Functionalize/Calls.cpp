// Captured calls that do not write: pure ones, and views.

#include "Functionalizer.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

LogicalResult Functionalizer::convertCall(AtenOp op) {
  const aten::Op *schema = operators.lookup(op.getName());
  if (!schema)
    return op.emitError("unknown op '") << op.getName()
                                        << "': custom ops need their schema in the module's 'tc.schemas'";
  if (op.getArgs().size() != schema->arguments.size())
    return op.emitError("'") << op.getName() << "' has " << schema->arguments.size() << " arguments, found "
                             << op.getArgs().size();
  Call call{op, *schema};
  bool hasList = llvm::any_of(schema->returns, [](const aten::Return &result) { return result.type.isList(); });
  if (op.getNumResults() + hasList < schema->returns.size() ||
      (!hasList && op.getNumResults() != schema->returns.size()))
    return op.emitError("'") << op.getName() << "' has " << schema->returns.size() << " results, found "
                             << op.getNumResults();
  for (Value operand : op.getOperands())
    if (isa<RefType>(operand.getType()) && !tensorIds.contains(operand))
      return op.emitError("operand of type ") << operand.getType() << " has no value here";
  replaced.push_back(op);
  builder.setInsertionPoint(op);
  if (schema->has(aten::Tag::inplace_view) || schema->mutatesAnArgument())
    return convertMutation(call);
  if (const ViewEntry *entry = findView(schema->name)) {
    SmallVector<unsigned> inputs = schema->arguments.empty() ? SmallVector<unsigned>() : call.operandsOf(0);
    if (inputs.size() == 1 && tensorIds.contains(op.getOperand(inputs.front())))
      return convertView(call, *entry, inputs.front());
  }
  if (schema->isView())
    return convertUnlistedView(call);
  return convertPure(call);
}

void Functionalizer::addArgument(Call &call, Attribute argument, NewArguments &to) {
  auto convert = [&](auto &self, Attribute attribute) -> Attribute {
    if (auto operand = dyn_cast<OperandAttr>(attribute)) {
      to.operands.push_back(read(call.getLoc(), call.op.getOperand(operand.getIndex())));
      return OperandAttr::get(call.getContext(), to.operands.size() - 1);
    }
    auto list = dyn_cast<ArrayAttr>(attribute);
    if (!list)
      return attribute;
    return builder.getArrayAttr(llvm::map_to_vector(list, [&](Attribute element) { return self(self, element); }));
  };
  to.args.push_back(convert(convert, argument));
}

// Pointwise ops and clones keep the order of dimensions in memory that their operands have.
std::optional<Layout> Functionalizer::layoutOfResult(Call &call, RankedTensorType type) {
  if (!call.schema.has(aten::Tag::pointwise) && !call.schema.name.starts_with("clone"))
    return std::nullopt;
  if (call.argument("memory_format"))
    return std::nullopt;
  SmallVector<SizeAttr> sizes = getSizes(type);
  for (Value operand : call.op.getOperands()) {
    if (!tensorIds.contains(operand))
      continue;
    const Tensor &tensor = tensorOf(operand);
    if (getSizes(tensor.type) == sizes && tensor.layout && densePermutation(*tensor.layout, sizes))
      return Layout{SizeAttr::constant(call.getContext(), 0), tensor.layout->strides};
  }
  return std::nullopt;
}

LogicalResult Functionalizer::convertPure(Call &call) {
  AtenOp op = call.op;
  if (isTrainingBatchNorm(call))
    return convertTrainingBatchNorm(call);
  NewArguments arguments;
  for (Attribute argument : op.getArgs())
    addArgument(call, argument, arguments);
  SmallVector<Type> types = llvm::map_to_vector(op.getResultTypes(), [](Type type) -> Type {
    RankedTensorType tensor = asTensorType(type);
    return tensor ? tensor : type;
  });
  auto functional = AtenOp::create(builder, op.getLoc(), types, op.getNameAttr(), arguments.operands,
                                   builder.getArrayAttr(arguments.args));
  // Further attributes, such as tc.symbol, stay.
  functional->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  for (auto [captured, result] : llvm::zip_equal(op.getResults(), functional.getResults())) {
    if (isa<RefType>(captured.getType()))
      addStorage(captured, result, layoutOfResult(call, cast<RankedTensorType>(result.getType())));
    else
      captured.replaceAllUsesWith(result);
  }
  return success();
}

LogicalResult Functionalizer::convertView(Call &call, const ViewEntry &entry, unsigned input) {
  for (unsigned result = 0; result < call.op.getNumResults(); ++result)
    if (failed(convertViewResult(call, entry, input, result)))
      return failure();
  return success();
}

// The storage as one dimension: its elements in the order of memory.
static ViewBuilder flattenStorage(const Storage &storage) {
  ViewBuilder steps(cast<RankedTensorType>(storage.value.getType()));
  SmallVector<SizeAttr> sizes = steps.getSizes();
  steps.transpose(*densePermutation(*storage.layout, sizes));
  steps.reshape({product(steps.getType().getContext(), sizes)});
  return steps;
}

LogicalResult Functionalizer::convertViewResult(Call &call, const ViewEntry &entry, unsigned input, unsigned result) {
  Value self = call.op.getOperand(input);
  Value captured = call.op.getResult(result);
  // By value: adding tensors moves them.
  Tensor tensor = tensorOf(self);
  const Storage &storage = storages[tensor.storage];
  View view{.call = call,
            .result = result,
            .type = asTensorType(captured.getType()),
            .layout = tensor.layout,
            .storage = {},
            .steps = ViewBuilder(tensor.type)};
  if (!view.type)
    return call.op.emitError("expected a tensor result, found ") << captured.getType();
  auto storageType = cast<RankedTensorType>(storage.value.getType());
  if (storage.layout && densePermutation(*storage.layout, getSizes(storageType)))
    view.storage = getTensorType({product(call.getContext(), getSizes(storageType))}, storageType.getElementType());
  if (failed(entry.rule(view)))
    return call.op.emitError("cannot express this call of '") << call.schema.name << "' on " << tensor.type;
  // What the schema does not call a view is one in name only.
  view.isCopy |= !call.schema.isView();
  if (view.steps.getType() != view.type && !view.isCopy)
    return call.op.emitError("expected '")
           << call.schema.name << "' to give " << view.steps.getType() << ", found " << view.type;
  ++numViews;
  if (view.fromStorage) {
    ViewBuilder whole = flattenStorage(storage);
    tensor = {.storage = tensor.storage,
              .steps = whole.steps,
              .type = whole.getType(),
              .layout = Layout::contiguous(call.getContext(), whole.getSizes())};
  }
  for (const ViewStep &step : view.steps.steps)
    tensor.layout = tensor.layout ? layoutAfter(step, *tensor.layout) : std::nullopt;
  tensor.type = view.steps.getType();

  if (view.isCopy) {
    Value value = view.fromStorage ? storages[tensor.storage].value : read(call.getLoc(), self);
    // The steps from the storage begin with those that flatten it.
    if (view.fromStorage)
      for (const ViewStep &step : tensor.steps)
        value = applyStep(builder, call.getLoc(), step, value);
    for (const ViewStep &step : view.steps.steps)
      value = applyStep(builder, call.getLoc(), step, value);
    if (getSizes(value.getType()) != getSizes(view.type))
      return call.op.emitError("expected '")
             << call.schema.name << "' to keep the sizes of " << value.getType() << ", found " << view.type;
    if (value.getType() != view.type)
      value = CastOp::create(builder, call.getLoc(), view.type, value);
    addStorage(captured, value);
    return success();
  }
  llvm::append_range(tensor.steps, view.steps.steps);
  tensorIds[captured] = tensors.size();
  tensors.push_back(std::move(tensor));
  return success();
}

// A view without a rule: its copying form is a value, and it cannot be written through.
LogicalResult Functionalizer::convertUnlistedView(Call &call) {
  AtenOp op = call.op;
  std::optional<unsigned> aliased = call.schema.aliasedArgument(0);
  if (call.schema.viewCopy.empty() || !aliased || op.getNumOperands() != 1 || op.getNumResults() != 1 ||
      !tensorIds.contains(op.getOperand(0)))
    return op.emitError("view op '") << call.schema.name << "' is not supported";
  Tensor tensor = tensorOf(op.getOperand(0));
  ViewBuilder steps(tensor.type);
  steps.aten(call.schema.viewCopy, "", op.getArgs(), asTensorType(op.getResult(0).getType()));
  llvm::append_range(tensor.steps, steps.steps);
  tensor.type = steps.getType();
  tensor.layout = std::nullopt;
  tensorIds[op.getResult(0)] = tensors.size();
  tensors.push_back(std::move(tensor));
  ++numViews;
  return success();
}

// t_, unsqueeze_, …: the tensor itself gets other sizes and strides.
LogicalResult Functionalizer::convertInPlaceView(Call &call, const ViewEntry &entry) {
  SmallVector<unsigned> inputs = call.operandsOf(0);
  if (inputs.size() != 1 || call.op.getNumResults() != 1)
    return call.op.emitError("expected one tensor argument and one result");
  Value self = call.op.getOperand(inputs.front()), result = call.op.getResult(0);
  if (failed(convertView(call, entry, inputs.front())))
    return failure();
  unsigned id = tensorIds.lookup(self);
  tensors[id] = tensors[tensorIds.lookup(result)];
  cache.erase(id);
  tensorIds[result] = id;
  return success();
}
