// Scatter kernels: one phase copies init to the result, another writes the updates.
//
// Dimensions whose index is itself an index of the result never meet: they are distributed over threads and vectorised.
// Along the others, updates of one element come in row-major order, so the result does not depend on the threads.

#include "Kernels.h"
#include "Reduction.h"
#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

class ScatterLowering {
public:
  ScatterLowering(Frame &frame, fusion::ScheduleAttr schedule) : frame(frame), schedule(schedule) {}
  LogicalResult run();

private:
  void emitCopy();
  void emitUpdates();
  void emitSequential(Point point, unsigned next, Value lower, Value upper);
  void emitPoint(const Point &point);
  static constexpr int64_t copyChunk = 4096, updateChunk = 64;

  Frame &frame;
  fusion::ScheduleAttr schedule;
  loop::ScatterOp op;
  int64_t lanes = 1;
  int64_t vectorDim = -1;
  SmallVector<AffineExpr> sizes, arguments;
  SmallVector<unsigned> sequential;
};

} // namespace

void ScatterLowering::emitCopy() {
  frame.startPhase();
  (void)bindConstants(frame);
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Value init = stripReshapes(op.getInit());
  Storage source = frame.storages[init], target = getResultStorage(frame, 0);
  Type element = loop::getScalarType(op.getInit().getType().getElementType());
  AffineExpr total = frame.getExpr(product(frame.getContext(), getSizes(op.getInit().getType())));
  auto emitChunks = [&]() {
    frame.forEachUnit(total.ceilDiv(copyChunk), [&](ValueRange unit) {
      Value lower = frame.mul(unit.front(), frame.index(copyChunk));
      Value upper = arith::MinSIOp::create(builder, frame.emit(total), frame.add(lower, frame.index(copyChunk)));
      emitVectorLoop(frame, lower, upper, std::nullopt, lanes, 1, {},
                     [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                       Elements none;
                       BodyEmitter emitter(frame, {{iv}, {0, lanes}, mask}, none);
                       Value value = source.kind == Storage::Kind::Splat
                                         ? arith::ConstantOp::create(builder, source.splat).getResult()
                                         : emitter.load(source, element, frame.getDimExpr(0));
                       emitter.store(target, value, frame.getDimExpr(0));
                     });
    });
  };
  if (source.kind == Storage::Kind::Memory) {
    // Placed on init, there is nothing to copy.
    Value from = LLVM::PtrToIntOp::create(builder, builder.getI64Type(), source.pointer);
    Value to = LLVM::PtrToIntOp::create(builder, builder.getI64Type(), target.pointer);
    Value differ = arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, from, to);
    auto branch = scf::IfOp::create(builder, differ, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    emitChunks();
  } else {
    emitChunks();
  }
  frame.finishPhase(frame.getSize(total.ceilDiv(copyChunk)), 4, frame.getScratchBytes());
}

void ScatterLowering::emitPoint(const Point &point) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Elements none;
  BodyEmitter emitter(frame, point, none);
  Value value = emitter.emit(*op.getBodyBlock(), arguments).back();
  ValueRange indices = op.getBodyBlock()->getTerminator()->getOperands().drop_back();
  SmallVector<AffineExpr> strides = frame.getStrides(getSizes(op.getInit().getType()));
  Storage target = getResultStorage(frame, 0);
  if (std::optional<ReductionKind> kind = op.getKind()) {
    Type element = op.getInit().getType().getElementType();
    Value before = emitter.loadAt(target, loop::getScalarType(element), indices, strides);
    value = combineNarrow(builder, *kind, element, emitter.toVector(before), emitter.toVector(value));
  }
  emitter.storeAt(target, value, indices, strides);
}

void ScatterLowering::emitSequential(Point point, unsigned next, Value lower, Value upper) {
  if (next < sequential.size()) {
    unsigned dim = sequential[next];
    frame.loop(frame.index(0), frame.emit(sizes[dim]), frame.index(1), {},
               [&](Value iv, ValueRange) -> SmallVector<Value> {
                 Point here = point;
                 here.dims[dim] = iv;
                 emitSequential(here, next + 1, lower, upper);
                 return {};
               });
    return;
  }
  if (vectorDim < 0)
    return emitPoint(point);
  std::optional<int64_t> length;
  if (auto constant = dyn_cast<AffineConstantExpr>(sizes[vectorDim]);
      constant && constant.getValue() % updateChunk == 0)
    length = updateChunk;
  emitVectorLoop(frame, lower, upper, length, lanes, 1, {},
                 [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                   Point here = point;
                   here.dims[vectorDim] = iv;
                   here.mask = mask;
                   emitPoint(here);
                 });
}

void ScatterLowering::emitUpdates() {
  frame.startPhase();
  (void)bindConstants(frame);
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  Block *body = op.getBodyBlock();
  ValueRange indices = body->getTerminator()->getOperands().drop_back();
  SmallVector<bool> isSafe(sizes.size(), false);
  for (Value index : indices)
    if (auto argument = dyn_cast<BlockArgument>(index); argument && argument.getOwner() == body)
      isSafe[argument.getArgNumber()] = true;
  // The last index of the result, if it is an index of the space, gives contiguous vectors.
  if (!indices.empty())
    if (auto argument = dyn_cast<BlockArgument>(indices.back()); argument && argument.getOwner() == body)
      if (sizes[argument.getArgNumber()] != frame.getConstantExpr(1))
        vectorDim = argument.getArgNumber();
  SmallVector<AffineExpr> units;
  SmallVector<unsigned> unitDims;
  for (unsigned dim = 0; dim < sizes.size(); ++dim) {
    if (static_cast<int64_t>(dim) == vectorDim)
      continue;
    if (isSafe[dim]) {
      units.push_back(sizes[dim]);
      unitDims.push_back(dim);
    } else {
      sequential.push_back(dim);
    }
  }
  if (vectorDim >= 0)
    units.push_back(sizes[vectorDim].ceilDiv(updateChunk));
  frame.forEachUnit(units, [&](ValueRange unit) {
    Point point;
    point.dims.resize(sizes.size());
    for (auto [dim, index] : llvm::zip(unitDims, unit))
      point.dims[dim] = index;
    Value lower, upper;
    if (vectorDim >= 0) {
      point.space = {vectorDim, lanes};
      lower = frame.mul(unit.back(), frame.index(updateChunk));
      upper = arith::MinSIOp::create(builder, frame.emit(sizes[vectorDim]), frame.add(lower, frame.index(updateChunk)));
    }
    emitSequential(point, 0, lower, upper);
  });
  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  frame.finishPhase(frame.getSize(extent), 1, frame.getScratchBytes());
}

LogicalResult ScatterLowering::run() {
  fusion::KernelOp kernel = frame.getKernel();
  for (Operation &other : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp>(other))
      continue;
    if (!isa<loop::ScatterOp>(other) || op)
      return other.emitError("expected one loop.scatter in a scatter kernel, found ") << other.getName();
    op = cast<loop::ScatterOp>(other);
  }
  if (!op || kernel.getNumResults() != 1)
    return kernel.emitError("expected a loop.scatter with one result in a scatter kernel");
  lanes = chooseLanes(kernel, frame.getTarget());
  for (auto [dim, size] : llvm::enumerate(op.getIterationSizes())) {
    sizes.push_back(frame.getExpr(size));
    arguments.push_back(size.getConstant() == 1 ? frame.getConstantExpr(0) : frame.getDimExpr(dim));
  }
  // The result may lie on init, unless the updates are computed from it.
  Value init = stripReshapes(op.getInit());
  bool isRead = false;
  op->walk([&](loop::ReadOp read) { isRead |= stripReshapes(read.getSource()) == init; });
  if (auto argument = dyn_cast<BlockArgument>(init); argument && !isRead)
    frame.addInPlace(0, argument.getArgNumber());
  for (auto constant : kernel.getBody().getOps<ConstantOp>())
    if (!isa<SplatElementsAttr>(constant.getValue()))
      return constant.emitError("expected a splat in a kernel");
  emitCopy();
  emitUpdates();
  return success();
}

LogicalResult tc::cpu::lowerScatter(Frame &frame, fusion::ScheduleAttr schedule) {
  return ScatterLowering(frame, schedule).run();
}
