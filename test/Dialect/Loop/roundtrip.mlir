// RUN: tc-opt %s | tc-opt | FileCheck %s
// RUN: tc-opt %s --canonicalize | FileCheck %s --check-prefix=CANON

// CANON: #[[$MAP:.*]] = affine_map<(d0) -> (-d0 + 64)>
// CHECK-LABEL: func @linear_softmax
func.func @linear_softmax(%x: tensor<?x768xf32, #tc.sizes<[s0, 768]>>, %w: tensor<64x768xf32>) -> tensor<?xf32, #tc.sizes<[s0]>> {
  // CHECK: loop.contract (%{{.*}}, %{{.*}} : %{{.*}}) in [s0, 64 : 768] {
  %0 = loop.contract (%i, %j : %k) in [s0, 64 : 768] {
    %a = loop.read %x[%i, %k] : tensor<?x768xf32, #tc.sizes<[s0, 768]>> -> f32
    %b = loop.read %w[%j, %k] : tensor<64x768xf32> -> f32
    loop.yield %a, %b : f32, f32
  } : tensor<?x64xf32, #tc.sizes<[s0, 64]>>
  // CHECK: loop.map (%{{.*}}, %{{.*}}) in [s0, 64] {
  %1 = loop.map (%i, %j) in [s0, 64] {
    %r = loop.index affine_map<(d0) -> (63 - d0)>(%j) where []
    // CANON: loop.index #[[$MAP]](
    %q = loop.index affine_map<(d0) -> (d0 + 1)>(%r) where []
    %c63 = arith.constant 63 : index
    %in = arith.cmpi ult, %q, %c63 : index
    %v = scf.if %in -> f32 {
      %a = loop.read %0[%i, %q] : tensor<?x64xf32, #tc.sizes<[s0, 64]>> -> f32
      scf.yield %a : f32
    } else {
      %zero = arith.constant 0.0 : f32
      scf.yield %zero : f32
    }
    loop.yield %v : f32
  } : tensor<?x64xf32, #tc.sizes<[s0, 64]>>
  // CHECK: loop.reduce [max] (%{{.*}} : %{{.*}}) in [s0 : 64] {
  %2 = loop.reduce [max] (%i : %j) in [s0 : 64] {
    %a = loop.read %1[%i, %j] : tensor<?x64xf32, #tc.sizes<[s0, 64]>> -> f32
    loop.yield %a : f32
  } : tensor<?xf32, #tc.sizes<[s0]>>
  return %2 : tensor<?xf32, #tc.sizes<[s0]>>
}
