// tc-fuzz: damages the modules of the lit tests and runs each through the passes of its test, or from one of the
// stages down to object code and PTX. Whatever the text, the answer must be a diagnostic or verified IR. Mutants run in
// child processes, so that a crash or a hang is reported by its file and seed, and the rest still runs.
//
//   tc-fuzz [--rounds=N] [--seed=FIRST] [--save=FOLDER] PATH...
//   tc-fuzz --replay FILE...     runs what was saved, undamaged and in this process, from each stage
#include "Mutate.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Pipeline/Compiler.h"
#include "tc/Pipeline/Registration.h"
#include "tc/Pipeline/Stages.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace tc;
using namespace tc::test;

namespace {

llvm::cl::list<std::string> paths(llvm::cl::Positional, llvm::cl::OneOrMore, llvm::cl::desc("file or folder..."));
llvm::cl::opt<unsigned> rounds("rounds", llvm::cl::init(2), llvm::cl::desc("mutants of each module"));
llvm::cl::opt<unsigned> firstSeed("seed", llvm::cl::init(1), llvm::cl::desc("seed of the first mutant"));
llvm::cl::opt<unsigned> seconds("timeout", llvm::cl::init(60), llvm::cl::desc("seconds that a mutant may take"));
llvm::cl::opt<std::string> folder("save", llvm::cl::desc("where to write what failed"));
llvm::cl::opt<bool> replay("replay", llvm::cl::desc("run the modules as they are"));
llvm::cl::opt<bool> verbose("verbose", llvm::cl::desc("print the diagnostics of each mutant"));

/// A module of a lit test, and the passes that the test runs.
struct Seed {
  std::string file;
  std::string text;
  std::vector<std::string> pipelines;
};

/// `tc-opt %s -tc-fuse -tc-schedule='vector=8'` as "tc-fuse,tc-schedule{vector=8}".
std::string getPipeline(StringRef command) {
  std::string pipeline;
  if (auto [before, text] = command.split("-pass-pipeline="); !text.empty())
    return text.drop_front().split(text.front()).first.str();
  llvm::Regex flag("^(.* )-?-((tc-|canonicalize|cse)[a-z0-9-]*)(=[\"'][^\"']*[\"']|=[^ ]*)?");
  SmallVector<StringRef> matches;
  while (flag.match(command, &matches)) {
    std::string pass = matches[2].str();
    if (StringRef options = matches[4]; !options.empty())
      pass += "{" + options.drop_front().trim("\"'").str() + "}";
    pipeline = pipeline.empty() ? pass : pass + "," + pipeline;
    command = matches[1];
  }
  return pipeline;
}

void addSeeds(StringRef file, std::vector<Seed> &seeds) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return;
  std::vector<std::string> pipelines;
  SmallVector<StringRef> lines, modules;
  (*buffer)->getBuffer().split(lines, '\n');
  for (StringRef line : lines)
    if (auto [before, command] = line.split("RUN:"); command.contains("tc-opt"))
      if (std::string pipeline = getPipeline(command.split('|').first); !pipeline.empty())
        pipelines.push_back(pipeline);
  (*buffer)->getBuffer().split(modules, "// -----");
  for (StringRef module : modules) {
    // Comments are no place to look for trouble.
    std::string text;
    SmallVector<StringRef> parts;
    module.split(parts, '\n');
    for (StringRef line : parts)
      if (!line.ltrim().starts_with("//"))
        text += (line + "\n").str();
    if (!StringRef(text).trim().empty())
      seeds.push_back({file.str(), text, pipelines});
  }
}

std::vector<Seed> findSeeds() {
  std::vector<std::string> files;
  for (const std::string &path : paths) {
    if (!llvm::sys::fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    std::error_code error;
    for (llvm::sys::fs::recursive_directory_iterator it(path, error), end; it != end && !error; it.increment(error))
      if (llvm::sys::path::extension(it->path()) == ".mlir")
        files.push_back(it->path());
  }
  llvm::sort(files);
  std::vector<Seed> seeds;
  for (const std::string &file : files)
    addSeeds(file, seeds);
  return seeds;
}

/// Runs one mutant; the problem found, or nothing.
class Trial {
public:
  explicit Trial(StringRef text) : text(text) {
    DialectRegistry registry;
    registerAllDialects(registry);
    context = std::make_shared<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
    context->getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
      numErrors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
          StringRef(diagnostic.str()).contains("internal error"))
        problem = "internal error instead of a diagnostic: " + diagnostic.str();
      if (verbose)
        llvm::errs() << diagnostic.getLocation() << ": " << diagnostic << "\n";
      return success();
    });
  }

  /// Whether the text is a module; if not, there is nothing more to try.
  bool parse() {
    module = parseSourceString<ModuleOp>(text, ParserConfig(context.get()));
    if (!module)
      expectDiagnostic("the parser");
    return module.get();
  }

  void runPipeline(StringRef pipeline) {
    PassManager manager(context.get(), ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
    std::string ignored;
    llvm::raw_string_ostream os(ignored);
    if (succeeded(parsePassPipeline(pipeline, manager, os)))
      runPasses(manager, pipeline);
  }

  /// From the stage of this number to code.
  void runStages(size_t first) {
    for (const Stage &stage : getStages().drop_front(first)) {
      PassManager manager(context.get());
      stage.build(manager, {"avx2"});
      if (!runPasses(manager, stage.name))
        return;
    }
    generateCode();
  }

  void checkRoundTrip() {
    std::string printed;
    llvm::raw_string_ostream(printed) << *module;
    OwningOpRef<ModuleOp> again = parseSourceString<ModuleOp>(printed, ParserConfig(context.get()));
    if (!again)
      problem = "what is printed cannot be parsed";
    numErrors = 0;
  }

  std::string problem;
  bool isCompiled = false;

private:
  void expectDiagnostic(StringRef what) {
    if (problem.empty() && !numErrors)
      problem = (what + " failed without a diagnostic").str();
  }

  bool runPasses(PassManager &manager, StringRef what) {
    if (succeeded(manager.run(*module)))
      return true;
    expectDiagnostic(what);
    return false;
  }

  void generateCode() {
    llvm::Expected<nvptx::Target> gpu = nvptx::Target::get("sm_80");
    if (gpu)
      module->walk([&](fusion::KernelOp kernel) {
        numErrors = 0;
        if (failed(tc::gpu::compileKernel(kernel, *gpu, "kernel")))
          expectDiagnostic("GPU code");
      });
    numErrors = 0;
    runtime::RuntimeOptions options;
    options.maxThreads = 1;
    runtime::Runtime runtime(options);
    CompileOptions compileOptions;
    compileOptions.target = "x86-64";
    isCompiled = succeeded(compile(*module, compileOptions, runtime, context));
    if (!isCompiled)
      expectDiagnostic("compiling");
  }

  StringRef text;
  std::shared_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  unsigned numErrors = 0;
};

/// What a child tells its parent.
struct Progress {
  unsigned trial;
  unsigned attempt, numParsed, numCompiled;
  bool hasProblem;
  char problem[400];
};

class Campaign {
public:
  explicit Campaign(std::vector<Seed> seeds) : seeds(std::move(seeds)) {
    for (const Seed &seed : this->seeds)
      llvm::append_range(donors, tokenize(seed.text));
    void *memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    progress = new (memory) Progress{};
  }

  /// How many mutants failed.
  unsigned run() {
    unsigned count = seeds.size() * rounds, failures = 0;
    for (progress->trial = 0; progress->trial < count; ++progress->trial) {
      progress->hasProblem = false;
      pid_t child = fork();
      if (child == 0) {
        for (; progress->trial < count; ++progress->trial)
          runTrial();
        _exit(0);
      }
      int status = 0;
      if (child < 0 || waitpid(child, &status, 0) < 0) {
        llvm::errs() << "tc-fuzz: cannot start a process\n";
        return 1;
      }
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        break;
      ++failures;
      report(status);
    }
    llvm::outs() << "tc-fuzz: " << count << " mutants of " << seeds.size() << " modules, " << progress->numParsed
                 << " parsed, " << progress->numCompiled << " compiled, " << failures << " failures\n";
    return failures;
  }

private:
  const Seed &getSeed() const { return seeds[progress->trial % seeds.size()]; }
  unsigned getNumber() const { return firstSeed + progress->trial / seeds.size(); }
  std::mt19937 getRandom() const { return std::mt19937(getNumber() * 1000003u + progress->trial % seeds.size()); }

  /// Most edits make text that is no module, so some are tried. Calls `visit` with each.
  template <typename Visit> void forEachText(Visit &&visit) const {
    std::mt19937 random = getRandom();
    for (unsigned attempt = 0; attempt < 10; ++attempt)
      if (std::string text = mutate(getSeed().text, donors, random); visit(text, random))
        return;
  }

  void runTrial() {
    alarm(seconds);
    progress->attempt = 0;
    forEachText([&](StringRef text, std::mt19937 &random) {
      Trial trial(text);
      ++progress->attempt;
      bool isModule = trial.parse();
      if (isModule) {
        trial.checkRoundTrip();
        const std::vector<std::string> &pipelines = getSeed().pipelines;
        if (random() % 2 && !pipelines.empty())
          trial.runPipeline(pipelines[random() % pipelines.size()]);
        else
          trial.runStages(random() % (getStages().size() + 1));
      }
      progress->numParsed += isModule;
      progress->numCompiled += trial.isCompiled;
      if (!trial.problem.empty()) {
        progress->hasProblem = true;
        strncpy(progress->problem, trial.problem.c_str(), sizeof(progress->problem) - 1);
        _exit(1);
      }
      return isModule;
    });
    alarm(0);
  }

  void report(int status) {
    std::string reason = progress->hasProblem ? progress->problem
                         : WIFSIGNALED(status)
                             ? (WTERMSIG(status) == SIGALRM ? "hangs" : std::string(strsignal(WTERMSIG(status))))
                             : "exits with " + std::to_string(WEXITSTATUS(status));
    llvm::outs() << getSeed().file << ": seed " << getNumber() << " (trial " << progress->trial << "): " << reason
                 << "\n";
    llvm::outs().flush();
    if (folder.empty())
      return;
    std::error_code error;
    llvm::sys::fs::create_directories(folder);
    llvm::raw_fd_ostream os(
        folder + "/" + std::to_string(getNumber()) + "-" + std::to_string(progress->trial) + ".mlir", error);
    unsigned attempt = 0;
    forEachText([&](StringRef text, std::mt19937 &random) {
      if (++attempt < progress->attempt)
        return false;
      os << "// " << reason << "\n// " << getSeed().file << "\n";
      for (const std::string &pipeline : getSeed().pipelines)
        os << "// RUN: tc-opt --pass-pipeline='" << pipeline << "'\n";
      os << text;
      return true;
    });
  }

  std::vector<Seed> seeds;
  std::vector<Token> donors;
  Progress *progress = nullptr;
};

bool replayAll(ArrayRef<Seed> seeds) {
  bool isGood = true;
  for (const Seed &seed : seeds)
    for (size_t i = 0; i <= getStages().size() + seed.pipelines.size(); ++i) {
      Trial trial(seed.text);
      if (!trial.parse())
        break;
      trial.checkRoundTrip();
      llvm::errs() << seed.file << ", run " << i << "\n";
      if (i <= getStages().size())
        trial.runStages(i);
      else
        trial.runPipeline(seed.pipelines[i - getStages().size() - 1]);
      if (!trial.problem.empty())
        llvm::errs() << seed.file << ": " << trial.problem << "\n";
      isGood &= trial.problem.empty();
    }
  return isGood;
}

} // namespace

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "damages the modules of lit tests\n");
  registerAllPasses();
#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if !__has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
  // What asks for more memory than this is a failure, and should not take the machine with it.
  rlimit limit{rlim_t(8) << 30, rlim_t(8) << 30};
  setrlimit(RLIMIT_AS, &limit);
#endif
  std::vector<Seed> seeds = findSeeds();
  if (seeds.empty()) {
    llvm::errs() << "tc-fuzz: no .mlir files\n";
    return 1;
  }
  if (replay) {
    llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
    return replayAll(seeds) ? 0 : 1;
  }
  return Campaign(std::move(seeds)).run() ? 1 : 0;
}
