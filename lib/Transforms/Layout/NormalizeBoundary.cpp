// Strides of arguments and results become explicit transposes.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"
#include "tc/Transforms/Layout/Passes.h"

using namespace mlir;

namespace tc {
#define GEN_PASS_DEF_NORMALIZEBOUNDARY
#include "tc/Transforms/Layout/Passes.h.inc"

namespace {

// The order of the dimensions in memory, if the strides are those of a permuted row-major tensor and not row-major
// already. Dimensions of size 1 go where they get their strides; others of them where they do not disturb the order.
std::optional<SmallVector<int64_t>> getDensePermutation(ArrayRef<SizeAttr> sizes, ArrayRef<SizeAttr> strides) {
  if (sizes.size() != strides.size())
    return std::nullopt;
  SmallVector<int64_t> order;
  SizeAttr expected = sizes.empty() ? SizeAttr() : SizeAttr::constant(sizes.front().getContext(), 1);
  SmallVector<bool> placed(sizes.size(), false);
  // From the innermost dimension outwards, each time the last one whose stride is the product of the sizes placed so
  // far; one of size 1 first, as it leaves the product as it is.
  auto isUnit = [&](int64_t dim) { return sizes[dim].getConstant() == 1; };
  for (;;) {
    int64_t found = -1;
    for (int64_t dim = sizes.size(); dim-- > 0;)
      if (!placed[dim] && strides[dim] == expected && (found < 0 || (isUnit(dim) && !isUnit(found))))
        found = dim;
    if (found < 0)
      break;
    placed[found] = true;
    order.push_back(found);
    expected = expected * sizes[found];
  }
  std::reverse(order.begin(), order.end());
  for (int64_t dim = 0; dim < static_cast<int64_t>(sizes.size()); ++dim) {
    if (placed[dim])
      continue;
    if (!isUnit(dim))
      return std::nullopt;
    order.insert(dim == 0 ? order.begin() : std::next(llvm::find(order, dim - 1)), dim);
  }
  return order;
}

SmallVector<int64_t> invert(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [i, dim] : llvm::enumerate(permutation))
    inverse[dim] = i;
  return inverse;
}

Value transpose(OpBuilder &builder, Location loc, Value tensor, ArrayRef<int64_t> permutation) {
  SmallVector<SizeAttr> from = getSizes(tensor.getType()), to;
  for (int64_t dim : permutation)
    to.push_back(from[dim]);
  return TransposeOp::create(builder, loc, getTensorType(to, getElementTypeOrSelf(tensor.getType())), tensor,
                             permutation);
}

struct NormalizeBoundary : impl::NormalizeBoundaryBase<NormalizeBoundary> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    Operation *terminator = function.getBody().front().getTerminator();
    dropViewed(function, terminator);
    SmallVector<bool> isMutated(function.getNumArguments(), false);
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (auto argument = function.getResultAttrOfType<IntegerAttr>(i, "tc.mutates"))
        isMutated[argument.getInt()] = true;
    OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (!isMutated[i])
        normalizeArgument(builder, function, i);
    builder.setInsertionPoint(terminator);
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      normalizeResult(builder, function, terminator, i);
    function.setFunctionType(
        builder.getFunctionType(function.getBody().front().getArgumentTypes(), terminator->getOperandTypes()));
  }

  // The caller makes views itself: what stands in their place is not looked at, but has to be a value.
  static void dropViewed(func::FuncOp function, Operation *terminator) {
    DenseMap<int64_t, Value> lastValues;
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (auto argument = function.getResultAttrOfType<IntegerAttr>(i, "tc.mutates"))
        lastValues[argument.getInt()] = terminator->getOperand(i);
    for (unsigned i = 0; i < function.getNumResults(); ++i) {
      auto view = function.getResultAttrOfType<DictionaryAttr>(i, "tc.view");
      if (!view)
        continue;
      if (auto result = view.getAs<IntegerAttr>("result")) {
        terminator->setOperand(i, terminator->getOperand(result.getInt()));
        continue;
      }
      int64_t argument = view.getAs<IntegerAttr>("argument").getInt();
      Value last = lastValues.lookup(argument);
      terminator->setOperand(i, last ? last : function.getArgument(argument));
    }
  }

  static std::optional<SmallVector<int64_t>> getOrder(Type type, ArrayAttr strides) {
    if (!strides || !isa<RankedTensorType>(type))
      return std::nullopt;
    std::optional<SmallVector<int64_t>> order = getDensePermutation(getSizes(type), toSizes(strides));
    return order && !llvm::is_sorted(*order) ? order : std::nullopt;
  }

  void normalizeArgument(OpBuilder &builder, func::FuncOp function, unsigned i) {
    BlockArgument argument = function.getArgument(i);
    auto order = getOrder(argument.getType(), function.getArgAttrOfType<ArrayAttr>(i, "tc.strides"));
    if (!order)
      return;
    SmallVector<SizeAttr> sizes = getSizes(argument.getType()), inMemory;
    for (int64_t dim : *order)
      inMemory.push_back(sizes[dim]);
    Type element = getElementTypeOrSelf(argument.getType());
    argument.setType(getTensorType(inMemory, element));
    Value seen = transpose(builder, argument.getLoc(), argument, invert(*order));
    Operation *terminator = function.getBody().front().getTerminator();
    argument.replaceUsesWithIf(seen, [&](OpOperand &use) {
      return use.getOwner() != seen.getDefiningOp() &&
             !(use.getOwner() == terminator && function.getResultAttr(use.getOperandNumber(), "tc.view"));
    });
    function.removeArgAttr(i, "tc.strides");
    function.setArgAttr(i, "tc.permutation", builder.getDenseI64ArrayAttr(*order));
  }

  void normalizeResult(OpBuilder &builder, func::FuncOp function, Operation *terminator, unsigned i) {
    if (function.getResultAttr(i, "tc.mutates") || function.getResultAttr(i, "tc.view"))
      return;
    Value result = terminator->getOperand(i);
    auto order = getOrder(result.getType(), function.getResultAttrOfType<ArrayAttr>(i, "tc.strides"));
    if (!order)
      return;
    terminator->setOperand(i, transpose(builder, result.getLoc(), result, *order));
    function.removeResultAttr(i, builder.getStringAttr("tc.strides"));
    function.setResultAttr(i, "tc.permutation", builder.getDenseI64ArrayAttr(*order));
  }
};

} // namespace
} // namespace tc
