// The .pt2 container, its JSON and its tensors; mostly that nothing in a damaged file goes
// unnoticed or crashes.
#include "TestArchive.h"

#include "tc/Import/PT2/Weights.h"

#include "gtest/gtest.h"

#include <random>

using namespace tc::pt2;
using namespace tc::test;

namespace {

std::string messageOf(const Entries &entries) {
  auto archive = open(zip(entries));
  if (!archive)
    return llvm::toString(archive.takeError());
  auto program = Program::read(*archive);
  return program ? "read" : llvm::toString(program.takeError());
}

std::string messageWithModel(const std::string &model) {
  Entries entries = modelEntries();
  entries["m/models/model.json"] = model;
  return messageOf(entries);
}

/// Opens and reads everything; the result does not matter, that there is one does.
void exercise(llvm::StringRef bytes) {
  auto archive = open(bytes);
  if (!archive)
    return llvm::consumeError(archive.takeError());
  auto program = Program::read(*archive);
  if (!program)
    return llvm::consumeError(program.takeError());
  for (const auto &[name, payload] : program->weights) {
    auto tensor = loadTensor(**archive, name, payload);
    if (tensor)
      tensor->gather();
    else
      llvm::consumeError(tensor.takeError());
  }
}

TEST(PT2, ReadsAWellFormedFile) {
  for (bool compress : {false, true}) {
    auto archive = open(zip(modelEntries(), compress));
    ASSERT_TRUE(static_cast<bool>(archive)) << llvm::toString(archive.takeError());
    auto program = Program::read(*archive);
    ASSERT_TRUE(static_cast<bool>(program)) << llvm::toString(program.takeError());
    EXPECT_EQ(program->torchVersion, "2.15.0");
    ASSERT_EQ(program->graph.nodes.size(), 2u);
    EXPECT_EQ(program->graph.nodes[0].target, "torch.ops.aten.add.Tensor");
    EXPECT_EQ(program->graph.nodes[0].inputs[1].argument.text, "w");
    EXPECT_EQ(program->inputs[0].kind, InputSpec::Kind::Parameter);
    EXPECT_EQ(program->inputs[0].target, "layer.weight");
    EXPECT_EQ(program->ranges["s0"].min, 2);
    EXPECT_EQ(program->ranges["s0"].max, std::nullopt);
    EXPECT_EQ(program->graph.tensors["x"].sizes[1].expression, "Symbol('s0')");
    auto tensor = loadTensor(**archive, "layer.weight", program->weights["layer.weight"]);
    ASSERT_TRUE(static_cast<bool>(tensor)) << llvm::toString(tensor.takeError());
    EXPECT_TRUE(tensor->isContiguous());
    EXPECT_EQ(tensor->denseBytes().size(), 8u);
    EXPECT_EQ(tensor->denseBytes()[3], 0x3f);
  }
}

TEST(PT2, StoredEntriesAreNotCopied) {
  std::string bytes = zip(modelEntries());
  auto buffer = llvm::MemoryBuffer::getMemBuffer(bytes, "test.pt2", /*RequiresNullTerminator=*/false);
  auto archive = Archive::open(std::move(buffer));
  ASSERT_TRUE(static_cast<bool>(archive));
  auto weight = (*archive)->bytes("data/weights/weight_0");
  ASSERT_TRUE(static_cast<bool>(weight));
  EXPECT_TRUE(weight->data() >= bytes.data() && weight->data() < bytes.data() + bytes.size());
}

TEST(PT2, NamesFileEntryAndReason) {
  auto archive = Archive::open("/no/such/file.pt2");
  EXPECT_EQ(llvm::toString(archive.takeError()), "/no/such/file.pt2: cannot be read: No such file or directory");
  EXPECT_EQ(llvm::toString(open("this is not a ZIP archive").takeError()),
            "test.pt2: not a ZIP archive, or cut off: its directory is missing");
  EXPECT_EQ(llvm::toString(open(zip({{"version", "1"}})).takeError()),
            "test.pt2: entry 'version': expected entries in one root folder, as PyTorch 2.8 and "
            "later write them");
  EXPECT_EQ(llvm::toString(open(zip({{"a/x", "1"}, {"b/x", "1"}})).takeError()),
            "test.pt2: entry 'b/x': expected all entries in the root folder 'a'");
  EXPECT_EQ(messageOf({{"m/x", ""}}), "test.pt2: entry 'archive_format': it is missing");
  EXPECT_EQ(messageOf({{"m/archive_format", "pt1"}}), "test.pt2: entry 'archive_format': expected 'pt2', found 'pt1'");
  EXPECT_EQ(messageOf({{"m/archive_format", "pt2"}}), "test.pt2: entry 'models/model.json': it is missing");
  EXPECT_EQ(messageOf({{"m/archive_format", "pt2"}, {"m/byteorder", "big"}}),
            "test.pt2: entry 'byteorder': expected 'little', found 'big'");
}

TEST(PT2, NamesTheBadValueInTheJson) {
  std::string model = modelJson();
  auto with = [&](llvm::StringRef from, llvm::StringRef to) { return messageWithModel(replaced(model, from, to)); };
  std::string prefix = "test.pt2: entry 'models/model.json': ";
  EXPECT_EQ(messageWithModel(model), "read");
  EXPECT_EQ(with(R"("major":8)", R"("major":9)"), prefix + "expected schema version 8, found 9");
  EXPECT_EQ(with(R"("major":8)", R"("major":"8")"), prefix + "expected an integer schema_version.major");
  EXPECT_EQ(with(R"({"as_tensor":{"name":"w"}})", R"({"as_mystery":{"name":"w"}})"),
            prefix + "unknown kind of argument at model.graph_module.graph.inputs[0].as_mystery");
  EXPECT_EQ(with(R"("target":"torch.ops.aten.add.Tensor",)", ""),
            prefix + "missing value at model.graph_module.graph.nodes[0].target");
  EXPECT_EQ(with(R"("layout":7)", R"("layout":1)"),
            prefix + "expected a strided tensor at model.graph_module.graph.tensor_values.x.layout");
  EXPECT_EQ(with(R"("dtype":7)", R"("dtype":99)"),
            prefix + "unknown dtype number at model.graph_module.graph.tensor_values.x.dtype");
  EXPECT_EQ(with(R"("output_specs":[)", R"("output_specs":[],"x":[)"),
            prefix + "expected one spec an output at model.graph_module.signature.output_specs");
  EXPECT_EQ(with(R"("user_output")", R"("user_oddity")"),
            prefix + "unknown kind of output at model.graph_module.signature.output_specs[0].user_oddity");
  EXPECT_EQ(messageWithModel("[]"), prefix + "expected an integer schema_version.major");
  EXPECT_TRUE(llvm::StringRef(messageWithModel("{\"a\": tru}")).starts_with(prefix));
  EXPECT_EQ(messageWithModel(std::string(100000, '[')), prefix + "JSON nested more than 512 levels deep");
}

TEST(PT2, ChecksTensorsAgainstTheirBytes) {
  auto messageWithWeights = [](const std::string &weights) {
    Entries entries = modelEntries();
    entries["m/data/weights/model_weights_config.json"] = weights;
    auto archive = open(zip(entries));
    auto program = Program::read(*archive);
    if (!program)
      return llvm::toString(program.takeError());
    auto tensor = loadTensor(**archive, "layer.weight", program->weights["layer.weight"]);
    return tensor ? "loaded" : llvm::toString(tensor.takeError());
  };
  auto with = [&](llvm::StringRef from, llvm::StringRef to) {
    return messageWithWeights(replaced(weightsJson(), from, to));
  };
  std::string prefix = "test.pt2: entry 'data/weights/weight_0': tensor 'layer.weight': ";
  EXPECT_EQ(messageWithWeights(weightsJson()), "loaded");
  EXPECT_EQ(with(R"("use_pickle":false)", R"("use_pickle":true)"),
            prefix + "it is a pickle (use_pickle), which is never loaded");
  std::string beyond = prefix + "its sizes reach beyond the 8 bytes of its storage";
  EXPECT_EQ(with(R"({"as_int":2})", R"({"as_int":3})"), beyond);
  EXPECT_EQ(with(R"({"as_int":2})", R"({"as_int":9223372036854775807})"), beyond);
  EXPECT_EQ(with(R"("storage_offset":{"as_int":0})", R"("storage_offset":{"as_int":1})"), beyond);
  EXPECT_EQ(with(R"("dtype":7)", R"("dtype":8)"), beyond);
  EXPECT_EQ(with(R"({"as_int":2})", R"({"as_int":-2})"),
            prefix + "expected sizes and strides that are numbers and not negative");
  EXPECT_EQ(with("weight_0", "weight_1"), "test.pt2: entry 'data/weights/weight_1': it is missing");
  EXPECT_EQ(with("weight_0", "../../m/data/weights/weight_0"),
            "test.pt2: entry 'data/weights/../../m/data/weights/weight_0': it is missing");
  // A broadcast of a few bytes to terabytes.
  std::string wide = replaced(weightsJson(), R"({"as_int":2})", R"({"as_int":1099511627776})");
  EXPECT_EQ(messageWithWeights(replaced(wide, R"("strides":[{"as_int":1})", R"("strides":[{"as_int":0})")),
            prefix + "its 8 bytes of storage are repeated to 1099511627776 elements, more than 1073741824 bytes");
}

TEST(PT2, TensorsKnowTheirOrderInMemory) {
  float values[6] = {0, 1, 2, 3, 4, 5};
  llvm::ArrayRef<char> storage(reinterpret_cast<char *>(values), sizeof(values));
  StoredTensor transposed{ScalarType::Float, {2, 3}, {1, 2}, 0, storage};
  EXPECT_FALSE(transposed.isContiguous());
  EXPECT_EQ(transposed.densePermutation(), (llvm::SmallVector<int64_t>{1, 0}));
  std::vector<char> gathered = transposed.gather();
  const float expected[6] = {0, 2, 4, 1, 3, 5};
  EXPECT_EQ(memcmp(gathered.data(), expected, sizeof(expected)), 0);
  StoredTensor strided{ScalarType::Float, {2, 2}, {3, 1}, 1, storage};
  EXPECT_EQ(strided.densePermutation(), std::nullopt);
  StoredTensor broadcast{ScalarType::Float, {4, 6}, {0, 1}, 0, storage};
  EXPECT_EQ(broadcast.densePermutation(), std::nullopt);
  EXPECT_EQ(broadcast.gather().size(), 96u);
}

TEST(PT2, EveryTruncationIsAnError) {
  std::string bytes = zip(modelEntries());
  // The last bytes are the length of a comment, which nobody misses.
  for (size_t length = 0; length + 3 < bytes.size(); ++length)
    EXPECT_FALSE(static_cast<bool>(llvm::expectedToOptional(open(llvm::StringRef(bytes).take_front(length)))))
        << length;
}

/// The offset of the first local header, or directory record, of an entry.
size_t findRecord(llvm::StringRef bytes, llvm::StringRef signature, llvm::StringRef name, size_t nameOffset) {
  for (size_t at = bytes.find(signature); at != llvm::StringRef::npos; at = bytes.find(signature, at + 1))
    if (bytes.substr(at + nameOffset).starts_with(name))
      return at;
  return llvm::StringRef::npos;
}

template <typename T> void put(std::string &bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

TEST(PT2, DistrustsTheZipHeaders) {
  constexpr llvm::StringLiteral directory("PK\x01\x02"), name("m/models/model.json");
  constexpr size_t nameOffset = 46, crcOffset = 16, compressedOffset = 20, sizeOffset = 24, localOffset = 42;
  auto message = [&](bool compress, size_t offset, uint32_t value) {
    std::string bytes = zip(modelEntries(), compress);
    size_t record = findRecord(bytes, directory, name, nameOffset);
    EXPECT_NE(record, llvm::StringRef::npos);
    put(bytes, record + offset, value);
    auto archive = open(bytes);
    if (!archive)
      return llvm::toString(archive.takeError());
    auto program = Program::read(*archive);
    return program ? "read" : llvm::toString(program.takeError());
  };
  std::string prefix = "test.pt2: entry 'models/model.json': ";
  EXPECT_EQ(message(false, crcOffset, 1), prefix + "its ZIP headers are damaged");
  EXPECT_EQ(message(true, sizeOffset, 0xfffffff0u).substr(0, prefix.size()), prefix);
  EXPECT_EQ(message(false, sizeOffset, 1u << 30).substr(0, prefix.size()), prefix);
  EXPECT_EQ(message(false, compressedOffset, 0x7fffffffu).substr(0, prefix.size()), prefix);
  EXPECT_EQ(message(false, localOffset, 0x7fffffffu).substr(0, prefix.size()), prefix);
}

TEST(PT2, AChangedEntryFailsItsChecksum) {
  std::string bytes = zip(modelEntries());
  size_t at = llvm::StringRef(bytes).find("2.15.0");
  ASSERT_NE(at, llvm::StringRef::npos);
  bytes[at] = '3';
  auto archive = open(bytes);
  ASSERT_TRUE(static_cast<bool>(archive));
  EXPECT_EQ(llvm::toString(Program::read(*archive).takeError()),
            "test.pt2: entry 'models/model.json': its checksum does not match its contents");
}

TEST(PT2, ASmallFileDoesNotFillTheMemory) {
  std::mt19937 random(1);
  std::string noise(1200000, '\0');
  for (char &c : noise)
    c = static_cast<char>(random());
  Entries entries = modelEntries();
  entries["m/data/weights/noise"] = noise;
  std::string bytes = zip(entries, /*compress=*/true);
  // A claim that deflate could keep.
  size_t record = findRecord(bytes, "PK\x01\x02", "m/data/weights/noise", 46);
  size_t local = findRecord(bytes, "PK\x03\x04", "m/data/weights/noise", 30);
  ASSERT_NE(record, llvm::StringRef::npos);
  ASSERT_NE(local, llvm::StringRef::npos);
  put<uint32_t>(bytes, record + 24, 1200000000);
  put<uint32_t>(bytes, local + 22, 1200000000);
  EXPECT_EQ(llvm::toString(open(bytes).takeError()),
            "test.pt2: entry 'data/weights/noise': expected at most 1073741824 bytes in a compressed entry, found "
            "1200000000");
}

TEST(PT2, NoFlippedByteCrashes) {
  for (bool compress : {false, true}) {
    std::string bytes = zip(modelEntries(), compress);
    for (size_t i = 0; i < bytes.size(); ++i)
      for (char flip : {1, 0x40, -1}) {
        std::string damaged = bytes;
        damaged[i] ^= flip;
        exercise(damaged);
      }
  }
}

TEST(PT2, NoDamagedJsonCrashes) {
  // The checksum hides the JSON from flipped bytes, so it is damaged before it is packed.
  std::mt19937 random(1);
  std::string model = modelJson();
  const char alphabet[] = "{}[]\",:0-9e.nutrfalse\\ ";
  for (int round = 0; round < 400; ++round) {
    std::string damaged = model;
    for (unsigned edits = 1 + random() % 3; edits; --edits) {
      size_t at = random() % damaged.size();
      switch (random() % 3) {
      case 0:
        damaged[at] = alphabet[random() % (sizeof(alphabet) - 1)];
        break;
      case 1:
        damaged.erase(at, random() % 40);
        break;
      default:
        damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 40));
      }
    }
    messageWithModel(damaged);
  }
}

} // namespace
