// Writes small .pt2 files for tests, well-formed and otherwise.
#ifndef TC_TEST_UNIT_IMPORT_TESTARCHIVE_H
#define TC_TEST_UNIT_IMPORT_TESTARCHIVE_H

#include "tc/Import/PT2/Archive.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"

#include <map>
#include <minizip/zip.h>
#include <zlib.h>

namespace tc::test {

using Entries = std::map<std::string, std::string>;

/// The bytes of a ZIP archive with these entries (full names), stored or deflated.
inline std::string zip(const Entries &entries, bool compress = false) {
  llvm::SmallString<128> path;
  if (llvm::sys::fs::createTemporaryFile("tc-import", "pt2", path))
    return "";
  llvm::FileRemover remover(path);
  zipFile file = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  for (const auto &[name, contents] : entries) {
    zip_fileinfo info = {};
    zipOpenNewFileInZip64(file, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, compress ? Z_DEFLATED : 0,
                          Z_DEFAULT_COMPRESSION, 0);
    zipWriteInFileInZip(file, contents.data(), contents.size());
    zipCloseFileInZip(file);
  }
  zipClose(file, nullptr);
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

inline llvm::Expected<std::shared_ptr<const pt2::Archive>> open(llvm::StringRef bytes) {
  return pt2::Archive::open(llvm::MemoryBuffer::getMemBufferCopy(bytes, "test.pt2"));
}

inline const char *tensorMeta = R"json({"dtype":7,
    "sizes":[{"as_int":2},{"as_expr":{"expr_str":"Symbol('s0')"}}],"requires_grad":false,
    "device":{"type":"cpu","index":null},"strides":[{"as_expr":{"expr_str":"s0"}},{"as_int":1}],
    "storage_offset":{"as_int":0},"layout":7})json";

/// y = relu(x + w) with a dynamic dimension.
inline std::string modelJson() {
  std::string meta = tensorMeta;
  return R"({"schema_version":{"major":8,"minor":20},"torch_version":"2.15.0","opset_version":{"aten":10},
    "range_constraints":{"s0":{"min_val":2,"max_val":null}},"guards_code":[],"unknown_field":[1,{"a":2}],
    "graph_module":{"graph":{
      "inputs":[{"as_tensor":{"name":"w"}},{"as_tensor":{"name":"x"}}],
      "outputs":[{"as_tensor":{"name":"relu"}}],
      "nodes":[
        {"target":"torch.ops.aten.add.Tensor","name":"add","inputs":[
            {"name":"self","arg":{"as_tensor":{"name":"x"}},"kind":1},
            {"name":"other","arg":{"as_tensor":{"name":"w"}},"kind":1}],
         "outputs":[{"as_tensor":{"name":"add"}}],
         "metadata":{"stack_trace":"File \"/home/user/model.py\", line 7, in forward\n    return x + w",
                     "nn_module_stack":"L__self__,,__main__.M;L__self___a,layer.0,torch.nn.modules.linear.Linear"}},
        {"target":"torch.ops.aten.relu.default","inputs":[
            {"name":"self","arg":{"as_tensor":{"name":"add"}},"kind":1}],
         "outputs":[{"as_tensor":{"name":"relu"}}],"metadata":{}}],
      "tensor_values":{"x":)" +
         meta + R"(,"w":{"dtype":7,"sizes":[{"as_int":2},{"as_int":1}],"requires_grad":true,
        "device":{"type":"cpu"},"strides":[{"as_int":1},{"as_int":1}],"storage_offset":{"as_int":0},"layout":7},
        "add":)" +
         meta + R"(,"relu":)" + meta + R"(},"sym_int_values":{},"sym_bool_values":{}},
    "signature":{"input_specs":[
        {"parameter":{"arg":{"name":"w"},"parameter_name":"layer.weight"}},
        {"user_input":{"arg":{"as_tensor":{"name":"x"}}}}],
      "output_specs":[{"user_output":{"arg":{"as_tensor":{"name":"relu"}}}}]},
    "module_call_graph":[]}})";
}

inline std::string weightsJson() {
  return R"({"config":{"layer.weight":{"path_name":"weight_0","is_param":true,"use_pickle":false,"tensor_meta":
    {"dtype":7,"sizes":[{"as_int":2},{"as_int":1}],"requires_grad":true,"device":{"type":"cpu"},
     "strides":[{"as_int":1},{"as_int":1}],"storage_offset":{"as_int":0},"layout":7}}}})";
}

inline Entries modelEntries() {
  return {{"m/archive_format", "pt2"},
          {"m/byteorder", "little"},
          {"m/models/model.json", modelJson()},
          {"m/data/weights/model_weights_config.json", weightsJson()},
          {"m/data/weights/weight_0", std::string("\0\0\x80\x3f\0\0\0\x40", 8)}};
}

/// `text` with one occurrence of `from` replaced.
inline std::string replaced(std::string text, llvm::StringRef from, llvm::StringRef to) {
  size_t at = text.find(from);
  return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

} // namespace tc::test

#endif // TC_TEST_UNIT_IMPORT_TESTARCHIVE_H
