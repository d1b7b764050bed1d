// From one fusion.kernel to a module with its code for a CPU.
#ifndef TC_CONVERSION_FUSIONTOCPU_FUSIONTOCPU_H
#define TC_CONVERSION_FUSIONTOCPU_FUSIONTOCPU_H

#include "mlir/IR/BuiltinOps.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Target/CPU/Target.h"

namespace tc::cpu {

/// One function of the kernel ABI (docs/seams.md). A kernel has one phase, or several that run one after the other on
/// the same buffers.
struct KernelPhase {
  std::string function;
  /// Units that are distributed over threads, an expression over the kernel's symbols.
  SizeAttr extent;
  /// Units that are worth a thread.
  int64_t grain = 1;
  /// Bytes of scratch a thread.
  SizeAttr scratchBytes;
};

struct CpuKernel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string name;
  llvm::SmallVector<KernelPhase, 1> phases;
  /// Bytes of memory that the phases share, one more buffer after the results; null if they need none.
  SizeAttr workspaceBytes;
  /// Sorted by name.
  llvm::SmallVector<mlir::StringAttr> symbols;
  /// Pairs of result and input: the result may be placed on the bytes of the input.
  llvm::SmallVector<std::pair<unsigned, unsigned>> inPlace;
};

/// Generates the code of `kernel` as functions named `name` (of further phases `name.1`, …) in a module of its own, in
/// func, scf, arith, math, vector and llvm. Emits a diagnostic and fails where it cannot. Kernels of one context may be
/// lowered on several threads.
mlir::FailureOr<CpuKernel> lowerKernel(fusion::KernelOp kernel, const Target &target, llvm::StringRef name);

/// Runs the passes from there to the LLVM dialect.
mlir::LogicalResult convertToLLVM(mlir::ModuleOp module, const Target &target);

/// Both, and compileToObject.
struct CompiledKernel {
  CpuKernel kernel;
  llvm::SmallVector<char, 0> object;
};
mlir::FailureOr<CompiledKernel> compileKernel(fusion::KernelOp kernel, const Target &target, llvm::StringRef name);

/// The dialects and interfaces that a context needs for the functions above.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace tc::cpu

#endif
