// RUN: tc-opt %s --tc-expand-complex --canonicalize | FileCheck %s

// Chains stay on parts.
// CHECK-LABEL: func @moves
// CHECK: %[[P:.*]] = tc.reinterpret %arg0 : (tensor<4x2xcomplex<f32>>) -> tensor<4x2x2xf32>
// CHECK: %[[T:.*]] = tc.transpose %[[P]] [1, 0, 2]
// CHECK: %[[S:.*]] = tc.slice %[[T]] [#tc.size<1>, #tc.size<1>, #tc.size<0>] by [1, 2, 1] : (tensor<2x4x2xf32>) -> tensor<1x2x2xf32>
// CHECK: %[[R:.*]] = tc.reinterpret %[[S]] : (tensor<1x2x2xf32>) -> tensor<1x2xcomplex<f32>>
// CHECK: return %[[R]]
func.func @moves(%x: tensor<4x2xcomplex<f32>>) -> tensor<1x2xcomplex<f32>> {
  %0 = tc.transpose %x [1, 0] : (tensor<4x2xcomplex<f32>>) -> tensor<2x4xcomplex<f32>>
  %1 = tc.slice %0 [#tc.size<1>, #tc.size<1>] by [1, 2] : (tensor<2x4xcomplex<f32>>) -> tensor<1x2xcomplex<f32>>
  return %1 : tensor<1x2xcomplex<f32>>
}

// CHECK-LABEL: func @casts
// CHECK: %[[RE:.*]] = tc.reshape %arg0 : (tensor<3xf32>) -> tensor<3x1xf32>
// CHECK: %[[C:.*]] = tc.concat 1, %[[RE]], %{{.*}} :
// CHECK: tc.reinterpret %[[C]] : (tensor<3x2xf32>) -> tensor<3xcomplex<f32>>
func.func @casts(%x: tensor<3xf32>) -> tensor<3xcomplex<f32>> {
  %0 = tc.cast %x : (tensor<3xf32>) -> tensor<3xcomplex<f32>>
  return %0 : tensor<3xcomplex<f32>>
}

// Real tensors and calls back are left alone.
// CHECK-LABEL: func @others
// CHECK-NEXT: tc.extern
// CHECK-NEXT: tc.transpose %arg0
// CHECK-NEXT: return
func.func @others(%x: tensor<4x2xf32>, %z: tensor<2xcomplex<f32>>) -> (tensor<2xcomplex<f32>>, tensor<2x4xf32>) {
  %0 = tc.extern "my::op"(%z) : (tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>
  %1 = tc.transpose %x [1, 0] : (tensor<4x2xf32>) -> tensor<2x4xf32>
  return %0, %1 : tensor<2xcomplex<f32>>, tensor<2x4xf32>
}
