// RUN: tc-opt %s --tc-align-epilogues --split-input-file | FileCheck %s
// RUN: tc-opt %s --tc-fuse --split-input-file | FileCheck %s --check-prefix=FUSE

// Dimensions merge: the map follows the contraction, and so does what follows the map.
// CHECK-LABEL: func @merge
// CHECK: %[[C:.*]] = loop.contract
// CHECK: %[[V:.*]] = tc.reshape %arg2 : (tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>>) -> tensor<?x768xf32, #tc.sizes<[s0 * 2, 768]>>
// CHECK: %[[A:.*]] = loop.map (%[[M:.*]], %[[O:.*]]) in [s0 * 2, 768] {
// CHECK: loop.read %[[C]][%[[M]], %[[O]]]
// CHECK: loop.read %[[V]][%[[M]], %[[O]]]
// CHECK: loop.read %arg3[%[[O]]]
// CHECK: loop.map (%{{.*}}, %{{.*}}) in [s0 * 2, 768] {
// CHECK: math.tanh
// CHECK: %[[R:.*]] = tc.reshape
// CHECK: return %[[R]]
// FUSE-LABEL: func @merge
// FUSE-COUNT-1: fusion.kernel "contract_add_tanh"
// FUSE-NOT: fusion.kernel
func.func @merge(%a: tensor<?x64xf32, #tc.sizes<[s0 * 2, 64]>>, %w: tensor<768x64xf32>, %x: tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>>,
                 %bias: tensor<768xf32>) -> tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>> {
  %0 = loop.contract (%i, %j : %k) in [s0 * 2, 768 : 64] {
    %p = loop.read %a[%i, %k] : tensor<?x64xf32, #tc.sizes<[s0 * 2, 64]>> -> f32
    %q = loop.read %w[%j, %k] : tensor<768x64xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<?x768xf32, #tc.sizes<[s0 * 2, 768]>>
  %r = tc.reshape %0 : (tensor<?x768xf32, #tc.sizes<[s0 * 2, 768]>>) -> tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>>
  %1 = loop.map (%b, %s, %o) in [2, s0, 768] {
    %u = loop.read %r[%b, %s, %o] : tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>> -> f32
    %v = loop.read %x[%b, %s, %o] : tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>> -> f32
    %t = loop.read %bias[%o] : tensor<768xf32> -> f32
    %y = arith.addf %u, %v : f32
    %z = arith.addf %y, %t : f32
    loop.yield %z : f32
  } : tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>>
  %2 = loop.map (%b, %s, %o) in [2, s0, 768] {
    %u = loop.read %1[%b, %s, %o] : tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>> -> f32
    %y = math.tanh %u : f32
    loop.yield %y : f32
  } : tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>>
  return %2 : tensor<2x?x768xf32, #tc.sizes<[2, s0, 768]>>
}

// -----

// A dimension splits: its index is put together.
// CHECK-DAG: #[[$MAP:.*]] = affine_map<(d0, d1) -> (d0 * 16 + d1)>
// CHECK-LABEL: func @split
// CHECK: loop.map (%[[N:.*]], %[[Y:.*]], %[[O:.*]]) in [2, 16, 64] {
// CHECK: %[[M:.*]] = loop.index #[[$MAP]](%[[N]], %[[Y]])
// CHECK: loop.read %{{.*}}[%[[N]], %[[Y]], %[[O]]]
// CHECK: loop.read %arg2[%[[M]], %[[O]]]
// FUSE-LABEL: func @split
// FUSE-COUNT-1: fusion.kernel "contract_add"
// FUSE-NOT: fusion.kernel
func.func @split(%a: tensor<2x16x64xf32>, %w: tensor<64x64xf32>, %x: tensor<32x64xf32>) -> tensor<32x64xf32> {
  %0 = loop.contract (%n, %y, %j : %k) in [2, 16, 64 : 64] {
    %p = loop.read %a[%n, %y, %k] : tensor<2x16x64xf32> -> f32
    %q = loop.read %w[%j, %k] : tensor<64x64xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<2x16x64xf32>
  %r = tc.reshape %0 : (tensor<2x16x64xf32>) -> tensor<32x64xf32>
  %1 = loop.map (%m, %o) in [32, 64] {
    %u = loop.read %r[%m, %o] : tensor<32x64xf32> -> f32
    %v = loop.read %x[%m, %o] : tensor<32x64xf32> -> f32
    %s = arith.addf %u, %v : f32
    loop.yield %s : f32
  } : tensor<32x64xf32>
  return %1 : tensor<32x64xf32>
}

// -----

// Dimensions that are also used apart cannot merge.
// FUSE-LABEL: func @apart
// CHECK-LABEL: func @apart
// CHECK: loop.map (%{{.*}}, %{{.*}}, %{{.*}}) in [2, 16, 64] {
func.func @apart(%a: tensor<32x64xf32>, %w: tensor<64x64xf32>, %x: tensor<16x64xf32>) -> tensor<2x16x64xf32> {
  %0 = loop.contract (%i, %j : %k) in [32, 64 : 64] {
    %p = loop.read %a[%i, %k] : tensor<32x64xf32> -> f32
    %q = loop.read %w[%j, %k] : tensor<64x64xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<32x64xf32>
  %r = tc.reshape %0 : (tensor<32x64xf32>) -> tensor<2x16x64xf32>
  %1 = loop.map (%n, %y, %o) in [2, 16, 64] {
    %u = loop.read %r[%n, %y, %o] : tensor<2x16x64xf32> -> f32
    %v = loop.read %x[%y, %o] : tensor<16x64xf32> -> f32
    %s = arith.addf %u, %v : f32
    loop.yield %s : f32
  } : tensor<2x16x64xf32>
  return %1 : tensor<2x16x64xf32>
}

// -----

// A contraction writes its result permuted, if the columns stay last.
// CHECK-LABEL: func @permuted
// CHECK-NEXT: loop.contract (%[[B:.*]], %[[I:.*]], %[[H:.*]], %[[D:.*]] : %[[J:.*]]) in [2, 16, 12, 64 : 16] {
// CHECK-NEXT: loop.read %arg0[%[[B]], %[[H]], %[[I]], %[[J]]]
// CHECK-NEXT: loop.read %arg1[%[[B]], %[[H]], %[[J]], %[[D]]]
// CHECK-NOT: loop.map
func.func @permuted(%p: tensor<2x12x16x16xf32>, %v: tensor<2x12x16x64xf32>) -> tensor<2x16x12x64xf32> {
  %0 = loop.contract (%b, %h, %i, %d : %j) in [2, 12, 16, 64 : 16] {
    %x = loop.read %p[%b, %h, %i, %j] : tensor<2x12x16x16xf32> -> f32
    %y = loop.read %v[%b, %h, %j, %d] : tensor<2x12x16x64xf32> -> f32
    loop.yield %x, %y : f32, f32
  } : tensor<2x12x16x64xf32>
  %1 = loop.map (%b, %i, %h, %d) in [2, 16, 12, 64] {
    %x = loop.read %0[%b, %h, %i, %d] : tensor<2x12x16x64xf32> -> f32
    loop.yield %x : f32
  } : tensor<2x16x12x64xf32>
  return %1 : tensor<2x16x12x64xf32>
}

// -----

// Channels first would put the rows last.
// CHECK-LABEL: func @columns_move
// CHECK: loop.contract
// CHECK: loop.map
func.func @columns_move(%p: tensor<16x64xf32>, %v: tensor<32x64xf32>) -> tensor<32x16xf32> {
  %0 = loop.contract (%i, %j : %k) in [16, 32 : 64] {
    %x = loop.read %p[%i, %k] : tensor<16x64xf32> -> f32
    %y = loop.read %v[%j, %k] : tensor<32x64xf32> -> f32
    loop.yield %x, %y : f32, f32
  } : tensor<16x32xf32>
  %1 = loop.map (%j, %i) in [32, 16] {
    %x = loop.read %0[%i, %j] : tensor<16x32xf32> -> f32
    loop.yield %x : f32
  } : tensor<32x16xf32>
  return %1 : tensor<32x16xf32>
}

// -----

// A map that reads a part of a contraction's result is no permutation of it: the contraction keeps its sizes.
// CHECK-LABEL: func.func @part_of_result
// CHECK: loop.contract
// CHECK: } : tensor<4x4xf32>
func.func @part_of_result(%d: tensor<4x4xf32>) -> tensor<4x2xf32> {
  %0 = loop.contract (%i, %j : %k) in [4, 4 : 4] {
    %a = loop.read %d[%i, %k] : tensor<4x4xf32> -> f32
    %b = loop.read %d[%k, %j] : tensor<4x4xf32> -> f32
    loop.yield %a, %b : f32, f32
  } : tensor<4x4xf32>
  %1 = loop.map (%i, %j) in [4, 2] {
    %a = loop.read %0[%i, %j] : tensor<4x4xf32> -> f32
    loop.yield %a : f32
  } : tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}
