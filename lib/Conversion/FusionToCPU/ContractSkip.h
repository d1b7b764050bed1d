// Which sums of a contraction its epilogue throws away, as it does above the diagonal of causal attention.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTSKIP_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTSKIP_H

#include "Contract.h"

namespace tc::cpu {

/// Expressions over the contraction's parallel dimensions; a point where one is negative needs no sum.
llvm::SmallVector<AffineExpr> findSkips(Frame &frame, const ContractPlan &plan);

} // namespace tc::cpu

#endif
