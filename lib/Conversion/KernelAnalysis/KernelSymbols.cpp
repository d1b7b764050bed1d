// Symbols, sizes and index expressions of a kernel.

#include "tc/Conversion/KernelAnalysis/KernelSymbols.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tc;

/// The number of points of a space or tensor, if it is constant.
static std::optional<double> countPoints(ArrayRef<SizeAttr> sizes) {
  double total = 1;
  for (SizeAttr size : sizes) {
    if (!size.getConstant())
      return std::nullopt;
    total *= *size.getConstant();
  }
  return total;
}

KernelSymbols::KernelSymbols(fusion::KernelOp kernel) : context(kernel.getContext()) {
  auto see = [&](ArrayRef<SizeAttr> sizes) {
    for (SizeAttr size : sizes) {
      llvm::append_range(symbols, size.getSymbols());
      if (isa<AffineSymbolExpr>(size.getExpr()))
        extents.insert(size.getSymbols().front());
    }
    std::optional<double> points = countPoints(sizes);
    mostPoints = mostPoints && points ? std::max(mostPoints, points) : std::nullopt;
  };
  auto seeTypes = [&](TypeRange types) {
    for (Type type : types)
      if (isa<RankedTensorType>(type))
        see(getSizes(type));
  };
  seeTypes(kernel.getBody().getArgumentTypes());
  kernel.getBody().walk([&](Operation *op) {
    seeTypes(op->getResultTypes());
    if (auto nest = dyn_cast<loop::LoopNestOpInterface>(op))
      see(nest.getIterationSizes());
    if (auto index = dyn_cast<loop::IndexOp>(op))
      llvm::append_range(symbols, index.getSymbols().getAsRange<StringAttr>());
  });
  llvm::sort(symbols, [](StringAttr a, StringAttr b) { return a.getValue() < b.getValue(); });
  symbols.erase(llvm::unique(symbols), symbols.end());
  for (Value yielded : kernel.getBody().front().getTerminator()->getOperands())
    if (auto transpose = yielded.getDefiningOp<TransposeOp>()) {
      SmallVector<AffineExpr> strides(transpose.getPermutation().size());
      for (auto [from, stride] : llvm::zip_equal(transpose.getPermutation(), getStrides(getSizes(yielded.getType()))))
        strides[from] = stride;
      setStrides(transpose.getInput(), strides);
    }
}

AffineExpr KernelSymbols::getConstantExpr(int64_t value) const { return getAffineConstantExpr(value, context); }
AffineExpr KernelSymbols::getDimExpr(unsigned dim) const { return getAffineDimExpr(dim, context); }

bool KernelSymbols::isNonNegative(AffineExpr expr) const {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expr).getValue() >= 0;
  case AffineExprKind::SymbolId:
    return extents.contains(symbols[cast<AffineSymbolExpr>(expr).getPosition()]);
  case AffineExprKind::DimId:
  case AffineExprKind::Mod:
    return true;
  default:
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return isNonNegative(binary.getLHS()) && isNonNegative(binary.getRHS());
  }
}

static AffineExpr getSymbolExpr(const KernelSymbols &symbols, StringAttr name) {
  return getAffineSymbolExpr(llvm::find(symbols.getSymbols(), name) - symbols.getSymbols().begin(),
                             symbols.getContext());
}

AffineExpr KernelSymbols::getExpr(SizeAttr size) const {
  SmallVector<AffineExpr> replacements;
  for (StringAttr symbol : size.getSymbols())
    replacements.push_back(getSymbolExpr(*this, symbol));
  return size.getExpr().replaceSymbols(replacements);
}

AffineExpr KernelSymbols::getExpr(loop::IndexOp op, ArrayRef<AffineExpr> dims) const {
  SmallVector<AffineExpr> replacements;
  for (auto symbol : op.getSymbols().getAsRange<StringAttr>())
    replacements.push_back(getSymbolExpr(*this, symbol));
  return simplify(op.getMap().getResult(0).replaceDimsAndSymbols(dims, replacements));
}

SizeAttr KernelSymbols::getSize(AffineExpr expr) const { return tc::getSize(context, expr, symbols); }

AffineExpr KernelSymbols::simplify(AffineExpr expr) const {
  unsigned dims = 0;
  expr.walk([&](AffineExpr inner) {
    if (auto dim = dyn_cast<AffineDimExpr>(inner))
      dims = std::max(dims, dim.getPosition() + 1);
  });
  return simplifyAffineExpr(expr, dims, symbols.size());
}

SmallVector<AffineExpr> KernelSymbols::getStrides(ArrayRef<SizeAttr> sizes) const {
  SmallVector<AffineExpr> strides(sizes.size());
  SizeAttr stride = SizeAttr::constant(context, 1);
  for (int64_t dim = static_cast<int64_t>(sizes.size()) - 1; dim >= 0; --dim) {
    strides[dim] = getExpr(stride);
    stride = stride * sizes[dim];
  }
  return strides;
}

SmallVector<AffineExpr> KernelSymbols::getStrides(Value tensor) const {
  if (auto own = ownStrides.find(tensor); own != ownStrides.end())
    return own->second;
  return getStrides(getSizes(tensor.getType()));
}

void KernelSymbols::setStrides(Value tensor, ArrayRef<AffineExpr> strides) {
  ownStrides[tensor].assign(strides.begin(), strides.end());
}

static AffineExpr sumProducts(ArrayRef<AffineExpr> indices, ArrayRef<AffineExpr> strides, AffineExpr zero) {
  AffineExpr address = zero;
  for (auto [index, stride] : llvm::zip_equal(indices, strides))
    address = address + index * stride;
  return address;
}

AffineExpr KernelSymbols::getAddress(Value tensor, ArrayRef<AffineExpr> indices) const {
  return simplify(sumProducts(indices, getStrides(tensor), getConstantExpr(0)));
}

AffineExpr KernelSymbols::getAddress(ArrayRef<SizeAttr> sizes, ArrayRef<AffineExpr> indices) const {
  return simplify(sumProducts(indices, getStrides(sizes), getConstantExpr(0)));
}

fusion::ScheduleAttr tc::getScheduleOrDefault(fusion::KernelOp kernel) {
  if (std::optional<fusion::ScheduleAttr> schedule = kernel.getSchedule())
    return *schedule;
  fusion::KernelKind kind = fusion::KernelKind::map;
  int64_t parallel = std::numeric_limits<int64_t>::max();
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<loop::ReduceOp, loop::ArgReduceOp>(op))
      kind = std::max(kind, fusion::KernelKind::row);
    if (isa<loop::ContractOp>(op))
      kind = fusion::KernelKind::contract;
    if (isa<loop::ScanOp>(op))
      kind = fusion::KernelKind::scan;
    if (isa<loop::ScatterOp>(op))
      kind = fusion::KernelKind::scatter;
    if (isa<loop::SortOp>(op))
      kind = fusion::KernelKind::sort;
    if (auto nest = dyn_cast<loop::LoopNestOpInterface>(op))
      parallel = std::min(parallel, nest.getNumParallel() - isa<loop::ScanOp>(op));
    if (auto sort = dyn_cast<loop::SortOp>(op))
      parallel = std::min<int64_t>(parallel, sort.getInput().getType().getRank() - 1);
  }
  if (parallel == std::numeric_limits<int64_t>::max())
    parallel = 0;
  return fusion::ScheduleAttr::get(kernel.getContext(), kind, parallel, -1, {}, 1);
}

Value tc::stripReshapes(Value tensor) {
  while (auto reshape = tensor.getDefiningOp<ReshapeOp>())
    tensor = reshape.getInput();
  return tensor;
}

Value tc::stripViews(Value yielded) {
  auto transpose = yielded.getDefiningOp<TransposeOp>();
  return stripReshapes(transpose ? transpose.getInput() : yielded);
}

SmallVector<unsigned> tc::getResultNumbers(fusion::KernelOp kernel, Value value) {
  SmallVector<unsigned> numbers;
  for (auto [i, operand] : llvm::enumerate(kernel.getBody().front().getTerminator()->getOperands()))
    if (stripViews(operand) == value)
      numbers.push_back(i);
  return numbers;
}

AffineExpr tc::getIndexExpr(const KernelSymbols &symbols, Value index, function_ref<AffineExpr(Value)> leaf) {
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return symbols.getConstantExpr(constant.getSExtValue());
  Operation *op = index.getDefiningOp();
  if (auto indexOp = dyn_cast_or_null<loop::IndexOp>(op)) {
    SmallVector<AffineExpr> dims;
    for (Value operand : indexOp.getOperands())
      if (!dims.emplace_back(getIndexExpr(symbols, operand, leaf)))
        return {};
    return symbols.getExpr(indexOp, dims);
  }
  if (isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op)) {
    AffineExpr lhs = getIndexExpr(symbols, op->getOperand(0), leaf),
               rhs = getIndexExpr(symbols, op->getOperand(1), leaf);
    if (!lhs || !rhs)
      return {};
    if (isa<arith::AddIOp>(op))
      return lhs + rhs;
    if (isa<arith::SubIOp>(op))
      return lhs - rhs;
    if (lhs.isSymbolicOrConstant() || rhs.isSymbolicOrConstant())
      return lhs * rhs;
  }
  return leaf(index);
}
