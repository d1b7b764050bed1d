// From a module in the LLVM and NVVM dialects to PTX or LLVM IR text, in process. Thread-safe: each call has an LLVM
// context of its own.
#ifndef TC_TARGET_NVPTX_PTX_H
#define TC_TARGET_NVPTX_PTX_H

#include "mlir/IR/BuiltinOps.h"
#include "tc/Target/NVPTX/Target.h"

#include <string>

namespace tc::nvptx {

/// Errors are emitted at the module and fail.
mlir::FailureOr<std::string> emitPTX(mlir::ModuleOp module, const Target &target);
/// The LLVM IR that PTX is emitted from, after the LLVM passes unless `optimize` is false.
mlir::FailureOr<std::string> emitLLVMIR(mlir::ModuleOp module, const Target &target, bool optimize = true);

/// Registers the translation of the dialects that code generation ends in.
void registerTranslations(mlir::DialectRegistry &registry);
/// Adds `--nvvm-to-ptx` to a translation tool. The target is the module's attribute `tc.target`.
void registerPTXTranslation();

} // namespace tc::nvptx

#endif
