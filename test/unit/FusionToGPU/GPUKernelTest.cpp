// Compiles kernels for GPUs and runs them on the emulator, with its checks on.

#include "Emulator/Emulator.h"
#include "KernelCases.h"
#include "mlir/Parser/Parser.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Target/NVPTX/PTX.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace tc;
using namespace tc::test;

static MLIRContext &getContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    gpu::registerDialects(registry);
    auto *created = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    created->loadAllAvailableDialects();
    return created;
  }();
  return *context;
}

namespace {

/// Device memory: nothing outside of `bytes` may be touched, and results start as something that no kernel writes.
struct Buffer {
  explicit Buffer(std::vector<char> contents) : storage(contents.size() + 64) {
    bytes =
        MutableArrayRef(storage.data() + (16 - reinterpret_cast<uintptr_t>(storage.data()) % 16) % 16, contents.size());
    llvm::copy(contents, bytes.begin());
  }
  std::vector<char> storage;
  MutableArrayRef<char> bytes;
};

} // namespace

static void run(const gpu::GpuKernel &kernel, const emulator::Emulator &emulator, std::vector<Buffer> &buffers,
                const Symbols &symbols, const std::string &what) {
  if (kernel.workspaceBytes)
    buffers.emplace_back(std::vector<char>(evaluate(kernel.workspaceBytes, symbols), 0x55));
  std::vector<void *> pointers, arguments;
  std::vector<int64_t> values;
  std::vector<emulator::Range> memory;
  for (Buffer &buffer : buffers) {
    pointers.push_back(buffer.bytes.data());
    auto begin = reinterpret_cast<uintptr_t>(buffer.bytes.data());
    memory.push_back({begin, begin + buffer.bytes.size()});
  }
  for (StringAttr symbol : kernel.symbols)
    values.push_back(symbols.at(symbol.str()));
  for (void *&pointer : pointers)
    arguments.push_back(&pointer);
  for (int64_t &value : values)
    arguments.push_back(&value);
  for (const gpu::KernelPhase &phase : kernel.phases) {
    emulator::Launch launch;
    for (int d = 0; d < 3; ++d) {
      launch.grid[d] = evaluate(phase.grid[d], symbols);
      launch.block[d] = phase.block[d];
    }
    launch.sharedBytes = evaluate(phase.sharedBytes, symbols);
    launch.arguments = arguments.data();
    launch.memory = memory;
    const emulator::Kernel *function = emulator.find(phase.function);
    ASSERT_TRUE(function) << what << ": no function " << phase.function;
    if (llvm::Error error = emulator.run(*function, launch)) {
      ADD_FAILURE() << what << ": " << llvm::toString(std::move(error));
      return;
    }
  }
}

static void checkOn(const Case &c, gpu::Target target, uint64_t seed, const gpu::Options &options = {}) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(c.text, &getContext());
  ASSERT_TRUE(module);
  fusion::KernelOp kernel = findKernel(*module);
  std::vector<Tensor> inputs = makeInputs(kernel, c), expected = interpret(kernel, inputs, c.symbols);
  std::string name = target.name + (target.multiprocessors == 1 ? " of one multiprocessor" : "");
  FailureOr<gpu::CompiledKernel> compiled = gpu::compileKernel(kernel, target, "k", options);
  ASSERT_TRUE(succeeded(compiled)) << name;
  FailureOr<std::string> ir = nvptx::emitLLVMIR(*compiled->kernel.module, target);
  ASSERT_TRUE(succeeded(ir)) << name;
  auto emulator = emulator::Emulator::load(*ir, {.check = true, .seed = seed});
  ASSERT_TRUE(bool(emulator)) << name << ": " << llvm::toString(emulator.takeError());
  std::vector<Buffer> buffers;
  for (const Tensor &input : inputs)
    buffers.emplace_back(toBytes(input));
  for (const Tensor &output : expected)
    buffers.emplace_back(std::vector<char>(toBytes(output).size(), 0x55));
  run(compiled->kernel, **emulator, buffers, c.symbols, name);
  for (auto [i, output] : llvm::enumerate(expected)) {
    Tensor found = output;
    fromBytes(found, buffers[inputs.size() + i].bytes.data());
    compare(c, output, found, name + ", result " + std::to_string(i));
  }
}

void tc::test::check(const Case &c) {
  uint64_t seed = 0;
  for (const char *name : {"sm_80", "sm_90a", "sm_120"})
    checkOn(c, llvm::cantFail(gpu::Target::get(name)), seed++);
  // A device that a few blocks fill gets the largest ones.
  gpu::Target small = llvm::cantFail(gpu::Target::get("sm_80"));
  small.multiprocessors = 1;
  checkOn(c, small, seed);
}

TEST(GPUContract, TF32) {
  for (auto [x, y] : {std::pair("%i, %k", "%j, %k"), {"%k, %i", "%k, %j"}}) {
    bool depthLast = x[1] == 'i';
    std::string lhs = depthLast ? "tensor<70x52xf32>" : "tensor<52x70xf32>",
                rhs = depthLast ? "tensor<36x52xf32>" : "tensor<52x36xf32>";
    std::string body = "%0 = loop.contract (%i, %j : %k) in [70, 36 : 52] {\n%v = loop.read %x[" + std::string(x) +
                       "] : " + lhs + " -> f32\n%w = loop.read %y[" + y + "] : " + rhs +
                       " -> f32\nloop.yield %v, %w : f32, f32\n} : tensor<70x36xf32>\n" +
                       "fusion.yield %0 : tensor<70x36xf32>\n";
    Case c{kernel("", "%x: " + lhs + "; %y: " + rhs, "tensor<70x36xf32>", body)};
    c.tolerance = 2e-3;
    checkOn(c, llvm::cantFail(gpu::Target::get("sm_80")), 0, {.allowTF32 = true});
    // The factors were rounded.
    c.tolerance = 1e-9;
    EXPECT_NONFATAL_FAILURE(checkOn(c, llvm::cantFail(gpu::Target::get("sm_80")), 0, {.allowTF32 = true}), "expected");
  }
}

TEST(GPUScatter, InOrder) {
  std::string body = R"(%0 = loop.scatter [sum] (%i) in [50] into %z {
      %n = loop.read %a[%i] : tensor<50xi64> -> i64
      %o = arith.index_cast %n : i64 to index
      %w = loop.read %v[%i] : tensor<50xf32> -> f32
      loop.yield %o, %w : index, f32
    } : tensor<9xf32>
    fusion.yield %0 : tensor<9xf32>
)";
  Case c{kernel("", "%a: tensor<50xi64>; %v: tensor<50xf32>; %z: tensor<9xf32>", "tensor<9xf32>", body)};
  c.tolerance = 2e-6;
  checkOn(c, llvm::cantFail(gpu::Target::get("sm_90a")), 0, {.deterministic = true});
}

TEST(GPUScatter, LastPointWins) {
  std::string body = R"(%0 = loop.scatter (%i, %j) in [20, 30] into %z {
      %n = loop.read %a[%i, %j] : tensor<20x30xi64> -> i64
      %o = arith.index_cast %n : i64 to index
      %w = loop.read %v[%i, %j] : tensor<20x30xf32> -> f32
      loop.yield %o, %w : index, f32
    } : tensor<9xf32>
    fusion.yield %0 : tensor<9xf32>
)";
  check({kernel("", "%a: tensor<20x30xi64>; %v: tensor<20x30xf32>; %z: tensor<9xf32>", "tensor<9xf32>", body)});
}
