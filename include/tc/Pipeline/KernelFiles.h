// The code of a module's kernels as a file, for people and other tools. Nothing is linked and no host program is made.
#ifndef TC_PIPELINE_KERNELFILES_H
#define TC_PIPELINE_KERNELFILES_H

#include "mlir/IR/BuiltinOps.h"

namespace tc {

enum class KernelFormat { LLVMIR, Assembly, Object, PTX };

/// Turns every kernel of `module`, which is in the kernels form, into a function named after the kernel and its number,
/// and writes them in the format: of a GPU, assembly is PTX. The module is used up. `optimize`: after LLVM's passes, if
/// the format is LLVM IR. Problems are diagnostics.
mlir::LogicalResult writeKernels(mlir::ModuleOp module, llvm::StringRef target, KernelFormat format,
                                 llvm::raw_ostream &output, bool optimize = true);

} // namespace tc

#endif
