// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512bf16 | FileCheck %s --check-prefixes=CHECK,PAIRS
// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s --check-prefixes=CHECK,SINGLE
// RUN: tc-translate %s --kernels-to-asm --target=avx512bf16 | FileCheck %s --check-prefix=ASM

// ASM: vdpbf16ps {{.*}}%zmm

func.func @kernels(%x: tensor<48x33xbf16>, %w: tensor<33x64xbf16>, %t: tensor<33x48xbf16>, %v: tensor<1x33xbf16>,
                   %n: tensor<100x33xbf16>) {
  // The pack holds pairs of steps: 17 of 64 columns, and rows are read two elements at a time. The last has one alone.
  // CHECK-LABEL: func.func @pairs_0
  // PAIRS: llvm.load {{.*}} {alignment = 2 : i64} : !llvm.ptr -> i32
  // PAIRS: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
  // PAIRS: llvm.load {{.*}} {alignment = 2 : i64} : !llvm.ptr -> i16
  // PAIRS: arith.extui {{.*}} : i16 to i32
  // PAIRS: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
  // SINGLE: vector.fma
  %0 = fusion.kernel "pairs"(%x, %w) {
  ^bb0(%a: tensor<48x33xbf16>, %b: tensor<33x64xbf16>):
    %s = loop.contract (%r, %j : %k) in [48, 64 : 33] {
      %f = loop.read %a[%r, %k] : tensor<48x33xbf16> -> bf16
      %g = loop.read %b[%k, %j] : tensor<33x64xbf16> -> bf16
      loop.yield %f, %g : bf16, bf16
    } : tensor<48x64xf32>
    fusion.yield %s : tensor<48x64xf32>
  } : (tensor<48x33xbf16>, tensor<33x64xbf16>) -> tensor<48x64xf32>

  // Two steps of a row are not side by side.
  // CHECK-LABEL: func.func @strided_1
  // CHECK-NOT: dpbf16ps
  // CHECK: vector.fma
  %1 = fusion.kernel "strided"(%t, %w) {
  ^bb0(%a: tensor<33x48xbf16>, %b: tensor<33x64xbf16>):
    %s = loop.contract (%r, %j : %k) in [48, 64 : 33] {
      %f = loop.read %a[%k, %r] : tensor<33x48xbf16> -> bf16
      %g = loop.read %b[%k, %j] : tensor<33x64xbf16> -> bf16
      loop.yield %f, %g : bf16, bf16
    } : tensor<48x64xf32>
    fusion.yield %s : tensor<48x64xf32>
  } : (tensor<33x48xbf16>, tensor<33x64xbf16>) -> tensor<48x64xf32>

  // One row does not pay for packing.
  // CHECK-LABEL: func.func @single_2
  // CHECK-NOT: dpbf16ps
  // CHECK: vector.fma
  %2 = fusion.kernel "single"(%v, %w) {
  ^bb0(%a: tensor<1x33xbf16>, %b: tensor<33x64xbf16>):
    %s = loop.contract (%r, %j : %k) in [1, 64 : 33] {
      %f = loop.read %a[%r, %k] : tensor<1x33xbf16> -> bf16
      %g = loop.read %b[%k, %j] : tensor<33x64xbf16> -> bf16
      loop.yield %f, %g : bf16, bf16
    } : tensor<1x64xf32>
    fusion.yield %s : tensor<1x64xf32>
  } : (tensor<1x33xbf16>, tensor<33x64xbf16>) -> tensor<1x64xf32>
  // One row and columns that are contiguous along the depth, too: dot products of whole vectors of pairs.
  // CHECK-LABEL: func.func @dots_3
  // PAIRS: llvm.load {{.*}} -> vector<32xbf16>
  // PAIRS: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
  // SINGLE: vector.fma
  %3 = fusion.kernel "dots"(%v, %n) {
  ^bb0(%a: tensor<1x33xbf16>, %b: tensor<100x33xbf16>):
    %s = loop.contract (%r, %j : %k) in [1, 100 : 33] {
      %f = loop.read %a[%r, %k] : tensor<1x33xbf16> -> bf16
      %g = loop.read %b[%j, %k] : tensor<100x33xbf16> -> bf16
      loop.yield %f, %g : bf16, bf16
    } : tensor<1x100xf32>
    fusion.yield %s : tensor<1x100xf32>
  } : (tensor<1x33xbf16>, tensor<100x33xbf16>) -> tensor<1x100xf32>
  return
}
