// The arguments of a run: from files and numbers on the command line, and made up where nothing is given.
#ifndef TC_TOOLS_ARRAYS_INPUTS_H
#define TC_TOOLS_ARRAYS_INPUTS_H

#include "Array.h"
#include "tc/Runtime/Program.h"
#include "llvm/ADT/StringMap.h"

namespace tc::tool {

/// "s0=8" for each symbol.
llvm::Expected<llvm::StringMap<int64_t>> parseSizes(llvm::ArrayRef<std::string> texts);

struct InputOptions {
  /// One an input, in order, fewer if the last are random: a .npy file, a number, or _ for a random one.
  llvm::ArrayRef<std::string> values;
  /// Of symbols, for random inputs.
  llvm::StringMap<int64_t> sizes;
  uint64_t seed = 0;
  int64_t maxInt = 1;
};

struct Inputs {
  std::vector<Array> arrays;
  std::vector<runtime::Argument> arguments;
};

/// Symbols of random inputs take their values from --size, from the files, or the least above 1 that their bounds
/// allow. Whether given tensors fit is left to the run, which checks every argument.
llvm::Expected<Inputs> makeInputs(const runtime::Program &program, const InputOptions &options);

} // namespace tc::tool

#endif
