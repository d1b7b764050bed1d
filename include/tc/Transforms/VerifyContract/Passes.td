// The pass that checks what a stage guarantees.
#ifndef TC_TRANSFORMS_VERIFYCONTRACT_PASSES
#define TC_TRANSFORMS_VERIFYCONTRACT_PASSES

include "mlir/Pass/PassBase.td"

def VerifyContractPass : Pass<"tc-verify-contract", "::mlir::ModuleOp"> {
  let summary = "Check that a module has the form that a stage guarantees";
  let description = [{
    Names the first op, or type, that may not occur in the form, which is `captured`, `functional`, `primitive`, `loops` or
    `kernels` (docs/seams.md). With `form=primitive`,
    ```mlir
    %0 = tc.aten "relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
    ```
    is refused with "'tc.aten' (relu) may not occur in the primitive form".
  }];
  let options = [Option<"form", "form", "std::string", "\"\"", "The form: captured, functional, primitive, loops or kernels">];
}

#endif // TC_TRANSFORMS_VERIFYCONTRACT_PASSES
