// A captured call next to its schema: arguments by name.
#ifndef TC_LIB_TRANSFORMS_FUNCTIONALIZE_CALL_H
#define TC_LIB_TRANSFORMS_FUNCTIONALIZE_CALL_H

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Import/ATen/Schema.h"

namespace tc::functionalize {

struct Call {
  AtenOp op;
  const aten::Op &schema;

  mlir::Location getLoc() { return op.getLoc(); }
  mlir::MLIRContext *getContext() { return op.getContext(); }
  /// The argument of that name; null if the schema has none or the argument is None.
  mlir::Attribute argument(llvm::StringRef name);
  /// A literal integer or boolean.
  std::optional<int64_t> integer(llvm::StringRef name);
  /// A literal list of integers; a single one is a list of one.
  std::optional<llvm::SmallVector<int64_t>> integers(llvm::StringRef name);
  /// An integer that may be symbolic.
  SizeAttr size(llvm::StringRef name);
  /// The operands in an argument: none, one, or those of a list.
  llvm::SmallVector<unsigned> operandsOf(unsigned argument);
  /// The numbers of the op's results that are the schema's result `number`.
  std::pair<unsigned, unsigned> resultsOf(unsigned number);
  /// The schema's result that the op's result belongs to.
  unsigned schemaResult(unsigned result);
};

/// Whether the call updates running statistics, which its schema does not say.
bool isTrainingBatchNorm(Call &call);
/// The size an attribute spells (#tc.size or i64); null for others.
SizeAttr asSize(mlir::Attribute attribute);
/// The tensor type of a tc.ref or tensor type.
mlir::RankedTensorType asTensorType(mlir::Type type);

} // namespace tc::functionalize

#endif
