// Ops that move elements without computing on them. They become index expressions in the loop dialect, never copies.
#ifndef TC_DIALECT_TC_IR_TCSHAPEOPS
#define TC_DIALECT_TC_IR_TCSHAPEOPS

include "tc/Dialect/TC/IR/TCBase.td"

class TC_ShapeOp<string mnemonic, list<Trait> traits = []> : TC_Op<mnemonic, !listconcat([Pure], traits)> {
  let results = (outs TC_AnyTensor:$result);
  let hasVerifier = 1;
}

def TC_ConstantOp : TC_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a constant tensor: a splat, a short list, or a resource (weights)";
  let arguments = (ins ElementsAttr:$value);
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value), [{ build($_builder, $_state, value.getType(), value); }]>];
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}
def TC_SizeOp : TC_Op<"size", [Pure]> {
  let summary = "the value of a symbolic size, a 0-d i64 tensor";
  let arguments = (ins TC_SizeAttr:$size);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$size attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def TC_IotaOp : TC_ShapeOp<"iota"> {
  let summary = "the index along one dimension";
  let arguments = (ins I64Attr:$dim);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
}
def TC_BroadcastOp : TC_ShapeOp<"broadcast"> {
  let summary = "repetition along new leading dimensions and dimensions of size 1";
  let arguments = (ins TC_AnyTensor:$input);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_TransposeOp : TC_ShapeOp<"transpose"> {
  let summary = "permutation of the dimensions: result dimension i is input dimension permutation[i]";
  let arguments = (ins TC_AnyTensor:$input, DenseI64ArrayAttr:$permutation);
  let assemblyFormat = "$input $permutation attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_ReshapeOp : TC_ShapeOp<"reshape"> {
  let summary = "the same elements in row-major order under other sizes";
  let arguments = (ins TC_AnyTensor:$input);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_ReinterpretOp : TC_ShapeOp<"reinterpret"> {
  let summary = "the same memory, row-major, as elements of another type and under other sizes";
  let description = [{
    `%0 = tc.reinterpret %x : (tensor<4xcomplex<f32>>) -> tensor<4x2xf32>`

    Never computed by a kernel: what is before it is in memory. Booleans are bytes.
  }];
  let arguments = (ins TC_AnyTensor:$input);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}
def TC_SliceOp : TC_ShapeOp<"slice"> {
  let summary = "result[i] = input[offset + i * stride] in each dimension";
  let arguments = (ins TC_AnyTensor:$input, TC_SizeArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
  let assemblyFormat = "$input $offsets `by` $strides attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_InsertSliceOp : TC_ShapeOp<"insert_slice"> {
  let summary = "input with source written at offset + i * stride: the inverse of slice";
  let arguments = (ins TC_AnyTensor:$input, TC_AnyTensor:$source, TC_SizeArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
  let assemblyFormat = "$source `into` $input $offsets `by` $strides attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_PadOp : TC_ShapeOp<"pad"> {
  let summary = "input with low and high elements of a 0-d value added in each dimension (none negative)";
  let arguments = (ins TC_AnyTensor:$input, TC_AnyTensor:$value, TC_SizeArrayAttr:$low, TC_SizeArrayAttr:$high);
  let assemblyFormat = "$input `,` $value `low` $low `high` $high attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_ConcatOp : TC_ShapeOp<"concat"> {
  let summary = "the inputs one after the other along a dimension";
  let arguments = (ins Variadic<TC_AnyTensor>:$inputs, I64Attr:$dim);
  let assemblyFormat = "$dim `,` $inputs attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}
def TC_ReverseOp : TC_ShapeOp<"reverse"> {
  let summary = "the elements in reverse along some dimensions";
  let arguments = (ins TC_AnyTensor:$input, DenseI64ArrayAttr:$dims);
  let assemblyFormat = "$input $dims attr-dict `:` functional-type(operands, results)";
}
def TC_GatherOp : TC_ShapeOp<"gather"> {
  let summary = "elements at data-dependent indices";
  let description = [{
    Indexes dimensions `dims` of the input by the integer tensors `indices` (equally many), which broadcast against one
    another to shape B. Result shape: B, then the other dimensions of the input in order. Indices are in [0, size);
    where the program cannot know, `tc.aten`'s decomposition wraps negative ones and `checked` asks for a bounds check.
    ```mlir
    %row = tc.gather %table [0](%ids) : (tensor<50257x768xf32>, tensor<1x128xi64>) -> tensor<1x128x768xf32>
    ```
  }];
  let arguments = (ins TC_AnyTensor:$input, Variadic<TC_AnyTensor>:$indices, DenseI64ArrayAttr:$dims, UnitAttr:$checked);
  let assemblyFormat = "(`checked` $checked^)? $input $dims `(` $indices `)` attr-dict `:` functional-type(operands, results)";
}
def TC_ScatterOp : TC_ShapeOp<"scatter"> {
  let summary = "input with updates combined in at data-dependent indices";
  let description = [{
    The inverse of `tc.gather`: `updates` has gather's result shape. With no `kind` the update replaces the element
    (of several to one place, the last in row-major order wins); with one it is combined.
  }];
  let arguments = (ins TC_AnyTensor:$input, Variadic<TC_AnyTensor>:$indices, TC_AnyTensor:$updates,
                       DenseI64ArrayAttr:$dims, OptionalAttr<TC_ReductionKindAttr>:$kind, UnitAttr:$checked);
  let assemblyFormat = "(`checked` $checked^)? (`[` $kind^ `]`)? $updates `into` $input $dims `(` $indices `)` attr-dict `:` functional-type(operands, results)";
}

#endif
