// Seeds of text: the modules of the lit tests, each run through the passes of its test, or from one of the stages down
// to object code and PTX.
#include "Campaign.h"
#include "Mutate.h"

#include "tc/Pipeline/Stages.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"

using namespace mlir;

namespace tc::test {

namespace {

class ModuleSeed final : public Seed {
public:
  ModuleSeed(std::string file, std::string text, std::vector<std::string> pipelines,
             std::shared_ptr<const std::vector<Token>> donors)
      : Seed(std::move(file)), text(std::move(text)), pipelines(std::move(pipelines)), donors(std::move(donors)) {}

  std::string mutate(std::mt19937 &random) const override { return test::mutate(text, *donors, random); }

  bool run(Trial &trial, StringRef mutant, std::mt19937 &random) const override {
    if (!trial.parse(mutant))
      return false;
    trial.checkRoundTrip();
    if (random() % 2 && !pipelines.empty())
      trial.runPipeline(pipelines[random() % pipelines.size()]);
    else
      trial.runStages(random() % (getStages().size() + 1));
    return true;
  }

  bool replay(bool verbose) const override {
    bool isGood = true;
    for (size_t i = 0; i <= getStages().size() + pipelines.size(); ++i) {
      Trial trial(verbose);
      if (!trial.parse(text))
        break;
      trial.checkRoundTrip();
      llvm::errs() << file << ", run " << i << "\n";
      if (i <= getStages().size())
        trial.runStages(i);
      else
        trial.runPipeline(pipelines[i - getStages().size() - 1]);
      if (!trial.problem.empty())
        llvm::errs() << file << ": " << trial.problem << "\n";
      isGood &= trial.problem.empty();
    }
    return isGood;
  }

  std::string save(StringRef mutant, StringRef reason) const override {
    std::string result = ("// " + reason + "\n// " + file + "\n").str();
    for (const std::string &pipeline : pipelines)
      result += "// RUN: tc-opt --pass-pipeline='" + pipeline + "'\n";
    return result + mutant.str();
  }
  StringRef getExtension() const override { return ".mlir"; }

  const std::string text;

private:
  std::vector<std::string> pipelines;
  std::shared_ptr<const std::vector<Token>> donors;
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

/// Comments are no place to look for trouble.
std::string withoutComments(StringRef module) {
  std::string text;
  SmallVector<StringRef> lines;
  module.split(lines, '\n');
  for (StringRef line : lines)
    if (!line.ltrim().starts_with("//"))
      text += (line + "\n").str();
  return text;
}

} // namespace

void addModuleSeeds(ArrayRef<std::string> files, Seeds &seeds) {
  // Tokens of all modules, which refer to the seeds' texts.
  auto donors = std::make_shared<std::vector<Token>>();
  for (const std::string &file : files) {
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      continue;
    std::vector<std::string> pipelines;
    SmallVector<StringRef> lines, modules;
    (*buffer)->getBuffer().split(lines, '\n');
    for (StringRef line : lines)
      if (auto [before, command] = line.split("RUN:"); command.contains("tc-opt"))
        if (std::string pipeline = getPipeline(command.split('|').first); !pipeline.empty())
          pipelines.push_back(pipeline);
    (*buffer)->getBuffer().split(modules, "// -----");
    for (StringRef module : modules) {
      std::string text = withoutComments(module);
      if (StringRef(text).trim().empty())
        continue;
      auto seed = std::make_unique<ModuleSeed>(file, std::move(text), pipelines, donors);
      llvm::append_range(*donors, tokenize(seed->text));
      seeds.push_back(std::move(seed));
    }
  }
}

} // namespace tc::test
