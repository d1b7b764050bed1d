// Bytes of constant tensors as the runtime lays them out.
#ifndef TC_LIB_CONVERSION_HOSTPROGRAM_CONSTANTS_H
#define TC_LIB_CONVERSION_HOSTPROGRAM_CONSTANTS_H

#include "tc/Dialect/TC/IR/TC.h"
#include "tc/Runtime/Program.h"

namespace tc {

/// Row-major bytes of a value, booleans as bytes. Splats and packed booleans are expanded; other data is referred to in
/// place and kept alive by `owner`.
mlir::FailureOr<runtime::Constant> getConstant(mlir::Operation *op, mlir::ElementsAttr value,
                                               std::shared_ptr<const void> owner);

} // namespace tc

#endif
