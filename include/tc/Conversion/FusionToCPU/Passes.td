// The pass that generates CPU code of kernels.
#ifndef TC_CONVERSION_FUSIONTOCPU_PASSES
#define TC_CONVERSION_FUSIONTOCPU_PASSES

include "mlir/Pass/PassBase.td"

def FusionToCPUPass : Pass<"tc-fusion-to-cpu", "::mlir::ModuleOp"> {
  let summary = "Generate a function for each kernel, with structured loops over vectors";
  let description = [{
    Adds to the module the functions of every `fusion.kernel`, named after the kernel and its number. Kernels that are
    equal but for their operands and name share those of the first. What the runtime must know to launch one is in the attribute `tc.kernel` of its first function. The kernels themselves stay: the host program
    is built from them.

    ```mlir
    %y = fusion.kernel "scale"(%x) schedule <map, parallel = 1, vector = 0, tile = [], grain = 4096> {…}
    ```
    becomes for a target with AVX-512
    ```mlir
    func.func @scale_0(%buffers: !llvm.ptr, %symbols: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr)
        attributes {tc.kernel = {extent = #tc.size<64>, …}} {
      …
      scf.for %i = … {
        %v = llvm.load %p {alignment = 4 : i64} : !llvm.ptr -> vector<16xf32>
        %s = arith.mulf %v, %c : vector<16xf32>
        llvm.store %s, %q {alignment = 4 : i64} : vector<16xf32>, !llvm.ptr
      }
      return
    }
    ```
    The function takes the kernel's buffers, the values of its symbols sorted by name, a range of its units, and scratch memory.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "host, baseline, avx2, avx512 or avx512bf16">,
    Option<"toLLVM", "to-llvm", "bool", "false", "Go on to the LLVM dialect, and leave nothing but the functions">,
  ];
  let statistics = [Statistic<"numKernels", "kernels", "Kernels lowered">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect",
  ];
}

#endif
