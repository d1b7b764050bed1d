// GraphBuilder: the function it builds, and that calls are checked against their schema.
#include "tc/Import/GraphBuilder.h"
#include "tc/Import/Locations.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace tc;

namespace {

class GraphBuilding : public testing::Test {
protected:
  GraphBuilding()
      : handler(&context,
                [this](Diagnostic &diagnostic) {
                  messages += diagnostic.str() + "\n";
                  return success();
                }),
        location(UnknownLoc::get(&context)), builder(&context, location), b(&context) {}

  RefType ref(ArrayRef<StringRef> sizes, Type element = {}) {
    SmallVector<SizeAttr> attributes;
    for (StringRef size : sizes)
      attributes.push_back(*builder.parseSize(size, location));
    return *builder.getRefType(attributes, element ? element : b.getF32Type(), location);
  }

  Value input(StringRef name, RefType type) {
    return *builder.addTensorInput(name, GraphBuilder::InputKind::Input, type, {}, location);
  }

  /// The module's text.
  std::string finish(ArrayRef<GraphBuilder::Output> outputs) {
    if (failed(builder.setOutputs(outputs, location)))
      return messages;
    auto module = builder.finish();
    if (failed(module))
      return messages;
    std::string text;
    llvm::raw_string_ostream(text) << **module;
    return text;
  }

  std::string messageOf(StringRef op, ArrayRef<CallArgument> positional,
                        ArrayRef<std::pair<StringRef, CallArgument>> named = {}, ArrayRef<Type> types = {}) {
    messages.clear();
    return succeeded(builder.call(op, positional, named, types, location)) ? "called" : messages;
  }

  bool contains(const std::string &text, StringRef part) { return StringRef(text).contains(part); }

  MLIRContext context;
  std::string messages;
  ScopedDiagnosticHandler handler;
  Location location;
  GraphBuilder builder;
  Builder b;
};

TEST_F(GraphBuilding, FillsInDefaults) {
  Value x = input("x", ref({"2", "3"}));
  auto sum = builder.call("aten.add.Tensor", {x, x}, {}, x.getType(), location);
  ASSERT_TRUE(succeeded(sum)) << messages;
  auto pooled = builder.call("max_pool2d", {x}, {{"kernel_size", b.getI64IntegerAttr(3)}}, x.getType(), location);
  ASSERT_TRUE(succeeded(pooled)) << messages;
  auto loss = builder.call("mse_loss", {x, x}, {}, Type(ref({})), location);
  ASSERT_TRUE(succeeded(loss)) << messages;
  auto shape = builder.call("full_like", {x, b.getBoolAttr(true)}, {{"dtype", TypeAttr::get(b.getI1Type())}},
                            Type(ref({"2", "3"}, b.getI1Type())), location);
  ASSERT_TRUE(succeeded(shape)) << messages;
  std::string text =
      finish({{CallArgument(sum->front()), {}}, {CallArgument(), {}}, {CallArgument(pooled->front()), {}}});
  EXPECT_TRUE(contains(text, R"(tc.aten "add.Tensor"(%arg0, %arg0, 1))")) << text;
  EXPECT_TRUE(contains(text, R"(tc.aten "max_pool2d"(%arg0, [3, 3], [], [0, 0], [1, 1], false))")) << text;
  EXPECT_TRUE(contains(text, R"(tc.aten "mse_loss"(%arg0, %arg0, 1))")) << text;
  EXPECT_TRUE(contains(text, R"(tc.aten "full_like"(%arg0, true, i1, none, none, none, none))")) << text;
  EXPECT_TRUE(contains(text, "tc.outputs = [#tc.operand<0>, #tc.none, #tc.operand<1>]")) << text;
  EXPECT_TRUE(contains(text, R"(tc.kind = "input", tc.name = "x")")) << text;
}

TEST_F(GraphBuilding, SymbolsStridesAndConstants) {
  builder.declareSymbol("s0", {2, 64});
  builder.declareSymbol("s1", {0, std::nullopt});
  RefType type = ref({"s0", "2*s0"});
  SizeAttr one = *builder.parseSize("1", location), s0 = *builder.parseSize("s0", location);
  auto x = builder.addTensorInput("x", GraphBuilder::InputKind::Input, type, {one, s0}, location);
  ASSERT_TRUE(succeeded(x));
  builder.addSymbolInput("n", *builder.parseSize("s1", location), location);
  Value sum = builder.addSymbolInput("sum", *builder.parseSize("s0 + s1", location), location);
  EXPECT_EQ(cast<func::FuncOp>(cast<BlockArgument>(sum).getOwner()->getParentOp())
                .getArgAttr(cast<BlockArgument>(sum).getArgNumber(), "tc.symbol"),
            *builder.parseSize("s1 + s0", location));
  float values[2] = {1, 2};
  auto resource = builder.getResource(
      "w", RankedTensorType::get({2}, b.getF32Type()),
      UnmanagedAsmResourceBlob::allocateInferAlign<float>(values, [](void *, size_t, size_t) {}), location);
  ASSERT_TRUE(succeeded(resource)) << messages;
  Value w = builder.addConstant(*resource, location);
  auto view = builder.call("view", {w, CallArgument::list({CallArgument(Attribute(s0)), CallArgument(Attribute(one))})},
                           {}, w.getType(), location);
  ASSERT_TRUE(succeeded(view)) << messages;
  std::string text = finish({{*x, {one, s0}}, {w, {one}}});
  EXPECT_TRUE(contains(text, "tc.ranges = {s0 = [2, 64], s1 = [0, 9223372036854775807]}")) << text;
  EXPECT_TRUE(contains(text, "%arg0: !tc.ref<[s0, s0 * 2], f32>")) << text;
  EXPECT_TRUE(contains(text, "tc.strides = [#tc.size<1>, #tc.size<s0>]")) << text;
  EXPECT_TRUE(contains(text, R"(index {tc.name = "n", tc.symbol = "s1"})")) << text;
  EXPECT_TRUE(contains(text, "tc.constant dense_resource<w> : tensor<2xf32>")) << text;
  EXPECT_TRUE(contains(text, R"(tc.aten "view"(%1, [#tc.size<s0>, 1]))")) << text;
}

TEST_F(GraphBuilding, AssertionsAddNothing) {
  auto results = builder.call("_assert_scalar", {}, {}, {}, location);
  ASSERT_TRUE(succeeded(results));
  EXPECT_TRUE(results->empty());
}

TEST_F(GraphBuilding, NamesOperatorAndArgument) {
  Value x = input("x", ref({"2"}));
  Type type = x.getType();
  Attribute integer = b.getI64IntegerAttr(1), text = b.getStringAttr("t");
  EXPECT_EQ(messageOf("no_such_op", {}), "unknown operator 'no_such_op': custom operators have to be registered with "
                                         "their schema\n");
  EXPECT_EQ(messageOf("add.Tensor", {x}, {}, type), "argument 'other' of 'add.Tensor' is missing\n");
  EXPECT_EQ(messageOf("relu", {x, x}, {}, type), "'relu' has 1 arguments, found 2\n");
  EXPECT_EQ(messageOf("relu", {x}, {{"inplace", integer}}, type), "'relu' has no argument 'inplace'\n");
  EXPECT_EQ(messageOf("relu", {x}, {{"self", x}}, type), "argument 'self' of 'relu' is given twice\n");
  EXPECT_EQ(messageOf("relu", {text}, {}, type), "argument 'self' of 'relu': expected Tensor, found \"t\"\n");
  EXPECT_EQ(messageOf("relu", {CallArgument()}, {}, type), "argument 'self' of 'relu': expected Tensor, found None\n");
  EXPECT_EQ(messageOf("add.Tensor", {x, CallArgument::list({x})}, {}, type),
            "argument 'other' of 'add.Tensor': expected Tensor, found a list\n");
  EXPECT_EQ(messageOf("view", {x, integer}, {}, type), "argument 'size' of 'view': expected SymInt[], found 1 : i64\n");
  EXPECT_EQ(messageOf("view", {x, CallArgument::list({x})}, {}, type),
            "argument 'size' of 'view': expected SymInt, found a tensor\n");
  EXPECT_EQ(messageOf("relu", {x}, {}, {type, type}), "'relu' has 1 results, found 2\n");
  EXPECT_EQ(messageOf("relu", {x}, {}, type), "called");
}

TEST_F(GraphBuilding, ResourcesHaveToFit) {
  auto resource = builder.getResource("w", RankedTensorType::get({3}, b.getF32Type()),
                                      HeapAsmResourceBlob::allocate(8, 8), location);
  EXPECT_TRUE(failed(resource));
  EXPECT_EQ(messages, "tensor 'w': expected 12 bytes, found 8\n");
}

TEST_F(GraphBuilding, StridesHaveToFit) {
  EXPECT_TRUE(failed(builder.addTensorInput("x", GraphBuilder::InputKind::Input, ref({"2", "2"}),
                                            {*builder.parseSize("1", location)}, location)));
  EXPECT_EQ(messages, "input 'x': expected 2 strides, found 1\n");
}

TEST_F(GraphBuilding, BranchesBindTheSizesOfTheirResults) {
  builder.declareSymbol("u0", {0, 4});
  Value predicate = input("p", ref({}, b.getI1Type())), x = input("x", ref({"4", "2"}));
  ASSERT_TRUE(succeeded(builder.beginIf(predicate, {ref({"u0", "2"})}, location)));
  ASSERT_TRUE(succeeded(builder.beginElse({x}, location)));
  auto slice = builder.call("slice.Tensor", {x, b.getI64IntegerAttr(0), b.getI64IntegerAttr(0), b.getI64IntegerAttr(3)},
                            {}, ref({"3", "2"}), location);
  ASSERT_TRUE(succeeded(slice));
  auto results = builder.endIf({slice->front()}, location);
  ASSERT_TRUE(succeeded(results));
  std::string text = finish({{results->front(), {}}});
  EXPECT_EQ(StringRef(text).count("{tc.symbol = \"u0\"}"), 2u) << text;
  EXPECT_TRUE(contains(text, "\"scalar_tensor\"(4, i64")) << text;
  EXPECT_TRUE(contains(text, "\"scalar_tensor\"(3, i64")) << text;
}

TEST_F(GraphBuilding, LoopsOverRows) {
  Value carried = input("h", ref({"3"})), rows = input("x", ref({"5", "3"})), buffer = input("y", ref({"5", "3"}));
  CallArgument length{Attribute(*builder.parseSize("5", location))};
  auto region = builder.beginScan({carried}, {rows}, length, {buffer}, location);
  ASSERT_TRUE(succeeded(region));
  auto sum = builder.call("add.Tensor", {region->carried[0], region->rows[0]}, {}, ref({"3"}), location);
  ASSERT_TRUE(succeeded(sum));
  EXPECT_TRUE(failed(builder.endScan({sum->front()}, {}, location)));
  EXPECT_EQ(messages, "expected 2 results of a loop over rows, found 1\n");
  auto results = builder.endScan({sum->front()}, {sum->front()}, location);
  ASSERT_TRUE(succeeded(results));
  ASSERT_EQ(results->size(), 2u);
  std::string text = finish({{(*results)[0], {}}, {(*results)[1], {}}});
  EXPECT_TRUE(contains(text, "scf.while")) << text;
  EXPECT_TRUE(contains(text, "\"lt.Scalar\"")) << text;
  EXPECT_TRUE(contains(text, "\"index_put\"")) << text;
}

TEST_F(GraphBuilding, RowsNeedADimension) {
  Value scalar = input("x", ref({}));
  CallArgument length{Attribute(*builder.parseSize("5", location))};
  EXPECT_TRUE(failed(builder.beginScan({}, {scalar}, length, {}, location)));
  EXPECT_EQ(messages, "operand 0 of a loop over rows has no rows\n");
}

TEST(Locations, InnermostFrameOfTheUser) {
  MLIRContext context;
  auto print = [&](StringRef trace, StringRef module) {
    std::string text;
    llvm::raw_string_ostream(text) << getCaptureLocation(&context, trace, module);
    return text;
  };
  StringRef trace =
      "File \"/home/u/m.py\", line 3, in <module>\n    y = m(x)\n"
      "  File \"/home/u/m.py\", line 12, in forward\n    return self.fc(x)\n"
      "  File \"/v/site-packages/torch/nn/modules/linear.py\", line 134, in forward\n    return F.linear(";
  EXPECT_EQ(print(trace, "fc"), R"(loc("fc"("/home/u/m.py":12:0)))");
  EXPECT_EQ(print(trace, ""), R"(loc("/home/u/m.py":12:0))");
  EXPECT_EQ(print("File \"torch/a.py\", line 7, in f", ""), R"(loc("torch/a.py":7:0))");
  EXPECT_EQ(print("", ""), "loc(unknown)");
  EXPECT_EQ(print("File \"x.py\", line zz\nnoise\nFile \"", ""), "loc(unknown)");
  EXPECT_EQ(innermostModule("L__self__,,M;L__self___l,layer.0,torch.nn.Linear"), "layer.0");
  EXPECT_EQ(innermostModule("L__self__,,M"), "");
  EXPECT_EQ(innermostModule("noise"), "");
}

} // namespace
