// RUN: tc-opt --tc-fold-constants --split-input-file %s | FileCheck %s
// RUN: tc-opt --tc-fold-constants=max-elements=4 --split-input-file %s | FileCheck %s --check-prefix=SMALL

// The scale of a batch normalisation goes into the filter, past the bias.
// CHECK-LABEL: func.func @scale
// CHECK-DAG: tc.constant dense_resource<w> : tensor<2x1x1x4xf32>
// CHECK-DAG: %{{.*}} = tc.constant dense<{{.*}}> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[F:.*]] = tc.mul {{%.*}}, {{%.*}} : (tensor<2x1x1x{{[14]}}xf32>, tensor<2x1x1x{{[14]}}xf32>) -> tensor<2x1x1x4xf32>
// CHECK-DAG: %[[C:.*]] = tc.convolve %arg0, %[[F]]
// CHECK-DAG: %[[B:.*]] = tc.constant dense<[3.000000e+01, 8.000000e+01]> : tensor<2xf32>
// CHECK: tc.add %[[C]], %[[B]]
func.func @scale(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x2xf32> {
  %w = tc.constant dense_resource<w> : tensor<2x1x1x4xf32>
  %b = tc.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %s = tc.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %0 = tc.convolve %x, %w strides [1, 1] low [0, 0] high [0, 0] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x8x8x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x8x8x2xf32>
  %1 = tc.add %0, %b : (tensor<1x8x8x2xf32>, tensor<2xf32>) -> tensor<1x8x8x2xf32>
  %2 = tc.mul %1, %s : (tensor<1x8x8x2xf32>, tensor<2xf32>) -> tensor<1x8x8x2xf32>
  return %2 : tensor<1x8x8x2xf32>
}

// -----

// Not a scale of channels; not a constant one; a filter that is an argument; a result that is used without the scale.
// CHECK-LABEL: func.func @not_a_scale
// CHECK-COUNT-4: tc.mul %{{.*}} : (tensor<1x2x2x2xf32>
func.func @not_a_scale(%x: tensor<1x2x2x4xf32>, %v: tensor<2x1x1x4xf32>, %t: tensor<2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
  %w = tc.constant dense_resource<w> : tensor<2x1x1x4xf32>
  %s = tc.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %h = tc.constant dense<[[[10.0], [20.0]]]> : tensor<1x2x1xf32>
  %0 = tc.convolve %x, %w strides [1, 1] low [0, 0] high [0, 0] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x2x2x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x2x2xf32>
  %1 = tc.mul %0, %h : (tensor<1x2x2x2xf32>, tensor<1x2x1xf32>) -> tensor<1x2x2x2xf32>
  %2 = tc.convolve %x, %w strides [1, 1] low [0, 0] high [0, 0] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x2x2x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x2x2xf32>
  %3 = tc.mul %2, %t : (tensor<1x2x2x2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  %4 = tc.convolve %x, %v strides [1, 1] low [0, 0] high [0, 0] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x2x2x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x2x2xf32>
  %5 = tc.mul %4, %s : (tensor<1x2x2x2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  %6 = tc.convolve %x, %w strides [1, 1] low [0, 0] high [0, 0] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x2x2x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x2x2xf32>
  %7 = tc.mul %6, %s : (tensor<1x2x2x2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  return %1, %3, %5, %6, %7 : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
}

// -----

// CHECK-LABEL: func.func @transposed_weight
// CHECK: tc.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]> : tensor<3x2xf32>
// SMALL-LABEL: func.func @transposed_weight
// SMALL: tc.transpose
func.func @transposed_weight() -> tensor<3x2xf32> {
  %w = tc.constant dense_resource<weight> : tensor<2x3xf32>
  %0 = tc.transpose %w [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      weight: "0x040000000000803F0000004000004040000080400000A0400000C040"
    }
  }
#-}
