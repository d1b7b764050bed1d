// From what PyTorch records of a node to an MLIR location.
#ifndef TC_IMPORT_LOCATIONS_H
#define TC_IMPORT_LOCATIONS_H

#include "mlir/IR/Location.h"

namespace tc {

/// The innermost frame of a Python stack trace ('File "x.py", line 3, in forward' lines, innermost
/// last) that is the user's own code and not torch's, named after the module:
/// loc("layer.0"("x.py":3:0)). Either text may be empty.
mlir::Location getCaptureLocation(mlir::MLIRContext *context, llvm::StringRef stackTrace, llvm::StringRef modulePath);

/// The path of the innermost module of a .pt2 file's nn_module_stack,
/// "key,path,type;key,path,type;…".
llvm::StringRef innermostModule(llvm::StringRef moduleStack);

} // namespace tc

#endif // TC_IMPORT_LOCATIONS_H
