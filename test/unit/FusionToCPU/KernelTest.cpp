#include "KernelTest.h"

#include "mlir/Parser/Parser.h"
#include "tc/Target/CPU/ObjectCode.h"

#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace tc;
using namespace tc::test;

MLIRContext &tc::test::getContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    cpu::registerDialects(registry);
    auto *created = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    created->loadAllAvailableDialects();
    return created;
  }();
  return *context;
}

Runner::Runner(const std::string &text, const std::string &targetName) {
  module = parseSourceString<ModuleOp>(text, &getContext());
  if (!module)
    return;
  kernel = findKernel(*module);
  llvm::Expected<cpu::Target> target = cpu::Target::get(targetName);
  if (!target) {
    ADD_FAILURE() << llvm::toString(target.takeError());
    return;
  }
  FailureOr<cpu::CompiledKernel> compiled = cpu::compileKernel(kernel, *target, "k");
  if (failed(compiled))
    return;
  auto created = llvm::cantFail(cpu::KernelLibrary::create());
  llvm::cantFail(created->add(compiled->object));
  for (const cpu::KernelPhase &phase : compiled->kernel.phases) {
    llvm::Expected<void *> address = created->lookup(phase.function);
    if (!address) {
      ADD_FAILURE() << llvm::toString(address.takeError());
      return;
    }
    functions.push_back(*address);
  }
  code = std::move(compiled->kernel);
  library = std::move(created);
}

void Runner::run(const std::vector<void *> &buffers, const Symbols &symbols, int parts) {
  std::vector<void *> pointers = buffers;
  std::vector<char> workspace;
  if (code.workspaceBytes) {
    workspace.resize(evaluate(code.workspaceBytes, symbols) + 64);
    pointers.push_back(reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(workspace.data()) + 63) & ~uintptr_t(63)));
  }
  std::vector<int64_t> values;
  for (StringAttr symbol : code.symbols)
    values.push_back(symbols.at(symbol.str()));
  for (auto [phase, function] : llvm::zip(code.phases, functions)) {
    std::vector<char> scratch(evaluate(phase.scratchBytes, symbols) + 128, 0x7f);
    void *aligned = reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) & ~uintptr_t(63));
    int64_t extent = evaluate(phase.extent, symbols);
    auto entry = reinterpret_cast<void (*)(void *const *, const int64_t *, int64_t, int64_t, void *)>(function);
    for (int part = 0; part < parts; ++part) {
      int64_t begin = extent * part / parts, end = extent * (part + 1) / parts;
      if (begin < end)
        entry(pointers.data(), values.data(), begin, end, aligned);
    }
  }
}

/// Memory with guard bytes around it, which nothing may write.
struct Guarded {
  explicit Guarded(std::vector<char> contents, size_t alignment)
      : size(contents.size()), bytes(size + 512, char(0xA5)) {
    start = 128 + (64 - (reinterpret_cast<uintptr_t>(bytes.data()) + 128) % 64) % 64;
    // Inputs are only as aligned as their elements.
    start += alignment;
    std::copy(contents.begin(), contents.end(), bytes.begin() + start);
  }
  char *data() { return bytes.data() + start; }
  bool intact() const {
    for (size_t i = 0; i < bytes.size(); ++i)
      if ((i < start || i >= start + size) && bytes[i] != char(0xA5))
        return false;
    return true;
  }
  size_t size;
  std::vector<char> bytes;
  size_t start;
};

void tc::test::check(const Case &c) {
  // The interpreter runs once for all targets.
  std::vector<Tensor> inputs, expected;
  for (std::string name : {"host", "avx512", "avx2", "baseline"}) {
    if (!llvm::cantFail(cpu::Target::get(name)).runsHere())
      continue;
    Runner runner(c.text, name);
    ASSERT_TRUE(runner.ok()) << name;
    if (inputs.empty())
      inputs = makeInputs(runner.kernel, c);
    if (expected.empty())
      expected = interpret(runner.kernel, inputs, c.symbols);
    for (int parts : {1, 3}) {
      std::vector<Guarded> memory;
      for (const Tensor &input : inputs) {
        std::vector<char> bytes = toBytes(input);
        memory.emplace_back(bytes, bytes.empty() ? 0 : bytes.size() / input.data.size());
      }
      for (const Tensor &output : expected)
        memory.emplace_back(std::vector<char>(toBytes(output).size(), 0x55), 0);
      std::vector<void *> buffers;
      for (Guarded &block : memory)
        buffers.push_back(block.data());
      runner.run(buffers, c.symbols, parts);
      for (auto [i, output] : llvm::enumerate(expected)) {
        Tensor found = output;
        fromBytes(found, memory[inputs.size() + i].data());
        compare(c, output, found, name + ", " + std::to_string(parts) + " parts, result " + std::to_string(i));
      }
      for (Guarded &block : memory)
        EXPECT_TRUE(block.intact()) << name << ": wrote outside a buffer";
    }
  }
}
