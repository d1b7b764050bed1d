// From loops to kernels.

#ifndef TC_TRANSFORMS_FUSE_PASSES
#define TC_TRANSFORMS_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def AlignEpilogues : Pass<"tc-align-epilogues"> {
  let summary = "Write maps that read a contraction through a reshape over the contraction's space";
  let description = [{
    A map that reads a contraction (or a map that does) point by point, but through a `tc.reshape`, is rewritten over the
    contraction's own sizes, and its result reshaped instead; a map that only permutes a contraction's result, with the
    columns still last, becomes part of the contraction:

    ```mlir
    %r = tc.reshape %contract : (tensor<128x768xf32>) -> tensor<2x64x768xf32>
    %y = loop.map (%b, %s, %o) in [2, 64, 768] { … %r[%b, %s, %o] + %x[%b, %s, %o] … }
    ```
    becomes
    ```mlir
    %v = tc.reshape %x : (tensor<2x64x768xf32>) -> tensor<128x768xf32>
    %0 = loop.map (%m, %o) in [128, 768] { … %contract[%m, %o] + %v[%m, %o] … }
    %y = tc.reshape %0 : (tensor<128x768xf32>) -> tensor<2x64x768xf32>
    ```
  }];
  let statistics = [
    Statistic<"numAligned", "aligned", "Maps written over a contraction's space">,
    Statistic<"numAbsorbed", "absorbed", "Permutations that contractions do themselves">,
  ];
  let dependentDialects = ["::tc::loop::LoopDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

def AlignRows : Pass<"tc-align-rows"> {
  let summary = "Write maps around a reduction over the reduction's dimensions, in its order";
  let description = [{
    A map that a reduction reads with its dimensions in another order, and a map that reads a reduction's result by other
    than its first dimensions, gets its dimensions in the reduction's order: the rows come first, and all can be one
    kernel, as in a softmax over any but the last dimension. `tc.transpose` of the result keeps the order in memory.

    ```mlir
    %m = loop.reduce [max] (%c : %r) in [64 : 10] { … %x[%r, %c] … } : tensor<64xf32>
    %y = loop.map (%r, %c) in [10, 64] { … %x[%r, %c] … %m[%c] … } : tensor<10x64xf32>
    ```
    becomes
    ```mlir
    %m = loop.reduce [max] (%c : %r) in [64 : 10] { … %x[%r, %c] … } : tensor<64xf32>
    %0 = loop.map (%c, %r) in [64, 10] { … %x[%r, %c] … %m[%c] … } : tensor<64x10xf32>
    %y = tc.transpose %0 [1, 0] : (tensor<64x10xf32>) -> tensor<10x64xf32>
    ```
    Maps that a contraction can compute, and those that reductions read in several orders, stay as they are.
    tc-form-kernels takes the transpositions into kernels, and undoes what did not come together.
  }];
  let statistics = [
    Statistic<"numPermuted", "permuted", "Maps written in a reduction's order">,
  ];
  let dependentDialects = ["::tc::TCDialect", "::tc::loop::LoopDialect"];
}

def SplitReductions : Pass<"tc-split-reductions"> {
  let summary = "Reduce to a few elements in two steps, the first of which has parallel parts";
  let description = [{
    A reduction with less than `min-parallel` results is a row or a few, one a thread. If it has many points, each row is
    divided into blocks of about `block-points`, which are reduced first, then their results:

    ```mlir
    %m = loop.reduce [sum] ( : %k) in [ : 1048576] { … %x[%k] … } : tensor<f32>
    ```
    becomes
    ```mlir
    %p = loop.reduce [sum] (%b : %i) in [32 : 32768] { … %x[%b * 32768 + %i] … } : tensor<32xf32>
    %m = loop.reduce [sum] ( : %b) in [ : 32] { … %p[%b] … } : tensor<f32>
    ```
    Outer reduced dimensions are parallel as they are. Blocks depend on sizes alone, so that results are the same for any
    number of threads. Sizes that are not constants are not divided.
  }];
  let options = [
    Option<"minParallel", "min-parallel", "int64_t", "8", "Results from which on a reduction stays as it is">,
    Option<"blockPoints", "block-points", "int64_t", "32768", "Most points of a block">,
  ];
  let statistics = [
    Statistic<"numSplit", "split", "Reductions split">,
  ];
  let dependentDialects = ["::tc::loop::LoopDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def InlineLoops : Pass<"tc-inline-loops"> {
  let summary = "Put maps into the bodies that read them";
  let description = [{
    A map that is read by one loop op only, or that is so cheap that it may be computed anew by each reader, is put into
    the readers' bodies at the indices they read; views become index expressions of what is really read:

    ```mlir
    %t = loop.map (%i, %j) in [64, 32] { %v = loop.read %x[%j, %i] … loop.yield %v : f32 } : tensor<64x32xf32>
    %r = loop.map (%i, %j) in [64, 32] { %v = loop.read %t[%i, %j] … %e = math.exp %v : f32 … } : tensor<64x32xf32>
    ```
    becomes
    ```mlir
    %r = loop.map (%i, %j) in [64, 32] { %v = loop.read %x[%j, %i] … %e = math.exp %v : f32 … } : tensor<64x32xf32>
    ```
    Reads of splat constants become constants, and reads of `tc.reshape` reads of its operand where that takes no
    division. A map that chooses between an element and zero by its indices, as a triangle does, becomes a read under a
    guard if contractions read it. What stays: maps that would make a body of more than 256 ops, maps with dear bodies and several readers,
    maps that a contraction would compute again and again (it takes only moves: index expressions, a guard that gives
    0), and maps that can run as the epilogue of a contraction.
  }];
  let statistics = [
    Statistic<"numInlined", "inlined", "Maps put into all their readers">,
    Statistic<"numKept", "kept", "Maps with readers that stay">,
  ];
  let dependentDialects = ["::tc::loop::LoopDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

def FormKernels : Pass<"tc-form-kernels"> {
  let summary = "Group loop ops into kernels";
  let description = [{
    Loop ops that share their leading parallel dimensions and read one another only at the same point of these become one
    `fusion.kernel`: chains and siblings of maps, reductions with what they reduce and with what reads them (a softmax or
    a layer norm is one kernel), a contraction with its epilogue. Scans, scatters and sorts are kernels of their own. Within
    a kernel, maps over one space become one map.

    A merge is refused if it would make a cycle, hold more than 48 loop ops or 1024 ops in their bodies, leave less
    than `min-parallel` points to run in parallel, or keep more than `row-bytes` of values between the ops of a row.
    The reasons that were met are listed, as strings, in the kernel's attribute `not_fused`.
  }];
  let options = [
    Option<"rowBytes", "row-bytes", "int64_t", "262144", "Most bytes that the ops of a row may keep for one another">,
    Option<"minParallel", "min-parallel", "int64_t", "8", "Least number of rows worth a kernel of rows">,
    Option<"reasons", "reasons", "bool", "true", "Write down why kernels were not merged">,
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "Kernels made">,
    Statistic<"numFused", "fused", "Loop ops that are in a kernel with others">,
    Statistic<"numRefused", "refused", "Merges that were refused">,
  ];
  let dependentDialects = ["::tc::fusion::FusionDialect", "::tc::loop::LoopDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // TC_TRANSFORMS_FUSE_PASSES
