// Evaluation of scalar forms: built once in a scratch block, then folded op by op for each element.

#include "ScalarEvaluation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace tc;

namespace {

/// The scalar form of an op, over the types that loops compute in: f16 and bf16 in f32.
class ScalarProgram {
public:
  explicit ScalarProgram(ElementwiseOpInterface op) : result(getElementTypeOrSelf(op->getResult(0).getType())) {
    Builder builder(op->getContext());
    bool bits = isa<BitcastOp, NextafterOp>(op.getOperation());
    for (Value operand : op->getOperands()) {
      Type element = getElementTypeOrSelf(operand.getType());
      if (auto integer = dyn_cast<IntegerType>(element))
        element = builder.getIntegerType(integer.getWidth());
      if (!bits && isa<Float16Type, BFloat16Type>(element))
        element = builder.getF32Type();
      block.addArgument(element, op.getLoc());
    }
    OpBuilder scratch(op->getContext());
    scratch.setInsertionPointToEnd(&block);
    output = op.buildScalar(scratch, op.getLoc(), block.getArguments());
  }

  /// Null if an op does not fold.
  Attribute run(ArrayRef<Attribute> scalars) {
    llvm::SmallDenseMap<Value, Attribute, 16> values;
    for (auto [argument, scalar] : llvm::zip_equal(block.getArguments(), scalars))
      values[argument] = convert(scalar, argument.getType());
    SmallVector<Attribute> operands;
    SmallVector<OpFoldResult> folded;
    for (Operation &op : block) {
      operands.clear();
      folded.clear();
      for (Value operand : op.getOperands())
        operands.push_back(values.lookup(operand));
      Attribute constant;
      if (matchPattern(&op, m_Constant(&constant))) {
        values[op.getResult(0)] = constant;
        continue;
      }
      if (op.getNumResults() != 1 || failed(op.fold(operands, folded)) || folded.size() != 1)
        return {};
      auto attribute = dyn_cast<Attribute>(folded.front());
      values[op.getResult(0)] = attribute ? attribute : values.lookup(cast<Value>(folded.front()));
      if (!values[op.getResult(0)])
        return {};
    }
    return convert(values.lookup(output), getScalarResult());
  }

private:
  Type getScalarResult() const {
    auto integer = dyn_cast<IntegerType>(result);
    return integer ? IntegerType::get(result.getContext(), integer.getWidth()) : result;
  }

  // Floats to another precision, integers to signless ones.
  static Attribute convert(Attribute scalar, Type type) {
    if (auto real = dyn_cast_if_present<FloatAttr>(scalar); real && isa<FloatType>(type)) {
      APFloat value = real.getValue();
      bool lossy;
      value.convert(cast<FloatType>(type).getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
      return FloatAttr::get(type, value);
    }
    if (auto integer = dyn_cast_if_present<IntegerAttr>(scalar))
      if (isa<IntegerType>(type) && type.getIntOrFloatBitWidth() == integer.getValue().getBitWidth())
        return IntegerAttr::get(type, integer.getValue());
    return {};
  }

  Block block;
  Value output;
  Type result;
};

} // namespace

DenseElementsAttr tc::detail::evaluateElementwise(ElementwiseOpInterface op, ArrayRef<Attribute> operands) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat() || operands.empty())
    return {};
  SmallVector<DenseElementsAttr> constants;
  bool splat = true;
  for (Attribute operand : operands) {
    auto constant = dyn_cast_if_present<DenseIntOrFPElementsAttr>(operand);
    if (!constant)
      return {};
    splat &= constant.isSplat();
    constants.push_back(constant);
  }
  if (type.getNumElements() == 0 || (!splat && type.getNumElements() > maxFoldedElements))
    return {};

  // Of each operand, the elements and how far one step along a result dimension goes in them.
  int64_t rank = type.getRank();
  SmallVector<SmallVector<Attribute>> elements;
  SmallVector<SmallVector<int64_t>> strides;
  for (DenseElementsAttr constant : constants) {
    auto shape = cast<RankedTensorType>(constant.getType()).getShape();
    SmallVector<int64_t> &steps = strides.emplace_back(rank, 0);
    if (constant.isSplat()) {
      elements.push_back({constant.getSplatValue<Attribute>()});
      continue;
    }
    elements.push_back(llvm::to_vector(constant.getValues<Attribute>()));
    int64_t stride = 1;
    for (int64_t dim = shape.size(); dim-- > 0;) {
      steps[rank - shape.size() + dim] = shape[dim] == 1 ? 0 : stride;
      stride *= shape[dim];
    }
  }

  ScalarProgram program(op);
  SmallVector<Attribute> results;
  SmallVector<int64_t> index(rank, 0);
  for (int64_t i = 0, count = splat ? 1 : type.getNumElements(); i < count; ++i) {
    SmallVector<Attribute> scalars;
    for (auto [values, steps] : llvm::zip_equal(elements, strides)) {
      int64_t at = 0;
      for (int64_t dim = 0; dim < rank; ++dim)
        at += index[dim] * steps[dim];
      scalars.push_back(values[at]);
    }
    Attribute value = program.run(scalars);
    if (!value)
      return {};
    results.push_back(value);
    for (int64_t dim = rank; dim-- > 0 && ++index[dim] == type.getDimSize(dim);)
      index[dim] = 0;
  }
  if (isa<FloatType>(type.getElementType()))
    return DenseElementsAttr::get(
        type, llvm::map_to_vector(results, [](Attribute value) { return cast<FloatAttr>(value).getValue(); }));
  return DenseElementsAttr::get(
      type, llvm::map_to_vector(results, [](Attribute value) { return cast<IntegerAttr>(value).getValue(); }));
}
