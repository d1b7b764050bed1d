// Arithmetic of reductions.

#include "tc/Conversion/KernelAnalysis/Reductions.h"
#include "tc/Dialect/Loop/IR/Loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/APFloat.h"

using namespace mlir;
using namespace tc;

static bool isUnsigned(Type element) { return element.isUnsignedInteger() || element.isInteger(1); }

TypedAttr tc::getReductionIdentity(ReductionKind kind, Type element) {
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

Value tc::emitCombine(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, Value a, Value b) {
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

IndexedValue tc::emitCombineExtremes(ImplicitLocOpBuilder &builder, ReductionKind kind, Type element, IndexedValue a,
                                     IndexedValue b) {
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
