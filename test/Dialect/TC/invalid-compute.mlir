// Verifiers of reductions, contractions, convolutions, windows, sorts and random numbers.
// RUN: tc-opt %s --split-input-file --verify-diagnostics

func.func @reduce_outside(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension 2 is outside 'tensor<2x3xf32>'}}
  %0 = tc.reduce sum %x over [2] : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension -1 is outside 'tensor<2x3xf32>'}}
  %0 = tc.reduce sum %x over [-1] : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_twice(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension 1 occurs twice}}
  %0 = tc.reduce sum %x over [1, 1] : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_sizes(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected a result of sizes [2], found 'tensor<3xf32>'}}
  %0 = tc.reduce sum %x over [1] : (tensor<2x3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @reduce_complex(%x: tensor<2x3xcomplex<f32>>) {
  // expected-error @+1 {{cannot compute 'tensor<2xf32>' from 'tensor<2x3xcomplex<f32>>'}}
  %0 = tc.reduce sum %x over [1] : (tensor<2x3xcomplex<f32>>) -> tensor<2xf32>
  return
}

// -----

func.func @arg_reduce_kind(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected max or min, found sum}}
  %0, %1 = tc.arg_reduce sum %x over 1 : (tensor<2x3xf32>) -> (tensor<2xf32>, tensor<2xi64>)
  return
}

// -----

func.func @arg_reduce_outside(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension -1 is outside 'tensor<2x3xf32>'}}
  %0, %1 = tc.arg_reduce max %x over -1 : (tensor<2x3xf32>) -> (tensor<2xf32>, tensor<2xi64>)
  return
}

// -----

func.func @arg_reduce_indices(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected i64 indices, found 'tensor<2xi32>'}}
  %0, %1 = tc.arg_reduce max %x over 1 : (tensor<2x3xf32>) -> (tensor<2xf32>, tensor<2xi32>)
  return
}

// -----

func.func @scan_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension -1 is outside 'tensor<2x3xf32>'}}
  %0 = tc.scan sum %x along -1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @scan_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{dimension 0 is outside 'tensor<f32>'}}
  %0 = tc.scan sum %x along 0 : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @sort_negative(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension -2 is outside 'tensor<2x3xf32>'}}
  %0, %1 = tc.sort %x along -2 descending false : (tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  return
}

// -----

func.func @sort_element(%x: tensor<3xf32>) {
  // expected-error @+1 {{must keep the element type, found 'tensor<3xf32>' and 'tensor<3xf16>'}}
  %0, %1 = tc.sort %x along 0 descending false : (tensor<3xf32>) -> (tensor<3xf16>, tensor<3xi64>)
  return
}

// -----

func.func @sort_indices(%x: tensor<3xf32>) {
  // expected-error @+1 {{expected integer indices, found 'tensor<3xf32>'}}
  %0, %1 = tc.sort %x along 0 descending false : (tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>)
  return
}

// -----

func.func @contract_spec(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected a spec such as "ik,kj->ij", found "ik"}}
  %0 = tc.contract %x, %x "ik" : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @contract_rank(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{rhs has rank 2 and 1 indices}}
  %0 = tc.contract %x, %x "ik,k->i" : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @contract_sizes(%x: tensor<2x3xf32>, %y: tensor<4x5xf32>) {
  // expected-error @+1 {{index 'k' has two sizes, in 'tensor<2x3xf32>' and 'tensor<4x5xf32>'}}
  %0 = tc.contract %x, %y "ik,kj->ij" : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @contract_twice(%x: tensor<3x3xf32>) {
  // expected-error @+1 {{index 'i' occurs twice in lhs}}
  %0 = tc.contract %x, %x "ii,ij->j" : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @contract_nowhere(%x: tensor<3x3xf32>) {
  // expected-error @+1 {{index 'z' of the result is in neither operand}}
  %0 = tc.contract %x, %x "ik,kj->iz" : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  return
}

// -----

func.func @contract_elements(%x: tensor<3x3xf32>, %y: tensor<3x3xf64>) {
  // expected-error @+1 {{operands must have one element type, found 'tensor<3x3xf32>' and 'tensor<3x3xf64>'}}
  %0 = tc.contract %x, %y "ik,kj->ij" : (tensor<3x3xf32>, tensor<3x3xf64>) -> tensor<3x3xf32>
  return
}

// -----

func.func @convolve_rank(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected input, filter and result of one rank, at least 3}}
  %0 = tc.convolve %x, %x strides [] low [] high [] dilation [] input_dilation [] groups 1
    : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @convolve_lists(%x: tensor<1x8x4xf32>, %f: tensor<4x3x4xf32>) {
  // expected-error @+1 {{expected 1 entries a list, found 2}}
  %0 = tc.convolve %x, %f strides [1, 1] low [1] high [1] dilation [1] input_dilation [1] groups 1
    : (tensor<1x8x4xf32>, tensor<4x3x4xf32>) -> tensor<1x8x4xf32>
  return
}

// -----

func.func @convolve_stride(%x: tensor<1x8x4xf32>, %f: tensor<4x3x4xf32>) {
  // expected-error @+1 {{strides and dilations must be positive, found 0}}
  %0 = tc.convolve %x, %f strides [0] low [1] high [1] dilation [1] input_dilation [1] groups 1
    : (tensor<1x8x4xf32>, tensor<4x3x4xf32>) -> tensor<1x8x4xf32>
  return
}

// -----

func.func @convolve_padding(%x: tensor<1x8x4xf32>, %f: tensor<4x3x4xf32>) {
  // expected-error @+1 {{expected entries of 32 bits, found 9223372036854775807}}
  %0 = tc.convolve %x, %f strides [1] low [9223372036854775807] high [1] dilation [1] input_dilation [1] groups 1
    : (tensor<1x8x4xf32>, tensor<4x3x4xf32>) -> tensor<1x8x4xf32>
  return
}

// -----

func.func @convolve_groups(%x: tensor<1x8x4xf32>, %f: tensor<4x3x4xf32>) {
  // expected-error @+1 {{expected a positive number of groups, found -1}}
  %0 = tc.convolve %x, %f strides [1] low [1] high [1] dilation [1] input_dilation [1] groups -1
    : (tensor<1x8x4xf32>, tensor<4x3x4xf32>) -> tensor<1x8x4xf32>
  return
}

// -----

func.func @convolve_channels(%x: tensor<1x8x4xf32>, %f: tensor<4x3x3xf32>) {
  // expected-error @+1 {{filter's channels times groups differ from the input's channels}}
  %0 = tc.convolve %x, %f strides [1] low [1] high [1] dilation [1] input_dilation [1] groups 1
    : (tensor<1x8x4xf32>, tensor<4x3x3xf32>) -> tensor<1x8x4xf32>
  return
}

// -----

func.func @convolve_sizes(%x: tensor<1x8x4xf32>, %f: tensor<4x3x4xf32>) {
  // expected-error @+1 {{expected a result of sizes [1, 8, 4], found 'tensor<1x7x4xf32>'}}
  %0 = tc.convolve %x, %f strides [1] low [1] high [1] dilation [1] input_dilation [1] groups 1
    : (tensor<1x8x4xf32>, tensor<4x3x4xf32>) -> tensor<1x7x4xf32>
  return
}

// -----

func.func @window_lists(%x: tensor<8xf32>) {
  // expected-error @+1 {{expected 1 entries a list, found 0}}
  %0 = tc.window max %x window [] strides [1] low [0] high [0] dilation [1] : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @window_zero(%x: tensor<8xf32>) {
  // expected-error @+1 {{windows, strides and dilations must be positive}}
  %0 = tc.window max %x window [0] strides [1] low [0] high [0] dilation [1] : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @window_sizes(%x: tensor<8xf32>) {
  // expected-error @+1 {{expected a result of sizes [7], found 'tensor<8xf32>'}}
  %0 = tc.window max %x window [2] strides [1] low [0] high [0] dilation [1] : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @arg_window_kind(%x: tensor<8xf32>) {
  // expected-error @+1 {{expected max or min, found sum}}
  %0, %1 = tc.arg_window sum %x window [1] strides [1] low [0] high [0] dilation [1]
    : (tensor<8xf32>) -> (tensor<8xf32>, tensor<8xi64>)
  return
}

// -----

func.func @arg_window_indices(%x: tensor<8xf32>) {
  // expected-error @+1 {{expected integer indices, found 'tensor<8xf32>'}}
  %0, %1 = tc.arg_window max %x window [1] strides [1] low [0] high [0] dilation [1]
    : (tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  return
}

// -----

func.func @narrow_key(%key: tensor<i32>, %offset: tensor<i64>) {
  // expected-error @+1 {{expected a 0-d i64 key and offset, found 'tensor<i32>'}}
  %0 = tc.random_bits %key, %offset : (tensor<i32>, tensor<i64>) -> tensor<4xi32>
  return
}

// -----

func.func @wide_bits(%key: tensor<i64>) {
  // expected-error @+1 {{expected an i32 result, found 'tensor<4xi64>'}}
  %0 = tc.random_bits %key, %key : (tensor<i64>, tensor<i64>) -> tensor<4xi64>
  return
}
