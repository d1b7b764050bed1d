// tc-fuzz: damages modules of lit tests and .pt2 files, and runs them down to code. Whatever the input, the answer must
// be a diagnostic or verified IR.
//
//   tc-fuzz [--rounds=N] [--seed=FIRST] [--save=FOLDER] PATH...
//   tc-fuzz --replay FILE...     runs what was saved, undamaged and in this process, from each stage
#include "Campaign.h"

#include "tc/Pipeline/Registration.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <sys/resource.h>

using namespace tc;
using namespace tc::test;

namespace {

llvm::cl::list<std::string> paths(llvm::cl::Positional, llvm::cl::desc("file or folder..."));
llvm::cl::opt<unsigned> rounds("rounds", llvm::cl::init(2), llvm::cl::desc("mutants of each seed"));
llvm::cl::opt<unsigned> firstSeed("seed", llvm::cl::init(1), llvm::cl::desc("number of the first mutant"));
llvm::cl::opt<unsigned> seconds("timeout", llvm::cl::init(60), llvm::cl::desc("seconds that a mutant may take"));
llvm::cl::opt<std::string> folder("save", llvm::cl::desc("where to write what failed"));
llvm::cl::opt<bool> smallArchive("small-pt2", llvm::cl::desc("damage a small .pt2 file that tc-fuzz makes itself"));
llvm::cl::opt<bool> replay("replay", llvm::cl::desc("run the files as they are"));
llvm::cl::opt<bool> verbose("verbose", llvm::cl::desc("print the diagnostics of each mutant"));

std::vector<std::string> findFiles(llvm::StringRef extension) {
  std::vector<std::string> files;
  for (const std::string &path : paths) {
    if (!llvm::sys::fs::is_directory(path)) {
      if (llvm::sys::path::extension(path) == extension)
        files.push_back(path);
      continue;
    }
    std::error_code error;
    for (llvm::sys::fs::recursive_directory_iterator it(path, error), end; it != end && !error; it.increment(error))
      if (llvm::sys::path::extension(it->path()) == extension)
        files.push_back(it->path());
  }
  llvm::sort(files);
  return files;
}

} // namespace

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "damages modules of lit tests, and .pt2 files\n");
  registerAllPasses();
#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if !__has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
  // What asks for more memory than this is a failure, and should not take the machine with it.
  rlimit limit{rlim_t(8) << 30, rlim_t(8) << 30};
  setrlimit(RLIMIT_AS, &limit);
#endif
  Seeds seeds;
  addModuleSeeds(findFiles(".mlir"), seeds);
  addArchiveSeeds(findFiles(".pt2"), seeds);
  if (smallArchive)
    addSmallArchiveSeed(seeds);
  if (seeds.empty()) {
    llvm::errs() << "tc-fuzz: no .mlir or .pt2 files\n";
    return 1;
  }
  if (replay) {
    llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
    bool isGood = true;
    for (const std::unique_ptr<Seed> &seed : seeds)
      isGood &= seed->replay(verbose);
    return isGood ? 0 : 1;
  }
  CampaignOptions options{rounds, firstSeed, seconds, folder, verbose};
  return runCampaign(seeds, options) ? 1 : 0;
}
