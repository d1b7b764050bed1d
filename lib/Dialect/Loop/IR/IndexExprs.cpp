// Index values as affine expressions; division of indices by sizes, and indices through reshapes.

#include "tc/Dialect/Loop/IR/IndexExprs.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tc;

SizeAttr tc::getDimSize(Value index) {
  auto argument = dyn_cast<BlockArgument>(index);
  if (!argument)
    return {};
  auto nest = dyn_cast_or_null<loop::LoopNestOpInterface>(argument.getOwner()->getParentOp());
  return nest ? nest.getIterationSizes()[argument.getArgNumber()] : SizeAttr();
}

AffineExpr IndexExprs::get(Value index) {
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return getAffineConstantExpr(constant.getSExtValue(), context);
  if (auto producer = index.getDefiningOp<loop::IndexOp>()) {
    SmallVector<AffineExpr> dims, symbols;
    for (Value operand : producer.getOperands())
      dims.push_back(get(operand));
    for (auto name : producer.getSymbols().getAsRange<StringAttr>())
      symbols.push_back(get(SizeAttr::symbol(context, name)));
    return simplify(producer.getMap().getResult(0).replaceDimsAndSymbols(dims, symbols));
  }
  auto it = llvm::find(operands, index);
  unsigned position = it - operands.begin();
  if (it == operands.end())
    operands.push_back(index);
  return getAffineDimExpr(position, context);
}

AffineExpr IndexExprs::get(SizeAttr size) {
  SmallVector<AffineExpr> symbols;
  for (StringAttr name : size.getSymbols()) {
    auto it = llvm::find(names, name);
    symbols.push_back(getAffineSymbolExpr(it - names.begin(), context));
    if (it == names.end())
      names.push_back(name);
  }
  return size.getExpr().replaceSymbols(symbols);
}

AffineExpr IndexExprs::simplify(AffineExpr expr) { return simplifyAffineExpr(expr, operands.size(), names.size()); }

Value IndexExprs::emit(OpBuilder &builder, Location loc, AffineExpr expr) {
  SmallVector<SizeAttr> sizes;
  for (StringAttr name : names)
    sizes.push_back(SizeAttr::symbol(context, name));
  // Only the operands that occur, numbered in order.
  SmallVector<Value> used;
  SmallVector<AffineExpr> replacements;
  expr = simplify(expr);
  for (auto [position, operand] : llvm::enumerate(operands)) {
    replacements.push_back(getAffineDimExpr(used.size(), context));
    if (expr.isFunctionOfDim(position))
      used.push_back(operand);
  }
  return loop::BodyBuilder(builder, loc).index(expr.replaceDims(replacements), used, sizes);
}

std::optional<std::pair<int64_t, int64_t>> IndexExprs::getRange(AffineExpr expr) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant: {
    int64_t value = cast<AffineConstantExpr>(expr).getValue();
    return std::pair(value, value);
  }
  case AffineExprKind::DimId: {
    SizeAttr size = getDimSize(operands[cast<AffineDimExpr>(expr).getPosition()]);
    if (!size || !size.getConstant())
      return std::nullopt;
    return std::pair<int64_t, int64_t>(0, std::max<int64_t>(0, *size.getConstant() - 1));
  }
  case AffineExprKind::SymbolId:
    return std::nullopt;
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  auto rhsConstant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mod && rhsConstant)
    return std::pair<int64_t, int64_t>(0, rhsConstant.getValue() - 1);
  auto lhs = getRange(binary.getLHS());
  if (!lhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add) {
    auto rhs = getRange(binary.getRHS());
    if (!rhs)
      return std::nullopt;
    return std::pair(lhs->first + rhs->first, lhs->second + rhs->second);
  }
  if (!rhsConstant)
    return std::nullopt;
  int64_t by = rhsConstant.getValue();
  if (expr.getKind() == AffineExprKind::Mul)
    return std::pair(std::min(lhs->first * by, lhs->second * by), std::max(lhs->first * by, lhs->second * by));
  if (by > 0 && expr.getKind() == AffineExprKind::FloorDiv)
    return std::pair(llvm::divideFloorSigned(lhs->first, by), llvm::divideFloorSigned(lhs->second, by));
  if (by > 0 && expr.getKind() == AffineExprKind::CeilDiv)
    return std::pair(llvm::divideCeilSigned(lhs->first, by), llvm::divideCeilSigned(lhs->second, by));
  return std::nullopt;
}

static void collectTerms(AffineExpr expr, SmallVectorImpl<AffineExpr> &terms) {
  if (expr.getKind() != AffineExprKind::Add) {
    terms.push_back(expr);
    return;
  }
  auto sum = cast<AffineBinaryOpExpr>(expr);
  collectTerms(sum.getLHS(), terms);
  collectTerms(sum.getRHS(), terms);
}

/// expr / divisor if it is exact, else null.
static AffineExpr divideExactly(AffineExpr expr, AffineExpr divisor) {
  if (expr == divisor)
    return getAffineConstantExpr(1, expr.getContext());
  if (auto constant = dyn_cast<AffineConstantExpr>(divisor)) {
    if (constant.getValue() > 0 && expr.getLargestKnownDivisor() % constant.getValue() == 0)
      return expr.floorDiv(divisor);
    return {};
  }
  if (expr.getKind() != AffineExprKind::Mul)
    return {};
  auto product = cast<AffineBinaryOpExpr>(expr);
  if (AffineExpr lhs = divideExactly(product.getLHS(), divisor))
    return lhs * product.getRHS();
  if (AffineExpr rhs = divideExactly(product.getRHS(), divisor))
    return product.getLHS() * rhs;
  return {};
}

std::optional<std::pair<AffineExpr, AffineExpr>> IndexExprs::divide(AffineExpr expr, SizeAttr divisor) {
  AffineExpr by = get(divisor), zero = getAffineConstantExpr(0, context), quotient = zero, rest = zero;
  SmallVector<AffineExpr> terms;
  collectTerms(simplify(expr), terms);
  for (AffineExpr term : terms) {
    if (AffineExpr exact = divideExactly(term, by))
      quotient = quotient + exact;
    else
      rest = rest + term;
  }
  bool fits = rest == zero;
  if (auto dim = dyn_cast<AffineDimExpr>(rest))
    fits = getDimSize(operands[dim.getPosition()]) == divisor;
  if (auto constant = divisor.getConstant(); constant && !fits) {
    auto range = getRange(rest);
    fits = range && range->first >= 0 && range->second < *constant;
  }
  if (!fits)
    return std::nullopt;
  return std::pair(quotient, rest);
}

static bool divides(SizeAttr divisor, SizeAttr size) { return floorDiv(size, divisor) * divisor == size; }

std::optional<SmallVector<ReshapeBlock>> tc::getReshapeBlocks(MLIRContext *context, ArrayRef<SizeAttr> from,
                                                              ArrayRef<SizeAttr> to) {
  SizeAttr one = SizeAttr::constant(context, 1);
  SmallVector<ReshapeBlock> blocks;
  for (size_t i = 0, j = 0; i < from.size() || j < to.size();) {
    ReshapeBlock block{i, i, j, j};
    SizeAttr fromProduct = one, toProduct = one;
    do {
      // Advance the side whose product is smaller or divides the other's or, if neither, has fewer factors so far.
      bool advanceFrom = i - block.firstFrom <= j - block.firstTo;
      auto fromConstant = fromProduct.getConstant(), toConstant = toProduct.getConstant();
      if (fromProduct != toProduct) {
        if (fromConstant && toConstant)
          advanceFrom = *fromConstant < *toConstant;
        else if (fromConstant && divides(fromProduct, toProduct))
          advanceFrom = true;
        else if (toConstant && divides(toProduct, fromProduct))
          advanceFrom = false;
      }
      if (i == from.size() || j == to.size())
        advanceFrom = i < from.size();
      if (advanceFrom)
        fromProduct = fromProduct * from[i++];
      else
        toProduct = toProduct * to[j++];
    } while (fromProduct != toProduct && (i < from.size() || j < to.size()));
    if (fromProduct != toProduct)
      return std::nullopt;
    block.endFrom = i;
    block.endTo = j;
    blocks.push_back(block);
  }
  return blocks;
}

bool tc::canSplitIndices(Type source, Type result) {
  return getReshapeBlocks(source.getContext(), getSizes(source), getSizes(result)).has_value();
}

std::optional<SmallVector<Value>> tc::getReshapedIndices(OpBuilder &builder, Location loc, Type source, Type result,
                                                         ValueRange indices, bool allowDivision) {
  MLIRContext *context = builder.getContext();
  SmallVector<SizeAttr> from = getSizes(source), to = getSizes(result);
  auto blocks = getReshapeBlocks(context, from, to);
  if (!blocks)
    return std::nullopt;
  SizeAttr one = SizeAttr::constant(context, 1);
  AffineExpr zero = getAffineConstantExpr(0, context);
  SmallVector<AffineExpr> exprs(from.size(), zero);
  IndexExprs index(context);

  // Within a block the index is made linear, then taken apart again.
  for (const ReshapeBlock &block : *blocks) {
    AffineExpr linear = zero;
    for (size_t dim = block.firstTo; dim < block.endTo; ++dim)
      if (to[dim] != one)
        linear = linear * index.get(to[dim]) + index.get(indices[dim]);
    size_t outermost = block.firstFrom;
    while (outermost < block.endFrom && from[outermost] == one)
      ++outermost;
    for (size_t dim = block.endFrom; dim-- > outermost;) {
      if (from[dim] == one)
        continue;
      if (dim == outermost) {
        exprs[dim] = linear;
      } else if (auto split = index.divide(linear, from[dim])) {
        exprs[dim] = split->second;
        linear = split->first;
      } else if (allowDivision) {
        AffineExpr by = index.get(from[dim]);
        exprs[dim] = linear % by;
        linear = linear.floorDiv(by);
      } else {
        return std::nullopt;
      }
    }
  }
  return llvm::map_to_vector(exprs, [&](AffineExpr expr) { return index.emit(builder, loc, expr); });
}

/// Whether a value is computed from the dimension, also by way of reads.
static bool dependsOn(Value value, BlockArgument dim) {
  if (value == dim)
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock()->getParentOp() == nullptr ||
      !dim.getOwner()->getParent()->isAncestor(op->getParentRegion()))
    return false;
  // The values of an scf.if depend on what its branches read.
  bool found = false;
  op->walk([&](Operation *inner) {
    found |= llvm::any_of(inner->getOperands(), [&](Value operand) { return dependsOn(operand, dim); });
  });
  return found;
}

std::optional<int64_t> tc::getReadStride(loop::ReadOp read, BlockArgument dim) {
  IndexExprs index(read.getContext());
  AffineExpr address = getAffineConstantExpr(0, read.getContext());
  for (auto [size, at] : llvm::zip_equal(getSizes(read.getSource().getType()), read.getIndices()))
    address = address * index.get(size) + index.get(at);
  std::optional<unsigned> position;
  for (unsigned i = 0; i < index.getNumOperands(); ++i) {
    if (index.getOperand(i) == dim)
      position = i;
    else if (dependsOn(index.getOperand(i), dim))
      return std::nullopt;
  }
  if (!position)
    return 0;
  SmallVector<AffineExpr> terms;
  collectTerms(index.simplify(address), terms);
  int64_t stride = 0;
  for (AffineExpr term : terms) {
    if (!term.isFunctionOfDim(*position))
      continue;
    if (isa<AffineDimExpr>(term)) {
      stride += 1;
      continue;
    }
    auto product = dyn_cast<AffineBinaryOpExpr>(term);
    auto factor = product ? dyn_cast<AffineConstantExpr>(product.getRHS()) : AffineConstantExpr();
    if (!factor || product.getKind() != AffineExprKind::Mul || !isa<AffineDimExpr>(product.getLHS()))
      return std::nullopt;
    stride += factor.getValue();
  }
  return stride;
}
