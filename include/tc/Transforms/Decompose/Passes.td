// The pass from functional to primitive.

#ifndef TC_TRANSFORMS_DECOMPOSE_PASSES
#define TC_TRANSFORMS_DECOMPOSE_PASSES

include "mlir/Pass/PassBase.td"

def DecomposePass : Pass<"tc-decompose", "::mlir::func::FuncOp"> {
  let summary = "Replace tc.aten by typed tc ops";
  let description = [{
    Every `tc.aten` of the functional form becomes the ops of its formula:

    ```mlir
    %y = tc.aten "silu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
    ```
    becomes
    ```mlir
    %one = tc.constant dense<1.0> : tensor<f32>
    %n = tc.neg %x : (tensor<4xf32>) -> tensor<4xf32>
    %e = tc.exp %n : (tensor<4xf32>) -> tensor<4xf32>
    %d = tc.add %one, %e : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
    %y = tc.div %x, %d : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    ```

    Result types are the captured ones: a formula that comes out with another element type is cast, and sizes that are
    equal though written differently are renamed by a `tc.reshape`. Formulas of more than one op compute f16 and bf16
    in f32, as ATen does.

    An op without a formula becomes a `tc.extern` of the same name and arguments; a missed-optimization remark says so, and why
    where there is a formula that does not cover these arguments. Arguments that do not fit the op are errors.
  }];
  let statistics = [
    Statistic<"numDecomposed", "decomposed", "Captured calls replaced by typed ops">,
    Statistic<"numExtern", "extern", "Captured calls left to PyTorch">,
  ];
  let dependentDialects = ["::tc::TCDialect", "::mlir::scf::SCFDialect"];
}

def CheckIndicesPass : Pass<"tc-check-indices", "::mlir::func::FuncOp"> {
  let summary = "End the run where an index is out of range";
  let description = [{
    Kernels take `checked` indices to the nearest one in range, so that they touch no foreign memory. Before each
    `tc.gather` and `tc.scatter` with such indices, all of them are compared with the size of their dimension, and
    `cf.assert` raises what eager mode does. Indices that are positions within the size are not compared, and none is
    twice. GPU programs have no such checks, for which the host would wait for the device.

    ```mlir
    %0 = tc.gather checked %x [0] (%i) : (tensor<10x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
    ```
    gets before it, with the constants named,
    ```mlir
    %1 = tc.compare lt %i, %ten …
    %2 = tc.compare ge %i, %zero …
    %3 = tc.and %1, %2 …
    %4 = tc.reduce all %3 [0] : (tensor<3xi1>) -> tensor<i1>
    %5 = tc.item %4 : (tensor<i1>) -> i1
    cf.assert %5, "IndexError: index is out of bounds for dimension 0 with size 10"
    ```
  }];
  let statistics = [Statistic<"numChecks", "checks", "Indices compared at run time">];
  let dependentDialects = ["::tc::TCDialect", "::mlir::cf::ControlFlowDialect"];
}

def ExpandComplexPass : Pass<"tc-expand-complex", "::mlir::func::FuncOp"> {
  let summary = "Move complex elements as pairs of real ones";
  let description = [{
    Kernels have no complex numbers. Ops that move elements get a last dimension of size 2 for the real and the imaginary
    part, between two reinterpretations of the same memory; conversions from and to real numbers add and cut the imaginary
    part. What else there is of complex arithmetic is in `tc.extern`.

    ```mlir
    %0 = tc.transpose %x [1, 0] : (tensor<4x2xcomplex<f32>>) -> tensor<2x4xcomplex<f32>>
    ```
    becomes
    ```mlir
    %0 = tc.reinterpret %x : (tensor<4x2xcomplex<f32>>) -> tensor<4x2x2xf32>
    %1 = tc.transpose %0 [1, 0, 2] : (tensor<4x2x2xf32>) -> tensor<2x4x2xf32>
    %2 = tc.reinterpret %1 : (tensor<2x4x2xf32>) -> tensor<2x4xcomplex<f32>>
    ```
  }];
  let dependentDialects = ["::tc::TCDialect"];
}

def ExpandFloat8Pass : Pass<"tc-expand-float8", "::mlir::func::FuncOp"> {
  let summary = "Move 8-bit floats as bytes and compute in f32";
  let description = [{
    Kernels have no 8-bit floats. Ops that move elements move bytes, between two reinterpretations of the same memory;
    conversions become formulas on the bits, which round to nearest and even and overflow as PyTorch does (f8E4M3FN to
    its largest number, f8E5M2 to infinity); other ops take and give f32. Other 8-bit formats are refused.

    ```mlir
    %0 = tc.transpose %x [1, 0] : (tensor<4x2xf8E5M2>) -> tensor<2x4xf8E5M2>
    ```
    becomes
    ```mlir
    %0 = tc.reinterpret %x : (tensor<4x2xf8E5M2>) -> tensor<4x2xui8>
    %1 = tc.transpose %0 [1, 0] : (tensor<4x2xui8>) -> tensor<2x4xui8>
    %2 = tc.reinterpret %1 : (tensor<2x4xui8>) -> tensor<2x4xf8E5M2>
    ```
  }];
  let statistics = [Statistic<"numExpanded", "expanded", "Ops on 8-bit floats">];
  let dependentDialects = ["::tc::TCDialect"];
}

#endif // TC_TRANSFORMS_DECOMPOSE_PASSES
