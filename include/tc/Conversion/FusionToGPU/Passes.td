// The pass that generates GPU code of kernels.
#ifndef TC_CONVERSION_FUSIONTOGPU_PASSES
#define TC_CONVERSION_FUSIONTOGPU_PASSES

include "mlir/Pass/PassBase.td"

def FusionToGPUPass : Pass<"tc-fusion-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Generate NVVM for each kernel";
  let description = [{
    Replaces the contents of the module by the kernel functions of every `fusion.kernel`, named after the kernel and its
    number. Kernels that are equal but for their operands and name share those of the first. What the runtime must know to launch one is in the attribute `tc.launch` of the function; the module's
    `tc.target` names the GPU, for `tc-translate --nvvm-to-ptx`.

    ```mlir
    %y = fusion.kernel "scale"(%x) schedule <map, parallel = 1, vector = 0, tile = [], grain = 4096> {…}
    ```
    becomes
    ```mlir
    llvm.func @scale_0(%x: !llvm.ptr<1> {llvm.noalias, …}, %y: !llvm.ptr<1> {llvm.noalias, …})
        attributes {nvvm.kernel, nvvm.reqntid = array<i32: 256, 1, 1>, tc.launch = {block = [256, 1, 1], grid = [#tc.size<64>, …], …}} {
      %thread = nvvm.read.ptx.sreg.tid.x : i32
      …
      %v = llvm.load %p invariant {alignment = 4 : i64} : !llvm.ptr<1> -> f32
      …
    }
    ```
    A thread of a `map` computes up to 16 bytes of neighbouring elements. A row of a `row` kernel is computed by a thread, a
    warp or a block, whichever suits its length; values between the ops are recomputed rather than stored, which costs
    nothing where rows are short enough for the registers. Contractions of bf16 and f16 run on tensor cores, of f32 on FMA.
  }];
  let options = [Option<"target", "target", "std::string", "\"sm_80\"", "sm_80, sm_90a or sm_120">,
                 Option<"allowTF32", "allow-tf32", "bool", "false", "Contractions of f32 may use TF32 tensor cores">,
                 Option<"deterministic", "deterministic", "bool", "false", "Scatters combine floats in order">];
  let statistics = [Statistic<"numKernels", "kernels", "Kernels lowered">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::cf::ControlFlowDialect", "::mlir::vector::VectorDialect",
  ];
}

#endif
