// Reductions, scans, sorts, contractions, convolutions, windows, random numbers.
#ifndef TC_DIALECT_TC_IR_TCCOMPUTEOPS
#define TC_DIALECT_TC_IR_TCCOMPUTEOPS

include "tc/Dialect/TC/IR/TCBase.td"

def TC_ReduceOp : TC_Op<"reduce", [Pure]> {
  let summary = "reduction over dimensions, which disappear from the result";
  let description = [{
    `%m = tc.reduce max %x over [1] : (tensor<4x8xf32>) -> tensor<4xf32>`. The result's element type is the type that is
    accumulated in; f16 and bf16 inputs may have an f32 result. max and min propagate NaN. Empty sums are 0, products 1,
    any false, all true.
  }];
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_AnyTensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$kind $input `over` $dims attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def TC_ArgReduceOp : TC_Op<"arg_reduce", [Pure]> {
  let summary = "extreme value along one dimension and its first index; NaN counts as extreme";
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_AnyTensor:$input, I64Attr:$dim);
  let results = (outs TC_AnyTensor:$value, TC_AnyTensor:$index);
  let assemblyFormat = "$kind $input `over` $dim attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def TC_ScanOp : TC_Op<"scan", [Pure]> {
  let summary = "inclusive running reduction along one dimension";
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_AnyTensor:$input, I64Attr:$dim);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$kind $input `along` $dim attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def TC_SortOp : TC_Op<"sort", [Pure]> {
  let summary = "stable sort along one dimension, and the indices that sort; NaN is the largest";
  let arguments = (ins TC_AnyTensor:$input, I64Attr:$dim, BoolAttr:$descending);
  let results = (outs TC_AnyTensor:$values, TC_AnyTensor:$indices);
  let assemblyFormat = "$input `along` $dim `descending` $descending attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def TC_ContractOp : TC_Op<"contract", [Pure]> {
  let summary = "sum of products over named indices (an einsum of two operands)";
  let description = [{
    `%0 = tc.contract %x, %w "ik,jk->ij" : (tensor<128x768xf32>, tensor<64x768xf32>) -> tensor<128x64xf32>`

    Each index occurs at most once in an operand; an index of the result occurs in an operand; the others are summed over.
    The result's element type is the type accumulated in (f32 for f16 and bf16 operands).
  }];
  let arguments = (ins TC_AnyTensor:$lhs, TC_AnyTensor:$rhs, StrAttr:$spec);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs $spec attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The index letters of lhs, rhs and result.
    ::llvm::StringRef getLhsIndices();
    ::llvm::StringRef getRhsIndices();
    ::llvm::StringRef getResultIndices();
  }];
}
def TC_ConvolveOp : TC_Op<"convolve", [Pure]> {
  let summary = "N-dimensional convolution (correlation), channels last";
  let description = [{
    input [N, spatial…, C], filter [O, window…, C / groups], result [N, spatial…, O].
    `result[n, y, o] = Σ_{r, c} dilated(input)[n, y * stride + r * dilation - low, c] * filter[o, r, c]`, where elements outside are 0
    and `input_dilation` puts that many minus one zeros between input elements (transposed convolutions).
    All arrays have one entry a spatial dimension.
  }];
  let arguments = (ins TC_AnyTensor:$input, TC_AnyTensor:$filter, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$dilation, DenseI64ArrayAttr:$input_dilation, I64Attr:$groups);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = [{
    $input `,` $filter `strides` $strides `low` $low `high` $high `dilation` $dilation `input_dilation` $input_dilation
    `groups` $groups attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}
def TC_WindowOp : TC_Op<"window", [Pure]> {
  let summary = "reduction over a sliding window (pooling); padding does not take part";
  let description = "All arrays have one entry a dimension of the input; a dimension that is not pooled has window 1, stride 1.";
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_AnyTensor:$input, DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$dilation);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = [{
    $kind $input `window` $window `strides` $strides `low` $low `high` $high `dilation` $dilation attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}
def TC_ArgWindowOp : TC_Op<"arg_window", [Pure]> {
  let summary = "extreme of each window, and its index within the window in row-major order";
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_AnyTensor:$input, DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$dilation);
  let results = (outs TC_AnyTensor:$value, TC_AnyTensor:$index);
  let assemblyFormat = [{
    $kind $input `window` $window `strides` $strides `low` $low `high` $high `dilation` $dilation attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}
def TC_RandomBitsOp : TC_Op<"random_bits", [Pure]> {
  let summary = "Philox4x32-10 bits: i32 element i is word i mod 4 of counter (offset + i floordiv 4) under the 64-bit key";
  let arguments = (ins TC_AnyTensor:$key, TC_AnyTensor:$offset);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$key `,` $offset attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif
