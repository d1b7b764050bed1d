// Passes that decide how tensors lie in memory.
#ifndef TC_TRANSFORMS_LAYOUT_PASSES
#define TC_TRANSFORMS_LAYOUT_PASSES

include "mlir/Pass/PassBase.td"

def NormalizeBoundary : Pass<"tc-normalize-boundary", "::mlir::func::FuncOp"> {
  let summary = "Make the strides of arguments and results explicit transposes";
  let description = [{
    All tensors within a program are row-major. An argument whose strides are those of a permuted row-major tensor
    (channels last, a transposed weight) becomes that tensor and a `tc.transpose`; a result that has to have such
    strides is transposed into the order of its memory. The attribute `tc.permutation` keeps the order: dimension i in memory
    is dimension permutation[i] of the tensor that the caller sees.

    ```mlir
    func.func @main(%x: tensor<1x3x8x8xf32> {tc.strides = [#tc.size<192>, #tc.size<1>, #tc.size<24>, #tc.size<3>]}) …
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<1x8x8x3xf32> {tc.permutation = array<i64: 0, 2, 3, 1>}) … {
      %0 = tc.transpose %x [0, 3, 1, 2] : (tensor<1x8x8x3xf32>) -> tensor<1x3x8x8xf32>
    ```
    Other strides stay: the host copies such an argument to a row-major one. A mutated argument keeps its order.
  }];
  let dependentDialects = ["::tc::TCDialect"];
}

#endif
