// The pass: finds the operations, chooses what to do by their type, and emits
// each expansion in place.

#include "tc/Conversion/ExpandMath/Passes.h"

#include "Functions.h"
#include "Libm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

namespace tc {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "tc/Conversion/ExpandMath/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc::expand_math;

namespace {

/// What an expansion makes of the operands.
using Results = SmallVector<Expr, 2>;

struct UnaryFunction {
  StringLiteral op;
  Expr (*expand)(Expr);
  StringLiteral libm; ///< The f64 function.
};

constexpr UnaryFunction unaryFunctions[] = {
    {math::AcosOp::getOperationName(), expandAcos, "acos"},
    {math::AcoshOp::getOperationName(), expandAcosh, "acosh"},
    {math::AsinOp::getOperationName(), expandAsin, "asin"},
    {math::AsinhOp::getOperationName(), expandAsinh, "asinh"},
    {math::AtanOp::getOperationName(), expandAtan, "atan"},
    {math::AtanhOp::getOperationName(), expandAtanh, "atanh"},
    {math::CbrtOp::getOperationName(), expandCbrt, "cbrt"},
    {math::CosOp::getOperationName(), expandCos, "cos"},
    {math::CoshOp::getOperationName(), expandCosh, "cosh"},
    {math::ErfOp::getOperationName(), expandErf, "erf"},
    {math::ErfcOp::getOperationName(), expandErfc, "erfc"},
    {math::Exp2Op::getOperationName(), expandExp2, "exp2"},
    {math::ExpM1Op::getOperationName(), expandExpM1, "expm1"},
    {math::ExpOp::getOperationName(), expandExp, "exp"},
    {math::Log10Op::getOperationName(), expandLog10, "log10"},
    {math::Log1pOp::getOperationName(), expandLog1p, "log1p"},
    {math::Log2Op::getOperationName(), expandLog2, "log2"},
    {math::LogOp::getOperationName(), expandLog, "log"},
    {math::SinOp::getOperationName(), expandSin, "sin"},
    {math::SinhOp::getOperationName(), expandSinh, "sinh"},
    {math::TanOp::getOperationName(), expandTan, "tan"},
    {math::TanhOp::getOperationName(), expandTanh, "tanh"},
};

/// Expanded where the target has no instruction for them.
constexpr UnaryFunction roundingFunctions[] = {
    {math::CeilOp::getOperationName(), expandCeil, ""},   {math::FloorOp::getOperationName(), expandFloor, ""},
    {math::RoundOp::getOperationName(), expandRound, ""}, {math::RoundEvenOp::getOperationName(), expandRoundEven, ""},
    {math::TruncOp::getOperationName(), expandTrunc, ""},
};

const UnaryFunction *lookUp(ArrayRef<UnaryFunction> functions, Operation *op) {
  StringRef name = op->getName().getStringRef();
  const auto *found = llvm::find_if(functions, [&](auto &function) { return function.op == name; });
  return found == functions.end() ? nullptr : found;
}

/// The integer that every lane of a constant holds.
std::optional<int64_t> constantInteger(Value value) {
  APInt integer;
  if (matchPattern(value, m_ConstantInt(&integer)) && integer.getSignificantBits() <= 64)
    return integer.getSExtValue();
  APFloat real(0.0);
  if (!matchPattern(value, m_ConstantFloat(&real)) || !real.isInteger())
    return std::nullopt;
  llvm::APSInt converted(64, /*isUnsigned=*/false);
  bool isExact = false;
  if (real.convertToInteger(converted, APFloat::rmTowardZero, &isExact) != APFloat::opOK)
    return std::nullopt;
  return converted.getSExtValue();
}

/// Repeated multiplication is exact enough, and shorter than exp2(y log2 x).
std::optional<int64_t> smallConstantPower(Value exponent) {
  std::optional<int64_t> power = constantInteger(exponent);
  return power && std::abs(*power) <= 64 ? power : std::nullopt;
}

/// The operations that expandOp knows.
bool isExpandable(Operation *op) {
  return lookUp(unaryFunctions, op) || lookUp(roundingFunctions, op) ||
         isa<math::SincosOp, math::RsqrtOp, math::Atan2Op, math::FmaOp, math::PowFOp, math::FPowIOp>(op);
}

/// The expansion of an operation on f32.
Results expandOp(Operation *op, ArrayRef<Expr> x) {
  const Emitter &emitter = x[0].getEmitter();
  if (const UnaryFunction *function = lookUp(unaryFunctions, op))
    return {function->expand(x[0])};
  if (const UnaryFunction *function = lookUp(roundingFunctions, op))
    return {function->expand(x[0])};
  if (isa<math::SincosOp>(op)) {
    auto [sin, cos] = expandSinCos(x[0]);
    return {sin, cos};
  }
  if (isa<math::RsqrtOp>(op))
    return {expandRsqrt(x[0])};
  if (isa<math::Atan2Op>(op))
    return {expandAtan2(x[0], x[1])};
  if (isa<math::FmaOp>(op))
    return {emitter.hasFma ? fma(x[0], x[1], x[2]) : expandFma(x[0], x[1], x[2])};
  assert((isa<math::PowFOp, math::FPowIOp>(op)) && "not expandable");
  if (std::optional<int64_t> power = smallConstantPower(op->getOperand(1)))
    return {expandPowConstant(x[0], *power)};
  return {isa<math::PowFOp>(op) ? expandPow(x[0], x[1]) : expandPowInteger(x[0], x[1])};
}

/// The f64 functions that `op` calls, one a result; none if it stays.
SmallVector<StringRef, 2> libmFunctions(Operation *op) {
  if (const UnaryFunction *function = lookUp(unaryFunctions, op))
    return {function->libm};
  if (isa<math::SincosOp>(op))
    return {"sin", "cos"};
  if (isa<math::Atan2Op>(op))
    return {"atan2"};
  if (isa<math::PowFOp, math::FPowIOp>(op))
    return {"pow"};
  return {};
}

struct ExpandMathPass : tc::impl::ExpandMathPassBase<ExpandMathPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa_and_present<math::MathDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      if (failed(expand(op)))
        return signalPassFailure();
    constants.clear();
  }

private:
  LogicalResult expand(Operation *op);
  LogicalResult expandF64(Operation *op, Emitter &emitter);
  void expandIntegerPower(math::IPowIOp op, Emitter &emitter);
  bool isInstruction(Operation *op) const;
  void replace(Operation *op, ArrayRef<Expr> results);

  ConstantPool constants;
};

bool ExpandMathPass::isInstruction(Operation *op) const {
  if (isa<math::FmaOp>(op))
    return hasFma;
  return hasRound && lookUp(roundingFunctions, op);
}

/// Replaces `op`, rounding results to its types.
void ExpandMathPass::replace(Operation *op, ArrayRef<Expr> results) {
  ImplicitLocOpBuilder &builder = *results.front().getEmitter().builder;
  SmallVector<Value> values;
  for (auto [result, type] : llvm::zip_equal(results, op->getResultTypes()))
    values.push_back(result.getType() == type ? result.get()
                                              : arith::TruncFOp::create(builder, type, result.get()).getResult());
  op->replaceAllUsesWith(values);
  op->erase();
  ++numExpanded;
}

void ExpandMathPass::expandIntegerPower(math::IPowIOp op, Emitter &emitter) {
  Expr x(emitter, op.getLhs());
  std::optional<int64_t> power = smallConstantPower(op.getRhs());
  replace(op, power && *power >= 0 ? expandPowConstant(x, *power) : expandIntegerPow(x, Expr(emitter, op.getRhs())));
}

LogicalResult ExpandMathPass::expandF64(Operation *op, Emitter &emitter) {
  Expr x(emitter, op->getOperand(0));
  std::optional<int64_t> power;
  if (isa<math::PowFOp, math::FPowIOp>(op))
    power = smallConstantPower(op->getOperand(1));
  if (power || isa<math::RsqrtOp>(op)) {
    replace(op, power ? expandPowConstant(x, *power) : expandRsqrt(x));
    return success();
  }

  SmallVector<StringRef, 2> functions = libmFunctions(op);
  auto vector = dyn_cast<VectorType>(x.getType());
  if (functions.empty() || (vector && vector.isScalable()))
    return success();
  SmallVector<Value> operands(op->getOperands());
  if (isa<math::FPowIOp>(op))
    operands[1] = toF64(Expr(emitter, operands[1])).get();
  for (auto [function, result] : llvm::zip_equal(functions, op->getResults())) {
    FailureOr<Value> value = callLibm(*emitter.builder, op, function, operands);
    if (failed(value))
      return failure();
    result.replaceAllUsesWith(*value);
  }
  op->erase();
  ++numCalls;
  return success();
}

LogicalResult ExpandMathPass::expand(Operation *op) {
  Type type = op->getOperand(0).getType();
  Type element = getElementTypeOrSelf(type);
  if (!type.isIntOrFloat() && !isa<VectorType>(type))
    return success();

  ImplicitLocOpBuilder builder(op->getLoc(), op);
  Emitter emitter{&builder, hasFma, hasRound, op->getBlock(), &constants};
  if (auto power = dyn_cast<math::IPowIOp>(op); power && element.isInteger())
    return expandIntegerPower(power, emitter), success();
  if (element.isF64())
    return expandF64(op, emitter);
  if (!(element.isF32() || element.isF16() || element.isBF16()) || !isExpandable(op) || isInstruction(op))
    return success();

  SmallVector<Expr, 3> operands;
  for (Value operand : op->getOperands()) {
    Type operandElement = getElementTypeOrSelf(operand.getType());
    Expr narrow(emitter, operand);
    bool widen = isa<FloatType>(operandElement) && !operandElement.isF32();
    operands.push_back(widen ? toF32(narrow) : narrow);
  }
  replace(op, expandOp(op, operands));
  return success();
}

} // namespace
