// What is said about a kernel to people: what is in it, where that comes from, and what it costs.
#ifndef TC_LIB_PIPELINE_KERNELROWS_H
#define TC_LIB_PIPELINE_KERNELROWS_H

#include "tc/Conversion/HostProgram/HostProgram.h"
#include "tc/Pipeline/Compiler.h"

namespace tc {

/// One row a distinct kernel, in order.
std::vector<CompiledGraph::KernelRow> describeKernels(const HostProgram &host);

} // namespace tc

#endif
