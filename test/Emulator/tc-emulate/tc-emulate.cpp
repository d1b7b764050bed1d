// tc-emulate: runs a graph compiled for a GPU on the emulated driver, and compares with the same graph on the CPU.
//
// The graph is captured MLIR or a .pt2 file; inputs are .npy files, or random, the same for both. Every output and
// every mutated input must agree, in two runs: the first computes what depends on constants alone.

#include "Graph.h"

#include "mlir/Parser/Parser.h"
#include "tc/Import/ImportPT2.h"
#include "tc/Pipeline/Compiler.h"
#include "tc/Pipeline/Explain.h"
#include "tc/Pipeline/Registration.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

#include <dlfcn.h>

using namespace mlir;
using namespace tc;
namespace cl = llvm::cl;

static cl::opt<std::string> file(cl::Positional, cl::Required, cl::desc("<graph.mlir or program.pt2>"));
static cl::opt<std::string> target("target", cl::init("cuda"), cl::desc("GPU: cuda, sm_80, sm_90a, sm_120"));
static cl::opt<int> capability("capability", cl::init(90), cl::desc("Compute capability of the emulated devices"));
static cl::list<std::string> values(cl::Positional, cl::desc("[<.npy file, number, or _ for random> …, one an input]"));
static cl::list<std::string> sizes("size", cl::CommaSeparated, cl::desc("Values of symbols: s0=3,s1=7"));
static cl::opt<int64_t> maxInt("max-int", cl::init(1), cl::desc("Largest random integer"));
static cl::opt<double> tolerance("tolerance", cl::init(1e-4), cl::desc("Of an output's greatest value"));
static cl::opt<double> absolute("absolute-tolerance", cl::init(0), cl::desc("For outputs that are 0 but for rounding"));
static cl::opt<unsigned> seed("seed", cl::init(0), cl::desc("Order of the emulated threads, and of the inputs"));
static cl::opt<bool> check("check", cl::init(true), cl::desc("Look for races and wrong accesses"));
static cl::opt<bool> explainOption("explain", cl::desc("Print the tables of the graph compiled for the GPU"));

/// The driver's side of the emulation, in its library.
static bool configureDriver() {
  void *library = dlopen(TC_FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    llvm::errs() << dlerror() << "\n";
    return false;
  }
  reinterpret_cast<void (*)(int)>(dlsym(library, "fakeCudaSetCapability"))(capability);
  reinterpret_cast<void (*)(bool, uint64_t)>(dlsym(library, "fakeCudaSetEmulation"))(check, seed);
  return true;
}

static std::unique_ptr<CompiledGraph> compileFor(const std::string &name, runtime::Runtime &runtime) {
  DialectRegistry registry;
  registerAllDialects(registry);
  auto context = std::make_shared<MLIRContext>(registry);
  context->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = llvm::StringRef(file).ends_with(".pt2")
                                     ? importPT2(context.get(), file)
                                     : parseSourceFile<ModuleOp>(file, context.get());
  if (!module)
    return nullptr;
  CompileOptions options;
  options.target = name;
  options.gpuCode = CompileOptions::GPUCode::LLVMIR;
  FailureOr<std::unique_ptr<CompiledGraph>> graph = compile(*module, options, runtime, context);
  return failed(graph) ? nullptr : std::move(*graph);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "tc-emulate: a graph on an emulated GPU\n");
  llvm::ExitOnError exitOnError("error: ");
  tool::InputOptions inputs{values, exitOnError(tool::parseSizes(std::vector<std::string>(sizes))), seed, maxInt};
  if (!configureDriver())
    return 1;
  runtime::Runtime runtime({.maxThreads = 2, .cudaLibrary = TC_FAKE_CUDA});
  std::unique_ptr<CompiledGraph> gpu = compileFor(target, runtime), cpu = compileFor("host", runtime);
  if (!gpu || !cpu)
    return 1;
  if (explainOption) {
    ExplainOptions options;
    options.program = true;
    llvm::outs() << explain(*gpu, options);
  }
  bool agree = true;
  for (int run = 0; run < 2; ++run, ++inputs.seed) {
    std::vector<emulate::Value> expected = exitOnError(emulate::run(*cpu, runtime, inputs)),
                                found = exitOnError(emulate::run(*gpu, runtime, inputs));
    agree &= emulate::compare(expected, found, {tolerance, absolute}, llvm::outs());
  }
  llvm::outs() << (agree ? "agrees with the CPU: " : "differs from the CPU: ")
               << gpu->getExecutable().getProgram().cudaModules.size() << " kernels\n";
  return agree ? 0 : 1;
}
