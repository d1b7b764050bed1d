// Nodes, graphs and the signature of model.json.
#include "Json.h"

using namespace tc::pt2;
namespace json = llvm::json;
using llvm::StringRef;

namespace {

/// What a spec of the signature says of a tensor: {"arg": {"name": …}, "<field>": …}.
template <typename Spec>
bool readTensorSpec(const json::Value &value, Spec &result, llvm::StringLiteral field, json::Path path) {
  json::ObjectMapper object(value, path);
  if (!object || !object.map(field, result.target))
    return false;
  const json::Value *argument = value.getAsObject()->get("arg");
  if (!argument) {
    path.field("arg").report("missing value");
    return false;
  }
  result.argument.kind = Argument::Kind::Tensor;
  json::ObjectMapper name(*argument, path.field("arg"));
  return name && name.map("name", result.argument.text);
}

template <typename Spec> bool readUserSpec(const json::Value &value, Spec &result, json::Path path) {
  json::ObjectMapper object(value, path);
  return object && object.map("arg", result.argument);
}

} // namespace

namespace tc::pt2 {

bool fromJSON(const json::Value &value, Node &result, json::Path path) {
  json::ObjectMapper object(value, path);
  std::optional<std::string> name;
  std::map<std::string, std::string> metadata;
  if (!object || !object.map("target", result.target) || !object.map("inputs", result.inputs) ||
      !object.map("outputs", result.outputs) || !object.map("metadata", metadata) || !object.mapOptional("name", name))
    return false;
  result.name = name.value_or("");
  result.stackTrace = std::move(metadata["stack_trace"]);
  result.moduleStack = std::move(metadata["nn_module_stack"]);
  return true;
}

bool fromJSON(const json::Value &value, Graph &result, json::Path path) {
  json::ObjectMapper object(value, path);
  return object && object.map("inputs", result.inputs) && object.map("outputs", result.outputs) &&
         object.map("nodes", result.nodes) && readMap(value, "tensor_values", result.tensors, path, true) &&
         readMap(value, "sym_int_values", result.symInts, path, true) &&
         readMap(value, "sym_bool_values", result.symBools, path, false) &&
         readMap(value, "sym_float_values", result.symFloats, path, false);
}

bool fromJSON(const json::Value &value, InputSpec &result, json::Path path) {
  using Kind = InputSpec::Kind;
  UnionValue u;
  if (!readUnion(value, u, path))
    return false;
  json::Path inner = path.field(u.tag);
  const json::Value &v = *u.value;
  if (u.tag == "user_input")
    return readUserSpec(v, result, inner);
  if (u.tag == "parameter") {
    result.kind = Kind::Parameter;
    return readTensorSpec(v, result, "parameter_name", inner);
  }
  if (u.tag == "buffer") {
    result.kind = Kind::Buffer;
    json::ObjectMapper object(v, inner);
    return readTensorSpec(v, result, "buffer_name", inner) && object.mapOptional("persistent", result.isPersistent);
  }
  if (u.tag == "tensor_constant") {
    result.kind = Kind::Constant;
    return readTensorSpec(v, result, "tensor_constant_name", inner);
  }
  if (u.tag == "constant_input") {
    result.kind = Kind::ConstantInput;
    json::ObjectMapper object(v, inner);
    return object && object.map("name", result.target) && object.map("value", result.argument);
  }
  if (u.tag == "token") {
    result.kind = Kind::Token;
    return true;
  }
  if (u.tag == "custom_obj") {
    result.kind = Kind::CustomObject;
    json::ObjectMapper object(v, inner);
    return object && object.map("custom_obj_name", result.target);
  }
  inner.report("unknown kind of input");
  return false;
}

bool fromJSON(const json::Value &value, OutputSpec &result, json::Path path) {
  using Kind = OutputSpec::Kind;
  UnionValue u;
  if (!readUnion(value, u, path))
    return false;
  json::Path inner = path.field(u.tag);
  const json::Value &v = *u.value;
  if (u.tag == "user_output")
    return readUserSpec(v, result, inner);
  if (u.tag == "token") {
    result.kind = Kind::Token;
    return true;
  }
  if (u.tag == "loss_output") {
    result.kind = Kind::Loss;
    result.argument.kind = Argument::Kind::Tensor;
    const json::Object *object = v.getAsObject();
    json::ObjectMapper name(object && object->get("arg") ? *object->get("arg") : v, inner.field("arg"));
    return name && name.map("name", result.argument.text);
  }
  struct Tensor {
    llvm::StringLiteral tag, field;
    Kind kind;
  };
  static constexpr Tensor tensors[] = {
      {"buffer_mutation", "buffer_name", Kind::BufferMutation},
      {"parameter_mutation", "parameter_name", Kind::ParameterMutation},
      {"user_input_mutation", "user_input_name", Kind::UserInputMutation},
      {"gradient_to_parameter", "parameter_name", Kind::Gradient},
      {"gradient_to_user_input", "user_input_name", Kind::Gradient},
  };
  for (const Tensor &candidate : tensors)
    if (u.tag == candidate.tag) {
      result.kind = candidate.kind;
      return readTensorSpec(v, result, candidate.field, inner);
    }
  inner.report("unknown kind of output");
  return false;
}

} // namespace tc::pt2
