// A contraction as a matrix product: which dimensions are rows, columns, depth, and batch; and its register tile.
#ifndef TC_LIB_TRANSFORMS_SCHEDULE_CONTRACTSHAPE_H
#define TC_LIB_TRANSFORMS_SCHEDULE_CONTRACTSHAPE_H

#include "tc/Transforms/Schedule/Passes.h"

namespace tc {

/// What one operand's value depends on.
struct OperandDims {
  llvm::SmallVector<bool> uses; // by dimension of the space
};

struct ContractShape {
  explicit ContractShape(loop::ContractOp op);

  loop::ContractOp op;
  llvm::SmallVector<SizeAttr> sizes;
  int64_t parallel;
  OperandDims lhs, rhs;

  /// The dimension of columns: the last parallel one that is not of size 1; -1 if there is none.
  int64_t column = -1;
  bool isColumnOf(const OperandDims &operand, const OperandDims &other) const {
    return column >= 0 && operand.uses[column] && !other.uses[column];
  }
  /// Product of the sizes that only the left operand depends on, and of the depth.
  SizeAttr getRows() const;
  SizeAttr getDepth() const;
};

/// Rows and columns of the register tile: of those that fit the registers, the one that wastes least.
struct RegisterTile {
  int64_t rows, columns;
};
RegisterTile chooseTile(const ScheduleTarget &target, std::optional<int64_t> rows, std::optional<int64_t> columns,
                        mlir::Type accumulated);

} // namespace tc

#endif
