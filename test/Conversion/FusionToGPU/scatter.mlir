// Scatters: atomic where points meet, the last of each element where nothing combines them.
// RUN: tc-opt %s --tc-fusion-to-gpu=target=sm_80 -o %t.mlir
// RUN: tc-translate --nvvm-to-ptx %t.mlir | FileCheck %s
// RUN: tc-opt %s --tc-fusion-to-gpu="target=sm_80 deterministic" -o %t.mlir
// RUN: tc-translate --nvvm-to-ptx %t.mlir | FileCheck %s --check-prefix=ORDER

// CHECK-LABEL: .entry embedding_gradient_0(
// CHECK-LABEL: .entry embedding_gradient_0_1(
// CHECK: atom.global.add.f32
// ORDER-LABEL: .entry embedding_gradient_0_1(
// ORDER-NOT: atom
// ORDER: add.rn.f32
// ORDER-LABEL: .entry overwrite_1(

// Copy, clear the workspace, find the last, write it.
// CHECK-LABEL: .entry overwrite_1_2(
// CHECK: atom.global{{.*}}.max.u32
// CHECK-LABEL: .entry overwrite_1_3(
// CHECK: setp
// CHECK: st.global
// CHECK-LABEL: .entry maximum_2_1(
// CHECK: atom{{.*}}.cas.b32
// Indices of the space never meet.
// CHECK-LABEL: .entry insert_3_1(
// CHECK-NOT: atom
// CHECK: st.global

func.func @embedding_gradient(%x0: tensor<1x64xi64>, %x1: tensor<64x768xf32>) -> tensor<1024x768xf32> {
  %0 = fusion.kernel "embedding_gradient"(%x0, %x1) schedule <scatter, parallel = 0, vector = 2, tile = [], grain = 4096> {
  ^bb0(%arg113: tensor<1x64xi64>, %arg114: tensor<64x768xf32>):
    %130 = tc.constant dense<0.000000e+00> : tensor<1024x768xf32>
    %131 = loop.scatter [sum] (%arg115, %arg116, %arg117) in [1, 64, 768] into %130 {
      %c1023 = arith.constant 1023 : index
      %c0 = arith.constant 0 : index
      %132 = loop.read %arg113[%c0, %arg116] : tensor<1x64xi64> -> i64
      %133 = arith.index_cast %132 : i64 to index
      %134 = arith.minsi %133, %c1023 : index
      %135 = arith.maxsi %134, %c0 : index
      %136 = loop.read %arg114[%arg116, %arg117] : tensor<64x768xf32> -> f32
      loop.yield %135, %arg117, %136 : index, index, f32
    } : tensor<1024x768xf32>
    fusion.yield %131 : tensor<1024x768xf32>
  } : (tensor<1x64xi64>, tensor<64x768xf32>) -> tensor<1024x768xf32>
  return %0 : tensor<1024x768xf32>
}
func.func @overwrite(%x0: tensor<50xi64>, %x1: tensor<50xf32>, %x2: tensor<9xf32>) -> tensor<9xf32> {
  %0 = fusion.kernel "overwrite"(%x0, %x1, %x2) {
  ^bb0(%a: tensor<50xi64>, %v: tensor<50xf32>, %z: tensor<9xf32>):
    %r = loop.scatter (%i) in [50] into %z {
      %n = loop.read %a[%i] : tensor<50xi64> -> i64
      %o = arith.index_cast %n : i64 to index
      %w = loop.read %v[%i] : tensor<50xf32> -> f32
      loop.yield %o, %w : index, f32
    } : tensor<9xf32>
    fusion.yield %r : tensor<9xf32>
  } : (tensor<50xi64>, tensor<50xf32>, tensor<9xf32>) -> tensor<9xf32>
  return %0 : tensor<9xf32>
}
func.func @maximum(%x0: tensor<50xi64>, %x1: tensor<50xf32>, %x2: tensor<9xf32>) -> tensor<9xf32> {
  %0 = fusion.kernel "maximum"(%x0, %x1, %x2) {
  ^bb0(%a: tensor<50xi64>, %v: tensor<50xf32>, %z: tensor<9xf32>):
    %r = loop.scatter [max] (%i) in [50] into %z {
      %n = loop.read %a[%i] : tensor<50xi64> -> i64
      %o = arith.index_cast %n : i64 to index
      %w = loop.read %v[%i] : tensor<50xf32> -> f32
      loop.yield %o, %w : index, f32
    } : tensor<9xf32>
    fusion.yield %r : tensor<9xf32>
  } : (tensor<50xi64>, tensor<50xf32>, tensor<9xf32>) -> tensor<9xf32>
  return %0 : tensor<9xf32>
}
func.func @insert(%x0: tensor<5xf32>, %x1: tensor<9xf32>) -> tensor<9xf32> {
  %0 = fusion.kernel "insert"(%x0, %x1) {
  ^bb0(%v: tensor<5xf32>, %z: tensor<9xf32>):
    %r = loop.scatter (%i) in [5] into %z {
      %w = loop.read %v[%i] : tensor<5xf32> -> f32
      loop.yield %i, %w : index, f32
    } : tensor<9xf32>
    fusion.yield %r : tensor<9xf32>
  } : (tensor<5xf32>, tensor<9xf32>) -> tensor<9xf32>
  return %0 : tensor<9xf32>
}
