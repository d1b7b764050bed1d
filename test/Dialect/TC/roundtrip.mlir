// RUN: tc-opt %s | tc-opt | FileCheck %s

// CHECK-LABEL: func @captured
// CHECK-SAME: !tc.ref<[s0, 768], f32>
func.func @captured(%x: !tc.ref<[s0, 768], f32>, %w: !tc.ref<[64, 768], f32>) -> !tc.ref<[s0, 64], f32> {
  // CHECK: tc.aten "linear"(%arg0, %arg1, none)
  %y = tc.aten "linear"(%x, %w, none) : (!tc.ref<[s0, 768], f32>, !tc.ref<[64, 768], f32>) -> !tc.ref<[s0, 64], f32>
  // CHECK: tc.aten "mul_.Scalar"(%{{.*}}, 5.000000e-01 : f64)
  %z = tc.aten "mul_.Scalar"(%y, 0.5 : f64) : (!tc.ref<[s0, 64], f32>) -> !tc.ref<[s0, 64], f32>
  // CHECK: tc.aten "view"(%{{.*}}, [#tc.size<s0 * 64>])
  %v = tc.aten "view"(%z, [#tc.size<s0 * 64>]) : (!tc.ref<[s0, 64], f32>) -> !tc.ref<[s0 * 64], f32>
  return %y : !tc.ref<[s0, 64], f32>
}

// CHECK-LABEL: func @item
func.func @item(%n: tensor<i64>, %p: tensor<1xi1>) {
  // CHECK: tc.item %arg0 {tc.symbol = "u0"} : (tensor<i64>) -> index
  %0 = tc.item %n {tc.symbol = "u0"} : (tensor<i64>) -> index
  // CHECK: tc.item %arg1 : (tensor<1xi1>) -> i1
  %1 = tc.item %p : (tensor<1xi1>) -> i1
  return
}

// CHECK-LABEL: func @primitive
func.func @primitive(%x: tensor<?x768xf32, #tc.sizes<[s0, 768]>>, %w: tensor<64x768xf32>) -> tensor<?x64xf32, #tc.sizes<[s0, 64]>> {
  // CHECK: tc.contract %arg0, %arg1 "ik,jk->ij"
  %0 = tc.contract %x, %w "ik,jk->ij" : (tensor<?x768xf32, #tc.sizes<[s0, 768]>>, tensor<64x768xf32>) -> tensor<?x64xf32, #tc.sizes<[s0, 64]>>
  %half = tc.constant dense<0.5> : tensor<f32>
  // CHECK: tc.mul
  %1 = tc.mul %0, %half : (tensor<?x64xf32, #tc.sizes<[s0, 64]>>, tensor<f32>) -> tensor<?x64xf32, #tc.sizes<[s0, 64]>>
  // CHECK: tc.reduce max %{{.*}} over [1]
  %2 = tc.reduce max %1 over [1] : (tensor<?x64xf32, #tc.sizes<[s0, 64]>>) -> tensor<?xf32, #tc.sizes<[s0]>>
  // CHECK: tc.compare lt
  %3 = tc.compare lt %1, %half : (tensor<?x64xf32, #tc.sizes<[s0, 64]>>, tensor<f32>) -> tensor<?x64xi1, #tc.sizes<[s0, 64]>>
  return %1 : tensor<?x64xf32, #tc.sizes<[s0, 64]>>
}

// Products have one form, whatever the order of their factors.
// CHECK-LABEL: func private @products
// CHECK-SAME: !tc.ref<[(s0 * s1) * s1, (s0 * s1) * s1, s1 * (s0 + 1), s1 * (s0 + 1), (s1 * (s0 floordiv 2)) * 4, (s1 * (s0 floordiv 2)) * 4], f32>
func.func private @products(!tc.ref<[s0 * (s1 * s1), s1 * (s1 * s0), (s0 + 1) * s1, s1 * (s0 + 1), (s0 floordiv 2) * s1 * 4, 4 * s1 * (s0 floordiv 2)], f32>)

// The least integer is added: there is no positive one to subtract.
// CHECK-LABEL: func private @least
// CHECK-SAME: !tc.ref<[s0 + -9223372036854775808, s0 - 9223372036854775807], f32>
func.func private @least(!tc.ref<[-9223372036854775808 + s0, s0 - 9223372036854775807], f32>)
