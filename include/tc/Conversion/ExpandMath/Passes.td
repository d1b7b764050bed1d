// The pass that writes math functions as polynomials.

#ifndef TC_CONVERSION_EXPANDMATH_PASSES
#define TC_CONVERSION_EXPANDMATH_PASSES

include "mlir/Pass/PassBase.td"

def ExpandMathPass : Pass<"tc-expand-math", "::mlir::ModuleOp"> {
  let summary = "Write math functions as polynomials that vectorise";
  let description = [{
    Replaces `math` operations on scalars and vectors of f32 by polynomial code
    in `arith` that needs no library and keeps every lane in the register:

    ```mlir
    %y = math.exp2 %x : vector<16xf32>
    ```
    becomes
    ```mlir
    %n = arith.subf %t, %magic : vector<16xf32>      // round(x)
    %f = arith.subf %x, %n : vector<16xf32>
    %p = math.fma %f, %c5, %c4 : vector<16xf32>      // … 2^f by Horner's rule
    %y = arith.mulf %p, %scale : vector<16xf32>      // … · 2^n
    ```

    The error is at most 2 ULP for exp, exp2, log, tanh, erf, sin and cos, and
    at most 4 ULP for the others, over all of float32: infinities, NaN, signed
    zeros, denormal arguments and results, and arguments of sin, cos and tan up
    to the largest float. Fast-math flags on the operations are not used.

    - f16 and bf16 are computed in f32.
    - f64 calls libm, once a lane, through functions declared in the module.
    - `absf`, `copysign`, `sqrt`, the classifications and the integer operations
      but `ipowi` are instructions already and stay.
    - `floor`, `ceil`, `trunc`, `round` and `roundeven` stay where `has-round`
      says that they are instructions, `fma` where `has-fma` does.
    - Tensors, and float types other than these, are left alone.
  }];
  let options = [
    Option<"hasFma", "has-fma", "bool", "true",
           "The target has a fused multiply-add; otherwise products are rounded before they are added">,
    Option<"hasRound", "has-round", "bool", "true",
           "The target has rounding instructions (SSE4.1); otherwise rounding is written out">,
  ];
  let statistics = [
    Statistic<"numExpanded", "expanded", "Operations written as polynomials">,
    Statistic<"numCalls", "libm-calls", "Operations on f64 turned into libm calls">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
  ];
}

#endif // TC_CONVERSION_EXPANDMATH_PASSES
