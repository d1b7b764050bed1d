// Higher-order operators of exported graphs: control flow, and regions that are inlined.
#include "PT2Importer.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using ArgumentKind = pt2::Argument::Kind;

FailureOr<std::vector<CallArgument>> PT2Importer::inlineGraph(const pt2::Graph &graph, ArrayRef<CallArgument> inputs,
                                                              Location location) {
  if (inputs.size() != graph.inputs.size())
    return emitError(location) << "a graph of " << graph.inputs.size() << " inputs is given " << inputs.size();
  Scope scope{graph, {}, {}};
  for (auto [input, value] : llvm::zip_equal(graph.inputs, inputs))
    scope.values[input.text] = value;
  if (failed(importNodes(scope)))
    return failure();
  std::vector<CallArgument> outputs;
  for (const pt2::Argument &output : graph.outputs) {
    FailureOr<CallArgument> value = convert(scope, output, location);
    if (failed(value))
      return failure();
    outputs.push_back(*value);
  }
  return outputs;
}

LogicalResult PT2Importer::importHigherOrder(Scope &scope, const pt2::Node &node, StringRef op, Location location) {
  if (op == "cond")
    return importCond(scope, node, location);
  if (op == "while_loop")
    return importWhile(scope, node, location);
  if (op == "scan" || op == "map_impl")
    return importScan(scope, node, op == "scan", location);

  // What only changes a mode of the interpreter, or marks a region, is part of the graph around it. Autocast changes
  // dtypes below the level of the capture, so only switching it off is no change.
  auto isKind = [&](size_t i, ArgumentKind kind) {
    return i < node.inputs.size() && node.inputs[i].argument.kind == kind;
  };
  size_t graphIndex = 0;
  while (graphIndex < node.inputs.size() && !isKind(graphIndex, ArgumentKind::Graph))
    ++graphIndex;
  static constexpr StringLiteral transparent[] = {"wrap_with_set_grad_enabled", "tag_activation_checkpoint", "wrap",
                                                  "strict_mode", "invoke_subgraph"};
  bool isAutocastOff = op == "wrap_with_autocast" && graphIndex >= 3 && isKind(2, ArgumentKind::Bool) &&
                       !node.inputs[2].argument.integer;
  if ((!isAutocastOff && !llvm::is_contained(transparent, op)) || graphIndex == node.inputs.size())
    return emitError(location) << "higher-order operator '" << op << "' is not supported";
  SmallVector<CallArgument> inputs;
  // invoke_subgraph names its graph in the argument behind it.
  for (const pt2::NamedArgument &input :
       llvm::drop_begin(node.inputs, std::min(node.inputs.size(), graphIndex + (op == "invoke_subgraph" ? 2 : 1)))) {
    FailureOr<CallArgument> value = convert(scope, input.argument, location);
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  auto outputs = inlineGraph(*node.inputs[graphIndex].argument.graph, inputs, location);
  if (failed(outputs))
    return failure();
  return bindOutputs(scope, node, *outputs, location);
}

/// cond(predicate, true graph, false graph, operands)
LogicalResult PT2Importer::importCond(Scope &scope, const pt2::Node &node, Location location) {
  if (node.inputs.size() != 4 || node.inputs[1].argument.kind != ArgumentKind::Graph ||
      node.inputs[2].argument.kind != ArgumentKind::Graph || node.inputs[3].argument.kind != ArgumentKind::List)
    return emitError(location) << "'cond': expected a predicate, two graphs and a list of operands";
  FailureOr<CallArgument> predicate = convert(scope, node.inputs[0].argument, location);
  FailureOr<CallArgument> operands = convert(scope, node.inputs[3].argument, location);
  if (failed(predicate) || failed(operands))
    return failure();
  SmallVector<Type> types;
  for (const pt2::Argument &output : node.outputs) {
    ArrayRef<pt2::Argument> elements = output.kind == ArgumentKind::List ? ArrayRef(output.elements) : ArrayRef(output);
    for (const pt2::Argument &element : elements) {
      FailureOr<RefType> type = typeOf(scope, element.text, location);
      if (failed(type))
        return failure();
      types.push_back(*type);
    }
  }
  if (failed(builder.beginIf(predicate->getValue(), types, location)))
    return failure();
  auto thenResults = inlineGraph(*node.inputs[1].argument.graph, operands->getElements(), location);
  if (failed(thenResults) || failed(builder.beginElse(*thenResults, location)))
    return failure();
  auto elseResults = inlineGraph(*node.inputs[2].argument.graph, operands->getElements(), location);
  if (failed(elseResults))
    return failure();
  FailureOr<SmallVector<Value>> results = builder.endIf(*elseResults, location);
  if (failed(results))
    return failure();
  return bindOutputs(scope, node, SmallVector<CallArgument>(results->begin(), results->end()), location);
}

/// while_loop(condition graph, body graph, carried values, further operands of both graphs)
LogicalResult PT2Importer::importWhile(Scope &scope, const pt2::Node &node, Location location) {
  if (node.inputs.size() != 4 || node.inputs[0].argument.kind != ArgumentKind::Graph ||
      node.inputs[1].argument.kind != ArgumentKind::Graph || node.inputs[2].argument.kind != ArgumentKind::List ||
      node.inputs[3].argument.kind != ArgumentKind::List)
    return emitError(location) << "'while_loop': expected two graphs and two lists of operands";
  FailureOr<CallArgument> initial = convert(scope, node.inputs[2].argument, location);
  FailureOr<CallArgument> others = convert(scope, node.inputs[3].argument, location);
  if (failed(initial) || failed(others))
    return failure();
  auto operandsOf = [&](ArrayRef<Value> carried) {
    SmallVector<CallArgument> operands(carried.begin(), carried.end());
    llvm::append_range(operands, others->getElements());
    return operands;
  };
  FailureOr<SmallVector<Value>> carried = builder.beginWhile(initial->getElements(), location);
  if (failed(carried))
    return failure();
  auto predicate = inlineGraph(*node.inputs[0].argument.graph, operandsOf(*carried), location);
  if (failed(predicate))
    return failure();
  if (predicate->size() != 1)
    return emitError(location) << "'while_loop': expected one predicate, found " << predicate->size();
  carried = builder.beginBody(predicate->front().getValue(), location);
  if (failed(carried))
    return failure();
  auto next = inlineGraph(*node.inputs[1].argument.graph, operandsOf(*carried), location);
  if (failed(next))
    return failure();
  FailureOr<SmallVector<Value>> results = builder.endWhile(*next, location);
  if (failed(results))
    return failure();
  return bindOutputs(scope, node, SmallVector<CallArgument>(results->begin(), results->end()), location);
}

/// scan(graph, initial values, stacked tensors, further operands): the graph takes and gives values carried, then rows;
/// map_impl(graph, stacked tensors, further operands) has rows alone.
LogicalResult PT2Importer::importScan(Scope &scope, const pt2::Node &node, bool hasCarried, Location location) {
  unsigned numLists = hasCarried ? 3 : 2;
  bool isValid = node.inputs.size() == 1 + numLists && node.inputs[0].argument.kind == ArgumentKind::Graph;
  for (unsigned i = 1; isValid && i <= numLists; ++i)
    isValid = node.inputs[i].argument.kind == ArgumentKind::List;
  if (!isValid)
    return emitError(location) << "a loop over rows: expected a graph and " << numLists << " lists of operands";
  SmallVector<CallArgument> lists;
  for (const pt2::NamedArgument &input : llvm::drop_begin(node.inputs)) {
    FailureOr<CallArgument> list = convert(scope, input.argument, location);
    if (failed(list))
      return failure();
    lists.push_back(*list);
  }
  ArrayRef<CallArgument> initial = hasCarried ? lists[0].getElements() : ArrayRef<CallArgument>();
  ArrayRef<CallArgument> stacked = lists[hasCarried].getElements(), others = lists.back().getElements();
  auto first = stacked.empty() || !stacked.front().getValue() ? RefType()
                                                              : dyn_cast<RefType>(stacked.front().getValue().getType());
  if (!first || first.getSizes().empty())
    return emitError(location) << "a loop over rows: expected tensors with rows";

  SmallVector<const pt2::Argument *> outputs;
  for (const pt2::Argument &output : node.outputs)
    for (const pt2::Argument &element :
         output.kind == ArgumentKind::List ? ArrayRef(output.elements) : ArrayRef(output))
      outputs.push_back(&element);
  if (outputs.size() < initial.size())
    return emitError(location) << "a loop over rows: expected at least " << initial.size() << " results, found "
                               << outputs.size();
  SmallVector<CallArgument> buffers;
  for (const pt2::Argument *output : ArrayRef(outputs).drop_front(initial.size())) {
    FailureOr<RefType> type = typeOf(scope, output->text, location);
    if (failed(type))
      return failure();
    std::vector<CallArgument> sizes(type->getSizes().begin(), type->getSizes().end());
    auto zeros = builder.call("zeros", {CallArgument::list(std::move(sizes))},
                              {{"dtype", TypeAttr::get(type->getElementType())}}, *type, location);
    if (failed(zeros))
      return failure();
    buffers.push_back(zeros->front());
  }
  FailureOr<GraphBuilder::Rows> rows =
      builder.beginScan(initial, stacked, CallArgument(Attribute(first.getSizes().front())), buffers, location);
  if (failed(rows))
    return failure();
  SmallVector<CallArgument> operands(rows->carried.begin(), rows->carried.end());
  operands.append(rows->rows.begin(), rows->rows.end());
  llvm::append_range(operands, others);
  auto next = inlineGraph(*node.inputs[0].argument.graph, operands, location);
  if (failed(next))
    return failure();
  if (next->size() != outputs.size())
    return emitError(location) << "a loop over rows: expected " << outputs.size() << " results of its graph, found "
                               << next->size();
  FailureOr<SmallVector<Value>> results =
      builder.endScan(ArrayRef(*next).take_front(initial.size()), ArrayRef(*next).drop_front(initial.size()), location);
  if (failed(results))
    return failure();
  return bindOutputs(scope, node, SmallVector<CallArgument>(results->begin(), results->end()), location);
}
