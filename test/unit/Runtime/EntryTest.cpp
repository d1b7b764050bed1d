// Arguments: what is refused and how it is said, and what is copied.

#include "Helpers.h"

using namespace tc::runtime;

namespace {

class Entry : public testing::Test {
protected:
  Runtime runtime{{.maxThreads = 2}};
  Program p;
  std::unique_ptr<Executable> executable;

  std::string run(std::vector<Argument> arguments) {
    if (!executable)
      executable = makeExecutable(runtime, p, std::vector<KernelFn>(p.kernels.size(), addOne));
    std::vector<Result> results(p.outputs.size());
    if (Error error = executable->run(arguments, results))
      return error.message();
    output.clear();
    for (const Result &result : results) {
      if (result.kind != Result::Kind::Tensor)
        continue;
      int64_t count = 1;
      for (int i = 0; i < result.rank; ++i)
        count *= result.sizes[i];
      output = toVector(result, count);
      runtime.getAllocator().deallocate(result.data);
    }
    EXPECT_EQ(runtime.getAllocator().getAllocatedBytes(), 0);
    return "";
  }
  std::vector<float> output;
};

} // namespace

static const SizeExpr s0 = SizeExpr::symbol(0);

TEST_F(Entry, NamesTheCulprit) {
  p.addSymbol("s0", 2, 8);
  p.addScalarInput("alpha", DType::I64);
  p.addIntInput("n", 4);
  p.addTensorInput("x", DType::F32, {s0, 768});
  p.addTensorInput("", DType::F32, {s0 * 2});
  Argument alpha = Argument::ofInt(1), n = Argument::ofInt(4);
  Tensor x({3, 768}), y({6});
  EXPECT_EQ(run({alpha, n, x, y}), "");
  EXPECT_EQ(run({alpha, n, x}), "expected 4 inputs, got 3");
  Tensor narrow({3, 512}), flat({768}), many({9, 768}), odd({7});
  EXPECT_EQ(run({alpha, n, narrow, y}), "input 2 (x): expected size 768 in dimension 1, got 512");
  EXPECT_EQ(run({alpha, n, flat, y}), "input 2 (x): expected 2 dimensions, got 1");
  EXPECT_EQ(run({alpha, n, many, y}), "input 2 (x): expected s0 from 2 to 8 for the size of dimension 0, got 9");
  EXPECT_EQ(run({alpha, n, x, odd}), "input 3: expected size s0 * 2 = 6 in dimension 0, got 7");
  EXPECT_EQ(run({alpha, Argument::ofInt(5), x, y}), "input 1 (n): expected 4, got 5");
  EXPECT_EQ(run({alpha, x, x, y}), "input 1 (n): expected an int, got a tensor");
  EXPECT_EQ(run({x, n, x, y}), "input 0 (alpha): expected a scalar, got a tensor");
  EXPECT_EQ(run({alpha, n, n, y}), "input 2 (x): expected a tensor, got an int");
  Argument wrong = x;
  wrong.tensor.dtype = DType::BF16;
  EXPECT_EQ(run({alpha, n, wrong, y}), "input 2 (x): expected element type f32, got bf16");
  wrong = x;
  wrong.tensor.device = {DeviceKind::CUDA, 1};
  EXPECT_EQ(run({alpha, n, wrong, y}), "input 2 (x): expected device cpu, got cuda:1");
  wrong = x;
  wrong.tensor.data = nullptr;
  EXPECT_EQ(run({alpha, n, wrong, y}), "input 2 (x): its data is missing");
  wrong = x;
  wrong.tensor.sizes = nullptr;
  EXPECT_EQ(run({alpha, n, wrong, y}), "input 2 (x): its sizes are missing");
}

TEST_F(Entry, FloatForAnIntegerScalar) {
  ValueId alpha = p.addScalarInput("alpha", DType::I32);
  p.addKernel("k");
  p.body.push_back(makeLaunch(0, {alpha, p.addArena(4)}, 1));
  EXPECT_EQ(run({Argument::ofFloat(1)}), "input 0 (alpha): expected i32, got a float");
  EXPECT_EQ(run({Argument::ofInt(int64_t(1) << 40)}), "input 0 (alpha): expected an i32, got 1099511627776");
  EXPECT_EQ(run({Argument::ofInt(3)}), "");
}

TEST_F(Entry, SolvesLinearSizes) {
  p.addSymbol("s0");
  p.addTensorInput("x", DType::F32, {s0 * 2 + 1});
  p.outputs.push_back({.kind = Output::Kind::Int, .sizes = {s0}});
  Tensor odd({7}), even({8});
  EXPECT_EQ(run({odd}), "");
  EXPECT_EQ(run({even}), "input 0 (x): expected size s0 * 2 + 1 = 7 in dimension 0, got 8");
}

TEST_F(Entry, CopiesOtherStrides) {
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {3, 2});
  ValueId y = p.addTensorOutput("y", DType::F32, {3, 2});
  p.body.push_back(makeLaunch(0, {x, y}, 6));
  Tensor transposed({3, 2}, {1, 3}), expanded({3, 2}, {0, 1}), dense({3, 2}, {2, 1});
  EXPECT_EQ(run({dense}), "");
  EXPECT_EQ(output, (std::vector<float>{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(run({transposed}), "");
  EXPECT_EQ(output, (std::vector<float>{2, 5, 3, 6, 4, 7}));
  EXPECT_EQ(run({expanded}), "");
  EXPECT_EQ(output, (std::vector<float>{2, 3, 2, 3, 2, 3}));
}

TEST_F(Entry, IgnoresStridesOfSingleElements) {
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {1, 3});
  p.inputs[0].isMutated = true;
  ValueId y = p.addTensorOutput("y", DType::F32, {1, 3});
  p.body.push_back(makeLaunch(0, {x, y}, 3));
  // A view of the input can only be given if it was not copied.
  p.outputs.push_back({.kind = Output::Kind::AliasInput, .index = 0, .sizes = {3}});
  Tensor odd({1, 3}, {99, 1});
  EXPECT_EQ(run({odd}), "");
  Tensor spread({1, 3}, {99, 2});
  EXPECT_EQ(run({spread}), "input 0 (x): its strides differ from those the program was compiled for, and output 1 is a "
                           "view of it");
}

TEST_F(Entry, CopiesMutatedInputsBack) {
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {2, 2});
  p.inputs[0].isMutated = true;
  p.body.push_back(Launch{.buffers = {{x, Access::Read}, {x, Access::ReadWrite}}, .extent = 4});
  Tensor t({2, 2}, {1, 2});
  EXPECT_EQ(run({t}), "");
  EXPECT_EQ(t.data, (std::vector<float>{2, 3, 4, 5}));
  Tensor gaps({2, 2}, {4, 2});
  EXPECT_EQ(run({gaps}), "");
  EXPECT_EQ(gaps.data, (std::vector<float>{2, 2, 4, 4, 6, 6, 8}));
}

TEST_F(Entry, CopiesMisalignedInputs) {
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {2});
  p.inputs[0].alignment = 64;
  ValueId y = p.addTensorOutput("y", DType::F32, {2});
  p.body.push_back(makeLaunch(0, {x, y}, 2));
  Tensor t({64});
  for (int i = 0; i < 16; ++i) {
    Argument argument = t;
    int64_t sizes[] = {2};
    argument.tensor.sizes = sizes;
    argument.tensor.data = t.data.data() + i;
    EXPECT_EQ(run({argument}), "");
    EXPECT_EQ(output[0], i + 2);
  }
}

TEST_F(Entry, ZeroSizes) {
  p.addSymbol("s0");
  p.addKernel("add_one");
  ValueId x = p.addTensorInput("x", DType::F32, {s0, 4});
  ValueId temporary = p.addArena(s0 * 16);
  ValueId view = p.addView(temporary, 0, s0 * 16);
  ValueId y = p.addTensorOutput("y", DType::F32, {s0, 4});
  p.body.push_back(makeLaunch(0, {x, temporary}, s0 * 4));
  p.body.push_back(Copy{y, view, s0 * 16});
  p.body.push_back(CopyStrided{{y, DType::F32, {s0, 4}}, {view, DType::F32, {s0, 4}}});
  Argument argument = Tensor({0, 4});
  int64_t sizes[] = {0, 4}, strides[] = {7, 7};
  argument.tensor = {nullptr, DType::F32, {}, 2, sizes, strides};
  EXPECT_EQ(run({argument}), "");
  Tensor t({2, 4});
  EXPECT_EQ(run({t}), "");
  EXPECT_EQ(output[7], 9);
}

TEST_F(Entry, RefusesSizesThatOverflow) {
  p.addSymbol("s0");
  p.addIntInput("n", s0);
  p.addKernel("add_one");
  ValueId a = p.addArena(s0 * 16), b = p.addArena(s0 * 16);
  p.body.push_back(makeLaunch(0, {a, b}, 1));
  EXPECT_EQ(run({Argument::ofInt(INT64_MAX)}),
            "cannot compute the size s0 * 16 where s0 = 9223372036854775807: overflow or division by zero");
  EXPECT_EQ(run({Argument::ofInt(int64_t(1) << 58)}),
            "value 0: 4611686018427387904 bytes are more than the address space");
  EXPECT_EQ(run({Argument::ofInt(-1)}), "input 0 (n): expected s0 at least 0, got -1");
}

TEST_F(Entry, BindsStrides) {
  p.addSymbol("t0", 1);
  p.addTensorInput("x", DType::F32, {2, 3}, {s0, 1});
  p.outputs.push_back({.kind = Output::Kind::Int, .sizes = {s0}});
  Tensor t({2, 3}, {17, 1});
  EXPECT_EQ(run({t}), "");
}
