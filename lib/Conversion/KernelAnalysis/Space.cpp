// Index uses, linear forms and merged dimensions.

#include "tc/Conversion/KernelAnalysis/Space.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tc;

static void addTerm(AffineExpr expr, AffineExpr factor, LinearForm &form) {
  if (auto binary = dyn_cast<AffineBinaryOpExpr>(expr)) {
    if (expr.getKind() == AffineExprKind::Add) {
      addTerm(binary.getLHS(), factor, form);
      addTerm(binary.getRHS(), factor, form);
      return;
    }
    if (expr.getKind() == AffineExprKind::Mul && binary.getRHS().isSymbolicOrConstant())
      return addTerm(binary.getLHS(), factor * binary.getRHS(), form);
    if (expr.getKind() == AffineExprKind::Mul && binary.getLHS().isSymbolicOrConstant())
      return addTerm(binary.getRHS(), factor * binary.getLHS(), form);
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && dim.getPosition() < form.coefficients.size()) {
    AffineExpr &coefficient = form.coefficients[dim.getPosition()];
    coefficient = coefficient + factor;
    return;
  }
  for (unsigned dim = 0; dim < form.nonLinear.size(); ++dim)
    if (expr.isFunctionOfDim(dim))
      form.nonLinear[dim] = true;
  form.rest = form.rest + expr * factor;
}

LinearForm tc::getLinearForm(AffineExpr expr, unsigned numDims) {
  AffineExpr zero = getAffineConstantExpr(0, expr.getContext());
  LinearForm form{SmallVector<AffineExpr>(numDims, zero), SmallVector<bool>(numDims, false), zero};
  addTerm(expr, getAffineConstantExpr(1, expr.getContext()), form);
  return form;
}

IndexUses tc::getIndexUses(const KernelSymbols &symbols, loop::LoopNestOpInterface op) {
  Block *body = op.getBodyBlock();
  DenseMap<Value, AffineExpr> known;
  for (BlockArgument argument : body->getArguments())
    known[argument] = symbols.getDimExpr(argument.getArgNumber());
  unsigned next = body->getNumArguments();
  auto exprOf = [&](Value index) {
    return getIndexExpr(symbols, index, [&](Value leaf) {
      AffineExpr &expr = known[leaf];
      if (!expr)
        expr = symbols.getDimExpr(next++);
      return expr;
    });
  };
  IndexUses uses;
  body->walk([&](Operation *inner) {
    if (auto read = dyn_cast<loop::ReadOp>(inner)) {
      SmallVector<AffineExpr> indices = llvm::map_to_vector(read.getIndices(), exprOf);
      uses.reads.push_back({read, symbols.getAddress(read.getSource(), indices)});
      return;
    }
    bool isExpr = inner->getNumResults() == 1 && inner->getResult(0).getType().isIndex() &&
                  isa<loop::IndexOp, arith::AddIOp, arith::SubIOp, arith::MulIOp>(inner);
    if (isExpr)
      return;
    for (Value operand : inner->getOperands())
      if (operand.getType().isIndex())
        uses.others.push_back(exprOf(operand));
  });
  if (isa<loop::ScatterOp>(op.getOperation()))
    return uses;
  for (Value result : op->getResults()) {
    SmallVector<AffineExpr> indices;
    for (unsigned dim = 0; dim < cast<RankedTensorType>(result.getType()).getRank(); ++dim)
      indices.push_back(symbols.getDimExpr(dim));
    uses.results.push_back(symbols.getAddress(result, indices));
  }
  return uses;
}

std::optional<int64_t> MergedSpace::getConstantSize(unsigned dim) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(sizes[dim]))
    return constant.getValue();
  return std::nullopt;
}

/// Whether every use depends on dimensions `outer` and `inner` only by outer * size + inner.
static bool canMerge(const KernelSymbols &symbols, ArrayRef<IndexUses> uses, unsigned rank, unsigned outer,
                     unsigned inner, AffineExpr size) {
  auto isOne = [&](AffineExpr expr) {
    LinearForm form = getLinearForm(expr, rank);
    return !form.nonLinear[outer] && !form.nonLinear[inner] &&
           symbols.simplify(form.coefficients[inner] * size) == symbols.simplify(form.coefficients[outer]);
  };
  for (const IndexUses &use : uses) {
    for (const auto &[read, address] : use.reads)
      if (!isOne(address))
        return false;
    if (!llvm::all_of(use.results, isOne))
      return false;
    for (AffineExpr expr : use.others)
      if (expr.isFunctionOfDim(outer) || expr.isFunctionOfDim(inner))
        return false;
  }
  return true;
}

MergedSpace tc::mergeDims(const KernelSymbols &symbols, ArrayRef<SizeAttr> sizes, unsigned first, unsigned last,
                          ArrayRef<IndexUses> uses, unsigned base, ArrayRef<int64_t> boundaries) {
  MergedSpace space;
  std::optional<unsigned> previous;
  for (unsigned dim = first; dim < last; ++dim) {
    space.arguments.push_back(symbols.getConstantExpr(0));
    space.dimOf.push_back(-1);
    if (sizes[dim].getConstant() == 1)
      continue;
    AffineExpr size = symbols.getExpr(sizes[dim]);
    bool split = previous && llvm::any_of(boundaries, [&](int64_t boundary) {
                   return static_cast<int64_t>(*previous) < boundary && static_cast<int64_t>(dim) >= boundary;
                 });
    if (previous && !split && canMerge(symbols, uses, sizes.size(), *previous, dim, size)) {
      space.arguments[*previous - first] = symbols.getConstantExpr(0);
      space.sizes.back() = symbols.simplify(space.sizes.back() * size);
    } else {
      space.sizes.push_back(size);
    }
    space.dimOf.back() = base + space.sizes.size() - 1;
    space.arguments.back() = symbols.getDimExpr(base + space.sizes.size() - 1);
    previous = dim;
  }
  return space;
}
