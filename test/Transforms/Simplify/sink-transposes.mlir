// RUN: tc-opt --tc-sink-transposes --split-input-file %s | FileCheck %s

// A residual block of channels-last convolutions keeps transposes at its ends only.
// CHECK-LABEL: func.func @residual
// CHECK-SAME: (%[[X:.*]]: tensor<1x8x4x4xf32>, %[[F:.*]]: tensor<8x3x3x8xf32>, %[[B:.*]]: tensor<8xf32>)
// CHECK: %[[T:.*]] = tc.transpose %[[X]] [0, 2, 3, 1]
// CHECK-NOT: tc.transpose
// CHECK: %[[C:.*]] = tc.convolve %[[T]], %[[F]]
// CHECK: %[[R:.*]] = tc.reshape %[[B]] : (tensor<8xf32>) -> tensor<1x1x1x8xf32>
// CHECK: %[[S:.*]] = tc.mul %[[C]], %[[R]] : (tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>) -> tensor<1x4x4x8xf32>
// CHECK: %[[E:.*]] = tc.exp %[[S]]
// CHECK: %[[D:.*]] = tc.convolve %[[E]], %[[F]]
// CHECK: %[[A:.*]] = tc.add %[[D]], %[[E]]
// CHECK: %[[O:.*]] = tc.transpose %[[A]] [0, 3, 1, 2]
// CHECK: return %[[O]]
func.func @residual(%x: tensor<1x8x4x4xf32>, %f: tensor<8x3x3x8xf32>, %b: tensor<8xf32>) -> tensor<1x8x4x4xf32> {
  %0 = tc.transpose %x [0, 2, 3, 1] : (tensor<1x8x4x4xf32>) -> tensor<1x4x4x8xf32>
  %1 = tc.convolve %0, %f strides [1, 1] low [1, 1] high [1, 1] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x4x4x8xf32>, tensor<8x3x3x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = tc.transpose %1 [0, 3, 1, 2] : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
  %3 = tc.reshape %b : (tensor<8xf32>) -> tensor<8x1x1xf32>
  %4 = tc.mul %2, %3 : (tensor<1x8x4x4xf32>, tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32>
  %5 = tc.exp %4 : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %6 = tc.transpose %5 [0, 2, 3, 1] : (tensor<1x8x4x4xf32>) -> tensor<1x4x4x8xf32>
  %7 = tc.convolve %6, %f strides [1, 1] low [1, 1] high [1, 1] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x4x4x8xf32>, tensor<8x3x3x8xf32>) -> tensor<1x4x4x8xf32>
  %8 = tc.transpose %7 [0, 3, 1, 2] : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
  %9 = tc.add %8, %5 : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  return %9 : tensor<1x8x4x4xf32>
}

// -----

// Another operand would have to be transposed instead: nothing is won.
// CHECK-LABEL: func.func @dear
// CHECK: %[[T:.*]] = tc.transpose %arg0
// CHECK: tc.add %[[T]], %arg1
func.func @dear(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = tc.transpose %x [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %1 = tc.add %0, %y : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// -----

// But a transpose of the result pays for it.
// CHECK-LABEL: func.func @paid
// CHECK: %[[T:.*]] = tc.transpose %arg1 [1, 0]
// CHECK: %[[A:.*]] = tc.add %arg0, %[[T]] : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
// CHECK: return %[[A]]
func.func @paid(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>) -> tensor<4x8xf32> {
  %0 = tc.transpose %x [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %1 = tc.add %0, %y : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  %2 = tc.transpose %1 [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----

// An operand of lower rank: its permutation is of the last dimensions.
// CHECK-LABEL: func.func @lower_rank
// CHECK: %[[C:.*]] = tc.constant
// CHECK: %[[A:.*]] = tc.mul %arg0, %{{.*}} : (tensor<2x4x3xf32>, tensor<2x1x1xf32>) -> tensor<2x4x3xf32>
// CHECK: tc.transpose %[[A]] [0, 2, 1]
func.func @lower_rank(%x: tensor<2x4x3xf32>) -> tensor<2x3x4xf32> {
  %c = tc.constant dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>
  %0 = tc.transpose %x [0, 2, 1] : (tensor<2x4x3xf32>) -> tensor<2x3x4xf32>
  %1 = tc.mul %0, %c : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @shape_ops
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x?xf32, #tc.sizes<[2, 3, s0]>>, %[[Z:.*]]: tensor<f32>)
// CHECK: tc.slice %[[X]] [#tc.size<0>, #tc.size<1>, #tc.size<0>] by [1, 1, 1] {{.*}} -> tensor<2x2x?xf32, #tc.sizes<[2, 2, s0]>>
// CHECK: tc.pad %{{.*}}, %[[Z]] low [#tc.size<0>, #tc.size<0>, #tc.size<1>] high [#tc.size<0>, #tc.size<0>, #tc.size<0>]
// CHECK: tc.reverse %{{.*}} [1]
// CHECK: %[[C:.*]] = tc.concat 2
// CHECK: %[[T:.*]] = tc.transpose %[[C]] [2, 0, 1]
// CHECK: return %[[T]]
func.func @shape_ops(%x: tensor<2x3x?xf32, #tc.sizes<[2, 3, s0]>>, %z: tensor<f32>) -> tensor<?x2x2xf32, #tc.sizes<[s0 * 2 + 2, 2, 2]>> {
  %0 = tc.transpose %x [2, 0, 1] : (tensor<2x3x?xf32, #tc.sizes<[2, 3, s0]>>) -> tensor<?x2x3xf32, #tc.sizes<[s0, 2, 3]>>
  %1 = tc.slice %0 [#tc.size<0>, #tc.size<0>, #tc.size<1>] by [1, 1, 1] : (tensor<?x2x3xf32, #tc.sizes<[s0, 2, 3]>>) -> tensor<?x2x2xf32, #tc.sizes<[s0, 2, 2]>>
  %2 = tc.pad %1, %z low [#tc.size<1>, #tc.size<0>, #tc.size<0>] high [#tc.size<0>, #tc.size<0>, #tc.size<0>] : (tensor<?x2x2xf32, #tc.sizes<[s0, 2, 2]>>, tensor<f32>) -> tensor<?x2x2xf32, #tc.sizes<[s0 + 1, 2, 2]>>
  %3 = tc.reverse %2 [2] : (tensor<?x2x2xf32, #tc.sizes<[s0 + 1, 2, 2]>>) -> tensor<?x2x2xf32, #tc.sizes<[s0 + 1, 2, 2]>>
  %4 = tc.concat 0, %2, %3 : (tensor<?x2x2xf32, #tc.sizes<[s0 + 1, 2, 2]>>, tensor<?x2x2xf32, #tc.sizes<[s0 + 1, 2, 2]>>) -> tensor<?x2x2xf32, #tc.sizes<[s0 * 2 + 2, 2, 2]>>
  return %4 : tensor<?x2x2xf32, #tc.sizes<[s0 * 2 + 2, 2, 2]>>
}

// -----

// CHECK-LABEL: func.func @compute_ops
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4x5xf32>
// Global pooling and flattening of transposed dimensions.
// CHECK-DAG: tc.reduce sum %[[X]] over [1, 2] : (tensor<2x3x4x5xf32>) -> tensor<2x5xf32>
// CHECK-DAG: %[[R:.*]] = tc.reduce max %[[X]] over [0] : (tensor<2x3x4x5xf32>) -> tensor<3x4x5xf32>
// CHECK-DAG: tc.transpose %[[R]] [2, 0, 1] : (tensor<3x4x5xf32>) -> tensor<5x3x4xf32>
// CHECK-DAG: tc.window max %[[X]] window [1, 2, 2, 1] strides [1, 2, 2, 1] low [0, 1, 0, 0] high [0, 0, 0, 0]
// CHECK-DAG: tc.scan sum %[[X]] along 3
func.func @compute_ops(%x: tensor<2x3x4x5xf32>) -> (tensor<2x5xf32>, tensor<5x3x4xf32>, tensor<2x5x2x2xf32>, tensor<2x5x3x4xf32>) {
  %0 = tc.transpose %x [0, 3, 1, 2] : (tensor<2x3x4x5xf32>) -> tensor<2x5x3x4xf32>
  %1 = tc.reduce sum %0 over [2, 3] : (tensor<2x5x3x4xf32>) -> tensor<2x5xf32>
  %2 = tc.reduce max %0 over [0] : (tensor<2x5x3x4xf32>) -> tensor<5x3x4xf32>
  %3 = tc.window max %0 window [1, 1, 2, 2] strides [1, 1, 2, 2] low [0, 0, 1, 0] high [0, 0, 0, 0] dilation [1, 1, 1, 1] : (tensor<2x5x3x4xf32>) -> tensor<2x5x2x2xf32>
  %4 = tc.scan sum %0 along 1 : (tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32>
  return %1, %2, %3, %4 : tensor<2x5xf32>, tensor<5x3x4xf32>, tensor<2x5x2x2xf32>, tensor<2x5x3x4xf32>
}

// -----

// Contractions take any order of their operands' dimensions, and give any that keeps the last one.
// CHECK-LABEL: func.func @contract
// CHECK: %[[C:.*]] = tc.contract %arg0, %arg1 "bshd,bthd->bhst"
// CHECK: %[[D:.*]] = tc.contract %[[C]], %arg1 "bhst,bthd->bshd"
// CHECK: return %[[D]]
func.func @contract(%q: tensor<2x5x3x4xf32>, %k: tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32> {
  %0 = tc.transpose %q [0, 2, 1, 3] : (tensor<2x5x3x4xf32>) -> tensor<2x3x5x4xf32>
  %1 = tc.transpose %k [0, 2, 1, 3] : (tensor<2x5x3x4xf32>) -> tensor<2x3x5x4xf32>
  %2 = tc.contract %0, %1 "bhsd,bhtd->bhst" : (tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>) -> tensor<2x3x5x5xf32>
  %3 = tc.contract %2, %1 "bhst,bhtd->bhsd" : (tensor<2x3x5x5xf32>, tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32>
  %4 = tc.transpose %3 [0, 2, 1, 3] : (tensor<2x3x5x4xf32>) -> tensor<2x5x3x4xf32>
  return %4 : tensor<2x5x3x4xf32>
}

// -----

// The last dimension of a contraction's result stays last.
// CHECK-LABEL: func.func @not_into_result
// CHECK: tc.contract
// CHECK: tc.transpose
func.func @not_into_result(%x: tensor<4x8xf32>, %y: tensor<8x2xf32>) -> tensor<2x4xf32> {
  %0 = tc.contract %x, %y "ik,kj->ij" : (tensor<4x8xf32>, tensor<8x2xf32>) -> tensor<4x2xf32>
  %1 = tc.transpose %0 [1, 0] : (tensor<4x2xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func.func @reshapes
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x8xf32>, %[[Y:.*]]: tensor<4x8xf32>)
// A transpose of a unit dimension is a reshape.
// CHECK-DAG: tc.reshape %[[X]] : (tensor<1x4x8xf32>) -> tensor<4x1x8xf32>
// Reshapes that add unit dimensions come first.
// CHECK-DAG: %[[R:.*]] = tc.reshape %[[Y]] : (tensor<4x8xf32>) -> tensor<1x4x8xf32>
// CHECK-DAG: tc.transpose %[[R]] [2, 0, 1] : (tensor<1x4x8xf32>) -> tensor<8x1x4xf32>
// Others stay.
// CHECK-DAG: %[[T:.*]] = tc.transpose %[[Y]] [1, 0]
// CHECK-DAG: tc.reshape %[[T]] : (tensor<8x4xf32>) -> tensor<32xf32>
func.func @reshapes(%x: tensor<1x4x8xf32>, %y: tensor<4x8xf32>) -> (tensor<4x1x8xf32>, tensor<8x1x4xf32>, tensor<32xf32>) {
  %0 = tc.transpose %x [1, 0, 2] : (tensor<1x4x8xf32>) -> tensor<4x1x8xf32>
  %1 = tc.transpose %y [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %2 = tc.reshape %1 : (tensor<8x4xf32>) -> tensor<8x1x4xf32>
  %3 = tc.reshape %1 : (tensor<8x4xf32>) -> tensor<32xf32>
  return %0, %2, %3 : tensor<4x1x8xf32>, tensor<8x1x4xf32>, tensor<32xf32>
}

// -----

// Squeeze and excitation: the scale's transpose is a reshape, so that the other operand's transpose would sink again if it
// were moved here for the sake of the result's.
// CHECK-LABEL: func.func @unit_dims
// CHECK: %[[S:.*]] = tc.reshape %arg0 : (tensor<1x1x1x8xf32>) -> tensor<1x8x1x1xf32>
// CHECK: %[[M:.*]] = tc.mul %[[S]], %arg1 : (tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
// CHECK: %[[T:.*]] = tc.transpose %[[M]] [0, 2, 3, 1]
// CHECK: return %[[T]]
func.func @unit_dims(%s: tensor<1x1x1x8xf32>, %x: tensor<1x8x4x4xf32>) -> tensor<1x4x4x8xf32> {
  %0 = tc.transpose %s [0, 3, 1, 2] : (tensor<1x1x1x8xf32>) -> tensor<1x8x1x1xf32>
  %1 = tc.mul %0, %x : (tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %2 = tc.transpose %1 [0, 2, 3, 1] : (tensor<1x8x4x4xf32>) -> tensor<1x4x4x8xf32>
  return %2 : tensor<1x4x4x8xf32>
}

// -----

// Of two weights either could be transposed for the other.
// CHECK-LABEL: func.func @weights
// CHECK: %[[T:.*]] = tc.transpose %{{.*}} [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK: %[[M:.*]] = tc.mul %[[T]], %[[B:.*]] : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: %[[C:.*]] = tc.concat 0, %[[T]], %[[B]]
// CHECK: return %[[M]], %[[C]]
func.func @weights() -> (tensor<3x2xf32>, tensor<6x2xf32>) {
  %a = tc.constant dense_resource<a> : tensor<2x3xf32>
  %b = tc.constant dense_resource<b> : tensor<3x2xf32>
  %0 = tc.transpose %a [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = tc.mul %0, %b : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  %2 = tc.concat 0, %0, %b : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<6x2xf32>
  return %1, %2 : tensor<3x2xf32>, tensor<6x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      a: "0x040000000000803F0000004000004040000080400000A0400000C040",
      b: "0x040000000000C0400000A0400000804000004040000000400000803F"
    }
  }
#-}
