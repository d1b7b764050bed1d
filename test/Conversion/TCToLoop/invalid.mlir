// RUN: tc-opt %s --tc-to-loop --split-input-file --verify-diagnostics

func.func @not_primitive(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'tc.aten' op has no loop form}}
  %0 = tc.aten "relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @unnamed_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{has a result of unnamed size}}
  %0 = tc.reverse %x [0] : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @complex(%x: tensor<4xf32>) -> tensor<4xcomplex<f32>> {
  // expected-error @+1 {{element type 'complex<f32>' is not supported here}}
  %0 = tc.cast %x : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  return %0 : tensor<4xcomplex<f32>>
}

// -----

func.func @float8(%x: tensor<4xf8E5M2>) -> tensor<4xf32> {
  // expected-error @+1 {{element type 'f8E5M2' is not supported here}}
  %0 = tc.cast %x : (tensor<4xf8E5M2>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
