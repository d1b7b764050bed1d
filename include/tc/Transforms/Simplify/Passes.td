// The passes from the primitive form to itself.
#ifndef TC_TRANSFORMS_SIMPLIFY_PASSES
#define TC_TRANSFORMS_SIMPLIFY_PASSES

include "mlir/Pass/PassBase.td"

def SimplifyPass : Pass<"tc-simplify", "::mlir::ModuleOp"> {
  let summary = "Rewrite primitive ops to fewer or cheaper ones";
  let description = [{
    Folds, removes what is dead or computed twice, and applies rewrites that keep every value: broadcasts that elementwise
    ops do by themselves, powers by small numbers, division by powers of two, slices of concatenations, paddings that
    convolutions can do, reductions of reductions.

    ```mlir
    %0 = tc.broadcast %bias : (tensor<8xf32>) -> tensor<4x8xf32>
    %1 = tc.add %x, %0 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
    %2 = tc.pow %1, %two : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %1 = tc.add %x, %bias : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    %2 = tc.mul %1, %1 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::tc::TCDialect"];
}

def CommonSubexpressionsPass : Pass<"tc-cse"> {
  let summary = "Merge equal ops, loops with equal bodies among them";
  let description = [{
    What MLIR's `cse` does within single-block regions, in time in proportion to the module: the hash of an op takes in its
    regions, so that loops over one space are told apart by their bodies.

    ```mlir
    %0 = loop.map (%i) in [64] { %v = loop.read %x[%i] … loop.yield %v : f32 } : tensor<64xf32>
    %1 = loop.map (%i) in [64] { %v = loop.read %x[%i] … loop.yield %v : f32 } : tensor<64xf32>
    return %0, %1 : tensor<64xf32>, tensor<64xf32>
    ```
    becomes
    ```mlir
    %0 = loop.map (%i) in [64] { %v = loop.read %x[%i] … loop.yield %v : f32 } : tensor<64xf32>
    return %0, %0 : tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let statistics = [Statistic<"numMerged", "merged", "Ops that were equal to others, or dead">];
}

def SinkTransposesPass : Pass<"tc-sink-transposes", "::mlir::ModuleOp"> {
  let summary = "Move transposes towards the results until they cancel";
  let description = [{
    A transpose moves below an op if the op can work on the untransposed tensor: elementwise ops whose other operands are
    transposed alike or cost nothing to transpose (scalars, vectors, what is computed from constants), reductions, windows,
    paddings, slices, concatenations. Contractions take transposes of their operands into their indices. Two transposes
    compose, so that a chain of channels-last convolutions ends up with transposes at the graph's edges only. Transposes that
    only move dimensions of size 1 become reshapes.

    ```mlir
    %0 = tc.transpose %x [0, 3, 1, 2] : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
    %1 = tc.add %0, %bias : (tensor<1x8x4x4xf32>, tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32>
    ```
    becomes
    ```mlir
    %0 = tc.reshape %bias : (tensor<8x1x1xf32>) -> tensor<1x1x1x8xf32>
    %1 = tc.add %x, %0 : (tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>) -> tensor<1x4x4x8xf32>
    %2 = tc.transpose %1 [0, 3, 1, 2] : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
    ```
  }];
  let dependentDialects = ["::tc::TCDialect"];
}

def FoldConstantsPass : Pass<"tc-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute with weights ahead of time";
  let description = [{
    Transposes weights, and merges a scale that is computed from constants, such as that of a batch normalisation, into the
    filter of the convolution before it:

    ```mlir
    %0 = tc.convolve %x, %w … : (…) -> tensor<1x8x8x16xf32>
    %1 = tc.mul %0, %scale : (tensor<1x8x8x16xf32>, tensor<16xf32>) -> tensor<1x8x8x16xf32>
    ```
    becomes
    ```mlir
    %s = tc.reshape %scale : (tensor<16xf32>) -> tensor<16x1x1x1xf32>
    %v = tc.mul %w, %s : (tensor<16x3x3x4xf32>, tensor<16x1x1x1xf32>) -> tensor<16x3x3x4xf32>
    %1 = tc.convolve %x, %v …
    ```
    What is computed from constants alone runs once, when the graph is loaded; the results of at most `max-elements` elements
    are constants already here.
  }];
  let options = [
    Option<"maxElements", "max-elements", "int64_t", "4096", "Fold constants of at most this many elements">,
  ];
  let statistics = [
    Statistic<"numScales", "scales", "Scales merged into filters">,
    Statistic<"numFolded", "folded", "Ops on weights folded">,
  ];
  let dependentDialects = ["::tc::TCDialect"];
}

#endif // TC_TRANSFORMS_SIMPLIFY_PASSES
