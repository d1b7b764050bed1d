// Arithmetic of reductions.

#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

static bool isUnsigned(Type element) { return element.isUnsignedInteger() || element.isInteger(1); }

TypedAttr tc::cpu::getIdentity(ReductionKind kind, Type element) {
  Type scalar = loop::getScalarType(element);
  Builder builder(element.getContext());
  if (auto type = dyn_cast<FloatType>(scalar)) {
    switch (kind) {
    case ReductionKind::prod:
      return builder.getFloatAttr(type, 1.0);
    case ReductionKind::max:
    case ReductionKind::min:
      return builder.getFloatAttr(type, llvm::APFloat::getInf(type.getFloatSemantics(), kind == ReductionKind::max));
    default:
      return builder.getFloatAttr(type, 0.0);
    }
  }
  unsigned width = scalar.getIntOrFloatBitWidth();
  llvm::APInt value(width, 0);
  switch (kind) {
  case ReductionKind::prod:
    value = llvm::APInt(width, 1);
    break;
  case ReductionKind::max:
    value = isUnsigned(element) ? llvm::APInt::getMinValue(width) : llvm::APInt::getSignedMinValue(width);
    break;
  case ReductionKind::min:
    value = isUnsigned(element) ? llvm::APInt::getMaxValue(width) : llvm::APInt::getSignedMaxValue(width);
    break;
  case ReductionKind::all:
    value = llvm::APInt::getAllOnes(width);
    break;
  default:
    break;
  }
  return builder.getIntegerAttr(scalar, value);
}

Value tc::cpu::combine(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Value a, Value b) {
  bool isFloat = isa<FloatType>(element);
  switch (kind) {
  case ReductionKind::sum:
    if (isFloat)
      return arith::AddFOp::create(builder, a, b);
    return element.isInteger(1) ? arith::OrIOp::create(builder, a, b).getResult()
                                : arith::AddIOp::create(builder, a, b).getResult();
  case ReductionKind::prod:
    if (isFloat)
      return arith::MulFOp::create(builder, a, b);
    return arith::MulIOp::create(builder, a, b);
  case ReductionKind::max:
    if (isFloat)
      return arith::MaximumFOp::create(builder, a, b);
    return isUnsigned(element) ? arith::MaxUIOp::create(builder, a, b).getResult()
                               : arith::MaxSIOp::create(builder, a, b).getResult();
  case ReductionKind::min:
    if (isFloat)
      return arith::MinimumFOp::create(builder, a, b);
    return isUnsigned(element) ? arith::MinUIOp::create(builder, a, b).getResult()
                               : arith::MinSIOp::create(builder, a, b).getResult();
  case ReductionKind::any:
    return arith::OrIOp::create(builder, a, b);
  case ReductionKind::all:
    return arith::AndIOp::create(builder, a, b);
  case ReductionKind::parity:
    return arith::XOrIOp::create(builder, a, b);
  }
  llvm_unreachable("unknown reduction kind");
}

Value tc::cpu::combineNarrow(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Value a, Value b) {
  if (!element.isBF16() && !element.isF16())
    return combine(builder, kind, element, a, b);
  auto like = [&](Type scalar) -> Type {
    auto vector = dyn_cast<VectorType>(a.getType());
    return vector ? Type(VectorType::get(vector.getShape(), scalar)) : scalar;
  };
  auto wide = [&](Value value) -> Value {
    if (element.isBF16())
      return extendBF16(builder, value);
    return arith::ExtFOp::create(builder, like(builder.getF32Type()), value);
  };
  Value result = combine(builder, kind, builder.getF32Type(), wide(a), wide(b));
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
  return combine(builder, kind, element, accumulator, value);
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

Extreme tc::cpu::combineExtremes(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Extreme a,
                                 Extreme b) {
  bool isMax = kind == ReductionKind::max;
  Value better, equal;
  if (isa<FloatType>(element)) {
    // b is better if it is greater, or NaN where a is not.
    Value greater =
        arith::CmpFOp::create(builder, isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, b.value, a.value);
    Value bIsNaN = arith::CmpFOp::create(builder, arith::CmpFPredicate::UNO, b.value, b.value);
    Value aIsNumber = arith::CmpFOp::create(builder, arith::CmpFPredicate::ORD, a.value, a.value);
    Value aIsNaN = arith::CmpFOp::create(builder, arith::CmpFPredicate::UNO, a.value, a.value);
    better = arith::OrIOp::create(builder, greater, arith::AndIOp::create(builder, bIsNaN, aIsNumber));
    equal = arith::OrIOp::create(builder, arith::CmpFOp::create(builder, arith::CmpFPredicate::OEQ, b.value, a.value),
                                 arith::AndIOp::create(builder, bIsNaN, aIsNaN));
  } else {
    bool isUI = isUnsigned(element);
    auto predicate = isMax ? (isUI ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt)
                           : (isUI ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt);
    better = arith::CmpIOp::create(builder, predicate, b.value, a.value);
    equal = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, b.value, a.value);
  }
  Value earlier = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, b.index, a.index);
  Value take = arith::OrIOp::create(builder, better, arith::AndIOp::create(builder, equal, earlier));
  return {arith::SelectOp::create(builder, take, b.value, a.value),
          arith::SelectOp::create(builder, take, b.index, a.index)};
}
