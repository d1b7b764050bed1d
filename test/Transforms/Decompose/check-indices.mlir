// RUN: tc-opt %s --tc-check-indices --split-input-file | FileCheck %s
// RUN: not tc-opt %s --tc-check-indices='unknown=1' 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option unknown
// RUN: tc-opt %s --tc-lower --split-input-file | FileCheck %s --check-prefix=LOWER
// RUN: tc-opt %s --tc-lower=target=sm_80 --split-input-file | FileCheck %s --check-prefix=GPU
// GPU-NOT: cf.assert

// Compared once for both uses; the message is that of the call.
// CHECK-LABEL: func @twice
// CHECK: %[[LT:.*]] = tc.compare {{ *}}lt %arg1
// CHECK: %[[GE:.*]] = tc.compare {{ *}}ge %arg1
// CHECK: %[[IN:.*]] = tc.and %[[LT]], %[[GE]]
// CHECK: %[[ALL:.*]] = tc.reduce {{.*}}all{{.*}} %[[IN]]
// CHECK: %[[OK:.*]] = tc.item %[[ALL]] : (tensor<i1>) -> i1
// CHECK-NEXT: cf.assert %[[OK]], "IndexError: index out of range in self"
// CHECK-NEXT: tc.gather checked %arg0
// CHECK-NOT: cf.assert
// CHECK: tc.gather checked %arg0
// LOWER-LABEL: func @twice
// LOWER: fusion.kernel
// LOWER: cf.assert
func.func @twice(%x: tensor<10x4xf32>, %i: tensor<3xi64>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %0 = tc.gather checked %x [0] (%i) {tc.call = "embedding"} : (tensor<10x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  %1 = tc.gather checked %x [0] (%i) {tc.call = "index"} : (tensor<10x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return %0, %1 : tensor<3x4xf32>, tensor<3x4xf32>
}

// -----

// A size that is a symbol, and a scatter.
// CHECK-LABEL: func @scatter
// CHECK: cf.assert %{{.*}}, "index is out of bounds for dimension 0 with size s0"
// CHECK: tc.scatter checked
func.func @scatter(%x: tensor<?xf32, #tc.sizes<[s0]>>, %i: tensor<3xi64>, %v: tensor<3xf32>) -> tensor<?xf32, #tc.sizes<[s0]>> {
  %0 = tc.scatter checked %v into %x [0] (%i) {tc.call = "scatter"} : (tensor<?xf32, #tc.sizes<[s0]>>, tensor<3xi64>, tensor<3xf32>) -> tensor<?xf32, #tc.sizes<[s0]>>
  return %0 : tensor<?xf32, #tc.sizes<[s0]>>
}

// -----

// Positions, and indices that are in range by construction, are not compared.
// CHECK-LABEL: func @known
// CHECK-NOT: cf.assert
func.func @known(%x: tensor<10x4xf32>, %i: tensor<3xi64>) -> (tensor<3x4xf32>, tensor<10x4xf32>) {
  %0 = tc.gather %x [0] (%i) : (tensor<10x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  %p = tc.iota 0 : tensor<10xi64>
  %1 = tc.gather checked %x [0] (%p) : (tensor<10x4xf32>, tensor<10xi64>) -> tensor<10x4xf32>
  return %0, %1 : tensor<3x4xf32>, tensor<10x4xf32>
}
