// Many mutants of many seeds, in child processes, so that a crash or a hang is reported by its file and number, and the
// rest still runs.
#ifndef TC_TEST_FUZZ_CAMPAIGN_H
#define TC_TEST_FUZZ_CAMPAIGN_H

#include "Trial.h"

#include <random>
#include <vector>

namespace tc::test {

/// What mutants are made of.
class Seed {
public:
  explicit Seed(std::string file) : file(std::move(file)) {}
  virtual ~Seed();

  /// The same `random`, the same mutant.
  virtual std::string mutate(std::mt19937 &random) const = 0;
  /// Whether the mutant is a module at all.
  virtual bool run(Trial &trial, llvm::StringRef mutant, std::mt19937 &random) const = 0;
  /// Runs the seed as it is, in each way that there is; whether all is well.
  virtual bool replay(bool verbose) const = 0;
  /// The file that keeps a mutant that failed.
  virtual std::string save(llvm::StringRef mutant, llvm::StringRef reason) const = 0;
  virtual llvm::StringRef getExtension() const = 0;

  const std::string file;
};

using Seeds = std::vector<std::unique_ptr<Seed>>;

/// From the modules of .mlir files: text, and the passes that the test in it runs.
void addModuleSeeds(llvm::ArrayRef<std::string> files, Seeds &seeds);
/// From .pt2 files.
void addArchiveSeeds(llvm::ArrayRef<std::string> files, Seeds &seeds);
/// From the archive that the unit tests of the import build.
void addSmallArchiveSeed(Seeds &seeds);

struct CampaignOptions {
  unsigned rounds = 1;    ///< mutants of each seed
  unsigned firstSeed = 1; ///< number of the first one
  unsigned seconds = 60;  ///< that a mutant may take
  std::string folder;     ///< where what failed is written; empty: nowhere
  bool verbose = false;   ///< print the diagnostics of each mutant
};

/// How many mutants failed.
unsigned runCampaign(const Seeds &seeds, const CampaignOptions &options);

} // namespace tc::test

#endif
