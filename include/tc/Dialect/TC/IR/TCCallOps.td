// Captured calls and calls back into PyTorch.
#ifndef TC_DIALECT_TC_IR_TCCALLOPS
#define TC_DIALECT_TC_IR_TCCALLOPS

include "tc/Dialect/TC/IR/TCBase.td"

def TC_AtenOp : TC_Op<"aten"> {
  let summary = "a call of an ATen (or custom) op, as captured";
  let description = [{
    `name` is `add.Tensor`, without a namespace for `aten`, else `ns::op.overload`. `args` has one attribute an argument
    of the op's schema, in its order, defaults filled in: `#tc.operand<i>` (tensor, ref or scalar operand), an integer (i64),
    float (f64), bool, string or type (a dtype) attribute, `#tc.size` (a symbolic int), `#tc.none`, or an array of these.
    Printed as a call; the operands stand in place:
    ```mlir
    %1 = tc.aten "add.Tensor"(%x, %y, 1) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    ```
    In the as-captured form the op may mutate and alias as its schema in the registry says; in the functional form
    (tensor operands and results only) it is pure.
  }];
  let arguments = (ins StrAttr:$name, Variadic<TC_CapturedValue>:$operands, ArrayAttr:$args);
  let results = (outs Variadic<AnyType>:$results);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def TC_ExternOp : TC_Op<"extern"> {
  let summary = "a call through PyTorch's dispatcher at run time, for an op without a lowering";
  let description = "Same arguments as `tc.aten`, on tensors. Counted and reported; refused by name in packages.";
  let arguments = (ins StrAttr:$name, Variadic<TC_CapturedValue>:$operands, ArrayAttr:$args);
  let results = (outs Variadic<AnyType>:$results);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def TC_ItemOp : TC_Op<"item"> {
  let summary = "the number in an integer tensor of one element, for the host program";
  let description = [{
    An `index` gives the symbol that the attribute `tc.symbol` names its value; an `i1` is the predicate of `scf.if` or
    `scf.while`.
    ```mlir
    %n = tc.item %x {tc.symbol = "u0"} : (tensor<i64>) -> index
    %p = tc.item %y : (tensor<i1>) -> i1
    ```
  }];
  let arguments = (ins TC_AnyTensor:$input);
  let results = (outs AnyTypeOf<[I1, Index]>:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def TC_ToRefOp : TC_Op<"to_ref"> {
  let summary = "a mutable tensor with the value of a constant; only as captured";
  let arguments = (ins TC_AnyTensor:$input);
  let results = (outs TC_RefType:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif
