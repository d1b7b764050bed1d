// RUN: tc-opt %s --tc-to-loop --split-input-file | FileCheck %s

// Kept dimensions come first, in order, then the reduced ones.
// CHECK-LABEL: func @reduce
// CHECK: loop.reduce [max] (%[[A:.*]] : %[[B:.*]], %[[C:.*]]) in [3 : 2, s0] {
// CHECK-NEXT: loop.read %arg0[%[[B]], %[[A]], %[[C]]]
func.func @reduce(%x: tensor<2x3x?xf32, #tc.sizes<[2, 3, s0]>>) -> tensor<3xf32> {
  %0 = tc.reduce max %x over [0, 2] : (tensor<2x3x?xf32, #tc.sizes<[2, 3, s0]>>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// CHECK-LABEL: func @accumulate
// CHECK: loop.reduce [sum]
// CHECK: arith.extf {{.*}} : bf16 to f32
// CHECK: } : tensor<2xf32>
// CHECK: loop.reduce [sum]
// CHECK: arith.extui {{.*}} : i1 to i64
// CHECK: loop.reduce [max]
// CHECK: arith.extf
// CHECK: loop.map
// CHECK: arith.truncf
func.func @accumulate(%x: tensor<2x3xbf16>, %y: tensor<2x3xi1>) -> (tensor<2xf32>, tensor<2xi64>, tensor<2xbf16>) {
  %0 = tc.reduce sum %x over [1] : (tensor<2x3xbf16>) -> tensor<2xf32>
  %1 = tc.reduce sum %y over [1] : (tensor<2x3xi1>) -> tensor<2xi64>
  %2 = tc.reduce max %x over [1] : (tensor<2x3xbf16>) -> tensor<2xbf16>
  return %0, %1, %2 : tensor<2xf32>, tensor<2xi64>, tensor<2xbf16>
}

// -----

// CHECK-LABEL: func @arg_reduce
// CHECK: loop.arg_reduce [max] (%[[A:.*]], %[[B:.*]] : %[[C:.*]]) in [2, 4 : 3] {
// CHECK-NEXT: loop.read %arg0[%[[A]], %[[C]], %[[B]]]
func.func @arg_reduce(%x: tensor<2x3x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xi64>) {
  %v, %i = tc.arg_reduce max %x over 1 : (tensor<2x3x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xi64>)
  return %v, %i : tensor<2x4xf32>, tensor<2x4xi64>
}

// -----

// CHECK-LABEL: func @scan
// CHECK: loop.scan [sum] (%[[A:.*]], %[[B:.*]]) in [3, 2] {
// CHECK-NEXT: loop.read %arg0[%[[B]], %[[A]]]
// CHECK: } : tensor<3x2xf32>
// CHECK: loop.map
func.func @scan(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = tc.scan sum %x along 0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Equal sizes hide the permutation from the types.
// CHECK-LABEL: func @scan_square
// CHECK: loop.scan [sum]
// CHECK: loop.map (%[[A:.*]], %[[B:.*]]) in [3, 3] {
// CHECK-NEXT: loop.read %{{.*}}[%[[B]], %[[A]]]
func.func @scan_square(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = tc.scan sum %x along 0 : (tensor<3x3xf32>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// -----

// CHECK-LABEL: func @sort
// CHECK-NEXT: loop.sort %arg0 descending true
// CHECK: loop.map
// CHECK: loop.sort %{{.*}} descending false : (tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
// CHECK: loop.map
// CHECK: loop.map
func.func @sort(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>) {
  %a, %b = tc.sort %x along 1 descending true : (tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  %c, %d = tc.sort %x along 0 descending false : (tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  return %a, %d : tensor<2x3xf32>, tensor<2x3xi64>
}
