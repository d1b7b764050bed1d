// RUN: tc-opt --tc-simplify --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @broadcasts
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>, %[[B:.*]]: tensor<8xf32>, %[[C:.*]]: tensor<8xf32>)
// CHECK-DAG: tc.add %[[X]], %[[B]] : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
// A splat operand is a scalar.
// CHECK-DAG: %[[TWO:.*]] = tc.constant dense<2.000000e+00> : tensor<f32>
// CHECK-DAG: tc.max %[[X]], %[[TWO]]
// What is repeated in all operands is computed once.
// CHECK-DAG: %[[S:.*]] = tc.mul %[[B]], %[[C]] : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
// CHECK-DAG: tc.broadcast %[[S]] : (tensor<8xf32>) -> tensor<4x8xf32>
func.func @broadcasts(%x: tensor<4x8xf32>, %b: tensor<8xf32>, %c: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = tc.reshape %b : (tensor<8xf32>) -> tensor<1x8xf32>
  %1 = tc.broadcast %0 : (tensor<1x8xf32>) -> tensor<4x8xf32>
  %2 = tc.add %x, %1 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %two = tc.constant dense<2.0> : tensor<4x8xf32>
  %3 = tc.max %x, %two : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %4 = tc.broadcast %c : (tensor<8xf32>) -> tensor<4x8xf32>
  %5 = tc.mul %1, %4 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %2, %3, %5 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// The broadcast that gives the result its size stays.
// CHECK-LABEL: func.func @needed_broadcast
// CHECK: %[[E:.*]] = tc.exp %arg0 : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: tc.broadcast %[[E]] : (tensor<8xf32>) -> tensor<4x8xf32>
func.func @needed_broadcast(%b: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = tc.broadcast %b : (tensor<8xf32>) -> tensor<4x8xf32>
  %1 = tc.exp %0 : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: func.func @arithmetic
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>, %[[P:.*]]: tensor<4xi1>)
// CHECK-DAG: %[[Q:.*]] = tc.constant dense<2.500000e-01> : tensor<f32>
// CHECK-DAG: tc.mul %[[X]], %[[Q]]
// CHECK-DAG: tc.mul %[[X]], %[[X]]
// CHECK-DAG: tc.sqrt %[[X]]
// CHECK-DAG: tc.neg %[[X]]
// CHECK-DAG: tc.sub %[[Y]], %[[X]]
// CHECK-DAG: tc.select %[[P]], %[[Y]], %[[X]]
func.func @arithmetic(%x: tensor<4xf32>, %y: tensor<4xf32>, %p: tensor<4xi1>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %four = tc.constant dense<4.0> : tensor<f32>
  %two = tc.constant dense<2.0> : tensor<f32>
  %half = tc.constant dense<0.5> : tensor<f32>
  %minus = tc.constant dense<-1.0> : tensor<f32>
  %0 = tc.div %x, %four : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = tc.pow %x, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = tc.pow %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = tc.mul %x, %minus : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = tc.add %3, %y : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = tc.not %p : (tensor<4xi1>) -> tensor<4xi1>
  %6 = tc.select %5, %x, %y : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0, %1, %2, %3, %4, %6 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// 1/3 and 1/inf are not exact; 2.5 has no short form.
// CHECK-LABEL: func.func @exact_only
// CHECK: tc.div
// CHECK: tc.pow
func.func @exact_only(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %three = tc.constant dense<3.0> : tensor<f32>
  %a = tc.constant dense<2.5> : tensor<f32>
  %0 = tc.div %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = tc.pow %x, %a : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @slices
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<6xf32>, %[[Z:.*]]: tensor<f32>)
// CHECK-DAG: tc.slice %[[Y]] [#tc.size<1>] by [2] : (tensor<6xf32>) -> tensor<2xf32>
// CHECK-DAG: tc.slice %[[X]] [#tc.size<2>] by [1] : (tensor<4xf32>) -> tensor<2xf32>
// A slice that spans two inputs stays.
// CHECK-DAG: tc.slice %{{.*}} [#tc.size<3>] by [1] : (tensor<10xf32>) -> tensor<2xf32>
// Neighbouring slices put together give the tensor.
// CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %[[Y]]
func.func @slices(%x: tensor<4xf32>, %y: tensor<6xf32>, %z: tensor<f32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<6xf32>) {
  %c = tc.concat 0, %x, %y : (tensor<4xf32>, tensor<6xf32>) -> tensor<10xf32>
  %0 = tc.slice %c [#tc.size<5>] by [2] : (tensor<10xf32>) -> tensor<2xf32>
  %p = tc.pad %x, %z low [#tc.size<1>] high [#tc.size<3>] : (tensor<4xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = tc.slice %p [#tc.size<3>] by [1] : (tensor<8xf32>) -> tensor<2xf32>
  %2 = tc.slice %c [#tc.size<3>] by [1] : (tensor<10xf32>) -> tensor<2xf32>
  %a = tc.slice %y [#tc.size<0>] by [1] : (tensor<6xf32>) -> tensor<2xf32>
  %b = tc.slice %y [#tc.size<2>] by [1] : (tensor<6xf32>) -> tensor<4xf32>
  %3 = tc.concat 0, %a, %b : (tensor<2xf32>, tensor<4xf32>) -> tensor<6xf32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<6xf32>
}

// -----

// CHECK-LABEL: func.func @inserted
// CHECK-SAME: (%[[X:.*]]: tensor<8xf32>, %[[A:.*]]: tensor<2xf32>, %[[B:.*]]: tensor<2xf32>)
// CHECK-DAG: %[[U:.*]] = tc.slice %[[X]] [#tc.size<4>] by [1]
// CHECK-DAG: %[[W:.*]] = tc.insert_slice %[[B]] into %[[X]] [#tc.size<0>] by [1]
// CHECK: return %[[A]], %[[U]], %[[W]]
func.func @inserted(%x: tensor<8xf32>, %a: tensor<2xf32>, %b: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<8xf32>) {
  %0 = tc.insert_slice %a into %x [#tc.size<0>] by [1] : (tensor<8xf32>, tensor<2xf32>) -> tensor<8xf32>
  %1 = tc.slice %0 [#tc.size<0>] by [1] : (tensor<8xf32>) -> tensor<2xf32>
  %2 = tc.slice %0 [#tc.size<4>] by [1] : (tensor<8xf32>) -> tensor<2xf32>
  %3 = tc.insert_slice %b into %0 [#tc.size<0>] by [1] : (tensor<8xf32>, tensor<2xf32>) -> tensor<8xf32>
  return %1, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @compute
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x6x8xf32>, %[[F:.*]]: tensor<8x3x3x8xf32>)
// CHECK-DAG: tc.reduce max %[[R:.*]] over [0, 1, 2] : (tensor<4x6x8xf32>) -> tensor<f32>
// CHECK-DAG: tc.convolve %[[X]], %[[F]] strides [1, 1] low [1, 2] high [1, 2]
func.func @compute(%x: tensor<1x4x6x8xf32>, %f: tensor<8x3x3x8xf32>) -> (tensor<f32>, tensor<1x4x8x8xf32>) {
  %0 = tc.reduce max %x over [1, 3] : (tensor<1x4x6x8xf32>) -> tensor<1x6xf32>
  %1 = tc.reduce max %0 over [0, 1] : (tensor<1x6xf32>) -> tensor<f32>
  %zero = tc.constant dense<0.0> : tensor<f32>
  %2 = tc.pad %x, %zero low [#tc.size<0>, #tc.size<1>, #tc.size<1>, #tc.size<0>] high [#tc.size<0>, #tc.size<1>, #tc.size<1>, #tc.size<0>] : (tensor<1x4x6x8xf32>, tensor<f32>) -> tensor<1x6x8x8xf32>
  %3 = tc.convolve %2, %f strides [1, 1] low [0, 1] high [0, 1] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x6x8x8xf32>, tensor<8x3x3x8xf32>) -> tensor<1x4x8x8xf32>
  return %1, %3 : tensor<f32>, tensor<1x4x8x8xf32>
}
