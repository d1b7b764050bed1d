// How kernels run.

#ifndef TC_TRANSFORMS_SCHEDULE_PASSES
#define TC_TRANSFORMS_SCHEDULE_PASSES

include "mlir/Pass/PassBase.td"

def PackOperands : Pass<"tc-pack-operands"> {
  let summary = "Lay out the right operands of contractions in column blocks";
  let description = [{
    The operand of a contraction that the result's last dimension comes from is copied, by a kernel of its own, into
    `[others…, column blocks, depth…, columns in a block]`, zero past the last column, so that the inner loop loads whole
    vectors from consecutive memory:

    ```mlir
    %0 = loop.contract (%i, %j : %k) in [128, 100 : 768] { … %b = loop.read %w[%j, %k] : tensor<100x768xf32> -> f32 … }
    ```
    becomes, with blocks of 32,
    ```mlir
    %p = fusion.kernel "pack"(%w) { … loop.map (%n, %k, %r) in [4, 768, 32] … }
    %0 = loop.contract (%i, %j : %k) in [128, 100 : 768] { … %b = loop.read %p[%j floordiv 32, %k, %j mod 32] … }
    ```
    Only constants, and what kernels make of constants alone, are packed, as that happens once; code generation packs
    others block by block within the contraction. Where the last dimension comes from the left operand, the operands change places.
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "512", "Bits of a vector register">,
    Option<"vectorRegisters", "vector-registers", "int64_t", "32", "Number of vector registers">,
    Option<"l2Bytes", "l2-bytes", "int64_t", "2097152", "Bytes of a core's second-level cache">,
  ];
  let statistics = [
    Statistic<"numPacked", "packed", "Operands packed">,
    Statistic<"numSwapped", "swapped", "Contractions whose operands changed places">,
  ];
  let dependentDialects = ["::tc::fusion::FusionDialect", "::tc::loop::LoopDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def GeneralizeSizes : Pass<"tc-generalize-sizes"> {
  let summary = "Compile kernels that run once for any size";
  let description = [{
    What is made of constants alone (folded normalisations, packed weights) runs once, and its sizes are most often all that
    tells such kernels apart: compiling each takes longer than any speed of theirs is worth. Their sizes become symbols of
    the body, named in the order in which the body mentions them, with their values at each kernel:

    ```mlir
    %1 = fusion.kernel "neg"(%c) for {n0 = 64} { ^bb0(%a: tensor<?xf32, #tc.sizes<[n0]>>): … } : (tensor<64xf32>) -> tensor<64xf32>
    ```
    Equal sizes of one kernel are one symbol. Sizes of 1, and others than the first up to 32 (windows, blocks of columns), stay.
  }];
  let statistics = [Statistic<"numGeneralized", "generalized", "Kernels whose sizes became symbols">];
  let dependentDialects = ["::tc::fusion::FusionDialect", "::tc::loop::LoopDialect"];
}

def ScheduleKernels : Pass<"tc-schedule-kernels"> {
  let summary = "Choose how each kernel runs";
  let description = [{
    Gives each `fusion.kernel` that has none a `#fusion.schedule`: its kind, the dimensions that threads share, the
    dimension along which most reads and writes are consecutive as the vector's, the register tile of contractions, and the
    least work worth a thread.
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "512", "Bits of a vector register">,
    Option<"vectorRegisters", "vector-registers", "int64_t", "32", "Number of vector registers">,
    Option<"l2Bytes", "l2-bytes", "int64_t", "2097152", "Bytes of a core's second-level cache">,
  ];
  let dependentDialects = ["::tc::fusion::FusionDialect"];
}

#endif // TC_TRANSFORMS_SCHEDULE_PASSES
