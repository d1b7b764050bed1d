// Inputs, weights and outputs of an exported program.
#include "PT2Importer.h"

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Import/ImportPT2.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tc;
using pt2::ScalarType;
using ArgumentKind = pt2::Argument::Kind;

Type tc::getElementType(MLIRContext *context, ScalarType type) {
  Builder builder(context);
  auto isUnsigned = IntegerType::Unsigned;
  switch (type) {
  case ScalarType::Byte:
    return IntegerType::get(context, 8, isUnsigned);
  case ScalarType::Char:
    return builder.getI8Type();
  case ScalarType::Short:
    return builder.getI16Type();
  case ScalarType::Int:
    return builder.getI32Type();
  case ScalarType::Long:
    return builder.getI64Type();
  case ScalarType::Half:
    return builder.getF16Type();
  case ScalarType::Float:
    return builder.getF32Type();
  case ScalarType::Double:
    return builder.getF64Type();
  case ScalarType::ComplexHalf:
    return ComplexType::get(builder.getF16Type());
  case ScalarType::ComplexFloat:
    return ComplexType::get(builder.getF32Type());
  case ScalarType::ComplexDouble:
    return ComplexType::get(builder.getF64Type());
  case ScalarType::Bool:
    return builder.getI1Type();
  case ScalarType::BFloat16:
    return builder.getBF16Type();
  case ScalarType::UInt16:
    return IntegerType::get(context, 16, isUnsigned);
  case ScalarType::Float8E4M3FN:
    return Float8E4M3FNType::get(context);
  case ScalarType::Float8E5M2:
    return Float8E5M2Type::get(context);
  case ScalarType::Float8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case ScalarType::Float8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case ScalarType::Float8E8M0FNU:
    return Float8E8M0FNUType::get(context);
  case ScalarType::UInt32:
    return IntegerType::get(context, 32, isUnsigned);
  case ScalarType::UInt64:
    return IntegerType::get(context, 64, isUnsigned);
  }
  return Type();
}

PT2Importer::PT2Importer(MLIRContext *context, const pt2::Program &program, const aten::Overlay *operators)
    : context(context), program(program), operators(operators ? *operators : builtinOperators),
      fileLocation(FileLineColLoc::get(context, program.archive->path(), 0, 0)),
      builder(context, fileLocation, "main", &this->operators) {}

OwningOpRef<ModuleOp> PT2Importer::import() {
  declareSymbols();
  mutatedInputs = findMutatedInputs(program.graph);
  Scope scope{program.graph, {}, {}};
  for (auto [argument, spec] : llvm::zip_equal(program.graph.inputs, program.inputs))
    if (failed(addInput(scope, argument, spec)))
      return nullptr;
  if (failed(importNodes(scope)) || failed(addOutputs(scope)))
    return nullptr;
  FailureOr<OwningOpRef<ModuleOp>> module = builder.finish();
  return failed(module) ? nullptr : std::move(*module);
}

void PT2Importer::declareSymbols() {
  for (const auto &[name, range] : program.ranges)
    builder.declareSymbol(name, {range.min, range.max});
}

/// The graph inputs that some node writes, directly or through views of them.
std::set<std::string> PT2Importer::findMutatedInputs(const pt2::Graph &graph) const {
  std::map<std::string, std::string> rootOf;
  auto root = [&](const std::string &name) {
    auto it = rootOf.find(name);
    return it == rootOf.end() ? name : it->second;
  };
  std::set<std::string> mutated;
  for (const pt2::Node &node : graph.nodes) {
    StringRef target = node.target;
    if (target.starts_with("torch.ops.higher_order.")) {
      // A body's inputs are its last graph-independent arguments; take every tensor it is given for a possible target
      // of the writes in it.
      for (const pt2::NamedArgument &input : node.inputs) {
        if (input.argument.kind != ArgumentKind::Graph || findMutatedInputs(*input.argument.graph).empty())
          continue;
        for (const pt2::NamedArgument &other : node.inputs) {
          if (other.argument.kind == ArgumentKind::Tensor)
            mutated.insert(root(other.argument.text));
          for (const pt2::Argument &element : other.argument.elements)
            mutated.insert(root(element.text));
        }
      }
      continue;
    }
    target.consume_front("torch.ops.");
    const aten::Op *op = operators.lookup(target);
    if (!op)
      continue;
    auto inputNamed = [&](StringRef name) {
      return llvm::find_if(node.inputs, [&](const pt2::NamedArgument &input) { return input.name == name; });
    };
    for (const aten::Argument &argument : op->arguments) {
      if (!argument.isMutated())
        continue;
      auto input = inputNamed(argument.name);
      if (input == node.inputs.end())
        continue;
      if (input->argument.kind == ArgumentKind::Tensor)
        mutated.insert(root(input->argument.text));
      for (const pt2::Argument &element : input->argument.elements)
        mutated.insert(root(element.text));
    }
    for (auto [i, output] : llvm::enumerate(node.outputs)) {
      std::optional<unsigned> source = op->aliasedArgument(i);
      // `split(Tensor(a -> *))`, or a function that returns its argument when there is nothing to do (`contiguous`).
      if (!source)
        continue;
      auto input = inputNamed(op->arguments[*source].name);
      if (input == node.inputs.end() || input->argument.kind != ArgumentKind::Tensor)
        continue;
      std::string base = root(input->argument.text);
      if (output.kind == ArgumentKind::Tensor)
        rootOf[output.text] = base;
      for (const pt2::Argument &element : output.elements)
        rootOf[element.text] = base;
    }
  }
  std::set<std::string> inputs;
  for (const pt2::Argument &input : graph.inputs)
    if (input.kind == ArgumentKind::Tensor && mutated.count(input.text))
      inputs.insert(input.text);
  return inputs;
}

LogicalResult PT2Importer::addInput(Scope &scope, const pt2::Argument &argument, const pt2::InputSpec &spec) {
  using Kind = pt2::InputSpec::Kind;
  switch (spec.kind) {
  case Kind::User:
    return addUserInput(scope, argument);
  case Kind::Parameter:
  case Kind::Buffer:
  case Kind::Constant:
    return addState(scope, spec);
  case Kind::ConstantInput: // the capture is specialised to it
  case Kind::Token:
    return success();
  case Kind::CustomObject:
    return emitError(fileLocation) << "input '" << spec.target << "' is a custom object, whose pickle is never loaded";
  }
  return failure();
}

LogicalResult PT2Importer::addUserInput(Scope &scope, const pt2::Argument &argument) {
  Location location = NameLoc::get(StringAttr::get(context, argument.text), fileLocation);
  if (argument.kind == ArgumentKind::Tensor) {
    FailureOr<RefType> type = typeOf(scope, argument.text, location);
    if (failed(type))
      return failure();
    auto strides = sizesOf(scope.graph.tensors.find(argument.text)->second.strides, location);
    if (failed(strides))
      return failure();
    auto input = builder.addTensorInput(argument.text, GraphBuilder::InputKind::Input, *type, *strides, location);
    if (failed(input))
      return failure();
    scope.values[argument.text] = *input;
    return success();
  }
  if (argument.kind == ArgumentKind::Symbolic) {
    bindSymbolic(scope, argument.text, location);
    auto size = dyn_cast_if_present<SizeAttr>(scope.values[argument.text].getLiteral());
    if (!size)
      return emitError(location) << "input '" << argument.text << "': expected a symbolic integer";
    builder.addSymbolInput(argument.text, size, location);
  }
  return success(); // a literal: the capture is specialised to it
}

LogicalResult PT2Importer::addState(Scope &scope, const pt2::InputSpec &spec) {
  using Kind = pt2::InputSpec::Kind;
  Location location = NameLoc::get(StringAttr::get(context, spec.target), fileLocation);
  // Lifted constants and buffers that are not persistent are in the second config; either may hold either.
  const pt2::Payload *payload = nullptr;
  for (const auto *payloads : {&program.weights, &program.constants})
    if (auto it = payloads->find(spec.target); it != payloads->end() && !payload)
      payload = &it->second;
  if (!payload)
    return emitError(location) << "tensor '" << spec.target << "' has no entry among the weights and constants";
  auto tensor = pt2::loadTensor(*program.archive, spec.target, *payload);
  if (!tensor)
    return emitError(location) << llvm::toString(tensor.takeError());
  FailureOr<RefType> declared = typeOf(scope, spec.argument.text, location);
  if (failed(declared))
    return failure();
  FailureOr<RefType> stored =
      builder.getRefType(toSizes(context, tensor->sizes), getElementType(context, tensor->dtype), location);
  if (failed(stored))
    return failure();
  if (*declared != *stored)
    return emitError(location) << "tensor '" << spec.target << "': the graph expects " << *declared << ", found "
                               << *stored;

  std::string key = llvm::formatv("{0}|{1}|{2:$[,]}|{3:$[,]}|{4}", payload->entry, static_cast<int>(tensor->dtype),
                                  llvm::make_range(tensor->sizes.begin(), tensor->sizes.end()),
                                  llvm::make_range(tensor->strides.begin(), tensor->strides.end()), tensor->offset);
  bool isMutated =
      mutatedInputs.count(spec.argument.text) || llvm::any_of(program.outputs, [&](const pt2::OutputSpec &output) {
        using OutputKind = pt2::OutputSpec::Kind;
        return (output.kind == OutputKind::BufferMutation || output.kind == OutputKind::ParameterMutation) &&
               output.target == spec.target;
      });
  if (!isMutated) {
    Value &constant = constants[key];
    if (!constant) {
      FailureOr<Value> added = addStoredConstant(spec.target, *tensor);
      if (failed(added))
        return failure();
      constant = *added;
    }
    scope.values[spec.argument.text] = constant;
    return success();
  }
  FailureOr<ElementsAttr> initial =
      getStoredResource(spec.target, *tensor, tensor->sizes, /*isDense=*/tensor->isContiguous());
  if (failed(initial))
    return failure();
  auto kind = spec.kind == Kind::Parameter ? GraphBuilder::InputKind::Parameter : GraphBuilder::InputKind::Buffer;
  FailureOr<Value> input = builder.addTensorInput(spec.target, kind, *stored, {}, location, *initial);
  if (failed(input))
    return failure();
  scope.values[spec.argument.text] = *input;
  return success();
}

FailureOr<ElementsAttr> PT2Importer::getStoredResource(StringRef fqn, const pt2::StoredTensor &tensor,
                                                       ArrayRef<int64_t> sizes, bool isDense) {
  Location location = NameLoc::get(StringAttr::get(context, fqn), fileLocation);
  Type elementType = getElementType(context, tensor.dtype);
  auto type = RankedTensorType::get(sizes, elementType);
  ArrayRef<char> bytes = isDense ? tensor.denseBytes() : ArrayRef<char>();
  auto address = reinterpret_cast<uintptr_t>(bytes.data());
  size_t alignment = address ? std::min<size_t>(64, address & -address) : 1;
  // PyTorch aligns storages to 64 bytes, so this copies only for other writers and for tensors with gaps.
  if (!isDense || alignment < std::min(8u, pt2::byteWidth(tensor.dtype))) {
    std::vector<char> copy = tensor.gather();
    return builder.getResource(fqn, type, HeapAsmResourceBlob::allocateAndCopyWithAlign(copy, 64), location);
  }
  std::shared_ptr<const pt2::Archive> keepAlive = program.archive;
  return builder.getResource(
      fqn, type,
      AsmResourceBlob(bytes, alignment, [keepAlive](void *, size_t, size_t) {}, /*dataIsMutable=*/false), location);
}

FailureOr<Value> PT2Importer::addStoredConstant(StringRef fqn, const pt2::StoredTensor &tensor) {
  Location location = NameLoc::get(StringAttr::get(context, fqn), fileLocation);
  auto order = tensor.densePermutation();
  if (!order || llvm::is_sorted(*order)) {
    auto resource = getStoredResource(fqn, tensor, tensor.sizes, order.has_value());
    if (failed(resource))
      return failure();
    return builder.addConstant(*resource, location);
  }
  // Channels last, or a transposed matrix: a constant in the order of the storage, and a view of it.
  SmallVector<int64_t> storedSizes;
  std::vector<CallArgument> permutation(order->size());
  for (auto [place, dim] : llvm::enumerate(*order)) {
    storedSizes.push_back(tensor.sizes[dim]);
    permutation[dim] = CallArgument(Builder(context).getI64IntegerAttr(place));
  }
  auto resource = getStoredResource(fqn, tensor, storedSizes, /*isDense=*/true);
  if (failed(resource))
    return failure();
  Value stored = builder.addConstant(*resource, location);
  auto type = RefType::get(context, toSizes(context, tensor.sizes), resource->getElementType());
  auto view = builder.call("permute", {stored, CallArgument::list(permutation)}, {}, Type(type), location);
  if (failed(view))
    return failure();
  return view->front();
}

LogicalResult PT2Importer::addOutputs(Scope &scope) {
  using Kind = pt2::OutputSpec::Kind;
  std::vector<GraphBuilder::Output> outputs;
  for (auto [argument, spec] : llvm::zip_equal(scope.graph.outputs, program.outputs)) {
    if (spec.kind == Kind::Token)
      continue;
    FailureOr<CallArgument> value = convert(scope, argument, fileLocation);
    if (failed(value))
      return failure();
    if (spec.kind == Kind::BufferMutation || spec.kind == Kind::ParameterMutation ||
        spec.kind == Kind::UserInputMutation) {
      // A functional export returns new values of what it mutates; here they are written where they belong.
      auto input = llvm::find_if(program.inputs, [&, &spec = spec](const pt2::InputSpec &candidate) {
        return candidate.target == spec.target ||
               (candidate.kind == pt2::InputSpec::Kind::User && candidate.argument.text == spec.target);
      });
      Value target = input == program.inputs.end() ? Value() : scope.values[input->argument.text].getValue();
      if (!target)
        return emitError(fileLocation) << "output '" << argument.text << "' mutates '" << spec.target
                                       << "', which is no input";
      if (failed(builder.call("copy_", {target, *value}, {}, target.getType(), fileLocation)))
        return failure();
      continue;
    }
    GraphBuilder::Output &output = outputs.emplace_back();
    output.value = *value;
    if (argument.kind != ArgumentKind::Tensor)
      continue;
    auto meta = scope.graph.tensors.find(argument.text);
    if (meta == scope.graph.tensors.end())
      continue;
    auto strides = sizesOf(meta->second.strides, fileLocation);
    if (failed(strides))
      return failure();
    output.strides = *strides;
  }
  return builder.setOutputs(outputs, fileLocation);
}

OwningOpRef<ModuleOp> tc::importPT2(MLIRContext *context, StringRef path, const aten::Overlay *operators) {
  auto archive = pt2::Archive::open(path);
  if (!archive) {
    emitError(FileLineColLoc::get(context, path, 0, 0)) << llvm::toString(archive.takeError());
    return nullptr;
  }
  return importPT2(context, std::move(*archive), operators);
}

OwningOpRef<ModuleOp> tc::importPT2(MLIRContext *context, std::shared_ptr<const pt2::Archive> archive,
                                    const aten::Overlay *operators) {
  auto program = pt2::Program::read(std::move(archive));
  if (!program) {
    emitError(UnknownLoc::get(context)) << llvm::toString(program.takeError());
    return nullptr;
  }
  return PT2Importer(context, *program, operators).import();
}
