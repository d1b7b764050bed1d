// All ops of the dialect, by family.
#ifndef TC_DIALECT_TC_IR_TCOPS
#define TC_DIALECT_TC_IR_TCOPS

include "tc/Dialect/TC/IR/TCElementwiseOps.td"
include "tc/Dialect/TC/IR/TCShapeOps.td"
include "tc/Dialect/TC/IR/TCComputeOps.td"
include "tc/Dialect/TC/IR/TCCallOps.td"

#endif
