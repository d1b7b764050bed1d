// The loop dialect: iteration spaces with scalar bodies.
#ifndef TC_DIALECT_LOOP_IR_LOOP_H
#define TC_DIALECT_LOOP_IR_LOOP_H

#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "tc/Dialect/Loop/IR/LoopDialect.h.inc"
#include "tc/Dialect/Loop/IR/LoopInterfaces.h.inc"
#define GET_OP_CLASSES
#include "tc/Dialect/Loop/IR/LoopOps.h.inc"

namespace tc::loop {
/// The scalar type that `loop.read` gives for elements of this type: unsigned integers become signless.
mlir::Type getScalarType(mlir::Type elementType);
} // namespace tc::loop

#endif
