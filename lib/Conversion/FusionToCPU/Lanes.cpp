// Lane strides and linear forms of index expressions.

#include "Lanes.h"

#include <numeric>

using namespace mlir;
using namespace tc::cpu;

static std::optional<int64_t> getConstant(AffineExpr expr) {
  if (auto constant = dyn_cast_if_present<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

AffineExpr tc::cpu::getLaneStride(AffineExpr expr, LaneSpace space) {
  MLIRContext *context = expr.getContext();
  AffineExpr zero = getAffineConstantExpr(0, context);
  if (space.dim < 0 || !expr.isFunctionOfDim(space.dim))
    return zero;
  if (isa<AffineDimExpr>(expr))
    return getAffineConstantExpr(1, context);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  AffineExpr lhs = getLaneStride(binary.getLHS(), space);
  AffineExpr rhs = getLaneStride(binary.getRHS(), space);
  if (!lhs || !rhs)
    return {};
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul: {
    // The factor that varies times the one that does not, which must be the same everywhere.
    if (rhs == zero && binary.getRHS().isSymbolicOrConstant())
      return lhs * binary.getRHS();
    if (lhs == zero && binary.getLHS().isSymbolicOrConstant())
      return rhs * binary.getLHS();
    return {};
  }
  case AffineExprKind::FloorDiv:
  case AffineExprKind::Mod: {
    // No lane crosses a multiple of the divisor if lane 0 is at most divisor - g past one, where g divides both.
    std::optional<int64_t> divisor = getConstant(binary.getRHS()), stride = getConstant(lhs);
    if (!divisor || *divisor <= 0 || !stride || *stride < 0)
      return {};
    AffineExpr aligned = binary.getLHS().replace(getAffineDimExpr(space.dim, context),
                                                 getAffineDimExpr(space.dim, context) * space.lanes);
    int64_t g = std::gcd(aligned.getLargestKnownDivisor(), *divisor);
    if ((space.lanes - 1) * *stride >= g)
      return {};
    return expr.getKind() == AffineExprKind::Mod ? lhs : zero;
  }
  default:
    return {};
  }
}
