// The blocks of a contraction: of the sizes that there is code for, those that take least time by a simple model.

#include "Contract.h"
#include "ContractTile.h"

#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

struct Candidate {
  int64_t rows, columns;         ///< of a block
  int64_t tileRows, tileColumns; ///< of a thread, or of a warp
  int64_t splits;
};

/// Warps of 16 x 16 at least. 256 accumulators would leave no registers for anything else.
constexpr Candidate tensorCoreTiles[] = {
    {128, 128, 32, 64, 1}, {128, 64, 32, 32, 1}, {64, 128, 32, 32, 1}, {64, 64, 32, 32, 1},  {64, 64, 32, 32, 2},
    {64, 32, 32, 32, 2},   {32, 64, 32, 32, 2},  {32, 32, 32, 32, 4},  {16, 128, 16, 32, 1}, {16, 64, 16, 32, 2},
    {16, 32, 16, 32, 4},   {128, 16, 32, 16, 1}, {64, 16, 32, 16, 2},  {32, 16, 32, 16, 4},
};
constexpr Candidate multiplyAddTiles[] = {
    {128, 128, 8, 8, 1}, {128, 64, 8, 4, 1}, {64, 128, 8, 8, 1}, {64, 64, 4, 8, 1}, {32, 64, 4, 4, 1},
    {64, 32, 4, 4, 1},   {32, 32, 4, 4, 2},  {16, 64, 4, 4, 2},  {64, 16, 4, 4, 2}, {16, 32, 4, 4, 4},
};

} // namespace

static void apply(const Candidate &candidate, ContractPlan &plan) {
  plan.blockRows = candidate.rows;
  plan.blockColumns = candidate.columns;
  plan.tileRows = candidate.tileRows;
  plan.tileColumns = candidate.tileColumns;
  plan.splits = candidate.splits;
  int64_t tiles = (candidate.rows / candidate.tileRows) * (candidate.columns / candidate.tileColumns);
  bool isWarp = plan.form == ContractPlan::Form::TensorCores;
  plan.threads = tiles * candidate.splits * (isWarp ? Target::warpSize : 1);
  // 64 bytes of the narrower factor, 128 where tiles are small: enough steps of tensor cores for each part of the
  // depth.
  int64_t bytes = std::min(Frame::getBytes(plan.factors[0].element), Frame::getBytes(plan.factors[1].element));
  int64_t line = candidate.rows * candidate.columns >= 128 * 128 && candidate.splits == 1 ? 64 : 128;
  plan.blockDepth = line / bytes;
  if (!isWarp)
    plan.blockDepth = std::min<int64_t>(plan.blockDepth, 32);
}

/// Bytes of shared memory: the steps, or the sums, which take their place.
int64_t tc::gpu::getSharedBytes(const ContractPlan &plan) {
  int64_t step = SharedTile::of(plan, 0).getBytes() + SharedTile::of(plan, 1).getBytes();
  return std::max(plan.stages * step, SharedSums::of(plan).getBytes());
}

LogicalResult tc::gpu::chooseTile(Frame &frame, ContractPlan &plan) {
  const Target &target = frame.getTarget();
  bool isTensorCore = plan.form == ContractPlan::Form::TensorCores;
  bool isCopied = plan.factors[0].width > 0 && plan.factors[1].width > 0;
  ArrayRef<Candidate> candidates = isTensorCore ? ArrayRef(tensorCoreTiles) : ArrayRef(multiplyAddTiles);
  int64_t rows = plan.rows.getLikely(), columns = plan.columns.getLikely(), depth = plan.depth.getLikely();
  std::optional<Candidate> best;
  double least = std::numeric_limits<double>::infinity();
  for (const Candidate &candidate : candidates) {
    // Threads that compute what they store take registers, and code, for each element.
    if (!isCopied && candidate.rows * candidate.columns > 64 * 64)
      continue;
    ContractPlan trial = plan;
    apply(candidate, trial);
    if (trial.threads < 128 && !isTensorCore)
      continue;
    if (getSharedBytes(trial) > target.sharedBytes)
      continue;
    // A wave of blocks takes as long as its multiply-adds and, weighted, what it loads.
    double blocks = double(plan.batch.getLikely()) * llvm::divideCeil(rows, candidate.rows) *
                    llvm::divideCeil(columns, candidate.columns);
    double waves = std::max(1.0, blocks / target.multiprocessors);
    if (waves < 4)
      waves = std::ceil(waves);
    double loads = candidate.rows + candidate.columns, work = double(candidate.rows) * candidate.columns;
    double steps = double(llvm::divideCeil(depth, trial.blockDepth)) * trial.blockDepth;
    double time = waves * (steps * (work + (isTensorCore ? 64 : 16) * loads) / candidate.splits + 2 * work);
    if (time < least) {
      least = time;
      best = candidate;
    }
  }
  if (!best)
    return failure();
  apply(*best, plan);
  // As many steps in flight as hide the memory's latency while a second block fits.
  int64_t step = SharedTile::of(plan, 0).getBytes() + SharedTile::of(plan, 1).getBytes();
  plan.stages = isCopied ? std::clamp<int64_t>(48 * 1024 / step, 3, 4) : 2;
  int64_t steps = llvm::divideCeil(depth, plan.blockDepth);
  if (isa<AffineConstantExpr>(plan.depth.count))
    plan.stages = std::clamp<int64_t>(steps + 1, 2, plan.stages);
  while (plan.stages > 2 && getSharedBytes(plan) > target.sharedBytes)
    --plan.stages;
  return success();
}

/// Columns of a block such that there are blocks for all multiprocessors; the more threads share the depth.
void tc::gpu::chooseDots(Frame &frame, ContractPlan &plan) {
  int64_t columns = plan.columns.getLikely() * plan.batch.getLikely(), rows = plan.rows.getLikely();
  int64_t wanted = std::max<int64_t>(1, columns / frame.getTarget().multiprocessors);
  wanted = llvm::bit_floor(static_cast<uint64_t>(wanted));
  const Factor &factor = plan.factors[1];
  plan.threads = 256;
  plan.blockRows = rows;
  int64_t width = std::max<int64_t>(1, 16 / Frame::getBytes(factor.element));
  if (factor.isDepthMajor) {
    // Lanes along the depth, of which each takes neighbours; a warp has some columns.
    plan.tileRows = rows;
    plan.blockDepth = plan.depth.isInnerMultipleOf(width) ? width : 1;
    int64_t warps = plan.threads / Target::warpSize;
    plan.blockColumns = std::clamp<int64_t>(wanted, 1, 16);
    plan.tileColumns = std::max<int64_t>(1, plan.blockColumns / warps);
    plan.splits = warps / (plan.blockColumns / plan.tileColumns);
  } else {
    // Lanes along the columns first; 32 bytes of neighbouring columns at least are read at once.
    plan.tileColumns = plan.columns.isInnerMultipleOf(width) ? width : 1;
    int64_t least = std::max<int64_t>(plan.tileColumns, 32 / Frame::getBytes(factor.element));
    plan.blockColumns = std::clamp<int64_t>(wanted, least, Target::warpSize * plan.tileColumns);
    plan.blockDepth = 1;
    plan.splits = plan.threads / Target::warpSize;
  }
}
