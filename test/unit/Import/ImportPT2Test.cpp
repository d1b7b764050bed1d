// From a .pt2 file to the captured form; and that a damaged graph is a diagnostic, whatever is damaged.
#include "TestArchive.h"

#include "tc/Dialect/TC/IR/TC.h"
#include "tc/Import/ImportPT2.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace tc;
using namespace tc::test;

namespace {

class ImportPT2 : public testing::Test {
protected:
  ImportPT2() : context(MLIRContext::Threading::DISABLED) {}

  /// The imported module as text, or the diagnostics.
  std::string import(const Entries &entries) {
    std::string messages;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      return success();
    });
    auto archive = tc::test::open(zip(entries));
    if (!archive)
      return llvm::toString(archive.takeError());
    OwningOpRef<ModuleOp> module = importPT2(&context, *archive);
    if (!module) {
      EXPECT_FALSE(messages.empty());
      return messages;
    }
    std::string text;
    llvm::raw_string_ostream(text) << **module;
    return text;
  }

  std::string importWith(StringRef from, StringRef to) {
    Entries entries = modelEntries();
    entries["m/models/model.json"] = replaced(modelJson(), from, to);
    return import(entries);
  }

  MLIRContext context;
};

TEST_F(ImportPT2, Model) {
  std::string text = import(modelEntries());
  auto contains = [&](StringRef part) { EXPECT_TRUE(StringRef(text).contains(part)) << part.str() << "\n" << text; };
  contains(R"(func.func @main(%arg0: !tc.ref<[2, s0], f32> {tc.kind = "input", tc.name = "x"}) -> )"
           R"(!tc.ref<[2, s0], f32> attributes {tc.ranges = {s0 = [2, 9223372036854775807]}})");
  contains("%0 = tc.constant dense_resource<layer.weight> : tensor<2x1xf32>");
  contains("%1 = tc.to_ref %0 : (tensor<2x1xf32>) -> !tc.ref<[2, 1], f32>");
  contains(R"(%2 = tc.aten "add.Tensor"(%arg0, %1, 1))");
  contains(R"(%3 = tc.aten "relu"(%2))");
  contains("return %3");
}

TEST_F(ImportPT2, Diagnostics) {
  EXPECT_EQ(importWith("torch.ops.aten.relu.default", "torch.ops.mylib.relu.default"),
            "unknown operator 'mylib.relu': custom operators have to be registered with their schema\n");
  EXPECT_EQ(importWith("torch.ops.aten.relu.default", "torch.ops.higher_order.flex_attention"),
            "higher-order operator 'flex_attention' is not supported\n");
  EXPECT_EQ(importWith("torch.ops.aten.relu.default", "torch.ops.higher_order.scan"),
            "a loop over rows: expected a graph and 3 lists of operands\n");
  EXPECT_EQ(importWith("torch.ops.aten.relu.default", "builtins.print"),
            "unknown function 'builtins.print' in the graph\n");
  EXPECT_EQ(importWith(R"("name":"self","arg":{"as_tensor":{"name":"x"}})", R"("name":"self","arg":{"as_string":"x"})"),
            "argument 'self' of 'add.Tensor': expected Tensor, found \"x\"\n");
  EXPECT_EQ(importWith(R"("name":"self","arg":{"as_tensor":{"name":"x"}})",
                       R"("name":"self","arg":{"as_tensor":{"name":"y"}})"),
            "value 'y' is used before it is defined\n");
  EXPECT_EQ(importWith("Symbol('s0')", "Heaviside(s0)"),
            "size expression 'Heaviside(s0)': sizes cannot express Heaviside of 1 arguments\n");
  EXPECT_EQ(importWith(R"("parameter_name":"layer.weight")", R"("parameter_name":"layer.bias")"),
            "tensor 'layer.bias' has no entry among the weights and constants\n");
  EXPECT_EQ(importWith(R"("w":{"dtype":7)", R"("w":{"dtype":8)"),
            "tensor 'layer.weight': the graph expects '!tc.ref<[2, 1], f64>', found '!tc.ref<[2, 1], f32>'\n");
}

TEST_F(ImportPT2, CustomOperators) {
  Entries entries = modelEntries();
  entries["m/models/model.json"] = replaced(modelJson(), "torch.ops.aten.relu.default", "torch.ops.mylib.relu.default");
  auto archive = tc::test::open(zip(entries));
  ASSERT_TRUE(static_cast<bool>(archive));
  aten::Overlay operators;
  ASSERT_TRUE(static_cast<bool>(operators.add("mylib::relu(Tensor self) -> Tensor")));
  OwningOpRef<ModuleOp> module = importPT2(&context, *archive, &operators);
  ASSERT_TRUE(module);
  std::string text;
  llvm::raw_string_ostream(text) << **module;
  EXPECT_TRUE(StringRef(text).contains(R"(tc.aten "mylib::relu"(%2))")) << text;
}

TEST_F(ImportPT2, MutatedBufferIsAnInput) {
  Entries entries = modelEntries();
  std::string model = replaced(modelJson(), R"({"parameter":{"arg":{"name":"w"},"parameter_name":"layer.weight"}})",
                               R"({"buffer":{"arg":{"name":"w"},"buffer_name":"layer.weight","persistent":true}})");
  model = replaced(model, R"({"target":"torch.ops.aten.relu.default")", R"({"target":"torch.ops.aten.view.default",
      "inputs":[{"name":"self","arg":{"as_tensor":{"name":"w"}},"kind":1},
                {"name":"size","arg":{"as_ints":[2,1]},"kind":1}],
      "outputs":[{"as_tensor":{"name":"v"}}],"metadata":{}},
     {"target":"torch.ops.aten.zero_.default","inputs":[{"name":"self","arg":{"as_tensor":{"name":"v"}},"kind":1}],
      "outputs":[{"as_tensor":{"name":"z"}}],"metadata":{}},
     {"target":"torch.ops.aten.relu.default")");
  std::string meta = R"({"dtype":7,"sizes":[{"as_int":2},{"as_int":1}],"device":{"type":"cpu"},
    "strides":[{"as_int":1},{"as_int":1}],"storage_offset":{"as_int":0},"layout":7})";
  model = replaced(model, R"("tensor_values":{)", R"("tensor_values":{"v":)" + meta + R"(,"z":)" + meta + ",");
  entries["m/models/model.json"] = model;
  std::string text = import(entries);
  EXPECT_TRUE(StringRef(text).contains(R"(%arg0: !tc.ref<[2, 1], f32> {tc.kind = "buffer", tc.name = "layer.weight", )"
                                       "tc.value = dense_resource<layer.weight> : tensor<2x1xf32>}"))
      << text;
}

TEST_F(ImportPT2, NoDamagedGraphCrashes) {
  // Names, numbers and brackets are swapped for others of the file, so that much of it stays plausible.
  std::mt19937 random(2);
  std::string model = modelJson();
  SmallVector<StringRef> tokens;
  StringRef rest = model;
  while (!rest.empty()) {
    size_t length = std::max<size_t>(1, rest.find_first_of("{}[]:,\" \n", 1));
    tokens.push_back(rest.take_front(length));
    rest = rest.drop_front(tokens.back().size());
  }
  Entries entries = modelEntries();
  for (int round = 0; round < 500; ++round) {
    SmallVector<StringRef> damaged = tokens;
    for (unsigned edits = 1 + random() % 2; edits; --edits)
      damaged[random() % damaged.size()] = tokens[random() % tokens.size()];
    std::string text;
    for (StringRef token : damaged)
      text += token;
    entries["m/models/model.json"] = text;
    import(entries);
  }
}

} // namespace
