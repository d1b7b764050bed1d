// What values a size may have, and indices that count from the end of a dimension where they are negative.
#ifndef TC_DIALECT_TC_IR_SIZERANGE_H
#define TC_DIALECT_TC_IR_SIZERANGE_H

#include "tc/Dialect/TC/IR/TC.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace tc {

/// Inclusive bounds of a symbol or expression; an absent bound is infinite.
struct SizeRange {
  std::optional<int64_t> min, max;
};
using RangeOfSymbol = llvm::function_ref<SizeRange(llvm::StringRef)>;

/// Bounds of a size by interval arithmetic: correct, not tight.
SizeRange boundsOf(SizeAttr size, RangeOfSymbol rangeOf);
/// The same, by the attribute tc.ranges of the function around `op`.
SizeRange boundsOf(SizeAttr size, mlir::Operation *op);

/// An index into a dimension of `size` elements as a slice takes it: counted from the end if it is negative, and within
/// the dimension if it is constant. Symbols have their values of `op`.
SizeAttr wrapIndex(SizeAttr index, SizeAttr size, mlir::Operation *op);

} // namespace tc

#endif // TC_DIALECT_TC_IR_SIZERANGE_H
