// Symbolic sizes as PyTorch spells them: sympy text such as "2*s0 + 1", "(s0 - 1)//2", "Max(1, s0)"
// and the constructor form of newer exports, "Add(Mul(Integer(2), Symbol('s77', positive=True,
// integer=True)), Integer(1))".
#ifndef TC_IMPORT_SYMEXPR_H
#define TC_IMPORT_SYMEXPR_H

#include "tc/Dialect/TC/IR/SizeRange.h"

#include "llvm/Support/Error.h"

namespace tc {

/// Parses an expression. Max and Min are resolved by the symbols' ranges; where these do not
/// decide, and for functions that sizes cannot express, the error names what it was.
llvm::Expected<SizeAttr> parseSymExpr(mlir::MLIRContext *context, llvm::StringRef text, RangeOfSymbol rangeOf);

} // namespace tc

#endif // TC_IMPORT_SYMEXPR_H
