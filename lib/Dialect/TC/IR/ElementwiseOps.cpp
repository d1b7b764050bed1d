// Elementwise ops: result types and verifiers. What they compute is in ScalarForms.cpp.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tc::detail {

static FailureOr<SmallVector<SizeAttr>> broadcastOperands(std::optional<Location> loc, ValueRange operands) {
  SmallVector<SizeAttr> sizes;
  for (Value operand : operands) {
    FailureOr<SmallVector<SizeAttr>> next = broadcastSizes(sizes, getSizes(operand.getType()));
    if (failed(next))
      return emitOptionalError(loc, "operand of type ", operand.getType(),
                               " does not broadcast against the others, of type ", operands.front().getType());
    sizes = *next;
  }
  return sizes;
}

static LogicalResult requireSameElement(std::optional<Location> loc, ValueRange operands) {
  for (Value operand : operands)
    if (getElementTypeOrSelf(operand.getType()) != getElementTypeOrSelf(operands.front().getType()))
      return emitOptionalError(loc, "operands must have one element type, found ", operands.front().getType(), " and ",
                               operand.getType());
  return success();
}

static LogicalResult infer(std::optional<Location> loc, ValueRange operands, Type elementType,
                           SmallVectorImpl<Type> &types) {
  FailureOr<SmallVector<SizeAttr>> sizes = broadcastOperands(loc, operands);
  if (failed(sizes))
    return failure();
  types.push_back(getTensorType(*sizes, elementType));
  return success();
}

LogicalResult inferSameElement(std::optional<Location> loc, ValueRange operands, SmallVectorImpl<Type> &types) {
  if (failed(requireSameElement(loc, operands)))
    return failure();
  return infer(loc, operands, getElementTypeOrSelf(operands.front().getType()), types);
}

LogicalResult inferBool(std::optional<Location> loc, ValueRange operands, SmallVectorImpl<Type> &types) {
  if (failed(requireSameElement(loc, operands)))
    return failure();
  return infer(loc, operands, IntegerType::get(operands.front().getContext(), 1), types);
}

LogicalResult inferSelect(std::optional<Location> loc, ValueRange operands, SmallVectorImpl<Type> &types) {
  if (failed(requireSameElement(loc, operands.drop_front())))
    return failure();
  return infer(loc, operands, getElementTypeOrSelf(operands[1].getType()), types);
}

} // namespace tc::detail

using namespace tc;

LogicalResult CastOp::verify() {
  if (getSizes(getInput().getType()) != getSizes(getType()))
    return emitOpError("must keep the sizes, expected those of ") << getInput().getType() << ", found " << getType();
  return success();
}

LogicalResult BitcastOp::verify() {
  if (getSizes(getInput().getType()) != getSizes(getType()))
    return emitOpError("must keep the sizes, expected those of ") << getInput().getType() << ", found " << getType();
  Type from = getInput().getType().getElementType(), to = getType().getElementType();
  if (from.isIntOrFloat() && to.isIntOrFloat() && from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth())
    return emitOpError("must keep the width of an element, found ") << from << " and " << to;
  return success();
}
