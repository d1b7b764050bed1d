// Which sums of a contraction its epilogue throws away, as it does above the diagonal of causal attention.
#ifndef TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTSKIP_H
#define TC_LIB_CONVERSION_FUSIONTOCPU_CONTRACTSKIP_H

#include "Contract.h"

namespace tc::cpu {

/// The last step of the innermost dimension of the depth in which a row's factor is not zero, over the contraction's
/// dimensions, if that is what the guard of the rows says; else null.
AffineExpr findRowEnd(Frame &frame, const ContractPlan &plan);

/// Expressions over the contraction's parallel dimensions; a point where one is negative needs no sum.
llvm::SmallVector<AffineExpr> findSkips(Frame &frame, const ContractPlan &plan);

} // namespace tc::cpu

#endif
