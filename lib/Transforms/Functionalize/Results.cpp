// What a graph gives back: values, and for the caller which of them share memory as they do in eager mode.

#include "Functionalizer.h"

using namespace mlir;
using namespace tc;
using namespace tc::functionalize;

static bool agree(ArrayRef<SizeAttr> strides, ArrayRef<SizeAttr> others, ArrayRef<SizeAttr> sizes) {
  return llvm::all_of(llvm::zip_equal(strides, others, sizes), [](auto triple) {
    auto [stride, other, size] = triple;
    return stride == other || size.getConstant() == 1;
  });
}

std::optional<Layout> Functionalizer::layoutOfReturned(func::FuncOp function, unsigned result, Value value) {
  const Tensor &tensor = tensorOf(value);
  // Views that the caller makes have the elements of what they are views of.
  bool sameElements = llvm::none_of(tensor.steps, [](const ViewStep &step) {
    return step.kind == ViewStep::Kind::Bitcast || step.kind == ViewStep::Kind::Reinterpret ||
           step.kind == ViewStep::Kind::Aten;
  });
  if (!sameElements || !tensor.layout)
    return std::nullopt;
  SmallVector<SizeAttr> sizes = getSizes(tensor.type);
  auto given = function.getResultAttrOfType<ArrayAttr>(result, "tc.strides");
  Layout layout{tensor.layout->offset,
                given ? toSizes(given) : Layout::contiguous(builder.getContext(), sizes).strides};
  return agree(layout.strides, tensor.layout->strides, sizes) ? std::optional(layout) : std::nullopt;
}

DictionaryAttr Functionalizer::describeView(StringRef of, unsigned number, const Tensor &tensor, const Layout &layout) {
  MLIRContext *context = builder.getContext();
  return builder.getDictionaryAttr({builder.getNamedAttr(of, builder.getI64IntegerAttr(number)),
                                    builder.getNamedAttr("offset", layout.offset),
                                    builder.getNamedAttr("sizes", toArrayAttr(context, getSizes(tensor.type))),
                                    builder.getNamedAttr("strides", toArrayAttr(context, layout.strides))});
}

// What belongs to the program, or comes as a number, is no memory of the caller's. An argument with strides of its own
// is written as a row-major copy, which the caller's memory gets at the very end.
static bool isViewable(func::FuncOp function, const Storage &storage) {
  bool isWritten = storage.version != storage.initialVersion;
  auto kind = function.getArgAttrOfType<StringAttr>(*storage.argument, "tc.kind");
  return !function.getArgAttr(*storage.argument, "tc.value") && !(kind && kind == "scalar") &&
         !(isWritten && function.getArgAttr(*storage.argument, "tc.strides"));
}

// Results are views of the argument whose storage they show, or else of the first result that shows all of their
// storage, in its order.
LogicalResult Functionalizer::convertReturn(func::FuncOp function, func::ReturnOp op) {
  builder.setInsertionPoint(op);
  SmallVector<std::optional<Layout>> layouts(op.getNumOperands());
  llvm::DenseMap<unsigned, unsigned> wholeResults;
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    if (!tensorIds.contains(value))
      continue;
    layouts[i] = layoutOfReturned(function, i, value);
    const Tensor &tensor = tensorOf(value);
    SmallVector<SizeAttr> sizes = getSizes(tensor.type), all = getSizes(storages[tensor.storage].value.getType());
    if (layouts[i] && layouts[i]->offset.getConstant() == 0 && isContiguous(*layouts[i], sizes) &&
        product(op.getContext(), sizes) == product(op.getContext(), all))
      wholeResults.try_emplace(tensor.storage, i);
  }
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    results.push_back(read(op.getLoc(), value));
    NamedAttrList attrs(function.getResultAttrDict(i));
    if (layouts[i]) {
      const Tensor &tensor = tensorOf(value);
      std::optional<unsigned> argument = storages[tensor.storage].argument;
      auto whole = wholeResults.find(tensor.storage);
      if (argument && isViewable(function, storages[tensor.storage]))
        attrs.set("tc.view", describeView("argument", *argument, tensor, *layouts[i]));
      else if (!argument && whole != wholeResults.end() && whole->second != i)
        attrs.set("tc.view", describeView("result", whole->second, tensor, *layouts[i]));
      if (attrs.get("tc.view"))
        attrs.erase("tc.strides");
    }
    attributes.push_back(attrs.getDictionary(op.getContext()));
  }
  for (const Storage &storage : storages) {
    if (!storage.argument || storage.version == storage.initialVersion ||
        storage.value == function.getArgument(*storage.argument))
      continue;
    results.push_back(storage.value);
    attributes.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr("tc.mutates", builder.getI64IntegerAttr(*storage.argument))));
  }
  op->setOperands(results);
  function.setFunctionType(
      builder.getFunctionType(function.getBody().getArgumentTypes(), ValueRange(results).getTypes()));
  function.setAllResultAttrs(attributes);
  return success();
}
