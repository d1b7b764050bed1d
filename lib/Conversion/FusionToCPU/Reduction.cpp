// Arithmetic of reductions.

#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

Value tc::cpu::combineNarrow(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Value a, Value b) {
  if (!element.isBF16() && !element.isF16())
    return emitCombine(builder, kind, element, a, b);
  auto like = [&](Type scalar) -> Type {
    auto vector = dyn_cast<VectorType>(a.getType());
    return vector ? Type(VectorType::get(vector.getShape(), scalar)) : scalar;
  };
  auto wide = [&](Value value) -> Value {
    if (element.isBF16())
      return extendBF16(builder, value);
    return arith::ExtFOp::create(builder, like(builder.getF32Type()), value);
  };
  Value result = emitCombine(builder, kind, builder.getF32Type(), wide(a), wide(b));
  if (element.isBF16())
    return truncateToBF16(builder, result);
  return arith::TruncFOp::create(builder, like(element), result);
}

Value tc::cpu::accumulate(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Value accumulator,
                          Value value, bool hasFMA) {
  if (auto product = value.getDefiningOp<arith::MulFOp>(); product && kind == ReductionKind::sum && hasFMA) {
    Value lhs = product.getLhs(), rhs = product.getRhs();
    return math::FmaOp::create(builder, lhs, rhs, accumulator);
  }
  return emitCombine(builder, kind, element, accumulator, value);
}

Value tc::cpu::takeHalf(ImplicitLocOpBuilder &builder, Value vector, bool low) {
  int64_t lanes = cast<VectorType>(vector.getType()).getDimSize(0);
  SmallVector<int64_t> picks;
  for (int64_t lane = 0; lane < lanes / 2; ++lane)
    picks.push_back(lane + (low ? 0 : lanes / 2));
  return vector::ShuffleOp::create(builder, vector, vector, picks);
}

Value tc::cpu::foldLanes(ImplicitLocOpBuilder &builder, Value vector, function_ref<Value(Value, Value)> combine) {
  while (cast<VectorType>(vector.getType()).getDimSize(0) > 1)
    vector = combine(takeHalf(builder, vector, true), takeHalf(builder, vector, false));
  return vector::ExtractOp::create(builder, vector, 0);
}
