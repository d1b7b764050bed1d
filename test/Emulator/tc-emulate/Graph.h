// Runs of a compiled graph on random inputs, on whatever device it was compiled for.
#ifndef TC_TEST_EMULATOR_TCEMULATE_GRAPH_H
#define TC_TEST_EMULATOR_TCEMULATE_GRAPH_H

#include "tc/Pipeline/Compiler.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <string>
#include <vector>

namespace tc::emulate {

struct InputOptions {
  int64_t integerLimit;
  std::string positive;
  unsigned seed;
  std::map<std::string, int64_t> symbols;
};

/// A tensor brought to the host, in the order of its memory, or an int.
struct Value {
  std::string name;
  runtime::DType dtype;
  std::vector<int64_t> sizes;
  std::vector<char> bytes;
};

/// The outputs, then the inputs that were mutated.
struct Outcome {
  std::string error;
  std::vector<Value> values;
};

Outcome run(CompiledGraph &graph, runtime::Runtime &runtime, const InputOptions &options);

/// Prints how far apart values are. Floats may differ by `tolerance` of the greatest; all else must be equal.
bool compare(const Outcome &expected, const Outcome &found, double tolerance, llvm::raw_ostream &os);

} // namespace tc::emulate

#endif
