// RUN: tc-opt --canonicalize --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @compositions
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4xf32>
// CHECK-DAG: tc.transpose %[[X]] [1, 0, 2]
// CHECK-DAG: tc.reshape %[[X]] : (tensor<2x3x4xf32>) -> tensor<24xf32>
// CHECK-DAG: tc.slice %[[X]] [#tc.size<0>, #tc.size<0>, #tc.size<3>] by [1, 1, 2] : (tensor<2x3x4xf32>) -> tensor<2x3x1xf32>
// CHECK-DAG: tc.broadcast %[[X]] : (tensor<2x3x4xf32>) -> tensor<5x7x2x3x4xf32>
// CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[X]]
func.func @compositions(%x: tensor<2x3x4xf32>) -> (tensor<3x2x4xf32>, tensor<24xf32>, tensor<2x3x1xf32>, tensor<5x7x2x3x4xf32>, tensor<2x3x4xf32>) {
  %0 = tc.transpose %x [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %1 = tc.transpose %0 [2, 1, 0] : (tensor<4x2x3xf32>) -> tensor<3x2x4xf32>
  %2 = tc.reshape %x : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  %3 = tc.reshape %2 : (tensor<6x4xf32>) -> tensor<24xf32>
  %4 = tc.slice %x [#tc.size<0>, #tc.size<0>, #tc.size<1>] by [1, 1, 2] : (tensor<2x3x4xf32>) -> tensor<2x3x2xf32>
  %5 = tc.slice %4 [#tc.size<0>, #tc.size<0>, #tc.size<1>] by [1, 1, 1] : (tensor<2x3x2xf32>) -> tensor<2x3x1xf32>
  %6 = tc.broadcast %x : (tensor<2x3x4xf32>) -> tensor<7x2x3x4xf32>
  %7 = tc.broadcast %6 : (tensor<7x2x3x4xf32>) -> tensor<5x7x2x3x4xf32>
  %8 = tc.transpose %0 [1, 2, 0] : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32>
  return %1, %3, %5, %7, %8 : tensor<3x2x4xf32>, tensor<24xf32>, tensor<2x3x1xf32>, tensor<5x7x2x3x4xf32>, tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @constants
// CHECK-DAG: tc.constant dense<{{\[\[}}1, 4], [2, 5], [3, 6]]> : tensor<3x2xi32>
// CHECK-DAG: tc.constant dense<[1, 2, 3, 4, 5, 6]> : tensor<6xi32>
// CHECK-DAG: tc.constant dense<{{\[\[}}4, 6]]> : tensor<1x2xi32>
// CHECK-DAG: tc.constant dense<7> : tensor<5x5xi32>
// CHECK-DAG: tc.constant dense_resource<w> : tensor<8xf32>
// CHECK-DAG: tc.constant dense<9> : tensor<i64>
func.func @constants() -> (tensor<3x2xi32>, tensor<6xi32>, tensor<1x2xi32>, tensor<5x5xi32>, tensor<8xf32>, tensor<i64>) {
  %x = tc.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %0 = tc.transpose %x [1, 0] : (tensor<2x3xi32>) -> tensor<3x2xi32>
  %1 = tc.reshape %x : (tensor<2x3xi32>) -> tensor<6xi32>
  %2 = tc.slice %x [#tc.size<1>, #tc.size<0>] by [1, 2] : (tensor<2x3xi32>) -> tensor<1x2xi32>
  %seven = tc.constant dense<7> : tensor<i32>
  %3 = tc.broadcast %seven : (tensor<i32>) -> tensor<5x5xi32>
  %w = tc.constant dense_resource<w> : tensor<2x4xf32>
  %4 = tc.reshape %w : (tensor<2x4xf32>) -> tensor<8xf32>
  %5 = tc.size <9> : tensor<i64>
  return %0, %1, %2, %3, %4, %5 : tensor<3x2xi32>, tensor<6xi32>, tensor<1x2xi32>, tensor<5x5xi32>, tensor<8xf32>, tensor<i64>
}

// -----

// CHECK-LABEL: func.func @nothing
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[E:.*]]: tensor<0xf32>, %[[P:.*]]: tensor<f32>)
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[X]]
func.func @nothing(%x: tensor<4xf32>, %e: tensor<0xf32>, %p: tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %0 = tc.concat 0, %x, %e : (tensor<4xf32>, tensor<0xf32>) -> tensor<4xf32>
  %1 = tc.pad %x, %p low [#tc.size<0>] high [#tc.size<0>] : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = tc.slice %x [#tc.size<2>] by [1] : (tensor<4xf32>) -> tensor<2xf32>
  %3 = tc.insert_slice %2 into %x [#tc.size<2>] by [1] : (tensor<4xf32>, tensor<2xf32>) -> tensor<4xf32>
  %4 = tc.insert_slice %e into %x [#tc.size<0>] by [1] : (tensor<4xf32>, tensor<0xf32>) -> tensor<4xf32>
  %5 = tc.insert_slice %x into %0 [#tc.size<0>] by [1] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %6 = tc.reduce sum %x over [] : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %1, %3, %4, %5, %6 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Another order, another offset: no fold.
// CHECK-LABEL: func.func @something
// CHECK: tc.transpose
// CHECK: tc.insert_slice
func.func @something(%x: tensor<4xf32>, %y: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<4xf32>) {
  %0 = tc.transpose %y [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = tc.slice %x [#tc.size<2>] by [1] : (tensor<4xf32>) -> tensor<2xf32>
  %2 = tc.insert_slice %1 into %x [#tc.size<1>] by [1] : (tensor<4xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %0, %2 : tensor<3x2xf32>, tensor<4xf32>
}
