// Registration of the tc dialect, its types and attributes.

#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tc;

#include "tc/Dialect/TC/IR/TCDialect.cpp.inc"
#include "tc/Dialect/TC/IR/TCEnums.cpp.inc"
#include "tc/Dialect/TC/IR/TCInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "tc/Dialect/TC/IR/TCAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "tc/Dialect/TC/IR/TCTypes.cpp.inc"

void TCDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "tc/Dialect/TC/IR/TCAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "tc/Dialect/TC/IR/TCTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "tc/Dialect/TC/IR/TCOps.cpp.inc"
      >();
}

Operation *TCDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, elements);
}
