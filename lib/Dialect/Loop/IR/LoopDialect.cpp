// Registration of the loop dialect.

#include "tc/Dialect/Loop/IR/Loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tc::loop;

#include "tc/Dialect/Loop/IR/LoopDialect.cpp.inc"
#include "tc/Dialect/Loop/IR/LoopInterfaces.cpp.inc"

void LoopDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "tc/Dialect/Loop/IR/LoopOps.cpp.inc"
      >();
}
