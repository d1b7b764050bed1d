// RUN: tc-opt %s --tc-pack-operands --split-input-file | FileCheck %s

// CHECK-DAG: #[[$COLUMN:.*]] = affine_map<(d0, d1) -> (d0 * 32 + d1)>
// CHECK-DAG: #[[$BLOCK:.*]] = affine_map<(d0) -> (d0 floordiv 32)>
// CHECK-DAG: #[[$INNER:.*]] = affine_map<(d0) -> (d0 mod 32)>
// CHECK-LABEL: func @linear
// CHECK: %[[W:.*]] = tc.constant
// CHECK: %[[P:.*]] = fusion.kernel "pack"(%[[W]]) {
// CHECK: loop.map (%[[N:.*]], %[[K:.*]], %[[R:.*]]) in [3, 128, 32] {
// CHECK: %[[J:.*]] = loop.index #[[$COLUMN]](%[[N]], %[[R]])
// CHECK: scf.if
// CHECK: loop.read %{{.*}}[%[[J]], %[[K]]]
// CHECK: else
// CHECK: arith.constant 0.0
// CHECK: fusion.kernel "contract"(%arg0, %[[P]]) {
// CHECK: ^bb0(%{{.*}}: tensor<64x128xf32>, %[[ARG:.*]]: tensor<3x128x32xf32>):
// CHECK: loop.contract (%[[I:.*]], %[[J:.*]] : %[[K:.*]]) in [64, 90 : 128] {
// CHECK: %[[A:.*]] = loop.read %{{.*}}[%[[I]], %[[K]]]
// CHECK: %[[Q:.*]] = loop.index #[[$BLOCK]](%[[J]])
// CHECK: %[[M:.*]] = loop.index #[[$INNER]](%[[J]])
// CHECK: %[[B:.*]] = loop.read %[[ARG]][%[[Q]], %[[K]], %[[M]]]
// CHECK: loop.yield %[[A]], %[[B]]
func.func @linear(%x: tensor<64x128xf32>) -> tensor<64x90xf32> {
  %w = tc.constant dense_resource<w> : tensor<90x128xf32>
  %0 = fusion.kernel "contract"(%x, %w) {
  ^bb0(%a: tensor<64x128xf32>, %b: tensor<90x128xf32>):
    %c = loop.contract (%i, %j : %k) in [64, 90 : 128] {
      %p = loop.read %a[%i, %k] : tensor<64x128xf32> -> f32
      %q = loop.read %b[%j, %k] : tensor<90x128xf32> -> f32
      loop.yield %p, %q : f32, f32
    } : tensor<64x90xf32>
    fusion.yield %c : tensor<64x90xf32>
  } : (tensor<64x128xf32>, tensor<90x128xf32>) -> tensor<64x90xf32>
  return %0 : tensor<64x90xf32>
}
{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}

// -----

// What is not constant is packed block by block within the contraction.
// CHECK-LABEL: func @argument
// CHECK-NOT: "pack"
func.func @argument(%x: tensor<64x128xf32>, %w: tensor<64x128xf32>) -> tensor<64x64xf32> {
  %0 = fusion.kernel "contract"(%x, %w) {
  ^bb0(%a: tensor<64x128xf32>, %b: tensor<64x128xf32>):
    %c = loop.contract (%i, %j : %k) in [64, 64 : 128] {
      %p = loop.read %a[%i, %k] : tensor<64x128xf32> -> f32
      %q = loop.read %b[%j, %k] : tensor<64x128xf32> -> f32
      loop.yield %p, %q : f32, f32
    } : tensor<64x64xf32>
    fusion.yield %c : tensor<64x64xf32>
  } : (tensor<64x128xf32>, tensor<64x128xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}

// -----

// A kernel on constants gives a constant.
// CHECK-LABEL: func @scaled
// CHECK: %[[S:.*]] = fusion.kernel "scale"
// CHECK: fusion.kernel "pack"(%[[S]])
func.func @scaled(%x: tensor<64x128xf32>) -> tensor<64x64xf32> {
  %w = tc.constant dense_resource<w> : tensor<64x128xf32>
  %s = fusion.kernel "scale"(%w) {
  ^bb0(%a: tensor<64x128xf32>):
    %m = loop.map (%i, %j) in [64, 128] {
      %v = loop.read %a[%i, %j] : tensor<64x128xf32> -> f32
      %d = arith.addf %v, %v : f32
      loop.yield %d : f32
    } : tensor<64x128xf32>
    fusion.yield %m : tensor<64x128xf32>
  } : (tensor<64x128xf32>) -> tensor<64x128xf32>
  %0 = fusion.kernel "contract"(%x, %s) {
  ^bb0(%a: tensor<64x128xf32>, %b: tensor<64x128xf32>):
    %c = loop.contract (%i, %j : %k) in [64, 64 : 128] {
      %p = loop.read %a[%i, %k] : tensor<64x128xf32> -> f32
      %q = loop.read %b[%j, %k] : tensor<64x128xf32> -> f32
      loop.yield %p, %q : f32, f32
    } : tensor<64x64xf32>
    fusion.yield %c : tensor<64x64xf32>
  } : (tensor<64x128xf32>, tensor<64x128xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}
{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}

// -----

// Constants are packed however few rows there are; two contractions share one copy.
// CHECK-LABEL: func @constant
// CHECK-COUNT-1: fusion.kernel "pack"
// CHECK-NOT: fusion.kernel "pack"
func.func @constant(%x: tensor<1x128xf32>) -> (tensor<1x64xf32>, tensor<1x64xf32>) {
  %w = tc.constant dense_resource<w> : tensor<64x128xf32>
  %0 = fusion.kernel "contract"(%x, %w) {
  ^bb0(%a: tensor<1x128xf32>, %b: tensor<64x128xf32>):
    %c = loop.contract (%i, %j : %k) in [1, 64 : 128] {
      %zero = arith.constant 0 : index
      %p = loop.read %a[%zero, %k] : tensor<1x128xf32> -> f32
      %q = loop.read %b[%j, %k] : tensor<64x128xf32> -> f32
      loop.yield %p, %q : f32, f32
    } : tensor<1x64xf32>
    fusion.yield %c : tensor<1x64xf32>
  } : (tensor<1x128xf32>, tensor<64x128xf32>) -> tensor<1x64xf32>
  %1 = fusion.kernel "contract_neg"(%x, %w) {
  ^bb0(%a: tensor<1x128xf32>, %b: tensor<64x128xf32>):
    %c = loop.contract (%i, %j : %k) in [1, 64 : 128] {
      %zero = arith.constant 0 : index
      %p = loop.read %a[%zero, %k] : tensor<1x128xf32> -> f32
      %q = loop.read %b[%j, %k] : tensor<64x128xf32> -> f32
      loop.yield %p, %q : f32, f32
    } : tensor<1x64xf32>
    %d = loop.map (%i, %j) in [1, 64] {
      %v = loop.read %c[%i, %j] : tensor<1x64xf32> -> f32
      %n = arith.negf %v : f32
      loop.yield %n : f32
    } : tensor<1x64xf32>
    fusion.yield %d : tensor<1x64xf32>
  } : (tensor<1x128xf32>, tensor<64x128xf32>) -> tensor<1x64xf32>
  return %0, %1 : tensor<1x64xf32>, tensor<1x64xf32>
}
{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}

// -----

// Of a batch, each matrix is packed; the operand of the last dimension comes second.
// CHECK-LABEL: func @batch
// CHECK: fusion.kernel "pack"(%{{.*}})
// CHECK: loop.map (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) in [8, 2, 64, 32] {
// CHECK: loop.contract (%[[B:.*]], %[[I:.*]], %[[J:.*]] : %[[K:.*]]) in [8, 64, 64 : 64] {
// CHECK: %[[X:.*]] = loop.read %{{.*}}[%[[B]], %[[I]], %[[K]]]
// CHECK: %[[Y:.*]] = loop.read %{{.*}}[%[[B]], %{{.*}}, %[[K]], %{{.*}}]
// CHECK: loop.yield %[[X]], %[[Y]]
func.func @batch(%x: tensor<8x64x64xf32>) -> tensor<8x64x64xf32> {
  %y = tc.constant dense_resource<w> : tensor<8x64x64xf32>
  %0 = fusion.kernel "contract"(%x, %y) {
  ^bb0(%a: tensor<8x64x64xf32>, %b: tensor<8x64x64xf32>):
    %c = loop.contract (%n, %i, %j : %k) in [8, 64, 64 : 64] {
      %p = loop.read %a[%n, %i, %k] : tensor<8x64x64xf32> -> f32
      %q = loop.read %b[%n, %j, %k] : tensor<8x64x64xf32> -> f32
      loop.yield %q, %p : f32, f32
    } : tensor<8x64x64xf32>
    fusion.yield %c : tensor<8x64x64xf32>
  } : (tensor<8x64x64xf32>, tensor<8x64x64xf32>) -> tensor<8x64x64xf32>
  return %0 : tensor<8x64x64xf32>
}
{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}
