// Verification of programs that something corrupted, and their text.

#include "Helpers.h"

#include <sstream>

using namespace tc::runtime;

static Program makeProgram() {
  Program p;
  p.name = "p";
  p.addSymbol("s0", 1);
  p.addKernel("add_one", "x + 1");
  ValueId x = p.addTensorInput("x", DType::F32, {SizeExpr::symbol(0), 4});
  ValueId a = p.addArena(SizeExpr::symbol(0) * 16, "a");
  ValueId y = p.addTensorOutput("y", DType::F32, {SizeExpr::symbol(0), 4});
  p.body.push_back(makeLaunch(0, {x, a}, SizeExpr::symbol(0) * 4));
  p.body.push_back({makeLaunch(0, {a, y}, SizeExpr::symbol(0) * 4), {{y, a}}, "model.py:3"});
  return p;
}

template <typename F> static std::string verifyAfter(F &&change) {
  Program p = makeProgram();
  change(p);
  return p.verify().message();
}

TEST(Program, VerifiesWhatIsSound) {
  EXPECT_EQ(verifyAfter([](Program &) {}), "");
}

TEST(Program, FindsWhatIsNot) {
  auto firstLaunch = [](Program &p) -> Launch & { return std::get<Launch>(p.body[0].op); };
  EXPECT_EQ(verifyAfter([&](Program &p) { firstLaunch(p).kernel = 7; }), "program p: body.0: kernel 7 does not exist");
  EXPECT_EQ(verifyAfter([&](Program &p) { firstLaunch(p).buffers[0].value = 70; }),
            "program p: body.0: value 70 does not exist");
  EXPECT_EQ(verifyAfter([&](Program &p) { firstLaunch(p).extent = SizeExpr::symbol(9); }),
            "program p: body.0: symbol 9 does not exist");
  EXPECT_EQ(verifyAfter([&](Program &p) {
              p.addSymbol("u0");
              firstLaunch(p).extent = SizeExpr::symbol(1);
            }),
            "program p: body.0: symbol u0 is used before it is bound");
  EXPECT_EQ(verifyAfter([&](Program &p) { firstLaunch(p).buffers[1].value = 0; }),
            "program p: body.0: writes input 0, which is not marked as mutated");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.values[1].device.kind = DeviceKind::CUDA; }),
            "program p: body.0: value 1 is on another device");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.values[0].index = 3; }), "program p: value 0 (x): input 3 does not exist");
  EXPECT_EQ(verifyAfter([&](Program &p) {
              p.values[1].kind = Value::Kind::View;
              p.values[1].index = 1;
            }),
            "program p: value 1 (a): a view must come after the value 1 that it views");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.values[2].kind = Value::Kind::Arena; }),
            "program p: output 0 (y): expected one value with its memory, got 0");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.inputs[0].strides = {1}; }),
            "program p: input 0 (x): expected 2 strides, got 1");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.inputs[0].dtype = DType(77); }),
            "program p: input 0 (x): unknown element type 77");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.init = p.body; }),
            "program p: init.0: the init section cannot use value 0");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.constants.push_back({"c", nullptr, 8, nullptr}), p.addConstant({"d"}); }),
            "");
  EXPECT_EQ(verifyAfter([&](Program &p) { p.addConstant({"c", nullptr, 8, nullptr}); }),
            "program p: value 3 (c): constant 0 (c) has no data");
}

TEST(Program, WritesWhatIsKeptIfItIsState) {
  for (bool isState : {false, true}) {
    EXPECT_EQ(verifyAfter([&](Program &p) {
                ValueId kept = p.addOnce(16, "count");
                p.values[kept].isState = isState;
                p.body.push_back(Copy{kept, 0, 16});
              }),
              isState ? "" : "program p: body.2: value 3 is read-only here");
  }
}

TEST(Program, SizesOutsideTheirBuffers) {
  Runtime runtime({.maxThreads = 1});
  Program p = makeProgram();
  ValueId view = p.addView(1, 8, SizeExpr::symbol(0) * 16, "v");
  (void)view;
  auto executable = makeExecutable(runtime, p, {addOne});
  Tensor x({2, 4});
  Argument arguments[] = {x};
  Result results[1];
  EXPECT_EQ(executable->run(arguments, results).message(),
            "value 3 (v): bytes 8 to 40 are outside the 32 bytes of value 1 (a)");
  p = makeProgram();
  p.values[2].bytes = 8;
  executable = makeExecutable(runtime, p, {addOne});
  EXPECT_EQ(executable->run(arguments, results).message(), "output 0 (y): element 7 is outside its 8 bytes");
}

TEST(Program, KernelTable) {
  Runtime runtime({.maxThreads = 1});
  EXPECT_EQ(Executable::create(runtime, makeProgram(), {}).message(), "program p: expected 1 kernels, got 0");
  KernelFn none[] = {nullptr};
  EXPECT_EQ(Executable::create(runtime, makeProgram(), none).message(), "program p: kernel add_one is missing");
}

TEST(Program, Dumps) {
  std::ostringstream text;
  makeProgram().dump(text);
  EXPECT_EQ(text.str(), R"(program p
  symbol s0 in [1, inf]
  input 0 x: f32[s0, 4]
  value %0:x = input 0, s0 * 16 bytes
  value %1:a = arena, s0 * 16 bytes
  value %2:y = output 0, s0 * 16 bytes
  kernel add_one  // x + 1
body
  launch add_one(read %0:x, write %1:a) over s0 * 4 grain 64
  launch add_one(read %1:a, write %2:y) over s0 * 4 grain 64 inplace %2:y on %1:a  // model.py:3
  output 0 y: f32[s0, 4]
)");
}
