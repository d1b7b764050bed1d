// Loading, compiling with ORC, and launching.

#include "Emulator.h"

#include "Block.h"
#include "Operations.h"
#include "Rewrite.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>
#include <sys/mman.h>

using namespace llvm;

namespace tc::emulator {

struct Kernel {
  std::string name;
  Entry entry;
};

struct Emulator::State {
  Options options;
  std::unique_ptr<orc::LLJIT> jit;
  Rewritten rewritten;
  StringMap<Kernel> kernels;
};

Emulator::Emulator(std::unique_ptr<State> state) : state(std::move(state)) {}
Emulator::~Emulator() = default;

//===----------------------------------------------------------------------===//
// What rewritten code calls
//===----------------------------------------------------------------------===//

static void callOperation(Thread *thread, const Operation *operation, uint32_t site, uint64_t *slots) {
  thread->block->wait(*thread, *operation, site, slots);
}

static void checkAccess(Thread *thread, const char *data, uint32_t bytes, uint32_t alignment, uint32_t kind,
                        uint32_t site) {
  if (auto problem = thread->block->checker.access(*thread, data, bytes, alignment, static_cast<Access>(kind), site))
    thread->block->failThread(*thread, std::move(*problem));
}

/// For processors without such an instruction. In registers, a bf16 is the low half of a vector register, as a float
/// is.
static float truncateToBF16(float value) {
  auto bits = bit_cast<uint32_t>(value);
  uint32_t rounded = (bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return bit_cast<float>(rounded);
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

static Expected<orc::JITTargetMachineBuilder> getHost() {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
  });
  auto host = orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return host;
  // These flush denormals.
  for (const char *feature : {"avx512bf16", "avxneconvert"})
    host->getFeatures().AddFeature(feature, false);
  host->setCodeGenOptLevel(CodeGenOptLevel::Default);
  host->getOptions().AllowFPOpFusion = FPOpFusion::Standard;
  return host;
}

static Error optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager callGraph;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  ModulePassManager passes;
  if (Error error = builder.parsePassPipeline(passes, "function(sroa,early-cse,simplifycfg)"))
    return error;
  passes.run(module, modules);
  return Error::success();
}

Expected<std::unique_ptr<Emulator>> Emulator::load(StringRef ir, const Options &options) {
  auto context = std::make_unique<LLVMContext>();
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> module = parseIR(MemoryBufferRef(ir, "kernels"), diagnostic, *context);
  if (!module) {
    std::string text;
    raw_string_ostream os(text);
    diagnostic.print("", os, /*ShowColors=*/false);
    return createStringError(text);
  }
  if (!module->getTargetTriple().isNVPTX())
    return createStringError("expected LLVM IR for nvptx64, found " + module->getTargetTriple().str());
  auto state = std::make_unique<State>();
  state->options = options;
  Expected<Rewritten> rewritten = rewrite(*module, options.check);
  if (!rewritten)
    return rewritten.takeError();
  state->rewritten = std::move(*rewritten);

  Expected<orc::JITTargetMachineBuilder> host = getHost();
  if (!host)
    return host.takeError();
  Expected<std::unique_ptr<TargetMachine>> machine = host->createTargetMachine();
  if (!machine)
    return machine.takeError();
  module->setTargetTriple((*machine)->getTargetTriple());
  module->setDataLayout((*machine)->createDataLayout());
  if (Error error = optimize(*module, **machine))
    return error;
  auto jit = orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*host)).create();
  if (!jit)
    return jit.takeError();
  state->jit = std::move(*jit);
  orc::MangleAndInterner mangle(state->jit->getExecutionSession(), state->jit->getDataLayout());
  auto flags = JITSymbolFlags::Exported | JITSymbolFlags::Callable;
  if (Error error = state->jit->getMainJITDylib().define(
          orc::absoluteSymbols({{mangle(callName), {orc::ExecutorAddr::fromPtr(&callOperation), flags}},
                                {mangle(accessName), {orc::ExecutorAddr::fromPtr(&checkAccess), flags}},
                                {mangle("__truncsfbf2"), {orc::ExecutorAddr::fromPtr(&truncateToBF16), flags}}})))
    return error;
  if (Error error = state->jit->addIRModule(orc::ThreadSafeModule(std::move(module), std::move(context))))
    return error;
  for (const std::string &name : state->rewritten.kernels) {
    Expected<orc::ExecutorAddr> address = state->jit->lookup(name);
    if (!address)
      return address.takeError();
    state->kernels[name] = {name, address->toPtr<Entry>()};
  }
  return std::unique_ptr<Emulator>(new Emulator(std::move(state)));
}

const Kernel *Emulator::find(StringRef name) const {
  auto found = state->kernels.find(name);
  return found == state->kernels.end() ? nullptr : &found->second;
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

namespace {

/// The addresses of shared memory: below 4 GiB, as kernels may keep them in 32 bits, and aligned as far as anything
/// asks for.
class SharedWindow {
public:
  SharedWindow() {
    void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    memory = mapped == MAP_FAILED ? nullptr : static_cast<char *>(mapped);
  }
  ~SharedWindow() {
    if (memory)
      munmap(memory, bytes);
  }
  char *get() const {
    return memory ? reinterpret_cast<char *>(alignTo(reinterpret_cast<uintptr_t>(memory), 1024)) : nullptr;
  }

private:
  static constexpr size_t bytes = sharedWindowBytes + 1024;
  char *memory;
};

} // namespace

Error Emulator::run(const Kernel &kernel, const Launch &launch) const {
  uint64_t threads = uint64_t(launch.block[0]) * launch.block[1] * launch.block[2];
  if (threads == 0 || threads > 1024)
    return createStringError("kernel " + kernel.name + ": a block of " + std::to_string(threads) + " threads");
  uint64_t bytes = uint64_t(state->rewritten.staticSharedBytes) + launch.sharedBytes;
  if (bytes > sharedWindowBytes)
    return createStringError("kernel " + kernel.name + ": " + std::to_string(bytes) + " bytes of shared memory");
  SharedWindow window;
  if (!window.get())
    return createStringError("no memory below 4 GiB for shared memory");
  Block block(kernel.entry, launch, state->options, window.get(), bytes, state->rewritten.sites);
  for (uint32_t z = 0; z < launch.grid[2]; ++z)
    for (uint32_t y = 0; y < launch.grid[1]; ++y)
      for (uint32_t x = 0; x < launch.grid[0]; ++x)
        if (auto problem = block.run({x, y, z}))
          return createStringError("kernel " + kernel.name + ", block (" + std::to_string(x) + ", " +
                                   std::to_string(y) + ", " + std::to_string(z) + "): " + *problem);
  return Error::success();
}

} // namespace tc::emulator
