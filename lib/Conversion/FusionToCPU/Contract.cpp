// Contraction kernels: by plan (ContractPlan.cpp) where there is one, else one vector of results at a time.

#include "Contract.h"

#include "Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

namespace {

/// Any contraction, slowly: each result is a loop over the depth, vectorised along the last parallel dimension.
class GenericContract {
public:
  explicit GenericContract(Frame &frame) : frame(frame), builder(frame.getBuilder()) {}
  LogicalResult run();

private:
  void emitPoint(Point point);
  Value emitDepth(Point point, unsigned dim, Value accumulator);

  Frame &frame;
  ImplicitLocOpBuilder &builder;
  loop::ContractOp op;
  SmallVector<loop::MapOp> epilogue;
};

} // namespace

static SmallVector<AffineExpr> getDims(Frame &frame, unsigned count) {
  SmallVector<AffineExpr> exprs;
  for (unsigned dim = 0; dim < count; ++dim)
    exprs.push_back(frame.getDimExpr(dim));
  return exprs;
}

Value GenericContract::emitDepth(Point point, unsigned dim, Value accumulator) {
  SmallVector<SizeAttr> sizes = op.getIterationSizes();
  if (dim < sizes.size())
    return frame
        .loop(frame.index(0), frame.emit(frame.getExpr(sizes[dim])), frame.index(1), accumulator,
              [&](Value iv, ValueRange state) -> SmallVector<Value> {
                Point inner = point;
                inner.dims[dim] = iv;
                return {emitDepth(inner, dim + 1, state.front())};
              })
        .front();
  Elements elements;
  BodyEmitter emitter(frame, point, elements);
  SmallVector<Value> factors = emitter.emit(*op.getBodyBlock(), getDims(frame, sizes.size()));
  for (Value &factor : factors) {
    factor = emitter.toVector(factor);
    if (factor.getType() == accumulator.getType())
      continue;
    if (getElementTypeOrSelf(factor.getType()).isBF16() && getElementTypeOrSelf(accumulator.getType()).isF32())
      factor = extendBF16(builder, factor);
    else
      factor = arith::ExtFOp::create(builder, accumulator.getType(), factor);
  }
  if (isa<FloatType>(getElementTypeOrSelf(accumulator.getType())))
    return arith::AddFOp::create(builder, accumulator, arith::MulFOp::create(builder, factors[0], factors[1]));
  return arith::AddIOp::create(builder, accumulator, arith::MulIOp::create(builder, factors[0], factors[1]));
}

void GenericContract::emitPoint(Point point) {
  unsigned parallel = op.getParallel();
  Type element = loop::getScalarType(getElementTypeOrSelf(op.getResultTypes().front()));
  Type type = point.space.lanes > 1 ? Type(VectorType::get({point.space.lanes}, element)) : element;
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
  Point depth = point;
  depth.dims.resize(op.getSizes().size());
  Value accumulator = emitDepth(depth, parallel, zero);
  Elements elements;
  SmallVector<std::pair<unsigned, Value>> stores; // number of the result, tensor
  auto define = [&](Value tensor, Value value) {
    elements[tensor] = value;
    for (unsigned number : getResultNumbers(frame.getKernel(), tensor))
      stores.push_back({number, tensor});
  };
  define(op.getResult(0), accumulator);
  for (loop::MapOp map : epilogue) {
    BodyEmitter emitter(frame, point, elements);
    for (auto [tensor, value] :
         llvm::zip(map.getResults(), emitter.emit(*map.getBodyBlock(), getDims(frame, parallel))))
      define(tensor, value);
  }
  BodyEmitter emitter(frame, point, elements);
  for (auto [number, tensor] : stores) {
    // A result may be stored in another order of its dimensions.
    AffineExpr address = frame.getConstantExpr(0);
    for (auto [dim, stride] : llvm::enumerate(frame.getStrides(tensor)))
      address = address + frame.getDimExpr(dim) * stride;
    emitter.store(getResultStorage(frame, number), elements[tensor], frame.simplify(address));
  }
}

LogicalResult GenericContract::run() {
  fusion::KernelOp kernel = frame.getKernel();
  for (Operation &inner : kernel.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp, TransposeOp>(inner))
      continue;
    if (auto contract = dyn_cast<loop::ContractOp>(inner); contract && !op)
      op = contract;
    else if (auto map = dyn_cast<loop::MapOp>(inner);
             map && op && map.getIterationSizes().size() == static_cast<size_t>(op.getParallel()))
      epilogue.push_back(map);
    else
      return inner.emitError(
          "expected one loop.contract and loop.maps over its parallel dimensions in a contract kernel");
  }
  if (!op)
    return kernel.emitError("expected a loop.contract in a contract kernel");
  frame.startPhase();
  if (failed(bindConstants(frame)))
    return failure();
  SmallVector<SizeAttr> sizes = op.getIterationSizes();
  unsigned parallel = op.getParallel();
  SmallVector<AffineExpr> units;
  for (unsigned dim = 0; dim + 1 < parallel; ++dim)
    units.push_back(frame.getExpr(sizes[dim]));
  int64_t lanes = parallel == 0 ? 1 : chooseLanes(kernel, frame.getTarget());
  frame.forEachUnit(units, [&](ValueRange unit) {
    Point point;
    point.dims.assign(unit.begin(), unit.end());
    if (parallel == 0)
      return emitPoint(point);
    point.dims.resize(parallel);
    point.space = {static_cast<int64_t>(parallel) - 1, lanes};
    Value upper = frame.emit(frame.getExpr(sizes[parallel - 1]));
    emitVectorLoop(frame, frame.index(0), upper, sizes[parallel - 1].getConstant(), lanes, 1, {},
                   [&](Value iv, Value mask, unsigned, SmallVectorImpl<Value> &) {
                     Point here = point;
                     here.dims.back() = iv;
                     here.mask = mask;
                     if (lanes == 1)
                       here.space = {};
                     emitPoint(here);
                   });
  });
  AffineExpr extent = frame.getConstantExpr(1);
  for (AffineExpr size : units)
    extent = extent * size;
  frame.finishPhase(frame.getSize(frame.simplify(extent)), 1, frame.getScratchBytes());
  return success();
}

LogicalResult tc::cpu::lowerContract(Frame &frame, fusion::ScheduleAttr schedule) {
  if (std::optional<ContractPlan> plan = planContract(frame, schedule)) {
    if (plan->form == ContractPlan::Form::Tiles)
      emitTiles(frame, std::move(*plan));
    else
      emitDots(frame, std::move(*plan));
    return success();
  }
  return GenericContract(frame).run();
}
