// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s

func.func @kernels(%x: tensor<64x48xf32>, %t: tensor<100x64xf32>, %n: tensor<30xi64>, %u: tensor<30x64xf32>) {
  // Rows of a tile are loaded along the input's last dimension and transposed; no gather.
  // CHECK-LABEL: func.func @transpose_0
  // CHECK-SAME: extent = #tc.size<3>
  // CHECK-SAME: scratch = #tc.size<1024>
  // CHECK-COUNT-16: llvm.load {{.*}} -> vector<16xf32>
  // CHECK-NOT: gather
  // CHECK-COUNT-64: vector.shuffle
  // CHECK: scf.for
  // CHECK: llvm.store
  // CHECK: return
  %0 = fusion.kernel "transpose"(%x) {
  ^bb0(%a: tensor<64x48xf32>):
    %m = loop.map (%i, %j) in [48, 64] {
      %v = loop.read %a[%j, %i] : tensor<64x48xf32> -> f32
      loop.yield %v : f32
    } : tensor<48x64xf32>
    fusion.yield %m : tensor<48x64xf32>
  } : (tensor<64x48xf32>) -> tensor<48x64xf32>

  // Two phases: the copy, which is left out when the result lies on init, and the updates by columns.
  // CHECK-LABEL: func.func @scatter_1(
  // CHECK-SAME: in_place = [array<i64: 0, 0>]
  // CHECK-SAME: extent = #tc.size<2>, function = @scatter_1
  // CHECK-SAME: extent = #tc.size<1>, function = @scatter_1.1
  // CHECK: llvm.ptrtoint
  // CHECK: scf.if
  // CHECK-LABEL: func.func @scatter_1.1(
  // CHECK: llvm.load {{.*}} -> vector<16xf32>
  // CHECK: llvm.load {{.*}} -> vector<16xf32>
  // CHECK: arith.addf
  // CHECK-NOT: masked.scatter
  // CHECK: return
  %1 = fusion.kernel "scatter"(%t, %n, %u) {
  ^bb0(%a: tensor<100x64xf32>, %b: tensor<30xi64>, %c: tensor<30x64xf32>):
    %m = loop.scatter [sum] (%i, %j) in [30, 64] into %a {
      %id = loop.read %b[%i] : tensor<30xi64> -> i64
      %r = arith.index_cast %id : i64 to index
      %v = loop.read %c[%i, %j] : tensor<30x64xf32> -> f32
      loop.yield %r, %j, %v : index, index, f32
    } : tensor<100x64xf32>
    fusion.yield %m : tensor<100x64xf32>
  } : (tensor<100x64xf32>, tensor<30xi64>, tensor<30x64xf32>) -> tensor<100x64xf32>
  return
}
