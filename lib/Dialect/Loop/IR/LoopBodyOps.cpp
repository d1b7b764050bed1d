// loop.read and loop.index: verifiers, builders, folds.

#include "tc/Dialect/Loop/IR/Loop.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tc;
using namespace tc::loop;

#define GET_OP_CLASSES
#include "tc/Dialect/Loop/IR/LoopOps.cpp.inc"

Type loop::getScalarType(Type elementType) {
  auto integer = dyn_cast<IntegerType>(elementType);
  return integer && !integer.isSignless() ? IntegerType::get(elementType.getContext(), integer.getWidth())
                                          : elementType;
}

void ReadOp::build(OpBuilder &builder, OperationState &state, Value source, ValueRange indices) {
  build(builder, state, getScalarType(getElementTypeOrSelf(source.getType())), source, indices);
}

LogicalResult ReadOp::verify() {
  if (static_cast<int64_t>(getIndices().size()) != getSource().getType().getRank())
    return emitOpError("expected ") << getSource().getType().getRank() << " indices, found " << getIndices().size();
  if (getType() != getScalarType(getSource().getType().getElementType()))
    return emitOpError("expected a result of type ")
           << getScalarType(getSource().getType().getElementType()) << ", found " << getType();
  return success();
}

void IndexOp::build(OpBuilder &builder, OperationState &state, AffineExpr expr, ValueRange operands) {
  build(builder, state, AffineMap::get(operands.size(), 0, expr), operands, builder.getStrArrayAttr({}));
}

void IndexOp::build(OpBuilder &builder, OperationState &state, SizeAttr size) {
  AffineMap map = AffineMap::get(0, size.getSymbols().size(), size.getExpr());
  SmallVector<Attribute> symbols(size.getSymbols().begin(), size.getSymbols().end());
  build(builder, state, map, ValueRange{}, builder.getArrayAttr(symbols));
}

LogicalResult IndexOp::verify() {
  if (getMap().getNumResults() != 1)
    return emitOpError("expected a map with one result, found ") << getMap().getNumResults();
  if (getMap().getNumDims() != getOperands().size() || getMap().getNumSymbols() != getSymbols().size())
    return emitOpError("expected ") << getMap().getNumDims() << " operands and " << getMap().getNumSymbols()
                                    << " symbols, found " << getOperands().size() << " and " << getSymbols().size();
  return success();
}

OpFoldResult IndexOp::fold(FoldAdaptor adaptor) {
  AffineExpr expr = getMap().getResult(0);
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return getOperands()[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return IntegerAttr::get(IndexType::get(getContext()), constant.getValue());
  return {};
}

namespace {

/// Composes an index with the indices and constants it is computed from, and drops what it does not use.
struct ComposeIndex : OpRewritePattern<IndexOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(IndexOp op, PatternRewriter &rewriter) const override {
    MLIRContext *context = op.getContext();
    SmallVector<Value> operands;
    SmallVector<Attribute> symbols;
    auto dimOf = [&](Value value) {
      auto it = llvm::find(operands, value);
      unsigned position = it - operands.begin();
      if (it == operands.end())
        operands.push_back(value);
      return getAffineDimExpr(position, context);
    };
    auto symbolOf = [&](Attribute name) {
      auto it = llvm::find(symbols, name);
      unsigned position = it - symbols.begin();
      if (it == symbols.end())
        symbols.push_back(name);
      return getAffineSymbolExpr(position, context);
    };
    SmallVector<AffineExpr> dims, syms;
    for (Attribute name : op.getSymbols())
      syms.push_back(symbolOf(name));
    for (Value operand : op.getOperands()) {
      APInt constant;
      if (auto producer = operand.getDefiningOp<IndexOp>()) {
        SmallVector<AffineExpr> innerDims, innerSyms;
        for (Value inner : producer.getOperands())
          innerDims.push_back(dimOf(inner));
        for (Attribute name : producer.getSymbols())
          innerSyms.push_back(symbolOf(name));
        dims.push_back(producer.getMap().getResult(0).replaceDimsAndSymbols(innerDims, innerSyms));
      } else if (matchPattern(operand, m_ConstantInt(&constant))) {
        dims.push_back(getAffineConstantExpr(constant.getSExtValue(), context));
      } else {
        dims.push_back(dimOf(operand));
      }
    }
    AffineExpr expr = op.getMap().getResult(0).replaceDimsAndSymbols(dims, syms);
    AffineMap map =
        AffineMap::get(operands.size(), symbols.size(), simplifyAffineExpr(expr, operands.size(), symbols.size()));
    // Drop unused operands and symbols.
    SmallVector<AffineExpr> dimReplacements(operands.size(), getAffineConstantExpr(0, context));
    SmallVector<AffineExpr> symReplacements(symbols.size(), getAffineConstantExpr(0, context));
    SmallVector<Value> keptOperands;
    SmallVector<Attribute> keptSymbols;
    for (auto [position, operand] : llvm::enumerate(operands))
      if (map.isFunctionOfDim(position)) {
        dimReplacements[position] = getAffineDimExpr(keptOperands.size(), context);
        keptOperands.push_back(operand);
      }
    for (auto [position, symbol] : llvm::enumerate(symbols))
      if (map.isFunctionOfSymbol(position)) {
        symReplacements[position] = getAffineSymbolExpr(keptSymbols.size(), context);
        keptSymbols.push_back(symbol);
      }
    map = map.replaceDimsAndSymbols(dimReplacements, symReplacements, keptOperands.size(), keptSymbols.size());
    if (map == op.getMap() && ValueRange(keptOperands) == op.getOperands())
      return rewriter.notifyMatchFailure(op, "already composed");
    rewriter.replaceOpWithNewOp<IndexOp>(op, map, keptOperands, rewriter.getArrayAttr(keptSymbols));
    return success();
  }
};

} // namespace

void IndexOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<ComposeIndex>(context);
}
