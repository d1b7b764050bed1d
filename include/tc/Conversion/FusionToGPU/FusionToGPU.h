// From one fusion.kernel to a module with its code for a GPU.
#ifndef TC_CONVERSION_FUSIONTOGPU_FUSIONTOGPU_H
#define TC_CONVERSION_FUSIONTOGPU_FUSIONTOGPU_H

#include "mlir/IR/BuiltinOps.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Target/NVPTX/Target.h"

namespace tc::gpu {

using nvptx::Target;

struct Options {
  /// Contractions of f32 may round their factors to TF32 (11 bits of significand) for tensor cores.
  bool allowTF32 = false;
  /// Scatters combine floats in row-major order, instead of atomically in any.
  bool deterministic = false;
};

/// One entry function and how it is launched; sizes are expressions over the kernel's symbols. Its parameters are the
/// device pointers of the kernel's inputs, then of its results, then of the workspace if there is one, each aligned to
/// 16 bytes, then the values of the symbols as i64.
struct KernelPhase {
  std::string function;
  SizeAttr grid[3];
  unsigned block[3] = {1, 1, 1};
  SizeAttr sharedBytes;
};

struct GpuKernel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string name;
  /// Launched one after the other on the same buffers.
  llvm::SmallVector<KernelPhase, 1> phases;
  /// Bytes of memory that the phases share; null if they need none.
  SizeAttr workspaceBytes;
  /// Sorted by name.
  llvm::SmallVector<mlir::StringAttr> symbols;
};

/// Generates the code of `kernel` as kernel functions named `name` (of further phases `name_1`, …) in a module of its
/// own, in the LLVM and NVVM dialects. Emits a diagnostic and fails where it cannot. Kernels of one context may be
/// lowered on several threads.
mlir::FailureOr<GpuKernel> lowerKernel(fusion::KernelOp kernel, const Target &target, llvm::StringRef name,
                                       const Options &options = {});

/// A name for the code of a kernel that PTX takes: the kernel's, made unique by a number.
std::string getFunctionName(llvm::StringRef kernel, unsigned number);

/// Both, and emitPTX.
struct CompiledKernel {
  GpuKernel kernel;
  std::string ptx;
};
mlir::FailureOr<CompiledKernel> compileKernel(fusion::KernelOp kernel, const Target &target, llvm::StringRef name,
                                              const Options &options = {});

/// The dialects and interfaces that a context needs for the functions above.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace tc::gpu

#endif
