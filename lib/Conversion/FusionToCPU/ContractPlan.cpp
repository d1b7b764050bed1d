// Chooses rows, columns, depth and the register tile of a contraction.

#include "Contract.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

static std::optional<int64_t> getConstantProduct(loop::ContractOp op, ArrayRef<unsigned> dims) {
  int64_t product = 1;
  SmallVector<SizeAttr> sizes = op.getIterationSizes();
  for (unsigned dim : dims) {
    std::optional<int64_t> size = sizes[dim].getConstant();
    if (!size)
      return std::nullopt;
    product *= *size;
  }
  return product;
}

// The column dimension: the last parallel one that only `columns` depends on, contiguous there. A vector of it must not depend
// on a guard, which would differ from lane to lane.
static std::optional<unsigned> findColumnDim(loop::ContractOp op, const ContractOperand &columns, const ContractOperand &rows,
                                             int64_t lanes) {
  for (int64_t dim = op.getParallel() - 1; dim >= 0; --dim) {
    if (rows.dependsOn(dim) || !columns.dependsOn(dim) || (columns.guard && columns.guardDims[dim]))
      continue;
    AffineExpr stride = getLaneStride(columns.address, {dim, lanes});
    if (stride && stride == getAffineConstantExpr(1, op.getContext()))
      return dim;
  }
  return std::nullopt;
}

// Fewest computed rows, then the tallest tile: a row that is computed twice costs as much as a new one.
static int64_t chooseTileRows(int64_t mostRows, std::optional<int64_t> rows) {
  if (!rows)
    return mostRows;
  if (*rows <= mostRows)
    return std::max<int64_t>(*rows, 1);
  int64_t best = mostRows;
  auto computed = [&](int64_t tile) { return llvm::divideCeil(*rows, tile) * tile; };
  for (int64_t tile = mostRows; tile >= mostRows - 2 && tile >= 4; --tile)
    if (computed(tile) * 16 < computed(best) * 15)
      best = tile;
  return best;
}

std::optional<ContractPlan> tc::cpu::planContract(Frame &frame, fusion::ScheduleAttr schedule) {
  ContractPlan plan;
  for (Operation &op : frame.getKernel().getBody().front().without_terminator()) {
    if (auto contract = dyn_cast<loop::ContractOp>(op)) {
      if (plan.op)
        return std::nullopt;
      plan.op = contract;
    } else if (auto map = dyn_cast<loop::MapOp>(op)) {
      if (!plan.op || map.getIterationSizes().size() != static_cast<size_t>(plan.op.getNumParallel()))
        return std::nullopt;
      plan.epilogue.push_back(map);
    }
  }
  if (!plan.op)
    return std::nullopt;
  plan.accumulator = getElementTypeOrSelf(plan.op.getResultTypes().front());
  if (!plan.accumulator.isF32() && !plan.accumulator.isF64())
    return std::nullopt;
  auto yield = cast<loop::YieldOp>(plan.op.getBodyBlock()->getTerminator());
  std::optional<ContractOperand> first = matchOperand(frame, plan.op, yield.getValues()[0]),
                                 second = matchOperand(frame, plan.op, yield.getValues()[1]);
  if (!first || !second)
    return std::nullopt;
  const Target &target = frame.getTarget();
  plan.lanes = target.getLanes(plan.accumulator.getIntOrFloatBitWidth());

  std::optional<unsigned> columnDim = findColumnDim(plan.op, *second, *first, plan.lanes);
  if (columnDim) {
    plan.rows = *first;
    plan.columns = *second;
  } else if ((columnDim = findColumnDim(plan.op, *first, *second, plan.lanes))) {
    plan.rows = *second;
    plan.columns = *first;
  } else {
    return std::nullopt;
  }
  plan.columnDim = *columnDim;
  unsigned parallel = plan.op.getParallel();
  for (unsigned dim = 0; dim < plan.op.getSizes().size(); ++dim) {
    if (dim == plan.columnDim)
      continue;
    if (dim >= parallel)
      plan.depthDims.push_back(dim);
    else if (plan.columns.dependsOn(dim))
      plan.batchDims.push_back(dim);
    else
      plan.rowDims.push_back(dim);
  }

  // AVX-512 has 32 registers: 6 x 4 accumulators, 4 vectors of columns, a scalar. With 16 registers 4 x 3 (or 6 x 2) fit.
  bool wide = target.vectorRegisters >= 32;
  int64_t mostRows = 6;
  plan.tileVectors = wide ? 4 : 2;
  if (ArrayRef<int64_t> tile = schedule.getTile(); tile.size() >= 2 && tile[0] > 0 && tile[1] >= plan.lanes) {
    mostRows = tile[0];
    plan.tileVectors = std::clamp<int64_t>(tile[1] / plan.lanes, 1, wide ? 4 : 2);
  }
  if (std::optional<int64_t> columns = plan.op.getIterationSizes()[plan.columnDim].getConstant())
    plan.tileVectors = std::clamp<int64_t>(llvm::divideCeil(*columns, plan.lanes), 1, plan.tileVectors);
  // All vectors of a tile are side by side.
  while (plan.tileVectors > 1 && getLaneStride(plan.columns.address, {plan.columnDim, plan.getTileColumns()}) != frame.getConstantExpr(1))
    --plan.tileVectors;
  if (plan.tileVectors <= 2 && wide)
    mostRows = std::max<int64_t>(mostRows, 12);
  std::optional<int64_t> rows = getConstantProduct(plan.op, plan.rowDims);
  plan.tileRows = chooseTileRows(mostRows, rows);
  if (rows) {
    int64_t chunks = std::max<int64_t>(1, llvm::divideCeil(*rows, 96));
    plan.chunkRows = llvm::divideCeil(llvm::divideCeil(*rows, chunks), plan.tileRows) * plan.tileRows;
  } else {
    plan.chunkRows = 16 * plan.tileRows;
  }
  return plan;
}
