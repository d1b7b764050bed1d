// Contractions of few rows: nothing is used often, so factors go straight into registers, and all threads of a block
// share the depth of a few columns. Lanes are neighbours along the depth where the columns are stored so, else along
// the columns.

#include "ContractEpilogue.h"
#include "Team.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

class DotLowering {
public:
  DotLowering(Frame &frame, const ContractPlan &plan)
      : frame(frame), plan(plan), builder(frame.getBuilder()), evaluator(frame) {}
  LogicalResult run();

private:
  void place();
  /// Adds the products at `unit`, a number of blockDepth points of the depth.
  Values addProducts(AffineExpr unit, ValueRange sums);
  Values emitDepth();
  void storeSums(ValueRange sums, Value shared);

  Frame &frame;
  const ContractPlan &plan;
  ImplicitLocOpBuilder &builder;
  Evaluator evaluator;
  BlockPlace block;
  /// The thread's first column in the block, its number among those that share its columns, and how many these are.
  Value column, rank;
  int64_t ranks = 1, lanesOfColumn = 1;
  bool hasFailed = false;
};

} // namespace

void DotLowering::place() {
  block.dims.assign(plan.getOp().getSizes().size(), frame.getConstantExpr(0));
  AffineExpr columns = frame.simplify(plan.columns.count.ceilDiv(plan.blockColumns));
  SmallVector<AffineExpr> outer =
      frame.delinearize(frame.leaf(frame.getBlock()), {frame.simplify(plan.batch.count), columns});
  setDims(frame, plan.batch, outer[0], block.dims);
  block.row = frame.getConstantExpr(0);
  block.column = frame.leaf(frame.emit(outer[1] * plan.blockColumns));
  Word thread = Word::thread(frame);
  if (plan.factors[1].isDepthMajor) {
    Word warp = thread / Target::warpSize;
    column = (warp / plan.splits) * plan.tileColumns;
    lanesOfColumn = Target::warpSize;
    ranks = plan.splits * lanesOfColumn;
    rank = (warp % plan.splits) * lanesOfColumn + thread % lanesOfColumn;
  } else {
    int64_t across = plan.blockColumns / plan.tileColumns;
    column = (thread % across) * plan.tileColumns;
    lanesOfColumn = Target::warpSize / across;
    ranks = plan.threads / across;
    rank = thread / across;
  }
}

Values DotLowering::addProducts(AffineExpr unit, ValueRange sums) {
  Values next(sums);
  SmallVector<Indices> columns;
  Indices base = block.dims;
  bool isWhole = plan.columns.isMultipleOf(plan.blockColumns);
  // Neighbours that are read together stay together.
  int64_t run = plan.columns.isInnerMultipleOf(plan.tileColumns) ? plan.tileColumns : 1;
  for (int64_t j = 0; j < plan.tileColumns; ++j) {
    if (j % run != 0) {
      columns.push_back(columns.back());
      AffineExpr &inner = columns.back()[plan.columns.dims.back()];
      inner = inner + 1;
      continue;
    }
    AffineExpr number = frame.simplify(block.column + Word(builder, column).toLeaf(frame) + j);
    if (!isWhole)
      number = emitMin(frame, number, plan.columns.count - run);
    setDims(frame, plan.columns, frame.leaf(frame.emit(number)), columns.emplace_back(base));
  }
  SmallVector<Indices> depths;
  Indices depthDims(base.size(), frame.getConstantExpr(0));
  setDims(frame, plan.depth, frame.leaf(frame.emit(frame.simplify(unit * plan.blockDepth))), depthDims);
  auto combine = [&](const Indices &line, const DimGroup &group, int64_t k, Indices point) {
    for (unsigned dim : group.dims)
      point[dim] = line[dim];
    for (unsigned dim : plan.depth.dims)
      point[dim] = depthDims[dim];
    if (k > 0)
      point[plan.depth.dims.back()] = depthDims[plan.depth.dims.back()] + k;
    return point;
  };
  // [line][k], loads of neighbours one after the other.
  auto load = [&](unsigned factor, const Indices &line, const DimGroup &group) {
    Values values;
    for (int64_t k = 0; k < plan.blockDepth; ++k) {
      values.push_back(
          evaluator.evaluateOperand(plan.getOp(), plan.factors[factor].number, combine(line, group, k, block.dims)));
      hasFailed |= !values.back();
    }
    return values;
  };
  SmallVector<Values> a, b;
  for (const Indices &line : columns)
    b.push_back(load(1, line, plan.columns));
  for (int64_t i = 0; i < plan.blockRows; ++i) {
    Indices line = block.dims;
    setDims(frame, plan.rows, frame.leaf(frame.index(i)), line);
    a.push_back(load(0, line, plan.rows));
  }
  if (hasFailed)
    return next;
  for (int64_t k = 0; k < plan.blockDepth; ++k)
    for (size_t i = 0; i < a.size(); ++i)
      for (size_t j = 0; j < b.size(); ++j) {
        Value &sum = next[i * b.size() + j];
        sum = emitMultiplyAdd(builder, a[i][k], b[j][k], sum);
      }
  return next;
}

Values DotLowering::emitDepth() {
  Values sums(plan.blockRows * plan.tileColumns, emitZero(builder, plan.accumulator));
  AffineExpr units = frame.simplify(plan.depth.count.floorDiv(plan.blockDepth));
  // Some units at a time, so that their loads are in flight together, then the rest.
  int64_t unroll = std::clamp<int64_t>(32 / (plan.blockDepth * (plan.tileColumns + plan.blockRows)), 1, 4);
  AffineExpr number = Word(builder, rank).toLeaf(frame);
  AffineExpr whole = frame.simplify(units.floorDiv(ranks * unroll) * (ranks * unroll));
  if (unroll == 1)
    whole = frame.getConstantExpr(0);
  if (whole != frame.getConstantExpr(0))
    sums = frame.loop(frame.emit(number), frame.emit(whole), frame.index(ranks * unroll), sums,
                      [&](Value iv, ValueRange now) -> Values {
                        Evaluator::Scope scope(evaluator);
                        Values next(now);
                        for (int64_t i = 0; i < unroll && !hasFailed; ++i)
                          next = addProducts(frame.leaf(iv) + i * ranks, next);
                        return next;
                      });
  if (whole != units)
    sums = frame.loop(frame.emit(frame.simplify(whole + number)), frame.emit(units), frame.index(ranks), sums,
                      [&](Value iv, ValueRange now) -> Values {
                        Evaluator::Scope scope(evaluator);
                        return addProducts(frame.leaf(iv), now);
                      });
  return sums;
}

void DotLowering::storeSums(ValueRange sums, Value shared) {
  SharedSums places = SharedSums::of(plan);
  Team warp(frame, Team::Kind::Warp, plan.threads);
  unsigned stride = Target::warpSize / lanesOfColumn;
  Values totals;
  for (Value sum : sums)
    totals.push_back(warp.reduceLanes(ReductionKind::sum, plan.accumulator, sum, stride));
  Word thread = Word::thread(frame), lane = thread % Target::warpSize;
  Word copy = Word(builder, rank) / lanesOfColumn;
  frame.ifThen(lane < stride, [&] {
    for (int64_t i = 0; i < plan.blockRows; ++i)
      for (int64_t j = 0; j < plan.tileColumns; ++j) {
        Word offset = (copy * places.rows + i) * places.pitch + Word(builder, column) + j;
        LLVM::StoreOp::create(builder, frame.toMemory(totals[i * plan.tileColumns + j], plan.accumulator),
                              getSharedPointer(shared, offset * places.elementBytes), places.elementBytes);
      }
  });
}

LogicalResult DotLowering::run() {
  if (failed(evaluator.bindConstants()))
    return failure();
  place();
  Values sums = emitDepth();
  if (hasFailed)
    return failure();
  Value shared = frame.allocateShared(SharedSums::of(plan).getBytes());
  storeSums(sums, shared);
  frame.barrier();
  if (failed(ContractEpilogue(frame, evaluator, plan).emitBlock(block, shared)))
    return failure();
  AffineExpr blocks = plan.batch.count * plan.columns.count.ceilDiv(plan.blockColumns);
  frame.finishPhase(frame.getSize(frame.simplify(blocks)));
  return success();
}

LogicalResult tc::gpu::emitDots(Frame &frame, const ContractPlan &plan) {
  frame.startPhase(plan.threads);
  return DotLowering(frame, plan).run();
}
