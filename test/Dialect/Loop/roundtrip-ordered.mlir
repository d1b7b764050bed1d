// Loops whose points have an order: read, printed, read again.
// RUN: tc-opt %s -o %t && tc-opt %t | diff - %t
// RUN: tc-opt %s --mlir-print-op-generic | tc-opt | diff - %t
// RUN: FileCheck %s < %t

// CHECK-LABEL: func.func @ordered
func.func @ordered(%x: tensor<?x8xf32, #tc.sizes<[s0, 8]>>, %ids: tensor<?xi64, #tc.sizes<[s0]>>, %to: tensor<9xf32>) {
  // CHECK: loop.scan [sum] (%{{.*}}, %{{.*}}) in [s0, 8] {
  %0 = loop.scan [sum] (%i, %k) in [s0, 8] {
    %a = loop.read %x[%i, %k] : tensor<?x8xf32, #tc.sizes<[s0, 8]>> -> f32
    loop.yield %a : f32
  } : tensor<?x8xf32, #tc.sizes<[s0, 8]>>
  // CHECK: loop.arg_reduce [max] (%{{.*}} : %{{.*}}) in [s0 : 8] {
  %1:2 = loop.arg_reduce [max] (%i : %k) in [s0 : 8] {
    %a = loop.read %x[%i, %k] : tensor<?x8xf32, #tc.sizes<[s0, 8]>> -> f32
    loop.yield %a : f32
  } : tensor<?xf32, #tc.sizes<[s0]>>, tensor<?xi64, #tc.sizes<[s0]>>
  // CHECK: loop.sort %{{.*}} descending true
  %2, %3 = loop.sort %x descending true : (tensor<?x8xf32, #tc.sizes<[s0, 8]>>) -> (tensor<?x8xf32, #tc.sizes<[s0, 8]>>, tensor<?x8xi64, #tc.sizes<[s0, 8]>>)
  // CHECK: loop.scatter (%{{.*}}) in [s0] into %{{.*}} {
  %4 = loop.scatter (%i) in [s0] into %to {
    %c0 = arith.constant 0 : index
    %a = loop.read %x[%i, %c0] : tensor<?x8xf32, #tc.sizes<[s0, 8]>> -> f32
    %b = loop.read %ids[%i] : tensor<?xi64, #tc.sizes<[s0]>> -> i64
    %n = arith.index_cast %b : i64 to index
    loop.yield %n, %a : index, f32
  } : tensor<9xf32>
  return
}
