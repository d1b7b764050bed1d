// Merging of equal ops, with a hash that sees into regions.
#ifndef TC_TRANSFORMS_SIMPLIFY_COMMONSUBEXPRESSIONS_H
#define TC_TRANSFORMS_SIMPLIFY_COMMONSUBEXPRESSIONS_H

#include "mlir/IR/PatternMatch.h"

namespace tc {

/// Replaces ops within `root` that compute what an earlier op of the same or an enclosing block does, and erases dead
/// ones. Takes time in proportion to the size of `root`, however many of its ops differ only in their regions.
/// Returns how many ops went.
int64_t eliminateCommonSubexpressions(mlir::RewriterBase &rewriter, mlir::Operation *root);

} // namespace tc

#endif // TC_TRANSFORMS_SIMPLIFY_COMMONSUBEXPRESSIONS_H
