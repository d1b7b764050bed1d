// Seeds that are .pt2 files: their JSON is damaged token by token, their entries are cut, lengthened, exchanged,
// renamed or dropped, or bytes of the archive itself are overwritten, its directory more often than the rest. What is
// still read goes down to object code and PTX.
#include "../unit/Import/TestArchive.h"
#include "Campaign.h"
#include "Mutate.h"

#include "tc/Import/PT2/Archive.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using llvm::StringRef;

namespace tc::test {

namespace {

class ArchiveSeed final : public Seed {
public:
  ArchiveSeed(std::string file, std::string bytes, Entries entries)
      : Seed(std::move(file)), bytes(std::move(bytes)), entries(std::move(entries)) {
    for (const auto &[name, contents] : this->entries) {
      names.push_back(name);
      if (StringRef(name).ends_with(".json")) {
        texts.push_back(name);
        std::vector<Token> tokens = tokenize(contents);
        donors.insert(donors.end(), tokens.begin(), tokens.end());
      }
    }
  }

  std::string mutate(std::mt19937 &random) const override {
    switch (random() % 6) {
    case 0:
      return damageBytes(random);
    case 1:
      return damageEntries(random);
    default: {
      Entries damaged = entries;
      std::string &text = damaged[pick(texts, random)];
      text = test::mutate(text, donors, random);
      return zip(damaged, /*compress=*/random() % 8 == 0);
    }
    }
  }

  bool run(Trial &trial, StringRef mutant, std::mt19937 &) const override {
    if (!trial.import(mutant))
      return false;
    trial.checkRoundTrip();
    trial.runStages(0);
    return true;
  }

  bool replay(bool verbose) const override {
    Trial trial(verbose);
    std::mt19937 random;
    run(trial, bytes, random);
    if (!trial.problem.empty())
      llvm::errs() << file << ": " << trial.problem << "\n";
    return trial.problem.empty();
  }

  std::string save(StringRef mutant, StringRef) const override { return mutant.str(); }
  StringRef getExtension() const override { return ".pt2"; }

private:
  std::string damageBytes(std::mt19937 &random) const {
    std::string damaged = bytes;
    if (random() % 4 == 0) {
      damaged.resize(random() % (damaged.size() + 1));
      return damaged;
    }
    for (unsigned edits = 1 + random() % 4; edits; --edits) {
      // The directory is at the end.
      size_t reach = random() % 2 ? std::min<size_t>(damaged.size(), 100 * entries.size()) : damaged.size();
      size_t at = damaged.size() - 1 - random() % reach;
      static constexpr char bytes[] = {0, 1, 2, 0x7f, char(0x80), char(0xff)};
      for (unsigned length = random() % 3 ? 1 : 1 + random() % 8; length && at < damaged.size(); --length)
        damaged[at++] = random() % 2 ? pick(bytes, random) : static_cast<char>(random());
    }
    return damaged;
  }

  std::string damageEntries(std::mt19937 &random) const {
    Entries damaged = entries;
    const std::string &name = pick(names, random);
    std::string &contents = damaged[name];
    switch (random() % 5) {
    case 0:
      damaged.erase(name);
      break;
    case 1:
      contents.resize(random() % (contents.size() + 1));
      break;
    case 2:
      contents.append(1 + random() % 64, static_cast<char>(random()));
      break;
    case 3:
      contents = entries.at(pick(names, random));
      break;
    case 4:
      damaged[name + pick({"0", "/", "\\", "/../x", ".json"}, random)] = contents;
      damaged.erase(name);
      break;
    }
    return zip(damaged, random() % 2);
  }

  template <size_t n> static const char *pick(const char *const (&list)[n], std::mt19937 &random) {
    return list[random() % n];
  }
  template <typename T> static const T &pick(const std::vector<T> &list, std::mt19937 &random) {
    return list[random() % list.size()];
  }
  template <size_t n> static char pick(const char (&list)[n], std::mt19937 &random) { return list[random() % n]; }

  std::string bytes;
  Entries entries;
  std::vector<std::string> names, texts;
  std::vector<Token> donors;
};

} // namespace

void addSmallArchiveSeed(Seeds &seeds) {
  Entries entries = modelEntries();
  seeds.push_back(std::make_unique<ArchiveSeed>("small.pt2", zip(entries), entries));
}

void addArchiveSeeds(llvm::ArrayRef<std::string> files, Seeds &seeds) {
  for (const std::string &file : files) {
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      continue;
    std::string bytes = (*buffer)->getBuffer().str();
    auto archive = pt2::Archive::open(std::move(*buffer));
    if (!archive) {
      llvm::errs() << llvm::toString(archive.takeError()) << "\n";
      continue;
    }
    Entries entries;
    for (StringRef name : (*archive)->names())
      if (llvm::Expected<std::string> contents = (*archive)->read(name))
        entries["model/" + name.str()] = std::move(*contents);
      else
        llvm::consumeError(contents.takeError());
    seeds.push_back(std::make_unique<ArchiveSeed>(file, std::move(bytes), std::move(entries)));
  }
}

} // namespace tc::test
