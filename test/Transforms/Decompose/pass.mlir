// RUN: tc-opt %s --tc-decompose | FileCheck %s
// RUN: tc-opt %s --tc-decompose --remarks-filter-missed='tc-decompose' 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// What the pass does with every call, whatever its formula.

// CHECK-LABEL: func @formula
func.func @formula(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK-DAG: %[[HALF:.*]] = tc.constant dense<5.000000e-01>
  // CHECK-DAG: %[[SCALE:.*]] = tc.constant dense<0.707106769>
  // CHECK: tc.erf
  // CHECK-NOT: tc.aten
  %0 = tc.aten "gelu"(%x, "none") : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func @no_formula
func.func @no_formula(%x: tensor<4xf32>) -> tensor<4xf32> {
  // REMARK: "my::op" is left to PyTorch: it has no decomposition
  // CHECK: tc.extern "my::op"(%arg0, [1, none], "text")
  %0 = tc.aten "my::op"(%x, [1, none], "text") : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Arguments outside a formula leave nothing of it behind.
// CHECK-LABEL: func @rejected
func.func @rejected(%x: tensor<4xf32>, %mask: tensor<4xi1>) -> tensor<?xf32, #tc.sizes<[u0]>> {
  // REMARK: "index.Tensor" is left to PyTorch: indices by a mask
  // CHECK-NEXT: tc.extern "index.Tensor"(%arg0, [%arg1])
  // CHECK-NEXT: return
  %0 = tc.aten "index.Tensor"(%x, [%mask]) : (tensor<4xf32>, tensor<4xi1>) -> tensor<?xf32, #tc.sizes<[u0]>>
  return %0 : tensor<?xf32, #tc.sizes<[u0]>>
}

// The captured element type is what comes out; f16 and bf16 are computed in f32.
// CHECK-LABEL: func @reduced_precision
func.func @reduced_precision(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  // CHECK: tc.cast %arg0 : (tensor<4xbf16>) -> tensor<4xf32>
  // CHECK: tc.cast %{{.*}} : (tensor<4xf32>) -> tensor<4xbf16>
  %0 = tc.aten "silu"(%x) : (tensor<4xbf16>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// Sizes that are equal by the capture's guards may be written differently.
// CHECK-LABEL: func @renamed_sizes
func.func @renamed_sizes(%x: tensor<?xf32, #tc.sizes<[s0]>>, %y: tensor<?xf32, #tc.sizes<[s1]>>) -> tensor<?xf32, #tc.sizes<[s1]>> {
  // CHECK: %[[Y:.*]] = tc.reshape %arg1 : {{.*}} -> tensor<?xf32, #tc.sizes<[s0]>>
  // CHECK: %[[SUM:.*]] = tc.add %arg0, %[[Y]]
  // CHECK: tc.reshape %[[SUM]] : {{.*}} -> tensor<?xf32, #tc.sizes<[s1]>>
  %0 = tc.aten "add.Tensor"(%x, %y, 1) : (tensor<?xf32, #tc.sizes<[s0]>>, tensor<?xf32, #tc.sizes<[s1]>>) -> tensor<?xf32, #tc.sizes<[s1]>>
  return %0 : tensor<?xf32, #tc.sizes<[s1]>>
}

// A copying form is the op without the suffix, a default overload the op without a name.
// CHECK-LABEL: func @names
func.func @names(%x: tensor<4x2xf32>) -> tensor<8xf32> {
  // CHECK: tc.reshape
  %0 = tc.aten "view_copy"(%x, [8]) : (tensor<4x2xf32>) -> tensor<8xf32>
  // CHECK: tc.max
  %1 = tc.aten "relu.default"(%0) : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// Prims share the formula of the ATen op of their name; what has no elements needs none.
// CHECK-LABEL: func @prims_and_empty
func.func @prims_and_empty(%x: tensor<4xf32>, %e: tensor<0xf32>) -> (tensor<4xf32>, tensor<0x3xf32>) {
  // CHECK: tc.exp
  %0 = tc.aten "prims::exp"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: tc.broadcast %{{.*}} : (tensor<f32>) -> tensor<0x3xf32>
  %1 = tc.aten "some_op"(%e) : (tensor<0xf32>) -> tensor<0x3xf32>
  return %0, %1 : tensor<4xf32>, tensor<0x3xf32>
}

// Numbers for the host program: a size, and the predicate of a branch.
// CHECK-LABEL: func @items
func.func @items(%n: tensor<i32>, %p: tensor<i1>) -> index {
  // CHECK: %[[C:.*]] = tc.cast %arg0 : (tensor<i32>) -> tensor<i64>
  // CHECK: %[[N:.*]] = tc.item %[[C]] {tc.symbol = "u0"} : (tensor<i64>) -> index
  %0 = tc.aten "_local_scalar_dense"(%n) {tc.symbol = "u0"} : (tensor<i32>) -> index
  // CHECK: tc.item %arg1 : (tensor<i1>) -> i1
  %1 = tc.aten "item"(%p) : (tensor<i1>) -> i1
  // CHECK: return %[[N]]
  return %0 : index
}
