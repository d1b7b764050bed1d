// RUN: tc-opt %s --tc-decompose | FileCheck %s
// RUN: tc-opt %s --tc-decompose --remarks-filter-missed='tc-decompose' 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// The product with the inputs is outside the loop over time, whose length may be symbolic.
// CHECK-LABEL: func @rnn
func.func @rnn(%x: tensor<?x2x3xf32, #tc.sizes<[s0, 2, 3]>>, %h: tensor<1x2x4xf32>, %ih: tensor<4x3xf32>, %hh: tensor<4x4xf32>) ->
    (tensor<?x2x4xf32, #tc.sizes<[s0, 2, 4]>>, tensor<1x2x4xf32>) {
  // CHECK: tc.contract
  // CHECK: scf.while
  // CHECK: tc.compare {{ *}}lt
  // CHECK: } do {
  // CHECK: tc.gather
  // CHECK: tc.contract
  // CHECK: tc.tanh
  // CHECK: tc.scatter
  %0:2 = tc.aten "rnn_tanh.input"(%x, %h, [%ih, %hh], false, 1, 0.0, false, false, false)
    : (tensor<?x2x3xf32, #tc.sizes<[s0, 2, 3]>>, tensor<1x2x4xf32>, tensor<4x3xf32>, tensor<4x4xf32>)
    -> (tensor<?x2x4xf32, #tc.sizes<[s0, 2, 4]>>, tensor<1x2x4xf32>)
  return %0#0, %0#1 : tensor<?x2x4xf32, #tc.sizes<[s0, 2, 4]>>, tensor<1x2x4xf32>
}

// CHECK-LABEL: func @cell
func.func @cell(%x: tensor<2x3xf32>, %h: tensor<2x4xf32>, %ih: tensor<12x3xf32>, %hh: tensor<12x4xf32>) -> tensor<2x4xf32> {
  // CHECK-NOT: scf.while
  // CHECK-NOT: tc.extern
  %0 = tc.aten "gru_cell"(%x, %h, %ih, %hh, none, none)
    : (tensor<2x3xf32>, tensor<2x4xf32>, tensor<12x3xf32>, tensor<12x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// CHECK-LABEL: func @dropout
func.func @dropout(%x: tensor<5x2x4xf32>, %h: tensor<2x2x4xf32>, %w: tensor<4x4xf32>) -> tensor<5x2x4xf32> {
  // REMARK: dropout between recurrent layers
  // CHECK: tc.extern "rnn_relu.input"
  %0:2 = tc.aten "rnn_relu.input"(%x, %h, [%w, %w, %w, %w], false, 2, 0.5, true, false, false)
    : (tensor<5x2x4xf32>, tensor<2x2x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x2x4xf32>)
  return %0#0 : tensor<5x2x4xf32>
}
