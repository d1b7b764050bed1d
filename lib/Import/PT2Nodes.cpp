// Nodes of an exported graph: calls and symbolic arithmetic.
#include "PT2Importer.h"

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Import/Locations.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tc;
using ArgumentKind = pt2::Argument::Kind;

namespace {

/// Nodes that compute sizes from sizes: what they yield is in the capture, as an expression.
bool isSymbolicArithmetic(StringRef target) {
  return target.starts_with("_operator.") || target.starts_with("math.") || target.starts_with("torch.sym_") ||
         target.starts_with("torch._sym_") || target.starts_with("torch.ops.aten.sym_size") ||
         target.starts_with("torch.ops.aten.sym_numel") || target.starts_with("torch.ops.aten.sym_stride") ||
         target.starts_with("torch.ops.aten.sym_storage_offset");
}

StringRef nameOfMemoryFormat(int64_t number) {
  switch (number) {
  case 1:
    return "contiguous_format";
  case 2:
    return "channels_last";
  case 3:
    return "channels_last_3d";
  case 4:
    return "preserve_format";
  default:
    return "";
  }
}

} // namespace

FailureOr<SizeAttr> PT2Importer::sizeOf(const pt2::SymInt &size, Location location) {
  if (size.expression.empty())
    return SizeAttr::constant(context, size.value);
  return builder.parseSize(size.expression, location);
}

FailureOr<SmallVector<SizeAttr>> PT2Importer::sizesOf(ArrayRef<pt2::SymInt> sizes, Location location) {
  SmallVector<SizeAttr> result;
  for (const pt2::SymInt &size : sizes) {
    FailureOr<SizeAttr> converted = sizeOf(size, location);
    if (failed(converted))
      return failure();
    result.push_back(*converted);
  }
  return result;
}

FailureOr<RefType> PT2Importer::typeOf(Scope &scope, StringRef tensor, Location location) {
  auto meta = scope.graph.tensors.find(tensor.str());
  if (meta == scope.graph.tensors.end())
    return emitError(location) << "tensor '" << tensor << "' has no entry in tensor_values";
  auto sizes = sizesOf(meta->second.sizes, location);
  if (failed(sizes))
    return failure();
  return builder.getRefType(*sizes, getElementType(context, meta->second.dtype), location);
}

void PT2Importer::bindSymbolic(Scope &scope, StringRef name, Location location) {
  auto it = scope.graph.symInts.find(name.str());
  if (it == scope.graph.symInts.end()) {
    scope.inexpressible[name.str()] = "it is no integer, and only sizes can be symbolic";
    return;
  }
  const pt2::SymInt &value = it->second;
  if (value.expression.empty()) {
    scope.values[name.str()] = CallArgument(Builder(context).getI64IntegerAttr(value.value));
    return;
  }
  // An expression that nothing uses need not be expressible.
  auto size = parseSymExpr(context, value.expression, [&](StringRef symbol) { return builder.rangeOf(symbol); });
  if (size)
    scope.values[name.str()] = CallArgument(Attribute(*size));
  else
    scope.inexpressible[name.str()] = llvm::toString(size.takeError());
}

FailureOr<CallArgument> PT2Importer::convert(Scope &scope, const pt2::Argument &argument, Location location) {
  Builder b(context);
  switch (argument.kind) {
  case ArgumentKind::None:
    return CallArgument();
  case ArgumentKind::Tensor:
  case ArgumentKind::Symbolic: {
    auto it = scope.values.find(argument.text);
    if (it != scope.values.end())
      return it->second;
    auto reason = scope.inexpressible.find(argument.text);
    if (reason != scope.inexpressible.end())
      return emitError(location) << "symbolic value '" << argument.text << "': " << reason->second;
    return emitError(location) << "value '" << argument.text << "' is used before it is defined";
  }
  case ArgumentKind::Int:
    return CallArgument(b.getI64IntegerAttr(argument.integer));
  case ArgumentKind::Float:
    return CallArgument(b.getF64FloatAttr(argument.real));
  case ArgumentKind::Bool:
    return CallArgument(b.getBoolAttr(argument.integer));
  case ArgumentKind::String:
  case ArgumentKind::Device:
    return CallArgument(b.getStringAttr(argument.text));
  case ArgumentKind::ScalarType:
    return CallArgument(TypeAttr::get(getElementType(context, static_cast<pt2::ScalarType>(argument.integer))));
  case ArgumentKind::MemoryFormat:
    if (StringRef name = nameOfMemoryFormat(argument.integer); !name.empty())
      return CallArgument(b.getStringAttr(name));
    return emitError(location) << "unknown memory format number " << argument.integer;
  case ArgumentKind::Layout:
    if (argument.integer == 7)
      return CallArgument(b.getStringAttr("strided"));
    return emitError(location) << "expected a strided layout, found layout number " << argument.integer;
  case ArgumentKind::List: {
    std::vector<CallArgument> elements;
    for (const pt2::Argument &element : argument.elements) {
      FailureOr<CallArgument> converted = convert(scope, element, location);
      if (failed(converted))
        return failure();
      elements.push_back(*converted);
    }
    return CallArgument::list(std::move(elements));
  }
  case ArgumentKind::Complex:
    return emitError(location) << "complex numbers as arguments are not supported";
  case ArgumentKind::Graph:
    return emitError(location) << "graph '" << argument.text << "' is no argument of an operator";
  case ArgumentKind::Dict:
    return emitError(location) << "dictionaries as arguments are not supported";
  case ArgumentKind::Other:
    return emitError(location) << argument.text << " as an argument is not supported";
  }
  return failure();
}

LogicalResult PT2Importer::bindOutputs(Scope &scope, const pt2::Node &node, ArrayRef<CallArgument> results,
                                       Location location) {
  size_t next = 0;
  auto bind = [&](const pt2::Argument &output) {
    if (next < results.size() && !output.text.empty())
      scope.values[output.text] = results[next];
    ++next;
  };
  for (const pt2::Argument &output : node.outputs) {
    if (output.kind == ArgumentKind::List)
      llvm::for_each(output.elements, bind);
    else
      bind(output);
  }
  if (next != results.size())
    return emitError(location) << "'" << node.target << "' yields " << results.size() << " values, expected " << next;
  return success();
}

LogicalResult PT2Importer::importNodes(Scope &scope) {
  return success(
      llvm::all_of(scope.graph.nodes, [&](const pt2::Node &node) { return succeeded(importNode(scope, node)); }));
}

LogicalResult PT2Importer::importNode(Scope &scope, const pt2::Node &node) {
  Location location = getCaptureLocation(context, node.stackTrace, innermostModule(node.moduleStack));
  if (isa<UnknownLoc>(location))
    location = fileLocation;
  StringRef target = node.target;
  if (isSymbolicArithmetic(target)) {
    for (const pt2::Argument &output : node.outputs)
      if (output.kind == ArgumentKind::Symbolic)
        bindSymbolic(scope, output.text, location);
    return success();
  }
  if (!target.consume_front("torch.ops."))
    return emitError(location) << "unknown function '" << target << "' in the graph";
  if (target.consume_front("higher_order."))
    return importHigherOrder(scope, node, target, location);
  return importCall(scope, node, target, location);
}

LogicalResult PT2Importer::importCall(Scope &scope, const pt2::Node &node, StringRef op, Location location) {
  if (GraphBuilder::isAssertion(op))
    return success();
  SmallVector<std::pair<StringRef, CallArgument>> arguments;
  for (const pt2::NamedArgument &input : node.inputs) {
    FailureOr<CallArgument> argument = convert(scope, input.argument, location);
    if (failed(argument))
      return failure();
    arguments.emplace_back(input.name, *argument);
  }
  SmallVector<Type> types;
  std::string symbol;
  auto addType = [&](const pt2::Argument &output) -> LogicalResult {
    if (output.kind == ArgumentKind::Tensor) {
      FailureOr<RefType> type = typeOf(scope, output.text, location);
      if (failed(type))
        return failure();
      types.push_back(*type);
    } else if (output.kind == ArgumentKind::Symbolic) {
      auto it = scope.graph.symInts.find(output.text);
      bool isFloat = scope.graph.symFloats.count(output.text);
      bindSymbolic(scope, output.text, location);
      if (it != scope.graph.symInts.end())
        if (auto size = dyn_cast_if_present<SizeAttr>(scope.values[output.text].getLiteral()))
          if (isa<AffineSymbolExpr>(size.getExpr()))
            symbol = size.getSymbols().front().str();
      types.push_back(it != scope.graph.symInts.end() ? Type(IndexType::get(context))
                      : isFloat                       ? Type(Float64Type::get(context))
                                                      : IntegerType::get(context, 1));
    } else {
      types.push_back(Type());
    }
    return success();
  };
  for (const pt2::Argument &output : node.outputs) {
    if (output.kind == ArgumentKind::List) {
      for (const pt2::Argument &element : output.elements)
        if (failed(addType(element)))
          return failure();
    } else if (failed(addType(output))) {
      return failure();
    }
  }
  // A number that is no size stays in its tensor, without dimensions.
  if (types.size() == 1 && types[0] && (types[0].isF64() || types[0].isInteger(1)) && arguments.size() == 1) {
    auto dtype = CallArgument(Attribute(TypeAttr::get(types[0])));
    types[0] = RefType::get(context, {}, types[0]);
    op = "_to_copy";
    arguments = {{"self", arguments.front().second}, {"dtype", dtype}};
  }
  FailureOr<SmallVector<Value>> results = builder.call(op, {}, arguments, types, location, symbol);
  if (failed(results))
    return failure();
  // A symbolic integer is used as an attribute, wherever it is used.
  SmallVector<CallArgument> values;
  for (Value result : *results)
    values.push_back(isa<NoneType>(result.getType()) ? CallArgument() : CallArgument(result));
  auto sizes = scope.values;
  if (failed(bindOutputs(scope, node, values, location)))
    return failure();
  for (const pt2::Argument &output : node.outputs)
    if (auto it = sizes.find(output.text); output.kind == ArgumentKind::Symbolic && it != sizes.end())
      scope.values[output.text] = it->second;
  return success();
}
