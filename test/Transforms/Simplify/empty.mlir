// RUN: tc-opt --tc-simplify --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @empty_result
// CHECK-NEXT: %[[EMPTY:.*]] = tc.constant dense<0.000000e+00> : tensor<0x4xf32>
// CHECK-NEXT: return %[[EMPTY]]
func.func @empty_result(%x: tensor<0x4xf32>) -> tensor<0x4xf32> {
  %0 = tc.exp %x : (tensor<0x4xf32>) -> tensor<0x4xf32>
  return %0 : tensor<0x4xf32>
}

// -----

// CHECK-LABEL: func.func @empty_sum
// CHECK-NEXT: tc.constant dense<0.000000e+00> : tensor<5x10xf32>
func.func @empty_sum(%x: tensor<5x0xf32>, %y: tensor<0x10xf32>) -> tensor<5x10xf32> {
  %0 = tc.contract %x, %y "ik,kj->ij" : (tensor<5x0xf32>, tensor<0x10xf32>) -> tensor<5x10xf32>
  return %0 : tensor<5x10xf32>
}

// -----

// A size that may be 0 is not known to be.
// CHECK-LABEL: func.func @symbolic
// CHECK: tc.contract
func.func @symbolic(%x: tensor<5x?xf32, #tc.sizes<[5, s0]>>, %y: tensor<?x10xf32, #tc.sizes<[s0, 10]>>) -> tensor<5x10xf32> {
  %0 = tc.contract %x, %y "ik,kj->ij" : (tensor<5x?xf32, #tc.sizes<[5, s0]>>, tensor<?x10xf32, #tc.sizes<[s0, 10]>>) -> tensor<5x10xf32>
  return %0 : tensor<5x10xf32>
}
