// Folds of elementwise ops: constants, and identities that hold for every value, NaN and -0 included. An identity gives
// an operand only if it has the result's type, that is, if nothing was broadcast.

#include "ScalarEvaluation.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tc;

namespace {

/// A constant operand of which all elements are equal.
struct Splat {
  std::optional<APFloat> real;
  std::optional<APInt> integer;

  explicit Splat(Attribute attribute) {
    auto constant = dyn_cast_if_present<DenseIntOrFPElementsAttr>(attribute);
    if (!constant || !constant.isSplat())
      return;
    if (isa<FloatType>(constant.getElementType()))
      real = constant.getSplatValue<APFloat>();
    else
      integer = constant.getSplatValue<APInt>();
  }
  /// `value` is a small number that every type has; for booleans, 0 or 1.
  bool isReal(double value) const { return real && real->isExactlyValue(value); }
  bool isInteger(int64_t value) const {
    return integer && (integer->getBitWidth() == 1 ? integer->getZExtValue() == static_cast<uint64_t>(value)
                                                   : integer->getSExtValue() == value);
  }
  bool is(int64_t value) const { return isReal(static_cast<double>(value)) || isInteger(value); }
  bool isAllOnes() const { return integer && integer->isAllOnes(); }
};

} // namespace

static bool isInteger(Value value) { return isa<IntegerType>(getElementTypeOrSelf(value.getType())); }

static OpFoldResult splatOf(Type type, int64_t value) {
  auto tensor = cast<RankedTensorType>(type);
  auto element = dyn_cast<IntegerType>(tensor.getElementType());
  if (!element || !tensor.hasStaticShape())
    return {};
  return DenseElementsAttr::get(tensor, APInt(element.getWidth(), value, /*isSigned=*/true, /*implicitTrunc=*/true));
}

// lhs op rhs with the constant on the right, where it is exact: x + -0.0, x - 0.0, x * 1, x / 1.
static Value neutralRight(Operation *op, const Splat &rhs) {
  Value lhs = op->getOperand(0);
  bool holds = TypeSwitch<Operation *, bool>(op)
                   .Case([&](AddOp) { return rhs.isInteger(0) || (rhs.real && rhs.real->isNegZero()); })
                   .Case([&](SubOp) { return rhs.isInteger(0) || (rhs.real && rhs.real->isPosZero()); })
                   .Case<MulOp, DivOp>([&](auto) { return rhs.is(1); })
                   .Case([&](FloorDivOp) { return rhs.isInteger(1); })
                   .Case([&](PowOp) { return rhs.is(1); })
                   .Case<OrOp, XorOp, ShlOp, ShrOp>([&](auto) { return rhs.isInteger(0); })
                   .Case([&](AndOp) { return rhs.isAllOnes(); })
                   .Default(false);
  return holds ? lhs : Value();
}

// Integer ops that give a constant whatever lhs is.
static OpFoldResult absorbing(Operation *op, const Splat &rhs) {
  Type type = op->getResult(0).getType();
  return TypeSwitch<Operation *, OpFoldResult>(op)
      .Case<MulOp, AndOp>([&](auto) { return rhs.isInteger(0) ? splatOf(type, 0) : OpFoldResult(); })
      .Case([&](OrOp) { return rhs.isAllOnes() ? splatOf(type, -1) : OpFoldResult(); })
      .Case(
          [&](AddOp) { return rhs.isAllOnes() && rhs.integer->getBitWidth() == 1 ? splatOf(type, 1) : OpFoldResult(); })
      .Case<RemOp, FmodOp>([&](auto) { return rhs.isInteger(1) ? splatOf(type, 0) : OpFoldResult(); })
      .Default(OpFoldResult());
}

// Both operands are the same value.
static OpFoldResult foldEqual(Operation *op) {
  Value x = op->getOperand(0);
  Type type = op->getResult(0).getType();
  return TypeSwitch<Operation *, OpFoldResult>(op)
      .Case<MaxOp, MinOp, AndOp, OrOp>([&](auto) { return x; })
      .Case<SubOp, XorOp>([&](auto) { return isInteger(x) ? splatOf(type, 0) : OpFoldResult(); })
      .Case([&](CompareOp compare) {
        ComparePredicate predicate = compare.getPredicate();
        if (!isInteger(x))
          return OpFoldResult();
        return splatOf(type, predicate == ComparePredicate::eq || predicate == ComparePredicate::le ||
                                 predicate == ComparePredicate::ge);
      })
      .Default(OpFoldResult());
}

static OpFoldResult foldSelect(SelectOp op, Attribute condition) {
  Type type = op.getType();
  Value chosen;
  if (op.getLhs() == op.getRhs())
    chosen = op.getLhs();
  else if (Splat splat(condition); splat.integer)
    chosen = splat.isInteger(1) ? op.getLhs() : op.getRhs();
  return chosen && chosen.getType() == type ? OpFoldResult(chosen) : OpFoldResult();
}

// f(f(x)): involutions give x, projections f(x).
static Value foldTwice(Operation *op) {
  Operation *inner = op->getOperand(0).getDefiningOp();
  if (!inner || inner->getName() != op->getName())
    return {};
  return TypeSwitch<Operation *, Value>(op)
      .Case<NegOp, NotOp>([&](auto) { return inner->getOperand(0); })
      .Case<AbsOp, FloorOp, CeilOp, RoundOp, TruncOp, SignOp>([&](auto) { return inner->getResult(0); })
      .Default(Value());
}

// Rounding of what is an integer already.
static Value foldRounding(Operation *op) {
  return isa<FloorOp, CeilOp, RoundOp, TruncOp>(op) && isInteger(op->getOperand(0)) ? op->getOperand(0) : Value();
}

OpFoldResult tc::detail::foldElementwise(ElementwiseOpInterface op, ArrayRef<Attribute> operands) {
  if (DenseElementsAttr constant = evaluateElementwise(op, operands))
    return constant;
  Type type = op->getResult(0).getType();
  auto ifSameType = [&](Value value) {
    return value && value.getType() == type ? OpFoldResult(value) : OpFoldResult();
  };
  if (auto select = dyn_cast<SelectOp>(op.getOperation()))
    return foldSelect(select, operands[0]);
  if (op->getNumOperands() == 1) {
    if (OpFoldResult folded = ifSameType(foldTwice(op)))
      return folded;
    return ifSameType(foldRounding(op));
  }
  if (op->getNumOperands() != 2)
    return {};
  Splat rhs(operands[1]);
  if (OpFoldResult folded = ifSameType(neutralRight(op, rhs)))
    return folded;
  if (OpFoldResult folded = absorbing(op, rhs))
    return folded;
  if (op->getOperand(0) == op->getOperand(1) && op->getOperand(0).getType() == op->getOperand(1).getType()) {
    OpFoldResult folded = foldEqual(op);
    if (auto value = dyn_cast_if_present<Value>(folded))
      return ifSameType(value);
    return folded;
  }
  return {};
}

// Whether every value of `from` is one of `to`.
static bool isWidening(Type from, Type to) {
  if (from == to)
    return true;
  auto fromInteger = dyn_cast<IntegerType>(from), toInteger = dyn_cast<IntegerType>(to);
  auto isUnsigned = [](IntegerType type) { return type.isUnsigned() || type.getWidth() == 1; };
  if (fromInteger && toInteger)
    return toInteger.getWidth() > fromInteger.getWidth() && (isUnsigned(fromInteger) || !isUnsigned(toInteger));
  auto fromFloat = dyn_cast<FloatType>(from), toFloat = dyn_cast<FloatType>(to);
  if (fromFloat && toFloat)
    return toFloat.getFPMantissaWidth() >= fromFloat.getFPMantissaWidth() && toFloat.getWidth() > fromFloat.getWidth();
  return fromInteger && toFloat && fromInteger.getWidth() <= toFloat.getFPMantissaWidth();
}

OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (DenseElementsAttr constant = tc::detail::evaluateElementwise(*this, adaptor.getInput()))
    return constant;
  auto inner = getInput().getDefiningOp<CastOp>();
  if (!inner)
    return {};
  // cast(cast(x)) = cast(x), or x, if the first cast changes no value; booleans are cast by comparison with 0, which a
  // widening does not change.
  Type from = inner.getInput().getType().getElementType(), through = inner.getType().getElementType();
  if (!isWidening(from, through))
    return {};
  if (inner.getInput().getType() == getType())
    return inner.getInput();
  getInputMutable().assign(inner.getInput());
  return getResult();
}
