// The fusion dialect: kernels and their schedules.
#ifndef TC_DIALECT_FUSION_IR_FUSION_H
#define TC_DIALECT_FUSION_IR_FUSION_H

#include "tc/Dialect/Loop/IR/Loop.h"

#include "tc/Dialect/Fusion/IR/FusionDialect.h.inc"
#include "tc/Dialect/Fusion/IR/FusionEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "tc/Dialect/Fusion/IR/FusionAttrs.h.inc"
#define GET_OP_CLASSES
#include "tc/Dialect/Fusion/IR/FusionOps.h.inc"

#endif
