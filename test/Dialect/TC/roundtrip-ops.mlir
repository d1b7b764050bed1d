// What is printed is read again, and is the same: each op that has a syntax of its own, in it and in the generic one.
// RUN: tc-opt %s -o %t && tc-opt %t | diff - %t
// RUN: tc-opt %s --mlir-print-op-generic | tc-opt | diff - %t
// RUN: FileCheck %s < %t

// CHECK-LABEL: func.func @shapes
func.func @shapes(%x: tensor<2x3x4xf32>, %y: tensor<?x3xf32, #tc.sizes<[s0, 3]>>, %p: tensor<f32>) {
  // CHECK: tc.broadcast %{{.*}} : (tensor<2x3x4xf32>) -> tensor<5x2x3x4xf32>
  %0 = tc.broadcast %x : (tensor<2x3x4xf32>) -> tensor<5x2x3x4xf32>
  // CHECK: tc.transpose %{{.*}} [2, 0, 1]
  %1 = tc.transpose %x [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  // CHECK: tc.reshape
  %2 = tc.reshape %x : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  // CHECK: tc.reinterpret %{{.*}} : (tensor<12x2xf32>) -> tensor<12xcomplex<f32>>
  %pair = tc.reshape %x : (tensor<2x3x4xf32>) -> tensor<12x2xf32>
  %complex = tc.reinterpret %pair : (tensor<12x2xf32>) -> tensor<12xcomplex<f32>>
  // CHECK: tc.reverse %{{.*}} [0, 2]
  %3 = tc.reverse %x [0, 2] : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: tc.slice %{{.*}} [#tc.size<0>, #tc.size<1>] by [1, 2]
  %4 = tc.slice %y [#tc.size<0>, #tc.size<1>] by [1, 2] : (tensor<?x3xf32, #tc.sizes<[s0, 3]>>) -> tensor<?x1xf32, #tc.sizes<[s0, 1]>>
  // CHECK: tc.insert_slice %{{.*}} into %{{.*}} [#tc.size<0>, #tc.size<2>] by [1, 1]
  %5 = tc.insert_slice %4 into %y [#tc.size<0>, #tc.size<2>] by [1, 1] : (tensor<?x3xf32, #tc.sizes<[s0, 3]>>, tensor<?x1xf32, #tc.sizes<[s0, 1]>>) -> tensor<?x3xf32, #tc.sizes<[s0, 3]>>
  // CHECK: tc.pad %{{.*}}, %{{.*}} low [#tc.size<1>, #tc.size<0>] high [#tc.size<0>, #tc.size<1>]
  %6 = tc.pad %y, %p low [#tc.size<1>, #tc.size<0>] high [#tc.size<0>, #tc.size<1>] : (tensor<?x3xf32, #tc.sizes<[s0, 3]>>, tensor<f32>) -> tensor<?x4xf32, #tc.sizes<[s0 + 1, 4]>>
  // CHECK: tc.concat 1, %{{.*}}, %{{.*}} :
  %7 = tc.concat 1, %y, %4 : (tensor<?x3xf32, #tc.sizes<[s0, 3]>>, tensor<?x1xf32, #tc.sizes<[s0, 1]>>) -> tensor<?x4xf32, #tc.sizes<[s0, 4]>>
  return
}

// CHECK-LABEL: func.func @elements
func.func @elements(%x: tensor<4xf32>, %c: tensor<4xi1>, %key: tensor<i64>, %offset: tensor<i64>) {
  // CHECK: tc.cast
  %0 = tc.cast %x : (tensor<4xf32>) -> tensor<4xbf16>
  // CHECK: tc.bitcast
  %1 = tc.bitcast %0 : (tensor<4xbf16>) -> tensor<4xi16>
  // CHECK: tc.select
  %2 = tc.select %c, %x, %x : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  // CHECK: tc.iota 1 : tensor<2x8xi64>
  %3 = tc.iota 1 : tensor<2x8xi64>
  // CHECK: tc.random_bits
  %4 = tc.random_bits %key, %offset : (tensor<i64>, tensor<i64>) -> tensor<4x8xi32>
  // CHECK: tc.to_ref %{{.*}} : (tensor<4xf32>) -> !tc.ref<[4], f32>
  %5 = tc.to_ref %x : (tensor<4xf32>) -> !tc.ref<[4], f32>
  // CHECK: tc.extern "cholesky"
  %8 = tc.reshape %x : (tensor<4xf32>) -> tensor<2x2xf32>
  %9 = tc.extern "cholesky"(%8) : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return
}

// CHECK-LABEL: func.func @computations
func.func @computations(%x: tensor<2x3xf32>, %image: tensor<1x8x8x4xf32>, %filter: tensor<8x3x3x4xf32>, %ids: tensor<5xi64>,
                        %rows: tensor<5x3xf32>) {
  // CHECK: tc.arg_reduce max %{{.*}} over 1
  %0, %1 = tc.arg_reduce max %x over 1 : (tensor<2x3xf32>) -> (tensor<2xf32>, tensor<2xi64>)
  // CHECK: tc.scan sum %{{.*}} along 0
  %2 = tc.scan sum %x along 0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: tc.sort %{{.*}} along 1 descending true
  %3, %4 = tc.sort %x along 1 descending true : (tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  // CHECK: tc.convolve %{{.*}}, %{{.*}} strides [1, 1] low [1, 1] high [1, 1] dilation [1, 1] input_dilation [1, 1] groups 1
  %5 = tc.convolve %image, %filter strides [1, 1] low [1, 1] high [1, 1] dilation [1, 1] input_dilation [1, 1] groups 1 : (tensor<1x8x8x4xf32>, tensor<8x3x3x4xf32>) -> tensor<1x8x8x8xf32>
  // CHECK: tc.window max %{{.*}} window [1, 2, 2, 1] strides [1, 2, 2, 1]
  %6 = tc.window max %image window [1, 2, 2, 1] strides [1, 2, 2, 1] low [0, 0, 0, 0] high [0, 0, 0, 0] dilation [1, 1, 1, 1] : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  // CHECK: tc.arg_window max
  %7, %8 = tc.arg_window max %image window [1, 2, 2, 1] strides [1, 2, 2, 1] low [0, 0, 0, 0] high [0, 0, 0, 0] dilation [1, 1, 1, 1] : (tensor<1x8x8x4xf32>) -> (tensor<1x4x4x4xf32>, tensor<1x4x4x4xi64>)
  // CHECK: tc.gather %{{.*}} [0](%{{.*}})
  %9 = tc.gather %x [0](%ids) : (tensor<2x3xf32>, tensor<5xi64>) -> tensor<5x3xf32>
  // CHECK: tc.gather checked
  %10 = tc.gather checked %x [0](%ids) : (tensor<2x3xf32>, tensor<5xi64>) -> tensor<5x3xf32>
  // CHECK: tc.scatter[{{ ?}}sum] %{{.*}} into %{{.*}} [0](%{{.*}})
  %11 = tc.scatter [sum] %rows into %x [0](%ids) : (tensor<2x3xf32>, tensor<5xi64>, tensor<5x3xf32>) -> tensor<2x3xf32>
  return
}
