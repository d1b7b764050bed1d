// Contraction kernels: a plan, and the form it chose.

#include "Contract.h"

#include "ContractEpilogue.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

void tc::gpu::setDims(Frame &frame, const DimGroup &group, AffineExpr linear, Indices &dims) {
  SmallVector<AffineExpr> indices = frame.delinearize(linear, group.sizes);
  for (auto [dim, index] : llvm::zip_equal(group.dims, indices))
    dims[dim] = index;
}

AffineExpr tc::gpu::emitMin(Frame &frame, AffineExpr a, AffineExpr b) {
  return frame.leaf(
      frame.getBuilder().createOrFold<arith::MinSIOp>(frame.emit(frame.simplify(a)), frame.emit(frame.simplify(b))));
}

Value tc::gpu::emitZero(ImplicitLocOpBuilder &builder, Type type) {
  return arith::ConstantOp::create(builder, builder.getZeroAttr(type));
}

Value tc::gpu::emitMultiplyAdd(ImplicitLocOpBuilder &builder, Value a, Value b, Value sum) {
  Type type = sum.getType();
  if (!isa<FloatType>(type)) {
    if (type.isInteger(1))
      return arith::OrIOp::create(builder, sum, arith::AndIOp::create(builder, a, b));
    return arith::AddIOp::create(builder, sum, arith::MulIOp::create(builder, a, b));
  }
  for (Value *value : {&a, &b})
    if (value->getType() != type)
      *value = arith::ExtFOp::create(builder, type, *value);
  return math::FmaOp::create(builder, a, b, sum);
}

/// A thread a point, which walks the depth.
LogicalResult tc::gpu::emitPoints(Frame &frame, const ContractPlan &plan) {
  ImplicitLocOpBuilder &builder = frame.getBuilder();
  SmallVector<SizeAttr> sizes = plan.getOp().getIterationSizes();
  unsigned parallel = plan.getParallel();
  SmallVector<AffineExpr> spaces;
  AffineExpr points = frame.getConstantExpr(1);
  for (SizeAttr size : ArrayRef(sizes).take_front(parallel))
    points = points * spaces.emplace_back(frame.getExpr(size));
  // Neighbouring points, if they are neighbours in what is read as well.
  int64_t width = 1;
  if (parallel > 0) {
    int64_t natural = 16 / std::max<int64_t>(4, Frame::getBytes(plan.factors[0].element));
    width = std::gcd<int64_t>(natural, spaces.back().getLargestKnownDivisor());
    spaces.back() = frame.simplify(spaces.back().floorDiv(width));
  }
  AffineExpr units = frame.simplify(points.floorDiv(width));
  constexpr unsigned threads = 256;
  frame.startPhase(threads);
  Evaluator evaluator(frame);
  if (failed(evaluator.bindConstants()))
    return failure();
  LogicalResult result = success();
  AffineExpr unit = frame.leaf(frame.emit(frame.leaf(frame.getBlock()) * threads + frame.leaf(frame.getThread())));
  Value inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, frame.emit(unit), frame.emit(units));
  frame.ifThen(inside, [&] {
    Indices first = frame.delinearize(unit, spaces);
    if (parallel > 0)
      first.back() = first.back() * width;
    first.resize(sizes.size(), frame.getConstantExpr(0));
    SmallVector<Indices> lanes(width, first);
    for (int64_t lane = 1; lane < width; ++lane)
      lanes[lane][parallel - 1] = first[parallel - 1] + lane;
    Values sums(width, emitZero(builder, plan.accumulator));
    sums = frame.loop(frame.index(0), frame.emit(plan.depth.count), frame.index(1), sums,
                      [&](Value iv, ValueRange now) -> Values {
                        Evaluator::Scope scope(evaluator);
                        Values next(now);
                        for (int64_t lane = 0; lane < width; ++lane) {
                          Indices point = lanes[lane];
                          setDims(frame, plan.depth, frame.leaf(iv), point);
                          Value a = evaluator.evaluateOperand(plan.getOp(), 0, point),
                                b = evaluator.evaluateOperand(plan.getOp(), 1, point);
                          if (!a || !b) {
                            result = failure();
                            return next;
                          }
                          next[lane] = emitMultiplyAdd(builder, a, b, next[lane]);
                        }
                        return next;
                      });
    if (succeeded(result))
      result = ContractEpilogue(frame, evaluator, plan).emitPoints(lanes, sums, {});
  });
  frame.finishPhase(frame.getSize(frame.simplify(units.ceilDiv(threads))));
  return result;
}

LogicalResult tc::gpu::lowerContract(Frame &frame, const Options &options) {
  FailureOr<ContractPlan> plan = planContract(frame, options);
  if (failed(plan))
    return failure();
  switch (plan->form) {
  case ContractPlan::Form::Points:
    return emitPoints(frame, *plan);
  case ContractPlan::Form::Dots:
    return emitDots(frame, *plan);
  case ContractPlan::Form::Tiles:
  case ContractPlan::Form::TensorCores:
    return emitTiles(frame, *plan);
  }
  llvm_unreachable("unknown form");
}
