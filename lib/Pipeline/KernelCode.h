// The code of a graph's kernels, for whichever target: CPU objects in memory, or PTX in the program.
#ifndef TC_LIB_PIPELINE_KERNELCODE_H
#define TC_LIB_PIPELINE_KERNELCODE_H

#include "tc/Conversion/HostProgram/HostProgram.h"
#include "tc/Pipeline/Compiler.h"
#include "tc/Runtime/Executable.h"

namespace tc {

class KernelCode {
public:
  /// For the target of `options`; an unknown one, or one that cannot run here, is an error at `location`.
  static mlir::FailureOr<std::unique_ptr<KernelCode>> create(const CompileOptions &options, runtime::Runtime &runtime,
                                                             mlir::Location location);
  virtual ~KernelCode();

  /// The target's name as the stages take it: "cuda" has become that of a chip.
  virtual std::string getTargetName() const = 0;
  virtual runtime::Device getDevice() const = 0;
  /// Generates the code of all kernels, several at a time.
  virtual mlir::FailureOr<std::vector<KernelLaunchInfo>> compile(llvm::ArrayRef<fusion::KernelOp> kernels) = 0;
  /// The entry points, in the order of the program's kernel table; a GPU's images are put into the program instead.
  virtual mlir::FailureOr<std::vector<runtime::KernelFn>> finish(runtime::Program &program) = 0;
};

/// Calls `compileOne` for the numbers from 0 to `count`, on `threads` threads of the context's pool (0: all of it).
void forEachKernel(mlir::MLIRContext *context, unsigned threads, size_t count,
                   llvm::function_ref<void(size_t)> compileOne);

} // namespace tc

#endif
