// RUN: tc-opt %s --tc-to-loop --split-input-file | FileCheck %s

// CHECK-LABEL: func @linear
// CHECK: loop.contract (%[[I:.*]], %[[J:.*]] : %[[K:.*]]) in [s0, 64 : 768] {
// CHECK-NEXT: loop.read %arg0[%[[I]], %[[K]]]
// CHECK-NEXT: loop.read %arg1[%[[J]], %[[K]]]
// CHECK-NEXT: loop.yield %{{.*}}, %{{.*}} : bf16, bf16
// CHECK-NEXT: } : tensor<?x64xf32, #tc.sizes<[s0, 64]>>
func.func @linear(%x: tensor<?x768xbf16, #tc.sizes<[s0, 768]>>, %w: tensor<64x768xbf16>) -> tensor<?x64xf32, #tc.sizes<[s0, 64]>> {
  %0 = tc.contract %x, %w "ik,jk->ij" : (tensor<?x768xbf16, #tc.sizes<[s0, 768]>>, tensor<64x768xbf16>) -> tensor<?x64xf32, #tc.sizes<[s0, 64]>>
  return %0 : tensor<?x64xf32, #tc.sizes<[s0, 64]>>
}

// -----

// CHECK-DAG: #[[$AT:.*]] = affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>
// CHECK-LABEL: func @convolve
// CHECK: loop.contract (%[[N:.*]], %[[Y:.*]], %[[X:.*]], %[[O:.*]] : %[[R:.*]], %[[S:.*]], %[[C:.*]]) in [2, 28, 28, 64 : 3, 3, 32] {
// CHECK: %[[H:.*]] = loop.index #[[$AT]](%[[Y]], %[[R]])
// CHECK: %[[W:.*]] = loop.index #[[$AT]](%[[X]], %[[S]])
// CHECK: scf.if
// CHECK: loop.read %arg0[%[[N]], %[[H]], %[[W]], %[[C]]]
// CHECK: loop.read %arg1[%[[O]], %[[R]], %[[S]], %[[C]]]
func.func @convolve(%x: tensor<2x56x56x32xf32>, %f: tensor<64x3x3x32xf32>) -> tensor<2x28x28x64xf32> {
  %0 = tc.convolve %x, %f strides [2, 2] low [1, 1] high [1, 1] dilation [1, 1] input_dilation [1, 1] groups 1
    : (tensor<2x56x56x32xf32>, tensor<64x3x3x32xf32>) -> tensor<2x28x28x64xf32>
  return %0 : tensor<2x28x28x64xf32>
}

// -----

// A window of size 1 is no dimension: this is a matrix product.
// CHECK-LABEL: func @pointwise
// CHECK: loop.contract (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : %{{.*}}) in [2, 56, 56, 64 : 32] {
// CHECK-NOT: scf.if
func.func @pointwise(%x: tensor<2x56x56x32xf32>, %f: tensor<64x1x1x32xf32>) -> tensor<2x56x56x64xf32> {
  %0 = tc.convolve %x, %f strides [1, 1] low [0, 0] high [0, 0] dilation [1, 1] input_dilation [1, 1] groups 1
    : (tensor<2x56x56x32xf32>, tensor<64x1x1x32xf32>) -> tensor<2x56x56x64xf32>
  return %0 : tensor<2x56x56x64xf32>
}

// -----

// CHECK-DAG: #[[$CHANNEL:.*]] = affine_map<(d0, d1) -> (d0 * 8 + d1)>
// CHECK-LABEL: func @groups
// CHECK: %[[SUM:.*]] = loop.contract (%{{.*}}, %{{.*}}, %[[G:.*]], %[[O:.*]] : %{{.*}}, %[[C:.*]]) in [1, 6, 4, 16 : 3, 8] {
// CHECK: %[[IN:.*]] = loop.index #[[$CHANNEL]](%[[G]], %[[C]])
// CHECK: loop.read %arg0[%{{.*}}, %{{.*}}, %[[IN]]]
// CHECK: tc.reshape %[[SUM]] : (tensor<1x6x4x16xf32>) -> tensor<1x6x64xf32>
func.func @groups(%x: tensor<1x8x32xf32>, %f: tensor<64x3x8xf32>) -> tensor<1x6x64xf32> {
  %0 = tc.convolve %x, %f strides [1] low [0] high [0] dilation [1] input_dilation [1] groups 4
    : (tensor<1x8x32xf32>, tensor<64x3x8xf32>) -> tensor<1x6x64xf32>
  return %0 : tensor<1x6x64xf32>
}

// -----

// CHECK-LABEL: func @depthwise
// CHECK: loop.reduce [sum] (%{{.*}}, %{{.*}}, %[[C:.*]] : %[[R:.*]]) in [1, 8, 32 : 3] {
// CHECK: scf.if
// CHECK: loop.read %arg0[%{{.*}}, %{{.*}}, %[[C]]]
// CHECK: loop.read %arg1[%[[C]], %[[R]], %{{.*}}]
// CHECK: arith.mulf
func.func @depthwise(%x: tensor<1x8x32xf32>, %f: tensor<32x3x1xf32>) -> tensor<1x8x32xf32> {
  %0 = tc.convolve %x, %f strides [1] low [1] high [1] dilation [1] input_dilation [1] groups 32
    : (tensor<1x8x32xf32>, tensor<32x3x1xf32>) -> tensor<1x8x32xf32>
  return %0 : tensor<1x8x32xf32>
}

// -----

// CHECK-DAG: #[[$DIV:.*]] = affine_map<(d0, d1) -> ((d0 + d1 - 1) floordiv 2)>
// CHECK-LABEL: func @transposed
// CHECK: arith.cmpi eq, %{{.*}}, %c0
// CHECK: loop.index #[[$DIV]]
func.func @transposed(%x: tensor<1x8x4xf32>, %f: tensor<4x3x4xf32>) -> tensor<1x15x4xf32> {
  %0 = tc.convolve %x, %f strides [1] low [1] high [1] dilation [1] input_dilation [2] groups 1
    : (tensor<1x8x4xf32>, tensor<4x3x4xf32>) -> tensor<1x15x4xf32>
  return %0 : tensor<1x15x4xf32>
}
