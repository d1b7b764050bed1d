// Private: reading model.json with llvm/Support/JSON's object mappers, whose errors name the path
// of the bad value.
#ifndef TC_LIB_IMPORT_PT2_JSON_H
#define TC_LIB_IMPORT_PT2_JSON_H

#include "tc/Import/PT2/Program.h"

#include "llvm/Support/JSON.h"

namespace tc::pt2 {

/// Parses text, refusing nesting that would overflow the recursive parser's stack.
llvm::Expected<llvm::json::Value> parseJson(llvm::StringRef text);

/// The key and the value of a union, which is an object with one key.
struct UnionValue {
  llvm::StringRef tag;
  const llvm::json::Value *value = nullptr;
};
bool readUnion(const llvm::json::Value &json, UnionValue &result, llvm::json::Path path);

bool fromJSON(const llvm::json::Value &json, SymInt &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, ScalarType &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, TensorMeta &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, Argument &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, NamedArgument &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, Node &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, Graph &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, InputSpec &result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &json, OutputSpec &result, llvm::json::Path path);

/// A JSON value of file-format type Device, as "cpu" or "cuda:0".
bool readDevice(const llvm::json::Value &json, std::string &result, llvm::json::Path path);
/// A float; infinities and NaN are spelled as strings.
bool readFloat(const llvm::json::Value &json, double &result, llvm::json::Path path);

/// A JSON object whose keys are names; a std::map keeps the order independent of the hash table's.
template <typename T>
bool readMap(const llvm::json::Value &value, llvm::StringRef field, std::map<std::string, T> &result,
             llvm::json::Path path, bool isRequired) {
  llvm::json::Path inner = path.field(field);
  const llvm::json::Value *member = value.getAsObject()->get(field);
  if (!member || member->kind() == llvm::json::Value::Null) {
    if (isRequired)
      inner.report("missing value");
    return !isRequired;
  }
  const llvm::json::Object *object = member->getAsObject();
  if (!object) {
    inner.report("expected object");
    return false;
  }
  for (const auto &[key, element] : *object)
    if (!fromJSON(element, result[key.str()], inner.field(key)))
      return false;
  return true;
}

} // namespace tc::pt2

#endif // TC_LIB_IMPORT_PT2_JSON_H
