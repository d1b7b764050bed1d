// RUN: tc-opt %s --tc-to-loop --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: func @transpose
// CHECK: loop.map (%[[I:.*]], %[[J:.*]], %[[K:.*]]) in [4, 2, 3] {
// CHECK-NEXT: loop.read %arg0[%[[J]], %[[K]], %[[I]]]
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %0 = tc.transpose %x [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  return %0 : tensor<4x2x3xf32>
}

// -----

// CHECK: #[[$MAP:.*]] = affine_map<(d0)[s0] -> (d0 * 2 + s0)>
// CHECK-LABEL: func @slice
// CHECK: loop.map (%[[I:.*]]) in [4] {
// CHECK-NEXT: %[[AT:.*]] = loop.index #[[$MAP]](%[[I]]) where ["s0"]
// CHECK-NEXT: loop.read %arg0[%[[AT]]]
func.func @slice(%x: tensor<?xf32, #tc.sizes<[s0 + 8]>>) -> tensor<4xf32> {
  %0 = tc.slice %x [#tc.size<s0>] by [2] : (tensor<?xf32, #tc.sizes<[s0 + 8]>>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK: #[[$MAP:.*]] = affine_map<(d0) -> (d0 - 1)>
// CHECK-LABEL: func @pad
// CHECK: loop.map (%[[I:.*]], %[[J:.*]]) in [4, 10] {
// CHECK: %[[AT:.*]] = loop.index #[[$MAP]](%[[J]])
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[AT]], %c8
// CHECK: scf.if %[[IN]] -> (f32)
// CHECK: loop.read %arg0[%[[I]], %[[AT]]]
// CHECK: else
// CHECK: loop.read %arg1[]
func.func @pad(%x: tensor<4x8xf32>, %v: tensor<f32>) -> tensor<4x10xf32> {
  %0 = tc.pad %x, %v low [#tc.size<0>, #tc.size<1>] high [#tc.size<0>, #tc.size<1>] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x10xf32>
  return %0 : tensor<4x10xf32>
}

// -----

// CHECK-LABEL: func @concat
// CHECK: loop.map (%[[I:.*]]) in [9] {
// CHECK: arith.cmpi ult, %[[I]], %c2
// CHECK: scf.if
// CHECK: loop.read %arg0[%[[I]]]
// CHECK: else
// CHECK: arith.cmpi ult, %[[I]], %c5
// CHECK: scf.if
// CHECK: loop.read %arg1
// CHECK: else
// CHECK: loop.read %arg2
func.func @concat(%x: tensor<2xf32>, %y: tensor<3xf32>, %z: tensor<4xf32>) -> tensor<9xf32> {
  %0 = tc.concat 0, %x, %y, %z : (tensor<2xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<9xf32>
  return %0 : tensor<9xf32>
}

// -----

// CHECK: #[[$MAP:.*]] = affine_map<(d0)[s0] -> (-d0 + s0 - 1)>
// CHECK-LABEL: func @reverse
// CHECK: loop.index #[[$MAP]](%{{.*}}) where ["s0"]
func.func @reverse(%x: tensor<?xf32, #tc.sizes<[s0]>>) -> tensor<?xf32, #tc.sizes<[s0]>> {
  %0 = tc.reverse %x [0] : (tensor<?xf32, #tc.sizes<[s0]>>) -> tensor<?xf32, #tc.sizes<[s0]>>
  return %0 : tensor<?xf32, #tc.sizes<[s0]>>
}

// -----

// CHECK-DAG: #[[$DIV:.*]] = affine_map<(d0) -> ((d0 - 1) floordiv 2)>
// CHECK-LABEL: func @insert_slice
// CHECK: loop.map (%[[I:.*]]) in [8] {
// CHECK: loop.index #[[$DIV]](%[[I]])
// CHECK: arith.cmpi eq
// CHECK: arith.cmpi ult
// CHECK: arith.andi
// CHECK: loop.read %arg1
// CHECK: loop.read %arg0[%[[I]]]
func.func @insert_slice(%x: tensor<8xf32>, %y: tensor<3xf32>) -> tensor<8xf32> {
  %0 = tc.insert_slice %y into %x [#tc.size<1>] by [2] : (tensor<8xf32>, tensor<3xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// CHECK-LABEL: func @iota
// CHECK: loop.map (%[[I:.*]], %[[J:.*]]) in [2, 8] {
// CHECK-NEXT: arith.index_cast %[[J]] : index to i64
// CHECK: loop.map (%[[I:.*]]) in [8] {
// CHECK-NEXT: arith.index_cast %[[I]] : index to i64
// CHECK-NEXT: arith.sitofp {{.*}} : i64 to f32
func.func @iota() -> (tensor<2x8xi64>, tensor<8xf32>) {
  %0 = tc.iota 1 : tensor<2x8xi64>
  %1 = tc.iota 0 : tensor<8xf32>
  return %0, %1 : tensor<2x8xi64>, tensor<8xf32>
}

// -----

// A reshape is the same memory; constants and calls stay.
// CHECK-LABEL: func @stay
// CHECK-NEXT: tc.constant
// CHECK-NEXT: tc.reshape
// CHECK-NEXT: tc.extern
func.func @stay(%x: tensor<8xf32>) -> (tensor<f32>, tensor<2x4xf32>) {
  %0 = tc.constant dense<1.0> : tensor<f32>
  %1 = tc.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
  %2 = tc.extern "cholesky"(%1) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0, %2 : tensor<f32>, tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func @size
// CHECK: loop.map () in [] {
// CHECK: loop.index
// CHECK: arith.index_cast
func.func @size() -> tensor<i64> {
  %0 = tc.size <s0 * 2> : tensor<i64>
  return %0 : tensor<i64>
}
