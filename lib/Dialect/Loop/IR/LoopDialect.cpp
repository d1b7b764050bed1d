// Registration of the loop dialect.

#include "tc/Dialect/Loop/IR/Loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FoldInterfaces.h"

using namespace mlir;
using namespace tc::loop;

#include "tc/Dialect/Loop/IR/LoopDialect.cpp.inc"
#include "tc/Dialect/Loop/IR/LoopInterfaces.cpp.inc"

namespace {
/// Constants made by folding stay in the body: outside of it there are only tensors.
struct KeepConstantsInBodies : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;
  bool shouldMaterializeInto(Region *) const override { return true; }
};
} // namespace

Operation *LoopDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

void LoopDialect::initialize() {
  addInterfaces<KeepConstantsInBodies>();
  addOperations<
#define GET_OP_LIST
#include "tc/Dialect/Loop/IR/LoopOps.cpp.inc"
      >();
}
