// From scheduled kernels to the host program: which buffers there are, which kernel runs on which, in which order.
#ifndef TC_CONVERSION_HOSTPROGRAM_HOSTPROGRAM_H
#define TC_CONVERSION_HOSTPROGRAM_HOSTPROGRAM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Runtime/Program.h"

#include <vector>

namespace tc {

/// What the host must know of a kernel's code to launch it. One kernel may be several phases, launched one after the
/// other on the same buffers.
struct KernelLaunchInfo {
  struct Phase {
    /// Units of work that are distributed over threads, and how many are worth a thread.
    SizeAttr extent;
    int64_t grain = 1;
    /// Bytes of scratch a thread.
    SizeAttr scratchBytes;
    /// On a GPU: the entry function in `image`, blocks, threads a block, dynamic shared memory.
    std::string function;
    SizeAttr grid[3];
    unsigned block[3] = {1, 1, 1};
    SizeAttr sharedBytes;
  };
  std::vector<Phase> phases;
  /// On a GPU: the code of the phases, as the driver takes it.
  std::string image;
  /// Bytes of memory that the phases share, passed as one more buffer after the results; null if none.
  SizeAttr workspaceBytes;
  /// The symbols whose values the kernel takes, in its order.
  llvm::SmallVector<mlir::StringAttr> symbols;
  /// Pairs of result and input: the result may be placed on the bytes of the input.
  llvm::SmallVector<std::pair<unsigned, unsigned>> inPlace;
};

/// A call back into the embedder.
struct ExternCall {
  std::string name;
  /// As in tc.extern. The operands are passed first, then the sizes among the arguments that are not constant, in
  /// order.
  mlir::ArrayAttr args;
  unsigned numOperands;
  mlir::Location location;
};

struct HostProgram {
  runtime::Program program;
  /// Distinct kernels. Kernel k has phases; its first is entry firstEntry[k] of the program's kernel table.
  llvm::SmallVector<fusion::KernelOp> kernels;
  llvm::SmallVector<KernelLaunchInfo> launchInfos;
  llvm::SmallVector<uint32_t> firstEntry;
  std::vector<ExternCall> externs;
};

/// Builds the program of a function in the kernels form. `infos` has one entry a distinct kernel, `kernelOf` is what
/// findDistinctKernels gave. Constants refer to the bytes of the module's attributes: `owner` keeps its context alive.
mlir::FailureOr<HostProgram> buildHostProgram(mlir::func::FuncOp function, llvm::ArrayRef<fusion::KernelOp> kernels,
                                              llvm::ArrayRef<uint32_t> kernelOf, llvm::ArrayRef<KernelLaunchInfo> infos,
                                              runtime::Device device, std::shared_ptr<const void> owner);

/// A size as the runtime evaluates it, where `number` gives a symbol's number in the program.
runtime::SizeExpr toSizeExpr(SizeAttr size, llvm::function_ref<uint32_t(mlir::StringAttr)> number);

/// The runtime's type for an element type; fails for a type that no tensor at run time has.
mlir::FailureOr<runtime::DType> getDType(mlir::Type elementType);

} // namespace tc

#endif
