// Kernels for the CPU of this process.
#ifndef TC_LIB_PIPELINE_CPUKERNELCODE_H
#define TC_LIB_PIPELINE_CPUKERNELCODE_H

#include "KernelCode.h"

namespace tc {
mlir::FailureOr<std::unique_ptr<KernelCode>> createCPUKernelCode(const CompileOptions &options,
                                                                 mlir::Location location);
} // namespace tc

#endif
