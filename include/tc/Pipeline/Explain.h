// A compiled graph for people.
#ifndef TC_PIPELINE_EXPLAIN_H
#define TC_PIPELINE_EXPLAIN_H

#include "tc/Pipeline/Compiler.h"
#include "llvm/ADT/StringMap.h"

namespace tc {

struct ExplainOptions {
  /// Values of symbols, to compute bytes and operations with; those that need others are printed as expressions.
  llvm::StringMap<int64_t> sizes;
  /// Where each kernel comes from.
  bool sources = true;
  /// The host program as well: buffers and launches.
  bool program = false;
};

/// A table of the kernels, with what each computes and costs and why it was not fused further; then calls back into the
/// embedder, memory, and compile times.
std::string explain(const CompiledGraph &graph, const ExplainOptions &options = {});

} // namespace tc

#endif
