// model.json as a whole: graph, signature, ranges, and the two payload configs.
#include "tc/Import/PT2/Program.h"
#include "Json.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <array>

using namespace tc::pt2;
namespace json = llvm::json;
using llvm::StringRef;

namespace {

constexpr int64_t supportedMajor = 8;

} // namespace

namespace tc::pt2 {

static bool fromJSON(const json::Value &value, Range &result, json::Path path) {
  json::ObjectMapper object(value, path);
  return object && object.mapOptional("min_val", result.min) && object.mapOptional("max_val", result.max);
}

static bool fromJSON(const json::Value &value, Payload &result, json::Path path) {
  json::ObjectMapper object(value, path);
  if (!object || !object.map("path_name", result.entry) || !object.mapOptional("is_param", result.isParameter) ||
      !object.mapOptional("use_pickle", result.isPickled))
    return false;
  // A pickled payload's metadata is of no interest; it is refused by name where it is used.
  return result.isPickled || object.mapOptional("tensor_meta", result.meta);
}

unsigned byteWidth(ScalarType type) {
  switch (type) {
  case ScalarType::Byte:
  case ScalarType::Char:
  case ScalarType::Bool:
  case ScalarType::Float8E4M3FN:
  case ScalarType::Float8E5M2:
  case ScalarType::Float8E4M3FNUZ:
  case ScalarType::Float8E5M2FNUZ:
  case ScalarType::Float8E8M0FNU:
    return 1;
  case ScalarType::Short:
  case ScalarType::UInt16:
  case ScalarType::Half:
  case ScalarType::BFloat16:
    return 2;
  case ScalarType::Int:
  case ScalarType::UInt32:
  case ScalarType::Float:
  case ScalarType::ComplexHalf:
    return 4;
  case ScalarType::Long:
  case ScalarType::UInt64:
  case ScalarType::Double:
  case ScalarType::ComplexFloat:
    return 8;
  case ScalarType::ComplexDouble:
    return 16;
  }
  return 0;
}

} // namespace tc::pt2

namespace {

class Reader {
public:
  explicit Reader(Program &program) : program(program), archive(*program.archive) {}

  llvm::Error read() {
    if (llvm::Error e = checkContainer())
      return e;
    auto model = findModel();
    if (!model)
      return model.takeError();
    if (llvm::Error e = readModel(("models/" + *model + ".json").str()))
      return e;
    if (llvm::Error e = readPayloads(
            "data/weights/", {(*model + "_weights_config.json").str(), (*model + "_model_param_config.json").str()},
            program.weights))
      return e;
    return readPayloads("data/constants/",
                        {(*model + "_constants_config.json").str(), (*model + "_model_constants_config.json").str()},
                        program.constants);
  }

private:
  llvm::Error checkContainer() {
    auto format = archive.read("archive_format");
    if (!format)
      return format.takeError();
    if (*format != "pt2")
      return archive.error("archive_format", "expected 'pt2', found '" + StringRef(*format).take_front(20) + "'");
    if (!archive.contains("byteorder"))
      return llvm::Error::success();
    auto order = archive.read("byteorder");
    if (!order)
      return order.takeError();
    if (*order != "little")
      return archive.error("byteorder", "expected 'little', found '" + StringRef(*order).take_front(20) + "'");
    return llvm::Error::success();
  }

  /// The one program of the archive; with several, the one called "model".
  llvm::Expected<llvm::StringRef> findModel() {
    llvm::SmallVector<StringRef> models;
    for (StringRef name : archive.names())
      if (name.consume_front("models/") && name.consume_back(".json"))
        models.push_back(name);
    if (models.size() == 1)
      return models.front();
    if (llvm::is_contained(models, "model"))
      return StringRef("model");
    return archive.error("models/model.json",
                         models.empty() ? "it is missing" : "expected one model, found " + llvm::Twine(models.size()));
  }

  llvm::Expected<json::Value> readJson(StringRef entry) {
    auto text = archive.read(entry);
    if (!text)
      return text.takeError();
    auto value = parseJson(*text);
    if (!value)
      return archive.error(entry, llvm::toString(value.takeError()));
    return value;
  }

  llvm::Error readModel(StringRef entry) {
    auto value = readJson(entry);
    if (!value)
      return value.takeError();
    // The version first: what else is there depends on it.
    const json::Object *object = value->getAsObject();
    const json::Object *version = object ? object->getObject("schema_version") : nullptr;
    auto major = version ? version->getInteger("major") : std::nullopt;
    if (!major)
      return archive.error(entry, "expected an integer schema_version.major");
    if (*major != supportedMajor)
      return archive.error(entry, llvm::formatv("expected schema version {0}, found {1}", supportedMajor, *major));
    json::Path::Root root("model");
    if (!readProgram(*value, root))
      return archive.error(entry, llvm::toString(root.getError()));
    return llvm::Error::success();
  }

  bool readProgram(const json::Value &value, json::Path path) {
    json::ObjectMapper object(value, path);
    if (!object || !object.mapOptional("torch_version", program.torchVersion) ||
        !object.mapOptional("guards_code", program.guards) ||
        !readMap(value, "range_constraints", program.ranges, path, false))
      return false;
    const json::Object &top = *value.getAsObject();
    const json::Value missing(nullptr);
    json::Path modulePath = path.field("graph_module");
    const json::Value *module = top.get("graph_module");
    json::ObjectMapper moduleObject(module ? *module : missing, modulePath);
    if (!moduleObject || !moduleObject.map("graph", program.graph))
      return false;
    json::Path signaturePath = modulePath.field("signature");
    const json::Value *signature = module->getAsObject()->get("signature");
    json::ObjectMapper signatureObject(signature ? *signature : missing, signaturePath);
    if (!signatureObject || !signatureObject.map("input_specs", program.inputs) ||
        !signatureObject.map("output_specs", program.outputs))
      return false;
    if (program.inputs.size() != program.graph.inputs.size()) {
      signaturePath.field("input_specs").report("expected one spec an input");
      return false;
    }
    if (program.outputs.size() != program.graph.outputs.size()) {
      signaturePath.field("output_specs").report("expected one spec an output");
      return false;
    }
    return true;
  }

  llvm::Error readPayloads(StringRef folder, std::array<std::string, 2> names,
                           std::map<std::string, Payload> &payloads) {
    for (const std::string &name : names) {
      std::string entry = (folder + name).str();
      if (!archive.contains(entry))
        continue;
      auto value = readJson(entry);
      if (!value)
        return value.takeError();
      json::Path::Root root(name);
      if (!value->getAsObject())
        return archive.error(entry, "expected object");
      if (!readMap(*value, "config", payloads, root, true))
        return archive.error(entry, llvm::toString(root.getError()));
      for (auto &[_, payload] : payloads)
        payload.entry = folder.str() + payload.entry;
      return llvm::Error::success();
    }
    return llvm::Error::success();
  }

  Program &program;
  const Archive &archive;
};

} // namespace

llvm::Expected<Program> Program::read(std::shared_ptr<const Archive> archive) {
  Program program;
  program.archive = std::move(archive);
  if (llvm::Error e = Reader(program).read())
    return std::move(e);
  return program;
}
