// A contraction as a matrix product.

#include "ContractShape.h"

#include "mlir/IR/BuiltinTypes.h"
#include "tc/Conversion/KernelAnalysis/ContractOperand.h"

using namespace mlir;
using namespace tc;

ContractShape::ContractShape(loop::ContractOp op) : op(op), sizes(op.getIterationSizes()), parallel(op.getParallel()) {
  auto nest = cast<loop::LoopNestOpInterface>(op.getOperation());
  Operation *yield = op.getBodyBlock()->getTerminator();
  lhs.uses = getUsedDims(nest, yield->getOperand(0));
  rhs.uses = getUsedDims(nest, yield->getOperand(1));
  for (int64_t dim = 0; dim < parallel; ++dim)
    if (sizes[dim].getConstant() != 1)
      column = dim;
}

SizeAttr ContractShape::getRows() const {
  SmallVector<SizeAttr> rows;
  for (int64_t dim = 0; dim < parallel; ++dim)
    if (lhs.uses[dim] && !rhs.uses[dim])
      rows.push_back(sizes[dim]);
  return product(op->getContext(), rows);
}

SizeAttr ContractShape::getDepth() const { return product(op->getContext(), ArrayRef(sizes).drop_front(parallel)); }

RegisterTile tc::chooseTile(const ScheduleTarget &target, std::optional<int64_t> rows, std::optional<int64_t> columns,
                            Type accumulated) {
  int64_t lanes = std::max<int64_t>(1, target.vectorBits / std::max(32u, accumulated.getIntOrFloatBitWidth()));
  // Tiles that leave registers for a row of the right operand and an element of the left.
  SmallVector<RegisterTile, 4> candidates;
  if (target.vectorRegisters >= 32)
    candidates = {{6, 4 * lanes}, {8, 3 * lanes}, {14, 2 * lanes}, {14, lanes}};
  else
    candidates = {{6, 2 * lanes}, {6, lanes}};
  if (!columns)
    return candidates.front();
  RegisterTile best = candidates.front();
  int64_t least = std::numeric_limits<int64_t>::max();
  for (RegisterTile tile : candidates) {
    // Vectors of columns that are computed; rows beyond the last cost nothing, as a smaller tile computes them, but
    // a tile that is narrow loads more.
    int64_t vectors = llvm::divideCeil(*columns, tile.columns) * (tile.columns / lanes);
    int64_t loads = tile.rows * (tile.columns / lanes);
    int64_t waste = vectors * 100 + 400 * vectors / loads;
    if (rows && *rows < tile.rows)
      waste += 400 * vectors * (tile.rows - *rows) / (tile.rows * tile.rows);
    if (waste < least) {
      least = waste;
      best = tile;
    }
  }
  return best;
}
