// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx2 | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: tc-opt %s --tc-fusion-to-cpu=target=baseline | FileCheck %s --check-prefixes=CHECK,BASE
// RUN: tc-opt %s --tc-fusion-to-cpu="target=avx512 to-llvm" | FileCheck %s --check-prefix=LLVM

func.func @kernels(%x: tensor<4x70xf32>, %b: tensor<70xf32>, %p: tensor<3x5x8xf32>, %n: tensor<6xi64>, %h: tensor<70xbf16>,
                   %c: tensor<70xi1>, %d: tensor<?x70xf32, #tc.sizes<[s0, 70]>>) {
  // One unit a row, the bias a vector, the last vector masked.
  // CHECK-LABEL: func.func @bias_0
  // CHECK-SAME: in_place = [array<i64: 0, 0>]
  // CHECK-SAME: extent = #tc.size<4>, function = @bias_0
  // CHECK: scf.for
  // CHECK: scf.for
  // AVX512: llvm.load {{.*}} -> vector<16xf32>
  // AVX2: llvm.load {{.*}} -> vector<8xf32>
  // BASE: llvm.load {{.*}} -> vector<4xf32>
  // CHECK: arith.addf
  // CHECK: llvm.store
  // CHECK: llvm.intr.masked.load
  // CHECK: llvm.intr.masked.store
  // LLVM-LABEL: llvm.func @bias_0
  // LLVM-NOT: scf.
  // LLVM-NOT: fusion.
  %0 = fusion.kernel "bias"(%x, %b) {
  ^bb0(%a0: tensor<4x70xf32>, %a1: tensor<70xf32>):
    %m = loop.map (%i, %j) in [4, 70] {
      %v = loop.read %a0[%i, %j] : tensor<4x70xf32> -> f32
      %w = loop.read %a1[%j] : tensor<70xf32> -> f32
      %s = arith.addf %v, %w : f32
      loop.yield %s : f32
    } : tensor<4x70xf32>
    fusion.yield %m : tensor<4x70xf32>
  } : (tensor<4x70xf32>, tensor<70xf32>) -> tensor<4x70xf32>

  // Dimensions that nothing tells apart are one: 120 elements are one unit.
  // CHECK-LABEL: func.func @collapsed_1
  // CHECK-SAME: extent = #tc.size<1>
  %1 = fusion.kernel "collapsed"(%p) {
  ^bb0(%a0: tensor<3x5x8xf32>):
    %m = loop.map (%i, %j, %k) in [3, 5, 8] {
      %v = loop.read %a0[%i, %j, %k] : tensor<3x5x8xf32> -> f32
      %s = arith.negf %v : f32
      loop.yield %s : f32
    } : tensor<3x5x8xf32>
    fusion.yield %m : tensor<3x5x8xf32>
  } : (tensor<3x5x8xf32>) -> tensor<3x5x8xf32>

  // A row that data chooses is still contiguous.
  // CHECK-LABEL: func.func @rows_2
  // CHECK: %[[ID:.*]] = llvm.load {{.*}} -> i64
  // CHECK-NOT: gather
  // CHECK: return
  %2 = fusion.kernel "rows"(%x, %n) {
  ^bb0(%a0: tensor<4x70xf32>, %a1: tensor<6xi64>):
    %m = loop.map (%i, %j) in [6, 70] {
      %id = loop.read %a1[%i] : tensor<6xi64> -> i64
      %r = arith.index_cast %id : i64 to index
      %v = loop.read %a0[%r, %j] : tensor<4x70xf32> -> f32
      loop.yield %v : f32
    } : tensor<6x70xf32>
    fusion.yield %m : tensor<6x70xf32>
  } : (tensor<4x70xf32>, tensor<6xi64>) -> tensor<6x70xf32>

  // Strided reads gather.
  // CHECK-LABEL: func.func @strided_3
  // CHECK-NOT: in_place
  // CHECK: llvm.intr.masked.gather
  %3 = fusion.kernel "strided"(%b) {
  ^bb0(%a0: tensor<70xf32>):
    %m = loop.map (%i) in [14] {
      %k = loop.index affine_map<(d0) -> (d0 * 5)>(%i) where []
      %v = loop.read %a0[%k] : tensor<70xf32> -> f32
      loop.yield %v : f32
    } : tensor<14xf32>
    fusion.yield %m : tensor<14xf32>
  } : (tensor<70xf32>) -> tensor<14xf32>

  // A guard that differs between lanes is a mask of the load.
  // CHECK-LABEL: func.func @guarded_4
  // CHECK: %[[COND:.*]] = arith.cmpi ult, {{.*}} vector<
  // CHECK: llvm.intr.masked.load %{{.*}}, %[[COND]]
  // CHECK: arith.select %[[COND]]
  %4 = fusion.kernel "guarded"(%b) {
  ^bb0(%a0: tensor<70xf32>):
    %m = loop.map (%i) in [80] {
      %k = loop.index affine_map<(d0) -> (d0 - 5)>(%i) where []
      %c70 = arith.constant 70 : index
      %in = arith.cmpi ult, %k, %c70 : index
      %v = scf.if %in -> f32 {
        %e = loop.read %a0[%k] : tensor<70xf32> -> f32
        scf.yield %e : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      loop.yield %v : f32
    } : tensor<80xf32>
    fusion.yield %m : tensor<80xf32>
  } : (tensor<70xf32>) -> tensor<80xf32>

  // bf16 moves as integers and widens by a shift; booleans are bytes.
  // CHECK-LABEL: func.func @types_5
  // CHECK: llvm.load {{.*}} -> vector<{{.*}}xi8>
  // CHECK: arith.cmpi ne
  // CHECK: llvm.load {{.*}} -> vector<{{.*}}xi16>
  // CHECK: arith.shli
  %5 = fusion.kernel "types"(%h, %c) {
  ^bb0(%a0: tensor<70xbf16>, %a1: tensor<70xi1>):
    %m = loop.map (%i) in [70] {
      %t = loop.read %a1[%i] : tensor<70xi1> -> i1
      %v = loop.read %a0[%i] : tensor<70xbf16> -> bf16
      %w = arith.extf %v : bf16 to f32
      %z = arith.constant 0.0 : f32
      %s = arith.select %t, %w, %z : f32
      loop.yield %s : f32
    } : tensor<70xf32>
    fusion.yield %m : tensor<70xf32>
  } : (tensor<70xbf16>, tensor<70xi1>) -> tensor<70xf32>

  // A size known only at run time comes with the symbols.
  // CHECK-LABEL: func.func @dynamic_6
  // CHECK-SAME: extent = #tc.size<(s0 * 35) ceildiv 1024>
  // CHECK-SAME: symbols = ["s0"]
  // CHECK: llvm.load {{.*}} -> i64
  %6 = fusion.kernel "dynamic"(%d) {
  ^bb0(%a0: tensor<?x70xf32, #tc.sizes<[s0, 70]>>):
    %m = loop.map (%i, %j) in [s0, 70] {
      %v = loop.read %a0[%i, %j] : tensor<?x70xf32, #tc.sizes<[s0, 70]>> -> f32
      %s = math.absf %v : f32
      loop.yield %s : f32
    } : tensor<?x70xf32, #tc.sizes<[s0, 70]>>
    fusion.yield %m : tensor<?x70xf32, #tc.sizes<[s0, 70]>>
  } : (tensor<?x70xf32, #tc.sizes<[s0, 70]>>) -> tensor<?x70xf32, #tc.sizes<[s0, 70]>>
  return
}
