// The leaves of model.json: sizes, dtypes, tensor metadata, arguments.
#include "Json.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace tc::pt2;
namespace json = llvm::json;
using llvm::StringRef;

namespace {

/// llvm::json recurses once a level; graphs nest a few levels, a control-flow body some ten more.
constexpr unsigned maxDepth = 512;

bool nestsTooDeeply(StringRef text) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '[' || c == '{') {
      if (++depth > maxDepth)
        return true;
    } else if ((c == ']' || c == '}') && depth) {
      --depth;
    }
  }
  return false;
}

bool readInteger(const json::Value &value, int64_t &result, json::Path path) {
  if (auto integer = value.getAsInteger()) {
    result = *integer;
    return true;
  }
  path.report("expected integer");
  return false;
}

/// TensorArgument and its like: {"name": …}.
bool readName(const json::Value &value, std::string &result, json::Path path) {
  json::ObjectMapper object(value, path);
  return object && object.map("name", result);
}

using Kind = Argument::Kind;

bool readList(const json::Value &value, Argument &result, json::Path path,
              llvm::function_ref<bool(const json::Value &, Argument &, json::Path)> readElement) {
  const json::Array *array = value.getAsArray();
  if (!array) {
    path.report("expected array");
    return false;
  }
  result.kind = Kind::List;
  result.elements.resize(array->size());
  for (size_t i = 0; i < array->size(); ++i)
    if (!readElement((*array)[i], result.elements[i], path.index(i)))
      return false;
  return true;
}

bool readInt(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::Int;
  return readInteger(value, result.integer, path);
}

bool readReal(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::Float;
  return readFloat(value, result.real, path);
}

bool readBool(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::Bool;
  bool boolean;
  if (!json::fromJSON(value, boolean, path))
    return false;
  result.integer = boolean;
  return true;
}

bool readString(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::String;
  return json::fromJSON(value, result.text, path);
}

bool readTensor(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::Tensor;
  return readName(value, result.text, path);
}

/// SymIntArgument, SymFloatArgument, SymBoolArgument: a value's name or a number.
bool readSymbolic(const json::Value &value, Argument &result, json::Path path) {
  UnionValue u;
  if (!readUnion(value, u, path))
    return false;
  json::Path inner = path.field(u.tag);
  if (u.tag == "as_name") {
    result.kind = Kind::Symbolic;
    return json::fromJSON(*u.value, result.text, inner);
  }
  if (u.tag == "as_int")
    return readInt(*u.value, result, inner);
  if (u.tag == "as_float")
    return readReal(*u.value, result, inner);
  if (u.tag == "as_bool")
    return readBool(*u.value, result, inner);
  inner.report("unknown kind of symbolic argument");
  return false;
}

bool readOptionalTensor(const json::Value &value, Argument &result, json::Path path) {
  UnionValue u;
  if (!readUnion(value, u, path))
    return false;
  json::Path inner = path.field(u.tag);
  if (u.tag == "as_none") {
    result.kind = Kind::None;
    return true;
  }
  if (u.tag == "as_tensor")
    return readTensor(*u.value, result, inner);
  inner.report("unknown kind of optional tensor");
  return false;
}

bool readEnum(const json::Value &value, Argument &result, Kind kind, json::Path path) {
  result.kind = kind;
  return readInteger(value, result.integer, path);
}

bool readGraph(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::Graph;
  result.graph = std::make_shared<Graph>();
  json::ObjectMapper object(value, path);
  return object && object.map("name", result.text) && object.map("graph", *result.graph);
}

bool readComplex(const json::Value &value, Argument &result, json::Path path) {
  result.kind = Kind::Complex;
  result.elements.resize(2);
  const json::Object *object = value.getAsObject();
  const json::Value *real = object ? object->get("real") : nullptr;
  const json::Value *imaginary = object ? object->get("imag") : nullptr;
  if (!real || !imaginary) {
    path.report("expected object with 'real' and 'imag'");
    return false;
  }
  return readReal(*real, result.elements[0], path.field("real")) &&
         readReal(*imaginary, result.elements[1], path.field("imag"));
}

bool readDict(const json::Value &value, Argument &result, json::Path path) {
  const json::Object *object = value.getAsObject();
  if (!object) {
    path.report("expected object");
    return false;
  }
  result.kind = Kind::Dict;
  for (const auto &[key, element] : *object)
    result.keys.push_back(key.str());
  llvm::sort(result.keys);
  for (const std::string &key : result.keys)
    if (!fromJSON(*object->get(key), result.elements.emplace_back(), path.field(key)))
      return false;
  return true;
}

} // namespace

llvm::Expected<json::Value> tc::pt2::parseJson(StringRef text) {
  if (nestsTooDeeply(text))
    return llvm::createStringError(llvm::formatv("JSON nested more than {0} levels deep", maxDepth));
  return json::parse(text);
}

bool tc::pt2::readUnion(const json::Value &value, UnionValue &result, json::Path path) {
  const json::Object *object = value.getAsObject();
  if (!object || object->size() != 1) {
    path.report("expected object with one key");
    return false;
  }
  result = {object->begin()->first, &object->begin()->second};
  return true;
}

bool tc::pt2::readFloat(const json::Value &value, double &result, json::Path path) {
  if (auto number = value.getAsNumber()) {
    result = *number;
    return true;
  }
  auto text = value.getAsString();
  if (text == "Infinity" || text == "-Infinity") {
    result = text == "Infinity" ? HUGE_VAL : -HUGE_VAL;
    return true;
  }
  if (text == "NaN") {
    result = std::nan("");
    return true;
  }
  path.report("expected number");
  return false;
}

bool tc::pt2::readDevice(const json::Value &value, std::string &result, json::Path path) {
  json::ObjectMapper object(value, path);
  std::optional<int64_t> index;
  if (!object || !object.map("type", result) || !object.mapOptional("index", index))
    return false;
  if (index)
    result += ":" + std::to_string(*index);
  return true;
}

bool tc::pt2::fromJSON(const json::Value &value, ScalarType &result, json::Path path) {
  int64_t number;
  if (!readInteger(value, number, path))
    return false;
  result = static_cast<ScalarType>(number);
  if (number >= 0 && number <= 64 && byteWidth(result))
    return true;
  path.report("unknown dtype number");
  return false;
}

bool tc::pt2::fromJSON(const json::Value &value, SymInt &result, json::Path path) {
  UnionValue u;
  if (!readUnion(value, u, path))
    return false;
  json::Path inner = path.field(u.tag);
  if (u.tag == "as_int")
    return readInteger(*u.value, result.value, inner);
  if (u.tag == "as_expr") {
    json::ObjectMapper object(*u.value, inner);
    return object && object.map("expr_str", result.expression);
  }
  // SymBool and SymFloat are read by this function as well; their numbers are of no use.
  if (u.tag == "as_bool" || u.tag == "as_float")
    return true;
  inner.report("unknown kind of size");
  return false;
}

bool tc::pt2::fromJSON(const json::Value &value, TensorMeta &result, json::Path path) {
  json::ObjectMapper object(value, path);
  int64_t layout;
  if (!object || !object.map("dtype", result.dtype) || !object.map("sizes", result.sizes) ||
      !object.map("strides", result.strides) || !object.map("storage_offset", result.storageOffset) ||
      !object.map("layout", layout))
    return false;
  constexpr int64_t strided = 7;
  if (layout != strided) {
    path.field("layout").report("expected a strided tensor");
    return false;
  }
  if (result.strides.size() != result.sizes.size()) {
    path.field("strides").report("expected as many strides as sizes");
    return false;
  }
  const json::Value *device = value.getAsObject()->get("device");
  if (!device) {
    path.field("device").report("missing value");
    return false;
  }
  return readDevice(*device, result.device, path.field("device"));
}

bool tc::pt2::fromJSON(const json::Value &value, Argument &result, json::Path path) {
  UnionValue u;
  if (!readUnion(value, u, path))
    return false;
  json::Path inner = path.field(u.tag);
  const json::Value &v = *u.value;
  StringRef tag = u.tag;
  auto is = [&](StringRef a, StringRef b = "", StringRef c = "") { return tag == a || tag == b || tag == c; };
  if (is("as_none")) {
    result.kind = Kind::None;
    return true;
  }
  if (is("as_tensor"))
    return readTensor(v, result, inner);
  if (is("as_tensors"))
    return readList(v, result, inner, readTensor);
  if (is("as_optional_tensor"))
    return readOptionalTensor(v, result, inner);
  if (is("as_optional_tensors"))
    return readList(v, result, inner, readOptionalTensor);
  if (is("as_nested_tensors"))
    return readList(v, result, inner, [](const json::Value &list, Argument &r, json::Path p) {
      return readList(list, r, p, readTensor);
    });
  if (is("as_int"))
    return readInt(v, result, inner);
  if (is("as_ints"))
    return readList(v, result, inner, readInt);
  if (is("as_int_lists"))
    return readList(v, result, inner,
                    [](const json::Value &list, Argument &r, json::Path p) { return readList(list, r, p, readInt); });
  if (is("as_float"))
    return readReal(v, result, inner);
  if (is("as_floats"))
    return readList(v, result, inner, readReal);
  if (is("as_float_lists"))
    return readList(v, result, inner,
                    [](const json::Value &list, Argument &r, json::Path p) { return readList(list, r, p, readReal); });
  if (is("as_string"))
    return readString(v, result, inner);
  if (is("as_strings"))
    return readList(v, result, inner, readString);
  if (is("as_bool"))
    return readBool(v, result, inner);
  if (is("as_bools"))
    return readList(v, result, inner, readBool);
  if (is("as_sym_int", "as_sym_float", "as_sym_bool"))
    return readSymbolic(v, result, inner);
  if (is("as_sym_ints", "as_sym_floats", "as_sym_bools"))
    return readList(v, result, inner, readSymbolic);
  if (is("as_scalar_type")) {
    ScalarType type;
    if (!fromJSON(v, type, inner))
      return false;
    return readEnum(v, result, Kind::ScalarType, inner);
  }
  if (is("as_memory_format"))
    return readEnum(v, result, Kind::MemoryFormat, inner);
  if (is("as_layout"))
    return readEnum(v, result, Kind::Layout, inner);
  if (is("as_device")) {
    result.kind = Kind::Device;
    return readDevice(v, result.text, inner);
  }
  if (is("as_graph"))
    return readGraph(v, result, inner);
  if (is("as_complex"))
    return readComplex(v, result, inner);
  if (is("as_string_to_argument"))
    return readDict(v, result, inner);
  if (is("as_custom_obj", "as_operator")) {
    result.kind = Kind::Other;
    result.text = is("as_operator") ? "an operator" : "a custom object";
    return true;
  }
  inner.report("unknown kind of argument");
  return false;
}

bool tc::pt2::fromJSON(const json::Value &value, NamedArgument &result, json::Path path) {
  json::ObjectMapper object(value, path);
  return object && object.map("name", result.name) && object.map("arg", result.argument);
}
