// From a module in the LLVM dialect to object code, LLVM IR text or assembly, in process. Thread-safe: each call has an
// LLVM context of its own.
#ifndef TC_TARGET_CPU_OBJECTCODE_H
#define TC_TARGET_CPU_OBJECTCODE_H

#include "mlir/IR/BuiltinOps.h"
#include "tc/Target/CPU/Target.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace tc::cpu {

/// What compiling one module took, in milliseconds.
struct CompileTimes {
  double translate = 0;
  double optimize = 0;
  double emit = 0;
};

/// A function with this unit attribute needs LLVM's loop strength reduction, which takes about 40% of the time of all
/// of compilation, and gains nothing where a loop's addresses are a pointer and a step already.
inline constexpr llvm::StringLiteral strengthReductionAttr = "tc.strength_reduction";

/// An ELF object, position independent. Errors are emitted at the module and fail.
mlir::FailureOr<llvm::SmallVector<char, 0>> compileToObject(mlir::ModuleOp module, const Target &target,
                                                            CompileTimes *times = nullptr);
/// The LLVM IR that object code is emitted from, after the LLVM passes unless `optimize` is false.
mlir::FailureOr<std::string> emitLLVMIR(mlir::ModuleOp module, const Target &target, bool optimize = true);
mlir::FailureOr<std::string> emitAssembly(mlir::ModuleOp module, const Target &target);

/// Registers the translation of the dialects that code generation ends in.
void registerTranslations(mlir::DialectRegistry &registry);

} // namespace tc::cpu

#endif
