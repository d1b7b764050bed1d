// The GPUs that PTX is emitted for.

#include "tc/Target/NVPTX/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace tc::nvptx;

/// PTX 8.0 wherever it suffices, so that older drivers take it.
static const Target targets[] = {
    {"sm_80", "+ptx80", 80, 163 * 1024, 108},
    {"sm_90a", "+ptx80", 90, 227 * 1024, 132},
    {"sm_120", "+ptx87", 120, 99 * 1024, 170},
};

llvm::Expected<Target> Target::get(llvm::StringRef name) {
  for (const Target &target : targets)
    if (target.name == name)
      return target;
  return llvm::createStringError(
      llvm::formatv("unsupported GPU target '{0}': expected one of {1}", name, llvm::join(getNames(), ", ")).str());
}

std::vector<llvm::StringRef> Target::getNames() {
  std::vector<llvm::StringRef> names;
  for (const Target &target : targets)
    names.push_back(target.name);
  return names;
}
