// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s

func.func @kernels(%x: tensor<60x8xf32>, %w: tensor<8x64xf32>) {
  // Where no column of a tile is at or before one of its rows, nothing is summed.
  // CHECK-LABEL: func.func @causal_0
  // CHECK: arith.maxsi
  // CHECK: %[[NEEDED:.*]] = arith.cmpi sge
  // CHECK: scf.if %[[NEEDED]]
  // CHECK: vector.fma
  // CHECK: } else {
  // CHECK-NEXT: scf.yield
  %0 = fusion.kernel "causal"(%x, %w) {
  ^bb0(%a: tensor<60x8xf32>, %b: tensor<8x64xf32>):
    %s = loop.contract (%r, %j : %k) in [60, 64 : 8] {
      %f = loop.read %a[%r, %k] : tensor<60x8xf32> -> f32
      %g = loop.read %b[%k, %j] : tensor<8x64xf32> -> f32
      loop.yield %f, %g : f32, f32
    } : tensor<60x64xf32>
    %t = loop.map (%r, %j) in [60, 64] {
      %low = arith.constant 0xFF800000 : f32
      %v = loop.read %s[%r, %j] : tensor<60x64xf32> -> f32
      %i = arith.index_cast %r : index to i64
      %c = arith.index_cast %j : index to i64
      %q = arith.cmpi sle, %c, %i : i64
      %o = arith.select %q, %v, %low : f32
      loop.yield %o : f32
    } : tensor<60x64xf32>
    fusion.yield %t : tensor<60x64xf32>
  } : (tensor<60x8xf32>, tensor<8x64xf32>) -> tensor<60x64xf32>

  // Every sum is looked at: in the other value of the select, or as a result of its own.
  // CHECK-LABEL: func.func @all_1
  // CHECK-NOT: arith.cmpi sge
  // CHECK: vector.fma
  %1:2 = fusion.kernel "all"(%x, %w) {
  ^bb0(%a: tensor<60x8xf32>, %b: tensor<8x64xf32>):
    %s = loop.contract (%r, %j : %k) in [60, 64 : 8] {
      %f = loop.read %a[%r, %k] : tensor<60x8xf32> -> f32
      %g = loop.read %b[%k, %j] : tensor<8x64xf32> -> f32
      loop.yield %f, %g : f32, f32
    } : tensor<60x64xf32>
    %t = loop.map (%r, %j) in [60, 64] {
      %low = arith.constant 0xFF800000 : f32
      %v = loop.read %s[%r, %j] : tensor<60x64xf32> -> f32
      %q = arith.cmpi sle, %j, %r : index
      %o = arith.select %q, %v, %low : f32
      loop.yield %o : f32
    } : tensor<60x64xf32>
    fusion.yield %s, %t : tensor<60x64xf32>, tensor<60x64xf32>
  } : (tensor<60x8xf32>, tensor<8x64xf32>) -> (tensor<60x64xf32>, tensor<60x64xf32>)
  return
}

// Rows that end at the diagonal: four steps at a time as long as all rows have terms, then those of some.
func.func @ending(%x: tensor<60x64xf32>, %w: tensor<64x64xf32>) {
  // CHECK-LABEL: func.func @ending_2
  // CHECK: arith.minsi
  // CHECK: scf.for {{.*}} step %c4 iter_args
  // CHECK: scf.for {{.*}} step %c1 iter_args
  // CHECK: arith.select {{.*}} : !llvm.ptr
  // CHECK: vector.fma
  %0 = fusion.kernel "ending"(%x, %w) {
  ^bb0(%a: tensor<60x64xf32>, %b: tensor<64x64xf32>):
    %s = loop.contract (%r, %j : %k) in [60, 64 : 64] {
      %q = arith.cmpi sle, %k, %r : index
      %f = scf.if %q -> (f32) {
        %v = loop.read %a[%r, %k] : tensor<60x64xf32> -> f32
        scf.yield %v : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      %g = loop.read %b[%k, %j] : tensor<64x64xf32> -> f32
      loop.yield %f, %g : f32, f32
    } : tensor<60x64xf32>
    fusion.yield %s : tensor<60x64xf32>
  } : (tensor<60x64xf32>, tensor<64x64xf32>) -> tensor<60x64xf32>
  return
}
