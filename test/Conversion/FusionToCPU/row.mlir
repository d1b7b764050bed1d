// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s

func.func @kernels(%x: tensor<8x256xf32>) {
  // The reduction has four accumulators; the map that follows waits for it.
  // CHECK-LABEL: func.func @norm_0
  // CHECK-SAME: extent = #tc.size<8>, function = @norm_0, grain = 2
  // CHECK: scf.for
  // CHECK: scf.for {{.*}} iter_args({{.*}}, {{.*}}, {{.*}}, {{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
  // CHECK-COUNT-4: math.fma
  // CHECK: vector.shuffle
  // CHECK: vector.extract
  // CHECK: scf.for
  // CHECK: arith.divf
  %0 = fusion.kernel "norm"(%x) schedule <row, parallel = 1, vector = 1, tile = [], grain = 2> {
  ^bb0(%a: tensor<8x256xf32>):
    %s = loop.reduce [sum] (%i : %j) in [8 : 256] {
      %v = loop.read %a[%i, %j] : tensor<8x256xf32> -> f32
      %q = arith.mulf %v, %v : f32
      loop.yield %q : f32
    } : tensor<8xf32>
    %o = loop.map (%i, %j) in [8, 256] {
      %v = loop.read %a[%i, %j] : tensor<8x256xf32> -> f32
      %w = loop.read %s[%i] : tensor<8xf32> -> f32
      %q = arith.divf %v, %w : f32
      loop.yield %q : f32
    } : tensor<8x256xf32>
    fusion.yield %o : tensor<8x256xf32>
  } : (tensor<8x256xf32>) -> tensor<8x256xf32>

  // Vectors of columns, accumulated down the rows.
  // CHECK-LABEL: func.func @columns_1
  // CHECK: scf.for {{.*}} -> (vector<16xf32>
  // CHECK-NOT: gather
  // CHECK-NOT: vector.shuffle
  // CHECK: return
  %1 = fusion.kernel "columns"(%x) schedule <row, parallel = 1, vector = 0, tile = [], grain = 2> {
  ^bb0(%a: tensor<8x256xf32>):
    %s = loop.reduce [sum] (%j : %i) in [256 : 8] {
      %v = loop.read %a[%i, %j] : tensor<8x256xf32> -> f32
      loop.yield %v : f32
    } : tensor<256xf32>
    fusion.yield %s : tensor<256xf32>
  } : (tensor<8x256xf32>) -> tensor<256xf32>

  // What a later loop reads is kept in scratch.
  // CHECK-LABEL: func.func @softmax_2
  // CHECK-SAME: scratch = #tc.size<1024>
  %2 = fusion.kernel "softmax"(%x) schedule <row, parallel = 1, vector = 1, tile = [], grain = 1> {
  ^bb0(%a: tensor<8x256xf32>):
    %e = loop.map (%i, %j) in [8, 256] {
      %v = loop.read %a[%i, %j] : tensor<8x256xf32> -> f32
      %p = math.exp %v : f32
      loop.yield %p : f32
    } : tensor<8x256xf32>
    %s = loop.reduce [sum] (%i : %j) in [8 : 256] {
      %v = loop.read %e[%i, %j] : tensor<8x256xf32> -> f32
      loop.yield %v : f32
    } : tensor<8xf32>
    %o = loop.map (%i, %j) in [8, 256] {
      %v = loop.read %e[%i, %j] : tensor<8x256xf32> -> f32
      %w = loop.read %s[%i] : tensor<8xf32> -> f32
      %q = arith.divf %v, %w : f32
      loop.yield %q : f32
    } : tensor<8x256xf32>
    fusion.yield %o : tensor<8x256xf32>
  } : (tensor<8x256xf32>) -> tensor<8x256xf32>
  return
}
