// Interval arithmetic over size expressions. An overflow counts as infinite.
#include "tc/Dialect/TC/IR/SizeRange.h"
#include "tc/Dialect/TC/IR/Sizes.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tc;

namespace {

using Bound = std::optional<int64_t>;

Bound add(Bound a, Bound b) {
  int64_t sum;
  if (!a || !b || llvm::AddOverflow(*a, *b, sum))
    return std::nullopt;
  return sum;
}

Bound multiply(Bound a, Bound b) {
  int64_t product;
  if (!a || !b || llvm::MulOverflow(*a, *b, product))
    return std::nullopt;
  return product;
}

bool isNonNegative(const SizeRange &range) { return range.min && *range.min >= 0; }

SizeRange multiply(const SizeRange &a, const SizeRange &b) {
  if (isNonNegative(a) && isNonNegative(b))
    return {multiply(a.min, b.min), multiply(a.max, b.max)};
  // One factor constant is the other case that occurs: 3 - s0 is 3 + s0 * -1.
  auto [constant, other] = a.min && a.min == a.max ? std::pair(a, b) : std::pair(b, a);
  if (!constant.min || constant.min != constant.max)
    return {};
  if (*constant.min >= 0)
    return {multiply(constant.min, other.min), multiply(constant.min, other.max)};
  return {multiply(constant.min, other.max), multiply(constant.min, other.min)};
}

/// Division by something at least 1.
SizeRange divide(const SizeRange &a, const SizeRange &b, int64_t (*divideInts)(int64_t, int64_t)) {
  if (!b.min || *b.min < 1)
    return {};
  SizeRange result;
  if (a.min && *a.min >= 0)
    result.min = b.max ? divideInts(*a.min, *b.max) : 0;
  else if (a.min)
    result.min = divideInts(*a.min, *b.min);
  if (a.max && *a.max >= 0)
    result.max = divideInts(*a.max, *b.min);
  else if (a.max)
    result.max = b.max ? divideInts(*a.max, *b.max) : 0;
  return result;
}

SizeRange boundsOfExpr(AffineExpr expr, ArrayRef<SizeRange> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {constant.getValue(), constant.getValue()};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return {};
  SizeRange a = boundsOfExpr(binary.getLHS(), symbols), b = boundsOfExpr(binary.getRHS(), symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {add(a.min, b.min), add(a.max, b.max)};
  case AffineExprKind::Mul:
    return multiply(a, b);
  case AffineExprKind::FloorDiv:
    return divide(a, b, llvm::divideFloorSigned);
  case AffineExprKind::CeilDiv:
    return divide(a, b, llvm::divideCeilSigned);
  case AffineExprKind::Mod:
    return {0, b.max ? Bound(*b.max - 1) : std::nullopt};
  default:
    return {};
  }
}

} // namespace

SizeRange tc::boundsOf(SizeAttr size, RangeOfSymbol rangeOf) {
  SmallVector<SizeRange> symbols;
  for (StringAttr symbol : size.getSymbols())
    symbols.push_back(rangeOf(symbol.getValue()));
  return boundsOfExpr(size.getExpr(), symbols);
}

SizeRange tc::boundsOf(SizeAttr size, Operation *op) {
  auto function =
      isa<FunctionOpInterface>(op) ? cast<FunctionOpInterface>(op) : op->getParentOfType<FunctionOpInterface>();
  auto ranges = function ? function->getAttrOfType<DictionaryAttr>("tc.ranges") : DictionaryAttr();
  return boundsOf(size, [&](StringRef symbol) -> SizeRange {
    auto range = ranges ? ranges.getAs<ArrayAttr>(symbol) : ArrayAttr();
    if (!range)
      return {0, std::nullopt};
    return {cast<IntegerAttr>(range[0]).getInt(), cast<IntegerAttr>(range[1]).getInt()};
  });
}

SizeAttr tc::wrapIndex(SizeAttr index, SizeAttr size, Operation *op) {
  std::optional<int64_t> constant = index.getConstant(), length = size.getConstant();
  // No dimension has as many elements: the end, as exporters spell it.
  constexpr int64_t many = int64_t(1) << 31;
  if (constant && *constant >= 0)
    return *constant >= many || (length && *constant > *length) ? size : index;
  SizeRange range = boundsOf(index, op);
  if (range.min && *range.min >= 0)
    return index;
  if (range.max && *range.max < 0) {
    SizeAttr wrapped = size + index;
    return wrapped.getConstant().value_or(0) < 0 ? SizeAttr::constant(size.getContext(), 0) : wrapped;
  }
  // Which of both shows at run time: the quotient is -1 for negative indices and 0 for others.
  return index - size * floorDiv(index, SizeAttr::constant(size.getContext(), int64_t(1) << 62));
}
