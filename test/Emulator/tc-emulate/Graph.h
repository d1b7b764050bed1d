// Runs of a compiled graph, on whatever device it was compiled for, and what two of them answer.
#ifndef TC_TEST_EMULATOR_TCEMULATE_GRAPH_H
#define TC_TEST_EMULATOR_TCEMULATE_GRAPH_H

#include "arrays/DeviceMemory.h"
#include "tc/Pipeline/Compiler.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>
#include <vector>

namespace tc::emulate {

/// A tensor brought to the host, or an int.
struct Value {
  std::string name;
  std::optional<tool::Array> array;
  int64_t number = 0;
};

/// The outputs, then the inputs that were mutated. The arguments are those given, or made up.
llvm::Expected<std::vector<Value>> run(CompiledGraph &graph, runtime::Runtime &runtime,
                                       const tool::InputOptions &options);

/// How far floats may be apart: `relative` to the greatest of their tensor, or `absolute`, if that is more.
struct Tolerance {
  double relative, absolute;
};

/// Prints how far apart values are. What is no float must be equal.
bool compare(llvm::ArrayRef<Value> expected, llvm::ArrayRef<Value> found, Tolerance tolerance, llvm::raw_ostream &os);

} // namespace tc::emulate

#endif
