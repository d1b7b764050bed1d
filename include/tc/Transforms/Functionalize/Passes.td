// The pass from the as-captured to the functional form.
#ifndef TC_TRANSFORMS_FUNCTIONALIZE_PASSES
#define TC_TRANSFORMS_FUNCTIONALIZE_PASSES

include "mlir/Pass/PassBase.td"

def FunctionalizePass : Pass<"tc-functionalize", "::mlir::ModuleOp"> {
  let summary = "Turn mutable, aliasing tensors into values";
  let description = [{
    Removes `!tc.ref`: each storage has a current tensor value, each reference is a chain of view steps from a storage.
    A read regenerates the reference's value when the storage was written since; a write computes the functional form of
    the op and goes back to the storage through the inverses of the steps:

    ```mlir
    func.func @main(%x: !tc.ref<[4, 2], f32>) -> !tc.ref<[8], f32> {
      %v = tc.aten "view"(%x, [8]) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[8], f32>
      %y = tc.aten "add_.Scalar"(%x, 1, 1) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[4, 2], f32>
      return %v : !tc.ref<[8], f32>
    }
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<4x2xf32>) -> (tensor<8xf32>, tensor<4x2xf32> {tc.mutates = 0}) {
      %0 = tc.aten "add.Scalar"(%x, 1, 1) : (tensor<4x2xf32>) -> tensor<4x2xf32>
      %1 = tc.reshape %0 : (tensor<4x2xf32>) -> tensor<8xf32>
      return %1, %0 : tensor<8xf32>, tensor<4x2xf32>
    }
    ```

    What an op mutates and aliases is read off its schema in the registry, or, for custom ops, in the module's attribute
    `tc.schemas = ["ns::op(Tensor(a!) x) -> ()"]`. A custom op that mutates and has no functional variant becomes a
    `tc.extern` with the arguments' new values as further results. Mutated arguments of the function become further results
    with the attribute `tc.mutates`; results that share the storage of an argument or of another result get `tc.view`.
  }];
  let statistics = [
    Statistic<"numViews", "views", "Views turned into shape ops">,
    Statistic<"numWrites", "writes", "Writes to a tensor that became values">,
  ];
  let dependentDialects = ["::tc::TCDialect", "::mlir::scf::SCFDialect"];
}

#endif // TC_TRANSFORMS_FUNCTIONALIZE_PASSES
