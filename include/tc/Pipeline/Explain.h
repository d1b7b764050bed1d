// A compiled graph for people.
#ifndef TC_PIPELINE_EXPLAIN_H
#define TC_PIPELINE_EXPLAIN_H

#include "tc/Pipeline/Compiler.h"

namespace tc {

/// A table of the kernels with what each computes and why it was not fused further, then calls back into the embedder,
/// times, and the program.
std::string explain(const CompiledGraph &graph);

} // namespace tc

#endif
