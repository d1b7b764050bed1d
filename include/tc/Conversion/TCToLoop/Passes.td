// The pass from primitive ops to loops.

#ifndef TC_CONVERSION_TCTOLOOP_PASSES
#define TC_CONVERSION_TCTOLOOP_PASSES

include "mlir/Pass/PassBase.td"

def TCToLoop : Pass<"tc-to-loop"> {
  let summary = "Write primitive ops as iteration spaces with scalar bodies";
  let description = [{
    Each primitive op becomes one loop op (now and then two). Views, broadcasts, pads, concats, flips and slices become
    index expressions, guarded where a read may fall outside; `tc.reshape`, `tc.constant` and `tc.extern` stay:

    ```mlir
    %0 = tc.add %x, %b : (tensor<128x768xf32>, tensor<768xf32>) -> tensor<128x768xf32>
    ```
    becomes
    ```mlir
    %0 = loop.map (%i, %j) in [128, 768] {
      %1 = loop.read %x[%i, %j] : tensor<128x768xf32> -> f32
      %2 = loop.read %b[%j] : tensor<768xf32> -> f32
      %3 = arith.addf %1, %2 : f32
      loop.yield %3 : f32
    } : tensor<128x768xf32>
    ```
    f16 and bf16 are computed in f32. Sums of products, convolutions too, are `loop.contract`; only depthwise
    convolutions, which contract over nothing, are `loop.reduce`.
  }];
  let dependentDialects = ["::tc::loop::LoopDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // TC_CONVERSION_TCTOLOOP_PASSES
