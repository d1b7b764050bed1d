// RUN: tc-opt %s --tc-to-loop --split-input-file | FileCheck %s

// CHECK-DAG: #[[$AT:.*]] = affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>
// CHECK-LABEL: func @max_pool
// CHECK: loop.reduce [max] (%[[N:.*]], %[[Y:.*]], %[[C:.*]] : %[[R:.*]]) in [1, 4, 16 : 3] {
// CHECK: %[[AT:.*]] = loop.index #[[$AT]](%[[Y]], %[[R]])
// CHECK: arith.cmpi ult, %[[AT]]
// CHECK: scf.if
// CHECK: loop.read %arg0[%{{.*}}, %[[AT]], %[[C]]]
// CHECK: else
// CHECK: arith.constant 0xFF800000 : f32
func.func @max_pool(%x: tensor<1x8x16xf32>) -> tensor<1x4x16xf32> {
  %0 = tc.window max %x window [1, 3, 1] strides [1, 2, 1] low [0, 1, 0] high [0, 1, 0] dilation [1, 1, 1] : (tensor<1x8x16xf32>) -> tensor<1x4x16xf32>
  return %0 : tensor<1x4x16xf32>
}

// -----

// Without padding there is nothing to guard.
// CHECK-LABEL: func @sum_pool
// CHECK-NOT: scf.if
func.func @sum_pool(%x: tensor<1x8x16xf32>) -> tensor<1x4x16xf32> {
  %0 = tc.window sum %x window [1, 2, 1] strides [1, 2, 1] low [0, 0, 0] high [0, 0, 0] dilation [1, 1, 1] : (tensor<1x8x16xf32>) -> tensor<1x4x16xf32>
  return %0 : tensor<1x4x16xf32>
}

// -----

// CHECK-DAG: affine_map<(d0) -> ((d0 floordiv 2) mod 2)>
// CHECK-LABEL: func @arg_pool
// CHECK: loop.arg_reduce [max] ({{.*}} : %{{.*}}) in [1, 4, 4, 16 : 4] {
func.func @arg_pool(%x: tensor<1x8x8x16xf32>) -> (tensor<1x4x4x16xf32>, tensor<1x4x4x16xi64>) {
  %v, %i = tc.arg_window max %x window [1, 2, 2, 1] strides [1, 2, 2, 1] low [0, 0, 0, 0] high [0, 0, 0, 0] dilation [1, 1, 1, 1]
    : (tensor<1x8x8x16xf32>) -> (tensor<1x4x4x16xf32>, tensor<1x4x4x16xi64>)
  return %v, %i : tensor<1x4x4x16xf32>, tensor<1x4x4x16xi64>
}
