// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx2 | FileCheck %s --check-prefixes=CHECK,AVX2

func.func @kernels(%x: tensor<12x32xf32>, %w: tensor<2x32x64xf32>, %b: tensor<128xf32>, %v: tensor<1x4096xf32>,
                   %n: tensor<1000x4096xf32>, %i: tensor<8x8xi32>) {
  // Six rows of four vectors, the bias added to the sums in registers.
  // CHECK-LABEL: func.func @tiles_0
  // AVX512: extent = #tc.size<{{[0-9]+}}>
  // AVX512: scf.for {{.*}} step %c4 iter_args
  // AVX512-COUNT-24: vector.fma {{.*}} : vector<16xf32>
  // AVX2: scf.for {{.*}} step %c4 iter_args
  // AVX2-COUNT-12: vector.fma {{.*}} : vector<8xf32>
  // CHECK: scf.yield
  // CHECK: arith.addf
  // CHECK: llvm.store
  %0 = fusion.kernel "tiles"(%x, %w, %b) {
  ^bb0(%a: tensor<12x32xf32>, %p: tensor<2x32x64xf32>, %c: tensor<128xf32>):
    %s = loop.contract (%r, %j : %k) in [12, 128 : 32] {
      %f = loop.read %a[%r, %k] : tensor<12x32xf32> -> f32
      %jo = loop.index affine_map<(d0) -> (d0 floordiv 64)>(%j) where []
      %ji = loop.index affine_map<(d0) -> (d0 mod 64)>(%j) where []
      %g = loop.read %p[%jo, %k, %ji] : tensor<2x32x64xf32> -> f32
      loop.yield %f, %g : f32, f32
    } : tensor<12x128xf32>
    %t = loop.map (%r, %j) in [12, 128] {
      %f = loop.read %s[%r, %j] : tensor<12x128xf32> -> f32
      %g = loop.read %c[%j] : tensor<128xf32> -> f32
      %h = arith.addf %f, %g : f32
      loop.yield %h : f32
    } : tensor<12x128xf32>
    fusion.yield %t : tensor<12x128xf32>
  } : (tensor<12x32xf32>, tensor<2x32x64xf32>, tensor<128xf32>) -> tensor<12x128xf32>

  // Both factors contiguous along the depth: eight dot products at once, summed in scratch.
  // CHECK-LABEL: func.func @dots_1
  // CHECK-SAME: scratch = #tc.size<256>
  // CHECK: scf.for {{.*}} iter_args
  // AVX512-COUNT-8: vector.fma {{.*}} : vector<16xf32>
  // AVX2-COUNT-8: vector.fma {{.*}} : vector<8xf32>
  // CHECK: scf.yield
  // CHECK-COUNT-8: vector.reduction <add>
  %1 = fusion.kernel "dots"(%v, %n) {
  ^bb0(%a: tensor<1x4096xf32>, %p: tensor<1000x4096xf32>):
    %s = loop.contract (%r, %j : %k) in [1, 1000 : 4096] {
      %f = loop.read %a[%r, %k] : tensor<1x4096xf32> -> f32
      %g = loop.read %p[%j, %k] : tensor<1000x4096xf32> -> f32
      loop.yield %f, %g : f32, f32
    } : tensor<1x1000xf32>
    fusion.yield %s : tensor<1x1000xf32>
  } : (tensor<1x4096xf32>, tensor<1000x4096xf32>) -> tensor<1x1000xf32>

  // Integers take the plain form.
  // CHECK-LABEL: func.func @integers_2
  // CHECK: arith.muli {{.*}} : vector<
  %2 = fusion.kernel "integers"(%i) {
  ^bb0(%a: tensor<8x8xi32>):
    %s = loop.contract (%r, %j : %k) in [8, 8 : 8] {
      %f = loop.read %a[%r, %k] : tensor<8x8xi32> -> i32
      %g = loop.read %a[%k, %j] : tensor<8x8xi32> -> i32
      loop.yield %f, %g : i32, i32
    } : tensor<8x8xi32>
    fusion.yield %s : tensor<8x8xi32>
  } : (tensor<8x8xi32>) -> tensor<8x8xi32>
  return
}
