// Compiles kernels for GPUs and runs them on the emulator, with its checks on.

#include "Emulator/Emulator.h"
#include "KernelCases.h"
#include "mlir/Parser/Parser.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Target/NVPTX/PTX.h"
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

void tc::test::check(const Case &c) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(c.text, &getContext());
  ASSERT_TRUE(module);
  fusion::KernelOp kernel = findKernel(*module);
  std::vector<Tensor> inputs = makeInputs(kernel, c), expected = interpret(kernel, inputs, c.symbols);
  for (auto [name, seed] : {std::pair("sm_80", 0), {"sm_90a", 1}, {"sm_120", 2}}) {
    gpu::Target target = llvm::cantFail(gpu::Target::get(name));
    FailureOr<gpu::CompiledKernel> compiled = gpu::compileKernel(kernel, target, "k");
    ASSERT_TRUE(succeeded(compiled)) << name;
    FailureOr<std::string> ir = nvptx::emitLLVMIR(*compiled->kernel.module, target);
    ASSERT_TRUE(succeeded(ir)) << name;
    auto emulator = emulator::Emulator::load(*ir, {.check = true, .seed = uint64_t(seed)});
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
      compare(c, output, found, std::string(name) + ", result " + std::to_string(i));
    }
  }
}
