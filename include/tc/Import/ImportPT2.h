// From a .pt2 file to a module in the as-captured form.
#ifndef TC_IMPORT_IMPORTPT2_H
#define TC_IMPORT_IMPORTPT2_H

#include "tc/Import/ATen/Registry.h"
#include "tc/Import/PT2/Archive.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace tc {

/// Imports the file. Its weights stay in the file, mapped, for as long as the context holds the
/// resources made of them. Null after diagnostics that name the file, the entry and the reason, or
/// the operator and the argument.
mlir::OwningOpRef<mlir::ModuleOp> importPT2(mlir::MLIRContext *context, llvm::StringRef path,
                                            const aten::Overlay *operators = nullptr);
/// The same for a file that is open already.
mlir::OwningOpRef<mlir::ModuleOp> importPT2(mlir::MLIRContext *context, std::shared_ptr<const pt2::Archive> archive,
                                            const aten::Overlay *operators = nullptr);

} // namespace tc

#endif // TC_IMPORT_IMPORTPT2_H
