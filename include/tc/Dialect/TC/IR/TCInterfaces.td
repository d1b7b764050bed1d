// The scalar form of an elementwise op: the one place that says what it computes.
#ifndef TC_DIALECT_TC_IR_TCINTERFACES
#define TC_DIALECT_TC_IR_TCINTERFACES

include "mlir/IR/OpBase.td"

def ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::tc";
  let description = [{
    An op that computes each result element from the operand elements at the same (broadcast) index. `buildScalar`
    emits `arith`/`math` ops; folding, the interpreter and the conversion to loops all use it. Scalars are signless
    (`ui8` elements arrive as `i8`); signedness is read off the tensors' element types.
  }];
  let methods = [
    InterfaceMethod<"Builds the computation of one element.", "::mlir::Value", "buildScalar",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::ValueRange":$scalars)>,
  ];
}

#endif
