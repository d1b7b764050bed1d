// Chooses rows, columns, depth and the register tile of a contraction.

#include "Contract.h"

#include "tc/Conversion/KernelAnalysis/Space.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

/// What a size is taken for that is not known.
constexpr int64_t assumedSize = 256;
/// Multiply-adds that are worth waking a thread for.
constexpr int64_t workOfThread = 1 << 19;
/// Rows that are computed with the columns of a block before the next block.
constexpr int64_t mostChunkRows = 96, mostPackedChunkRows = 480;
/// Fewer rows than this do not pay for packing columns that are contiguous, or that can be summed as dot products.
constexpr int64_t fewestCopiedRows = 32, fewestTransposedRows = 8, fewestComputedRows = 3;
/// The same for columns that are packed as pairs of steps, which halves the multiplications.
constexpr int64_t fewestPairedRows = 8;

/// Steps of the depth that are summed one after the other. Errors are least at about the root of the depth, but short
/// blocks cost time; BLAS libraries take 128 to 384, oneDNN's 1x1 convolutions 64.
constexpr int64_t stepsOfPartialSum = 64, stepsOfWindow = 192, stepsOfGreatDepth = 128, greatDepth = 1024;

class Planner {
public:
  Planner(Frame &frame, fusion::ScheduleAttr schedule) : frame(frame), target(frame.getTarget()), schedule(schedule) {}
  std::optional<ContractPlan> run();

private:
  bool collect();
  int64_t findLastColumnDim(const ContractOperand &first, const ContractOperand &second);
  int64_t countRows(const ContractOperand &columns, int64_t columnDim);
  bool chooseTransposed(const ContractOperand &first, const ContractOperand &second);
  bool chooseTiles(const ContractOperand &first, const ContractOperand &second);
  bool chooseDots(const ContractOperand &first, const ContractOperand &second);
  bool chooseComputed(const ContractOperand &first, const ContractOperand &second);
  void splitDims();
  void chooseTile();
  bool canPair();
  void choosePacking();
  void chooseDepthBlock();
  void choosePartialSums(int64_t streams);
  void chooseDotTile();
  void chooseChunks(int64_t columns);
  void chooseOrder();
  void chooseStreams();
  int64_t getLikelyBytes(const ContractOperand &operand);

  std::optional<int64_t> getConstantProduct(ArrayRef<unsigned> dims);
  int64_t getLikelyProduct(ArrayRef<unsigned> dims);
  AffineExpr one() { return frame.getConstantExpr(1); }

  Frame &frame;
  const Target &target;
  fusion::ScheduleAttr schedule;
  ContractPlan plan;
  SmallVector<SizeAttr> sizes;
};

} // namespace

std::optional<int64_t> Planner::getConstantProduct(ArrayRef<unsigned> dims) {
  int64_t product = 1;
  for (unsigned dim : dims) {
    std::optional<int64_t> size = sizes[dim].getConstant();
    if (!size)
      return std::nullopt;
    product *= *size;
  }
  return product;
}

int64_t Planner::getLikelyProduct(ArrayRef<unsigned> dims) {
  int64_t product = 1;
  for (unsigned dim : dims)
    product *= sizes[dim].getConstant().value_or(assumedSize);
  return product;
}

bool Planner::collect() {
  for (Operation &op : frame.getKernel().getBody().front().without_terminator()) {
    if (auto contract = dyn_cast<loop::ContractOp>(op)) {
      if (plan.op)
        return false;
      plan.op = contract;
    } else if (auto map = dyn_cast<loop::MapOp>(op)) {
      if (!plan.op || map.getIterationSizes().size() != static_cast<size_t>(plan.op.getNumParallel()))
        return false;
      plan.epilogue.push_back(map);
    } else if (!isa<ConstantOp, ReshapeOp>(op)) {
      return false;
    }
  }
  return plan.op != nullptr;
}

/// The column dimension: the last parallel one that only `columns` depends on, and that is contiguous there. A vector
/// of it must not depend on a guard, which would differ from lane to lane.
static std::optional<unsigned> findColumnDim(loop::ContractOp op, const ContractOperand &columns,
                                             const ContractOperand &rows, int64_t lanes) {
  AffineExpr one = getAffineConstantExpr(1, op.getContext());
  for (int64_t dim = op.getParallel() - 1; dim >= 0; --dim)
    if (!rows.dependsOn(dim) && columns.dependsOn(dim) && !(columns.guard && columns.guardDims[dim]) &&
        getLaneStride(columns.address, {dim, lanes}) == one)
      return dim;
  return std::nullopt;
}

/// The last parallel dimension that one factor alone depends on; -1 if there is none.
int64_t Planner::findLastColumnDim(const ContractOperand &first, const ContractOperand &second) {
  int64_t dim = plan.op.getParallel() - 1;
  while (dim >= 0 && (sizes[dim].getConstant() == 1 || first.dependsOn(dim) == second.dependsOn(dim)))
    --dim;
  return dim;
}

/// Rows that share the columns along a dimension.
int64_t Planner::countRows(const ContractOperand &columns, int64_t columnDim) {
  int64_t count = 1;
  for (int64_t dim = 0, parallel = plan.op.getParallel(); dim < parallel; ++dim)
    if (dim != columnDim && !columns.dependsOn(dim))
      count *= sizes[dim].getConstant().value_or(assumedSize);
  return count;
}

/// Columns along the last dimension that one factor alone depends on, if the other has enough rows to pay for
/// transposing blocks of columns along it: they are contiguous along depth dimensions.
bool Planner::chooseTransposed(const ContractOperand &first, const ContractOperand &second) {
  int64_t dim = findLastColumnDim(first, second);
  if (dim < 0)
    return false;
  bool swap = first.dependsOn(dim);
  const ContractOperand &columns = swap ? first : second, &rows = swap ? second : first;
  if (columns.guard || getLaneStride(columns.address, {dim, plan.lanes}) == one() ||
      countRows(columns, dim) < fewestTransposedRows)
    return false;
  // From the innermost in memory outwards, as long as there is no gap.
  LinearForm form = getLinearForm(columns.address, sizes.size());
  SmallVector<unsigned> group;
  for (AffineExpr stride = one(); stride;) {
    AffineExpr next;
    for (unsigned depth = plan.op.getParallel(); depth < sizes.size(); ++depth)
      if (!form.nonLinear[depth] && frame.simplify(form.coefficients[depth]) == stride &&
          !llvm::is_contained(group, depth) && sizes[depth].getConstant() != 1) {
        group.push_back(depth);
        if (sizes[depth].getConstant())
          next = frame.simplify(stride * frame.getExpr(sizes[depth]));
        break;
      }
    stride = next;
  }
  if (group.empty())
    return false;
  plan.form = ContractPlan::Form::Tiles;
  plan.packing = ContractPlan::Packing::Transposed;
  plan.rows = rows;
  plan.columns = columns;
  plan.columnDim = dim;
  plan.transposedDims = std::move(group);
  return true;
}

bool Planner::chooseTiles(const ContractOperand &first, const ContractOperand &second) {
  std::optional<unsigned> inSecond = findColumnDim(plan.op, second, first, plan.lanes),
                          inFirst = findColumnDim(plan.op, first, second, plan.lanes);
  if (!inSecond && !inFirst)
    return false;
  // The later dimension is that in which results are closer together.
  bool swap = !inSecond || (inFirst && *inFirst > *inSecond);
  plan.form = ContractPlan::Form::Tiles;
  plan.rows = swap ? second : first;
  plan.columns = swap ? first : second;
  plan.columnDim = swap ? *inFirst : *inSecond;
  return true;
}

/// Both factors are contiguous along the innermost depth, and one dimension tells them apart.
bool Planner::chooseDots(const ContractOperand &first, const ContractOperand &second) {
  unsigned inner = sizes.size() - 1;
  for (const ContractOperand *operand : {&first, &second}) {
    LinearForm form = getLinearForm(operand->address, sizes.size());
    if (operand->guard || form.nonLinear[inner] || form.coefficients[inner] != one())
      return false;
  }
  for (int64_t dim = plan.op.getParallel() - 1; dim >= 0; --dim) {
    if (first.dependsOn(dim) == second.dependsOn(dim))
      continue;
    bool swap = first.dependsOn(dim);
    plan.form = ContractPlan::Form::Dots;
    plan.rows = swap ? second : first;
    plan.columns = swap ? first : second;
    plan.columnDim = dim;
    return true;
  }
  return false;
}

/// Columns that lie in no such way, or are no read, or rows that are not: whatever can be packed, as long as there are
/// rows to share the work.
bool Planner::chooseComputed(const ContractOperand &first, const ContractOperand &second) {
  int64_t dim = findLastColumnDim(first, second);
  if (dim < 0)
    return false;
  bool swap = first.dependsOn(dim);
  const ContractOperand &columns = swap ? first : second, &rows = swap ? second : first;
  if (!rows.read || countRows(columns, dim) < fewestComputedRows)
    return false;
  plan.form = ContractPlan::Form::Tiles;
  plan.packing = ContractPlan::Packing::Computed;
  plan.rows = rows;
  plan.columns = columns;
  plan.columnDim = dim;
  return true;
}

void Planner::splitDims() {
  unsigned parallel = plan.op.getParallel();
  for (unsigned dim = 0; dim < sizes.size(); ++dim) {
    if (dim == plan.columnDim)
      continue;
    if (dim >= parallel)
      plan.depthDims.push_back(dim);
    else if (plan.columns.dependsOn(dim))
      plan.batchDims.push_back(dim);
    else
      plan.rowDims.push_back(dim);
  }
}

/// Fewest steps, where a step of a tile costs its multiply-adds and a little more: a row that is computed twice costs
/// as much as a new one, and a flat tile reads the columns more often.
static int64_t chooseTileRows(int64_t mostRows, int64_t rows) {
  int64_t best = mostRows, least = std::numeric_limits<int64_t>::max();
  for (int64_t tile = mostRows; tile >= 1; --tile) {
    if (tile > rows)
      continue;
    int64_t cost = llvm::divideCeil(rows, tile) * (tile * 4 + 1);
    if (cost < least) {
      least = cost;
      best = tile;
    }
  }
  return std::min(best, std::max<int64_t>(rows, 1));
}

void Planner::chooseTile() {
  // With 32 registers: 6 x 4, 9 x 3 or 14 x 2 accumulators, the vectors of columns and a scalar. With 16: 6 x 2 or 12
  // x 1.
  bool wide = target.vectorRegisters >= 32;
  plan.tileVectors = wide ? 4 : 2;
  if (ArrayRef<int64_t> tile = schedule.getTile(); tile.size() >= 2 && tile[1] >= plan.lanes)
    plan.tileVectors = std::clamp<int64_t>(tile[1] / plan.lanes, 1, plan.tileVectors);
  if (std::optional<int64_t> columns = sizes[plan.columnDim].getConstant())
    plan.tileVectors = std::clamp<int64_t>(llvm::divideCeil(*columns, plan.lanes), 1, plan.tileVectors);
  // All vectors of a tile are side by side.
  while (plan.packing == ContractPlan::Packing::None && plan.tileVectors > 1 &&
         getLaneStride(plan.columns.address, {plan.columnDim, plan.getTileColumns()}) != one())
    --plan.tileVectors;
  static constexpr int64_t wideRows[] = {14, 14, 9, 6}, narrowRows[] = {12, 6};
  int64_t mostRows = wide ? wideRows[plan.tileVectors - 1] : narrowRows[plan.tileVectors - 1];
  std::optional<int64_t> rows = getConstantProduct(plan.rowDims);
  plan.tileRows = rows ? chooseTileRows(mostRows, *rows) : mostRows;
  choosePacking();
  chooseDepthBlock();
  choosePartialSums(1);
  chooseChunks(plan.getTileColumns());
  chooseStreams();
  chooseOrder();
}

/// Whether the target multiplies pairs of the factors' elements, and two steps of the depth lie side by side in rows.
bool Planner::canPair() {
  if (!target.hasBF16 || !plan.accumulator.isF32() || !plan.rows.value.getType().isBF16() ||
      !plan.columns.value.getType().isBF16())
    return false;
  // Rows that are contiguous along another dimension of the depth take that one as the innermost.
  LinearForm form = getLinearForm(plan.rows.address, sizes.size());
  auto isContiguous = [&](unsigned dim) {
    return !form.nonLinear[dim] && frame.simplify(form.coefficients[dim]) == one() && sizes[dim].getConstant() != 1 &&
           !(plan.rows.guard && plan.rows.guardDims[dim]);
  };
  auto *inner = llvm::find_if(plan.depthDims, isContiguous);
  if (inner == plan.depthDims.end())
    return false;
  std::rotate(inner, inner + 1, plan.depthDims.end());
  return true;
}

/// Columns that lie as a block of them is read, one step of the depth after the other, need no copy.
void Planner::choosePacking() {
  if ((plan.packing != ContractPlan::Packing::None || getLikelyProduct(plan.rowDims) >= fewestPairedRows) &&
      canPair()) {
    plan.areInPairs = true;
    if (plan.packing == ContractPlan::Packing::None)
      plan.packing = ContractPlan::Packing::Copied;
    return;
  }
  if (plan.packing != ContractPlan::Packing::None || getLikelyProduct(plan.rowDims) < fewestCopiedRows)
    return;
  LinearForm form = getLinearForm(plan.columns.address, sizes.size());
  unsigned inner = plan.depthDims.back();
  if (form.nonLinear[inner] || plan.columns.guard ||
      frame.simplify(form.coefficients[inner]) != frame.getConstantExpr(plan.getTileColumns()))
    plan.packing = ContractPlan::Packing::Copied;
}

/// The schedule's blocks of a known depth, along its outermost dimension.
void Planner::chooseDepthBlock() {
  std::optional<int64_t> depth = getConstantProduct(plan.depthDims);
  ArrayRef<int64_t> tile = schedule.getTile();
  if (!depth || tile.size() < 3 || tile[2] <= 0 || *depth <= tile[2])
    return;
  for (unsigned dim : plan.depthDims) {
    int64_t size = *sizes[dim].getConstant();
    if (size == 1)
      continue;
    // A group of dimensions that is transposed as one is a range of it in a block of the outermost alone.
    if (llvm::is_contained(plan.transposedDims, dim) && dim != plan.transposedDims.back())
      return;
    int64_t block = std::max<int64_t>(1, tile[2] / (*depth / size));
    plan.blockedDim = dim;
    plan.depthBlock = block >= 4 || plan.areInPairs ? llvm::alignTo(block, 4) : block;
    if (plan.depthBlock >= size)
      plan.depthBlock = 0;
    return;
  }
}

/// `streams` steps of the depth are summed side by side. Narrow factors have more of an error in themselves than a sum
/// of many terms adds.
void Planner::choosePartialSums(int64_t streams) {
  auto isWide = [&](const ContractOperand &operand) { return operand.value.getType().getIntOrFloatBitWidth() >= 32; };
  if (!isWide(plan.rows) && !isWide(plan.columns))
    return;
  std::optional<int64_t> depth = getConstantProduct(plan.depthDims);
  int64_t mostSteps = streams * (depth && *depth <= greatDepth * streams ? stepsOfPartialSum : stepsOfGreatDepth);
  plan.partialFrom = plan.depthDims.size() - 1;
  std::optional<int64_t> steps = sizes[plan.depthDims.back()].getConstant();
  if (!steps || *steps > mostSteps) {
    plan.partialSteps = mostSteps;
    return;
  }
  // Short dimensions are summed together, as windows are elsewhere.
  while (plan.partialFrom > 0) {
    std::optional<int64_t> outer = sizes[plan.depthDims[plan.partialFrom - 1]].getConstant();
    if (!outer || *steps * *outer > streams * stepsOfWindow)
      return;
    *steps *= *outer;
    --plan.partialFrom;
  }
}

void Planner::chooseDotTile() {
  // Several columns are as many streams from memory; more rows share a loaded column.
  bool wide = target.vectorRegisters >= 32;
  int64_t rows = getConstantProduct(plan.rowDims).value_or(4);
  plan.tileRows = std::clamp<int64_t>(rows, 1, wide ? 4 : 2);
  plan.tileColumns = wide ? (plan.tileRows <= 2 ? 8 : 4) : (plan.tileRows == 1 ? 8 : 4);
  plan.areInPairs = canPair();
  choosePartialSums(plan.lanes);
  chooseChunks(plan.blockColumns);
}

void Planner::chooseChunks(int64_t columns) {
  int64_t tiles = llvm::divideCeil(getLikelyProduct(plan.rowDims), plan.tileRows);
  unsigned columnDims[] = {plan.columnDim};
  int64_t outer = getLikelyProduct(plan.batchDims) * llvm::divideCeil(getLikelyProduct(columnDims), columns);
  // The threads' shares are as equal as they can be, in chunks as large as they may be.
  int64_t cores = std::max(1u, target.cores), best = 1;
  double least = std::numeric_limits<double>::infinity();
  int64_t most = plan.packing == ContractPlan::Packing::None ? mostChunkRows : mostPackedChunkRows;
  most = std::min(most / plan.tileRows, getConstantProduct(plan.rowDims) ? tiles : most);
  for (int64_t chunk = std::max<int64_t>(1, most); chunk >= 1; --chunk) {
    int64_t chunks = llvm::divideCeil(tiles, chunk);
    double span = llvm::divideCeil(outer * chunks, cores) * (std::min(chunk, tiles) + 0.2);
    if (span < least * 0.99) {
      least = span;
      best = chunk;
    }
  }
  plan.chunkRows = best * plan.tileRows;
  int64_t work = plan.chunkRows * columns * std::max<int64_t>(1, getLikelyProduct(plan.depthDims));
  plan.grain = std::max<int64_t>(1, workOfThread / work);
}

/// Bytes of a factor that a batch reads, each counted once.
int64_t Planner::getLikelyBytes(const ContractOperand &operand) {
  int64_t points = 1;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    if (operand.dependsOn(dim) && !llvm::is_contained(plan.batchDims, dim))
      points *= sizes[dim].getConstant().value_or(assumedSize);
  loop::ReadOp read = operand.read;
  if (!read)
    return points * plan.accumulator.getIntOrFloatBitWidth() / 8;
  // Windows overlap.
  int64_t elements = 1;
  for (SizeAttr size : getSizes(read.getSource().getType()))
    elements *= size.getConstant().value_or(assumedSize);
  return std::min(points, elements) * read.getType().getIntOrFloatBitWidth() / 8;
}

/// Columns that are long rows in memory, more of them than the second-level cache has room for, are read along these
/// rows, a few rows at a time: a tile alone reads a piece of each, which neither the prefetcher nor the TLB likes.
void Planner::chooseStreams() {
  unsigned columnDims[] = {plan.columnDim};
  std::optional<int64_t> columns = getConstantProduct(columnDims);
  if (plan.packing == ContractPlan::Packing::Transposed || plan.packing == ContractPlan::Packing::Computed ||
      !columns || getLikelyBytes(plan.columns) <= target.l2Bytes)
    return;
  // One dimension of the depth steps from row to row.
  LinearForm form = getLinearForm(plan.columns.address, sizes.size());
  unsigned inner = plan.depthDims.back();
  std::optional<int64_t> depth = sizes[inner].getConstant();
  auto stride = dyn_cast<AffineConstantExpr>(frame.simplify(form.coefficients[inner]));
  if (!depth || form.nonLinear[inner] || !stride || stride.getValue() < 2 * plan.getTileColumns())
    return;
  int64_t tiles = llvm::divideCeil(*columns, plan.getTileColumns());
  int64_t rowBytes = plan.chunkRows * plan.getTileColumns() * plan.accumulator.getIntOrFloatBitWidth() / 8;
  // The sums of a few rows fit the first-level cache.
  bool areFew = plan.chunkRows <= 4;
  int64_t room = areFew ? target.l1Bytes / 2 : target.l2Bytes / 4;
  int64_t unitTiles = std::min<int64_t>(llvm::divideCeil(tiles, std::max(1u, target.cores)), room / rowBytes);
  int64_t block = areFew ? 16 : 64;
  if (unitTiles < 2 || *depth < 2 * block)
    return;
  plan.unitTiles = unitTiles;
  plan.depthBlock = block;
  plan.blockedDim = inner;
  plan.grain = std::max<int64_t>(1, plan.grain / unitTiles);
}

/// What does not fit the second-level cache is walked once: its blocks are the outer loop.
void Planner::chooseOrder() {
  int64_t chunks = llvm::divideCeil(getLikelyProduct(plan.rowDims), plan.chunkRows);
  unsigned columnDims[] = {plan.columnDim};
  int64_t blocks = llvm::divideCeil(getLikelyProduct(columnDims), plan.getTileColumns() * plan.unitTiles);
  auto getTraffic = [&](int64_t bytes, int64_t times) { return bytes > target.l2Bytes / 2 ? bytes * times : bytes; };
  int64_t rowBytes = getLikelyBytes(plan.rows), columnBytes = getLikelyBytes(plan.columns);
  plan.areRowsOuter = getTraffic(columnBytes, chunks) + rowBytes < getTraffic(rowBytes, blocks) + columnBytes;
}

std::optional<ContractPlan> Planner::run() {
  if (!collect())
    return std::nullopt;
  sizes = plan.op.getIterationSizes();
  plan.accumulator = getElementTypeOrSelf(plan.op.getResultTypes().front());
  if ((!plan.accumulator.isF32() && !plan.accumulator.isF64()) ||
      sizes.size() == static_cast<size_t>(plan.op.getParallel()))
    return std::nullopt;
  auto yield = cast<loop::YieldOp>(plan.op.getBodyBlock()->getTerminator());
  ContractOperand first = matchOperand(frame, plan.op, yield.getValues()[0]),
                  second = matchOperand(frame, plan.op, yield.getValues()[1]);
  plan.lanes = target.getLanes(plan.accumulator.getIntOrFloatBitWidth());
  bool areReads = first.read && second.read;
  if (areReads && (chooseTransposed(first, second) || chooseTiles(first, second))) {
    splitDims();
    chooseTile();
    return std::move(plan);
  }
  if (areReads && chooseDots(first, second)) {
    splitDims();
    chooseDotTile();
    return std::move(plan);
  }
  if (chooseComputed(first, second)) {
    splitDims();
    chooseTile();
    return std::move(plan);
  }
  return std::nullopt;
}

std::optional<ContractPlan> tc::cpu::planContract(Frame &frame, fusion::ScheduleAttr schedule) {
  return Planner(frame, schedule).run();
}
