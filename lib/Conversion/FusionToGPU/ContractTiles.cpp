// Contractions by blocks in shared memory: a ring of steps, of which the later are copied while one is computed.

#include "ContractCompute.h"
#include "ContractEpilogue.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

namespace {

class TileLowering {
public:
  TileLowering(Frame &frame, const ContractPlan &plan)
      : frame(frame), plan(plan), builder(frame.getBuilder()), evaluator(frame) {}
  LogicalResult run();

private:
  BlockPlace getPlace();
  Values emitSteps(const BlockPlace &place, Value shared);
  Value getSlot(Value shared, Value offset, unsigned factor);

  Frame &frame;
  const ContractPlan &plan;
  ImplicitLocOpBuilder &builder;
  Evaluator evaluator;
  std::unique_ptr<TileCompute> compute;
  int64_t stepBytes = 0;
  bool hasFailed = false;
};

} // namespace

/// Blocks that run at the same time share rows and columns: they go down a few rows of blocks before the next columns.
BlockPlace TileLowering::getPlace() {
  AffineExpr rows = frame.simplify(plan.rows.count.ceilDiv(plan.blockRows)),
             columns = frame.simplify(plan.columns.count.ceilDiv(plan.blockColumns));
  BlockPlace place;
  place.dims.assign(plan.getOp().getSizes().size(), frame.getConstantExpr(0));
  SmallVector<AffineExpr> outer = frame.delinearize(frame.leaf(frame.getBlock()),
                                                    {frame.simplify(plan.batch.count), frame.simplify(rows * columns)});
  setDims(frame, plan.batch, outer[0], place.dims);

  constexpr int64_t groupRows = 8;
  AffineExpr row, column;
  auto constant = dyn_cast<AffineConstantExpr>(rows);
  if (constant && constant.getValue() <= groupRows) {
    row = frame.leaf(frame.emit(frame.simplify(outer[1] % rows)));
    column = frame.leaf(frame.emit(frame.simplify(outer[1].floorDiv(rows))));
  } else {
    AffineExpr perGroup = frame.simplify(columns * groupRows);
    AffineExpr first = frame.leaf(frame.emit(outer[1].floorDiv(perGroup) * groupRows)),
               inGroup = frame.leaf(frame.emit(outer[1] % perGroup));
    Value height = frame.emit(emitMin(frame, rows - first, frame.getConstantExpr(groupRows)));
    Value index = frame.emit(inGroup);
    row = first + frame.leaf(arith::RemUIOp::create(builder, index, height));
    column = frame.leaf(arith::DivUIOp::create(builder, index, height));
  }
  place.row = frame.leaf(frame.emit(row * plan.blockRows));
  place.column = frame.leaf(frame.emit(column * plan.blockColumns));
  return place;
}

Value TileLowering::getSlot(Value shared, Value offset, unsigned factor) {
  Value slot = getSharedPointer(shared, Word(builder, offset));
  return factor == 0 ? slot : getSharedPointer(builder, slot, SharedTile::of(plan, 0).getBytes());
}

Values TileLowering::emitSteps(const BlockPlace &place, Value shared) {
  TileLoader loaders[] = {{frame, evaluator, plan, 0, place}, {frame, evaluator, plan, 1, place}};
  AffineExpr steps = frame.simplify(plan.depth.count.ceilDiv(plan.blockDepth));
  std::optional<int64_t> known;
  if (auto constant = dyn_cast<AffineConstantExpr>(steps))
    known = constant.getValue();
  bool anyAsync = loaders[0].isAsync() || loaders[1].isAsync();
  Value last = frame.emit(frame.simplify(steps - 1)), count = frame.emit(steps);

  // Copies of a step that does not exist are left out; what is loaded through registers is loaded again.
  auto startCopies = [&](AffineExpr step, Value offset, bool exists) {
    if (!anyAsync)
      return;
    Value inside;
    if (!exists)
      inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, frame.emit(step), count);
    frame.ifThen(inside, [&] {
      for (unsigned factor : {0, 1})
        if (loaders[factor].isAsync())
          loaders[factor].copy(step, getSlot(shared, offset, factor));
    });
    NVVM::CpAsyncCommitGroupOp::create(builder);
  };
  auto load = [&](AffineExpr step, unsigned factor) -> Values {
    if (loaders[factor].isAsync())
      return {};
    AffineExpr existing = frame.leaf(arith::MinSIOp::create(builder, frame.emit(step), last));
    FailureOr<Values> elements = loaders[factor].load(existing);
    hasFailed |= failed(elements);
    return hasFailed ? Values() : *elements;
  };

  auto emitLoop = [&]() -> Values {
    for (int64_t step = 0; step < plan.stages - 1; ++step) {
      Value offset = frame.i32(step * stepBytes);
      startCopies(frame.getConstantExpr(step), offset, known && step < *known);
      for (unsigned factor : {0, 1})
        if (Values elements = load(frame.getConstantExpr(step), factor); !elements.empty())
          loaders[factor].store(elements, getSlot(shared, offset, factor));
      if (hasFailed)
        return {};
    }
    // The sums, and where the step at hand and the step to come lie.
    Values state = compute->getInitial();
    size_t numSums = state.size();
    state.push_back(frame.i32(0));
    state.push_back(frame.i32((plan.stages - 1) * stepBytes));
    state = frame.loop(frame.index(0), count, frame.index(1), state, [&](Value iv, ValueRange now) -> Values {
      Value here = now[numSums], next = now[numSums + 1];
      if (anyAsync)
        NVVM::CpAsyncWaitGroupOp::create(builder, static_cast<uint32_t>(plan.stages - 2));
      frame.barrier();
      AffineExpr coming = frame.leaf(iv) + (plan.stages - 1);
      startCopies(coming, next, false);
      Values elements[] = {load(coming, 0), load(coming, 1)};
      if (hasFailed)
        return Values(now);
      Values sums = compute->compute(getSlot(shared, here, 0), getSlot(shared, here, 1), now.take_front(numSums));
      for (unsigned factor : {0, 1})
        if (!elements[factor].empty())
          loaders[factor].store(elements[factor], getSlot(shared, next, factor));
      for (Value offset : {here, next}) {
        Word moved = Word(builder, offset) + stepBytes;
        Value isEnd = moved == plan.stages * stepBytes;
        sums.push_back(arith::SelectOp::create(builder, isEnd, frame.i32(0), moved));
      }
      return sums;
    });
    state.resize(numSums);
    return state;
  };
  // Without steps there is nothing to load, not even the last.
  if (known && *known > 0)
    return emitLoop();
  Values initial = compute->getInitial();
  if (known)
    return initial;
  Value any = arith::CmpIOp::create(builder, arith::CmpIPredicate::sgt, count, frame.index(0));
  auto branch = scf::IfOp::create(builder, TypeRange(ValueRange(initial)), any, /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(builder, emitLoop());
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, initial);
  return Values(branch.getResults());
}

LogicalResult TileLowering::run() {
  if (failed(evaluator.bindConstants()))
    return failure();
  compute = plan.form == ContractPlan::Form::TensorCores ? makeTensorCores(frame, plan) : makeMultiplyAdds(frame, plan);
  stepBytes = SharedTile::of(plan, 0).getBytes() + SharedTile::of(plan, 1).getBytes();
  Value shared = frame.allocateShared(getSharedBytes(plan));
  BlockPlace place = getPlace();
  Values sums = emitSteps(place, shared);
  if (hasFailed)
    return failure();
  if (plan.factors[0].width > 0 || plan.factors[1].width > 0)
    NVVM::CpAsyncWaitGroupOp::create(builder, 0u);
  // The sums take the place of the factors.
  frame.barrier();
  compute->store(sums, shared);
  frame.barrier();
  if (failed(ContractEpilogue(frame, evaluator, plan).emitBlock(place, shared)))
    return failure();
  AffineExpr blocks =
      plan.batch.count * plan.rows.count.ceilDiv(plan.blockRows) * plan.columns.count.ceilDiv(plan.blockColumns);
  frame.finishPhase(frame.getSize(frame.simplify(blocks)));
  return success();
}

LogicalResult tc::gpu::emitTiles(Frame &frame, const ContractPlan &plan) {
  frame.startPhase(plan.threads);
  frame.useAllRegisters();
  return TileLowering(frame, plan).run();
}
