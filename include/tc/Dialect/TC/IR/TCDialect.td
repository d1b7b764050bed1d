// The tc dialect: the graph, from capture to primitive tensor ops.
#ifndef TC_DIALECT_TC_IR_TCDIALECT
#define TC_DIALECT_TC_IR_TCDIALECT

include "mlir/IR/OpBase.td"

def TC_Dialect : Dialect {
  let name = "tc";
  let cppNamespace = "::tc";
  let summary = "Tensor programs: as captured, functional, and primitive";
  let description = [{
    Three forms of a graph live here, one after the other:

    * *as captured*: values of type `!tc.ref`, which may be mutated and may alias, and one `tc.aten` op a captured call;
    * *functional*: builtin `tensor` values, `tc.aten` ops without mutation or views;
    * *primitive*: the typed ops of this dialect, `scf` on tensors, and no `tc.aten`.

    Sizes that are not constants are expressions over named symbols and part of the type (`#tc.sizes`).
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif
