// Kernels for a GPU that the CUDA driver has.
#ifndef TC_LIB_PIPELINE_GPUKERNELCODE_H
#define TC_LIB_PIPELINE_GPUKERNELCODE_H

#include "KernelCode.h"

namespace tc {

/// "cuda", or a name that begins as those of NVIDIA's chips do, with or without the number of a device: "sm_80:1".
bool isGPUTarget(llvm::StringRef target);
mlir::FailureOr<std::unique_ptr<KernelCode>> createGPUKernelCode(const CompileOptions &options,
                                                                 runtime::Runtime &runtime, mlir::Location location);
} // namespace tc

#endif
