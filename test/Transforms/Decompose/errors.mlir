// RUN: tc-opt %s --tc-decompose --split-input-file --verify-diagnostics

func.func @captured(%x: !tc.ref<[4], f32>) {
  // expected-error @+1 {{expected the functional form, found an operand of type '!tc.ref<[4], f32>'}}
  %0 = tc.aten "relu"(%x) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return
}

// -----

func.func @dimension(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{"_softmax": dimension 3 is outside a tensor of rank 1}}
  %0 = tc.aten "_softmax"(%x, 3, false) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @sizes(%x: tensor<4xf32>, %y: tensor<5xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{"add.Tensor": sizes do not broadcast: tensor<5xf32> and tensor<4xf32>}}
  %0 = tc.aten "add.Tensor"(%x, %y, 1) : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @missing(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{"native_dropout_backward": argument 2: expected a number}}
  %0 = tc.aten "native_dropout_backward"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @results(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-error @+1 {{"relu": expected 1 results, found 2}}
  %0:2 = tc.aten "relu"(%x) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @captured_sizes(%x: tensor<4x6xf32>) -> tensor<5x6xf32> {
  // expected-error @+1 {{"relu": cannot broadcast size 4 to 5}}
  %0 = tc.aten "relu"(%x) : (tensor<4x6xf32>) -> tensor<5x6xf32>
  return %0 : tensor<5x6xf32>
}

// -----

func.func @filter(%x: tensor<1x4x8x8xf32>, %w: tensor<6x3x3x3xf32>) -> tensor<1x6x6x6xf32> {
  // expected-error @+1 {{"convolution": a convolution of 4 channels with a filter for 3}}
  %0 = tc.aten "convolution"(%x, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 1) : (tensor<1x4x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<1x6x6x6xf32>
  return %0 : tensor<1x6x6x6xf32>
}
