// RUN: tc-opt %s --tc-split-reductions='block-points=1024' --split-input-file | FileCheck %s
// RUN: not tc-opt %s --tc-split-reductions='unknown=1' 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option unknown

// The sum of all elements: blocks, then the sum of their sums.
// CHECK: #[[MAP:.*]] = affine_map<(d0, d1) -> (d0 * 1024 + d1)>
// CHECK-LABEL: func.func @vector
// CHECK-NEXT: %[[P:.*]] = loop.reduce [sum] (%[[B:.*]] : %[[I:.*]]) in [8 : 1024] {
// CHECK-NEXT: %[[K:.*]] = loop.index #[[MAP]](%[[B]], %[[I]])
// CHECK-NEXT: loop.read %arg0[%[[K]]]
// CHECK: } : tensor<8xf32>
// CHECK: loop.reduce [sum] ( : %[[B:.*]]) in [ : 8] {
// CHECK-NEXT: loop.read %[[P]][%[[B]]]
func.func @vector(%x: tensor<8192xf32>) -> tensor<f32> {
  %m = loop.reduce [sum] ( : %k) in [ : 8192] {
    %v = loop.read %x[%k] : tensor<8192xf32> -> f32
    loop.yield %v : f32
  } : tensor<f32>
  return %m : tensor<f32>
}

// -----

// No good divisor: the last block is short.
// CHECK-LABEL: func.func @prime
// CHECK: loop.reduce [max, sum] (%[[B:.*]] : %[[I:.*]]) in [9 : 1024] {
// CHECK: %[[G:.*]]:2 = scf.if %{{.*}} -> (f32, f32)
// CHECK: } else {
// CHECK-DAG: arith.constant 0xFF800000 : f32
// CHECK-DAG: arith.constant {{-?}}0.000000e+00 : f32
// CHECK: } : tensor<9xf32>, tensor<9xf32>
func.func @prime(%x: tensor<8209xf32>) -> (tensor<f32>, tensor<f32>) {
  %m:2 = loop.reduce [max, sum] ( : %k) in [ : 8209] {
    %v = loop.read %x[%k] : tensor<8209xf32> -> f32
    loop.yield %v, %v : f32, f32
  } : tensor<f32>, tensor<f32>
  return %m#0, %m#1 : tensor<f32>, tensor<f32>
}

// -----

// Outer dimensions are parallel as they are, before the rows.
// CHECK: #[[MAP:.*]] = affine_map<(d0, d1) -> (d0 * 16 + d1)>
// CHECK-LABEL: func.func @planes
// CHECK: %[[P:.*]] = loop.reduce [sum] (%[[N:.*]], %[[B:.*]], %[[C:.*]] : %[[I:.*]], %[[W:.*]]) in [5, 3, 2 : 16, 64] {
// CHECK: %[[H:.*]] = loop.index #[[MAP]](%[[B]], %[[I]])
// CHECK: loop.read %arg0[%[[N]], %[[C]], %[[H]], %[[W]]]
// CHECK: loop.reduce [sum] (%[[C:.*]] : %[[N:.*]], %[[B:.*]]) in [2 : 5, 3] {
// CHECK-NEXT: loop.read %[[P]][%[[N]], %[[B]], %[[C]]]
func.func @planes(%x: tensor<5x2x48x64xf32>) -> tensor<2xf32> {
  %m = loop.reduce [sum] (%c : %n, %h, %w) in [2 : 5, 48, 64] {
    %v = loop.read %x[%n, %c, %h, %w] : tensor<5x2x48x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<2xf32>
  return %m : tensor<2xf32>
}

// -----

// Enough rows, few points, sizes that are not known: as they are.
// CHECK-LABEL: func.func @kept
// CHECK: loop.reduce [sum] (%{{.*}} : %{{.*}}) in [8 : 8192] {
// CHECK: loop.reduce [sum] ( : %{{.*}}) in [ : 2047] {
// CHECK: loop.reduce [sum] ( : %{{.*}}) in [ : s0] {
// CHECK-NOT: loop.reduce
func.func @kept(%x: tensor<8x8192xf32>, %y: tensor<2047xf32>, %z: tensor<?xf32, #tc.sizes<[s0]>>)
    -> (tensor<8xf32>, tensor<f32>, tensor<f32>) {
  %m = loop.reduce [sum] (%i : %k) in [8 : 8192] {
    %v = loop.read %x[%i, %k] : tensor<8x8192xf32> -> f32
    loop.yield %v : f32
  } : tensor<8xf32>
  %n = loop.reduce [sum] ( : %k) in [ : 2047] {
    %v = loop.read %y[%k] : tensor<2047xf32> -> f32
    loop.yield %v : f32
  } : tensor<f32>
  %o = loop.reduce [sum] ( : %k) in [ : s0] {
    %v = loop.read %z[%k] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
    loop.yield %v : f32
  } : tensor<f32>
  return %m, %n, %o : tensor<8xf32>, tensor<f32>, tensor<f32>
}
