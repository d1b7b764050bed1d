// RUN: tc-opt %s --tc-to-loop --split-input-file | FileCheck %s

// CHECK-LABEL: func @gather
// CHECK: loop.map (%[[A:.*]], %[[B:.*]], %[[C:.*]]) in [2, 128, 768] {
// CHECK-NEXT: %[[ID:.*]] = loop.read %arg1[%[[A]], %[[B]]] : tensor<2x128xi64> -> i64
// CHECK-NEXT: %[[ROW:.*]] = arith.index_cast %[[ID]] : i64 to index
// CHECK-NEXT: loop.read %arg0[%[[ROW]], %[[C]]]
func.func @gather(%table: tensor<50257x768xf32>, %ids: tensor<2x128xi64>) -> tensor<2x128x768xf32> {
  %0 = tc.gather %table [0](%ids) : (tensor<50257x768xf32>, tensor<2x128xi64>) -> tensor<2x128x768xf32>
  return %0 : tensor<2x128x768xf32>
}

// -----

// Two index tensors broadcast; dimensions that are not indexed follow in order. A checked index stays inside.
// CHECK-LABEL: func @gather_two
// CHECK: loop.map (%[[A:.*]], %[[B:.*]], %[[C:.*]]) in [5, 6, 3] {
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[P:.*]] = loop.read %arg1[%[[A]], %[[ZERO]]]
// CHECK: arith.minsi
// CHECK: %[[PC:.*]] = arith.maxsi
// CHECK: %[[Q:.*]] = loop.read %arg2[%[[B]]]
// CHECK: arith.minsi
// CHECK: %[[QC:.*]] = arith.maxsi
// CHECK: loop.read %arg0[%[[PC]], %[[C]], %[[QC]]]
func.func @gather_two(%x: tensor<2x3x4xf32>, %p: tensor<5x1xi64>, %q: tensor<6xi64>) -> tensor<5x6x3xf32> {
  %0 = tc.gather checked %x [0, 2](%p, %q) : (tensor<2x3x4xf32>, tensor<5x1xi64>, tensor<6xi64>) -> tensor<5x6x3xf32>
  return %0 : tensor<5x6x3xf32>
}

// -----

// CHECK-LABEL: func @scatter
// CHECK: loop.scatter [sum] (%[[A:.*]], %[[B:.*]]) in [128, 768] into %arg0 {
// CHECK: %[[ROW:.*]] = arith.index_cast
// CHECK: %[[V:.*]] = loop.read %arg2[%[[A]], %[[B]]]
// CHECK: loop.yield %[[ROW]], %[[B]], %[[V]] : index, index, f32
func.func @scatter(%init: tensor<1000x768xf32>, %ids: tensor<128xi64>, %u: tensor<128x768xf32>) -> tensor<1000x768xf32> {
  %0 = tc.scatter [sum] %u into %init [0](%ids) : (tensor<1000x768xf32>, tensor<128xi64>, tensor<128x768xf32>) -> tensor<1000x768xf32>
  return %0 : tensor<1000x768xf32>
}
