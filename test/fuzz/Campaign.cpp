// Children run mutants until one of them fails; the parent then starts another one at the next.
#include "Campaign.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using llvm::StringRef;

namespace tc::test {

Seed::~Seed() = default;

namespace {

/// What a child tells its parent.
struct Progress {
  unsigned trial;
  unsigned attempt, numParsed, numCompiled;
  bool hasProblem;
  char problem[400];
};

class Campaign {
public:
  Campaign(const Seeds &seeds, const CampaignOptions &options) : seeds(seeds), options(options) {
    void *memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    progress = new (memory) Progress{};
  }

  /// How many mutants failed.
  unsigned run() {
    unsigned count = seeds.size() * options.rounds, failures = 0;
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
    llvm::outs() << "tc-fuzz: " << count << " mutants of " << seeds.size() << " seeds, " << progress->numParsed
                 << " parsed, " << progress->numCompiled << " compiled, " << failures << " failures\n";
    return failures;
  }

private:
  const Seed &getSeed() const { return *seeds[progress->trial % seeds.size()]; }
  unsigned getNumber() const { return options.firstSeed + progress->trial / seeds.size(); }
  std::mt19937 getRandom() const { return std::mt19937(getNumber() * 1000003u + progress->trial % seeds.size()); }

  /// Most edits make what is no module, so some are tried. Calls `visit` with each.
  template <typename Visit> void forEachMutant(Visit &&visit) const {
    std::mt19937 random = getRandom();
    for (unsigned attempt = 0; attempt < 10; ++attempt)
      if (std::string mutant = getSeed().mutate(random); visit(mutant, random))
        return;
  }

  void runTrial() {
    alarm(options.seconds);
    progress->attempt = 0;
    forEachMutant([&](StringRef mutant, std::mt19937 &random) {
      Trial trial(options.verbose);
      ++progress->attempt;
      bool isModule = getSeed().run(trial, mutant, random);
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
    if (options.folder.empty())
      return;
    std::error_code error;
    llvm::sys::fs::create_directories(options.folder);
    llvm::raw_fd_ostream os(options.folder + "/" + std::to_string(getNumber()) + "-" + std::to_string(progress->trial) +
                                getSeed().getExtension().str(),
                            error);
    unsigned attempt = 0;
    forEachMutant([&](StringRef mutant, std::mt19937 &random) {
      if (++attempt < progress->attempt)
        return false;
      os << getSeed().save(mutant, reason);
      return true;
    });
  }

  const Seeds &seeds;
  const CampaignOptions &options;
  Progress *progress = nullptr;
};

} // namespace

unsigned runCampaign(const Seeds &seeds, const CampaignOptions &options) { return Campaign(seeds, options).run(); }

} // namespace tc::test
