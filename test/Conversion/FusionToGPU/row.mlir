// Row kernels: which threads share a row, what is loaded how often, how values cross threads.
// RUN: tc-opt %s --tc-fusion-to-gpu=target=sm_90a -o %t.mlir
// RUN: FileCheck %s --check-prefix=NVVM --input-file=%t.mlir
// RUN: tc-translate --nvvm-to-ptx %t.mlir | FileCheck %s --check-prefix=PTX

// Few rows that 192 threads hold in registers: each element is loaded once and stored once.
// NVVM-LABEL: llvm.func @softmax_0
// NVVM-SAME: block = array<i32: 192, 1, 1>, grid = [#tc.size<128>
// PTX-LABEL: .entry softmax_0
// PTX: ld.global.nc.v4.b32
// PTX-NOT: ld.global
// PTX: shfl.sync.bfly.b32
// PTX: st.shared.b32
// PTX: bar.sync
// PTX: ld.shared.b32
// PTX-NOT: ld.global
// PTX: st.global.v4.b32
// PTX-NOT: {{(ld|st)}}.global
// Rows of any length: loops, and the row is read again in each.
// NVVM-LABEL: llvm.func @softmax_dynamic_1
// NVVM-SAME: grid = [#tc.size<s0>
// NVVM-SAME: symbols = ["s0", "s1"]
// PTX-LABEL: .entry softmax_dynamic_1
// PTX-COUNT-3: ld.global.nc.b32
// Each element of 16 a thread once.
// PTX-LABEL: .entry layernorm_2
// PTX-COUNT-2: ld.global.nc.v4.b32
// PTX: shfl.sync
// PTX-LABEL: .entry column_sum_3
// Neighbouring rows are neighbours in memory: one a lane.
// NVVM-LABEL: llvm.func @column_sum_3
// NVVM-SAME: block = array<i32: 512, 1, 1>, grid = [#tc.size<24>
// PTX-NOT: shfl
// PTX: st.shared.b32
// PTX-LABEL: .entry argmax_4
// PTX: shfl.sync.bfly.b32
// PTX-LABEL: .entry cumsum_5
// PTX: shfl.sync.up.b32
// PTX-LABEL: .entry sort_6
// PTX: st.global.b64
// PTX-LABEL: .entry kept_7
// PTX: st.shared.b32
// PTX: bar.{{(warp.)?}}sync
// PTX-LABEL: .entry max_pool_8
// PTX: .reqntid 1024, 1, 1
// PTX-NEXT: .maxnreg 64

func.func @softmax(%x: tensor<128x768xf32>) -> tensor<128x768xf32> {
  %r = fusion.kernel "softmax"(%x) schedule<row, parallel = 1, vector = 1, tile = [], grain = 8> {
  ^bb0(%a: tensor<128x768xf32>):
    %m = loop.reduce [max] (%i : %k) in [128 : 768] {
      %v = loop.read %a[%i, %k] : tensor<128x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<128xf32>
    %e = loop.map (%i, %k) in [128, 768] {
      %v = loop.read %a[%i, %k] : tensor<128x768xf32> -> f32
      %w = loop.read %m[%i] : tensor<128xf32> -> f32
      %d = arith.subf %v, %w : f32
      %p = math.exp %d : f32
      loop.yield %p : f32
    } : tensor<128x768xf32>
    %s = loop.reduce [sum] (%i : %k) in [128 : 768] {
      %v = loop.read %e[%i, %k] : tensor<128x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<128xf32>
    %q = loop.map (%i, %k) in [128, 768] {
      %v = loop.read %e[%i, %k] : tensor<128x768xf32> -> f32
      %w = loop.read %s[%i] : tensor<128xf32> -> f32
      %d = arith.divf %v, %w : f32
      loop.yield %d : f32
    } : tensor<128x768xf32>
    fusion.yield %q : tensor<128x768xf32>
  } : (tensor<128x768xf32>) -> tensor<128x768xf32>
  return %r : tensor<128x768xf32>
}
func.func @softmax_dynamic(%x: tensor<?x?xf32, #tc.sizes<[s0, s1]>>) -> tensor<?x?xf32, #tc.sizes<[s0, s1]>> {
  %r = fusion.kernel "softmax_dynamic"(%x) schedule<row, parallel = 1, vector = 1, tile = [], grain = 8> {
  ^bb0(%a: tensor<?x?xf32, #tc.sizes<[s0, s1]>>):
    %m = loop.reduce [max] (%i : %k) in [s0 : s1] {
      %v = loop.read %a[%i, %k] : tensor<?x?xf32, #tc.sizes<[s0, s1]>> -> f32
      loop.yield %v : f32
    } : tensor<?xf32, #tc.sizes<[s0]>>
    %s = loop.reduce [sum] (%i : %k) in [s0 : s1] {
      %v = loop.read %a[%i, %k] : tensor<?x?xf32, #tc.sizes<[s0, s1]>> -> f32
      %w = loop.read %m[%i] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
      %d = arith.subf %v, %w : f32
      %p = math.exp %d : f32
      loop.yield %p : f32
    } : tensor<?xf32, #tc.sizes<[s0]>>
    %q = loop.map (%i, %k) in [s0, s1] {
      %v = loop.read %a[%i, %k] : tensor<?x?xf32, #tc.sizes<[s0, s1]>> -> f32
      %w = loop.read %m[%i] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
      %t = loop.read %s[%i] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
      %d = arith.subf %v, %w : f32
      %p = math.exp %d : f32
      %u = arith.divf %p, %t : f32
      loop.yield %u : f32
    } : tensor<?x?xf32, #tc.sizes<[s0, s1]>>
    fusion.yield %q : tensor<?x?xf32, #tc.sizes<[s0, s1]>>
  } : (tensor<?x?xf32, #tc.sizes<[s0, s1]>>) -> tensor<?x?xf32, #tc.sizes<[s0, s1]>>
  return %r : tensor<?x?xf32, #tc.sizes<[s0, s1]>>
}
func.func @layernorm(%x: tensor<4096x4096xbf16>, %g: tensor<4096xf32>) -> tensor<4096x4096xbf16> {
  %r = fusion.kernel "layernorm"(%x, %g) schedule<row, parallel = 1, vector = 1, tile = [], grain = 8> {
  ^bb0(%a: tensor<4096x4096xbf16>, %w: tensor<4096xf32>):
    %s = loop.reduce [sum] (%i : %k) in [4096 : 4096] {
      %v = loop.read %a[%i, %k] : tensor<4096x4096xbf16> -> bf16
      %f = arith.extf %v : bf16 to f32
      loop.yield %f : f32
    } : tensor<4096xf32>
    %m = loop.map (%i) in [4096] {
      %v = loop.read %s[%i] : tensor<4096xf32> -> f32
      %n = arith.constant 4096.0 : f32
      %q = arith.divf %v, %n : f32
      loop.yield %q : f32
    } : tensor<4096xf32>
    %t = loop.reduce [sum] (%i : %k) in [4096 : 4096] {
      %v = loop.read %a[%i, %k] : tensor<4096x4096xbf16> -> bf16
      %f = arith.extf %v : bf16 to f32
      %u = loop.read %m[%i] : tensor<4096xf32> -> f32
      %d = arith.subf %f, %u : f32
      %d2 = arith.mulf %d, %d : f32
      loop.yield %d2 : f32
    } : tensor<4096xf32>
    %o = loop.map (%i, %k) in [4096, 4096] {
      %v = loop.read %a[%i, %k] : tensor<4096x4096xbf16> -> bf16
      %f = arith.extf %v : bf16 to f32
      %u = loop.read %m[%i] : tensor<4096xf32> -> f32
      %d = arith.subf %f, %u : f32
      %vs = loop.read %t[%i] : tensor<4096xf32> -> f32
      %z = math.rsqrt %vs : f32
      %y = arith.mulf %d, %z : f32
      %ga = loop.read %w[%k] : tensor<4096xf32> -> f32
      %y2 = arith.mulf %y, %ga : f32
      %h = arith.truncf %y2 : f32 to bf16
      loop.yield %h : bf16
    } : tensor<4096x4096xbf16>
    fusion.yield %o : tensor<4096x4096xbf16>
  } : (tensor<4096x4096xbf16>, tensor<4096xf32>) -> tensor<4096x4096xbf16>
  return %r : tensor<4096x4096xbf16>
}
func.func @column_sum(%x: tensor<4096x768xf32>) -> tensor<768xf32> {
  %r = fusion.kernel "column_sum"(%x) schedule<row, parallel = 1, vector = 0, tile = [], grain = 8> {
  ^bb0(%a: tensor<4096x768xf32>):
    %s = loop.reduce [sum] (%i : %k) in [768 : 4096] {
      %v = loop.read %a[%k, %i] : tensor<4096x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<768xf32>
    fusion.yield %s : tensor<768xf32>
  } : (tensor<4096x768xf32>) -> tensor<768xf32>
  return %r : tensor<768xf32>
}
func.func @argmax(%x: tensor<64x50257xf32>) -> (tensor<64xf32>, tensor<64xi64>) {
  %r:2 = fusion.kernel "argmax"(%x) schedule<row, parallel = 1, vector = 1, tile = [], grain = 8> {
  ^bb0(%a: tensor<64x50257xf32>):
    %s:2 = loop.arg_reduce [max] (%i : %k) in [64 : 50257] {
      %v = loop.read %a[%i, %k] : tensor<64x50257xf32> -> f32
      loop.yield %v : f32
    } : tensor<64xf32>, tensor<64xi64>
    fusion.yield %s#0, %s#1 : tensor<64xf32>, tensor<64xi64>
  } : (tensor<64x50257xf32>) -> (tensor<64xf32>, tensor<64xi64>)
  return %r#0, %r#1 : tensor<64xf32>, tensor<64xi64>
}
func.func @cumsum(%x: tensor<64x300xf32>) -> tensor<64x300xf32> {
  %r = fusion.kernel "cumsum"(%x) schedule<scan, parallel = 1, vector = -1, tile = [], grain = 8> {
  ^bb0(%a: tensor<64x300xf32>):
    %s = loop.scan [sum] (%i, %k) in [64, 300] {
      %v = loop.read %a[%i, %k] : tensor<64x300xf32> -> f32
      loop.yield %v : f32
    } : tensor<64x300xf32>
    fusion.yield %s : tensor<64x300xf32>
  } : (tensor<64x300xf32>) -> tensor<64x300xf32>
  return %r : tensor<64x300xf32>
}
func.func @sort(%x: tensor<64x300xf32>) -> (tensor<64x300xf32>, tensor<64x300xi64>) {
  %r:2 = fusion.kernel "sort"(%x) schedule<sort, parallel = 1, vector = -1, tile = [], grain = 8> {
  ^bb0(%a: tensor<64x300xf32>):
    %s:2 = loop.sort %a descending true : (tensor<64x300xf32>) -> (tensor<64x300xf32>, tensor<64x300xi64>)
    fusion.yield %s#0, %s#1 : tensor<64x300xf32>, tensor<64x300xi64>
  } : (tensor<64x300xf32>) -> (tensor<64x300xf32>, tensor<64x300xi64>)
  return %r#0, %r#1 : tensor<64x300xf32>, tensor<64x300xi64>
}
func.func @kept(%x: tensor<8x16x49xf32>) -> tensor<8x16xf32> {
  %r = fusion.kernel "kept"(%x) schedule<row, parallel = 1, vector = -1, tile = [], grain = 8> {
  ^bb0(%a: tensor<8x16x49xf32>):
    %s = loop.reduce [sum] (%i, %j : %k) in [8, 16 : 49] {
      %v = loop.read %a[%i, %j, %k] : tensor<8x16x49xf32> -> f32
      loop.yield %v : f32
    } : tensor<8x16xf32>
    %t = loop.reduce [max] (%i : %j) in [8 : 16] {
      %v = loop.read %s[%i, %j] : tensor<8x16xf32> -> f32
      loop.yield %v : f32
    } : tensor<8xf32>
    %o = loop.map (%i, %j) in [8, 16] {
      %v = loop.read %s[%i, %j] : tensor<8x16xf32> -> f32
      %w = loop.read %t[%i] : tensor<8xf32> -> f32
      %d = arith.subf %v, %w : f32
      loop.yield %d : f32
    } : tensor<8x16xf32>
    fusion.yield %o : tensor<8x16xf32>
  } : (tensor<8x16x49xf32>) -> tensor<8x16xf32>
  return %r : tensor<8x16xf32>
}
// Few rows of the largest block, whose threads need more registers than two such blocks have.
func.func @max_pool(%arg0: tensor<16x32x32x32xf32>, %arg1: tensor<32xf32>, %arg2: tensor<32xf32>,
                    %arg3: tensor<32xf32>)
    -> (tensor<16x32x32x32xf32>, tensor<16x16x16x32xf32>, tensor<16x32x16x16xf32>, tensor<16x32x16x16xi64>) {
  %r:4 = fusion.kernel "max_pool"(%arg0, %arg1, %arg2, %arg3) schedule<row, parallel = 1, vector = 1, tile = [], grain = 1> {
  ^bb0(%x: tensor<16x32x32x32xf32>, %s: tensor<32xf32>, %t: tensor<32xf32>, %b: tensor<32xf32>):
    %17 = loop.map (%i, %j, %k, %l) in [16, 32, 32, 32] {
      %cst = arith.constant 0.000000e+00 : f32
      %21 = loop.read %x[%i, %j, %k, %l] : tensor<16x32x32x32xf32> -> f32
      %22 = loop.read %s[%l] : tensor<32xf32> -> f32
      %23 = arith.mulf %21, %22 : f32
      %24 = loop.read %t[%l] : tensor<32xf32> -> f32
      %25 = arith.mulf %23, %24 : f32
      %26 = loop.read %b[%l] : tensor<32xf32> -> f32
      %27 = arith.addf %25, %26 : f32
      %28 = arith.maximumf %27, %cst : f32
      loop.yield %28 : f32
    } : tensor<16x32x32x32xf32>
    %18 = loop.map (%i, %j, %k, %l) in [16, 32, 32, 32] {
      %21 = loop.read %17[%i, %k, %l, %j] : tensor<16x32x32x32xf32> -> f32
      loop.yield %21 : f32
    } : tensor<16x32x32x32xf32>
    %19:2 = loop.arg_reduce [max] (%i, %j, %k, %l : %m) in [16, 16, 16, 32 : 4] {
      %21 = loop.index affine_map<(d0, d1) -> (d0 * 2 + (d1 floordiv 2) mod 2)>(%j, %m) where []
      %22 = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1 mod 2)>(%k, %m) where []
      %23 = loop.read %17[%i, %21, %22, %l] : tensor<16x32x32x32xf32> -> f32
      loop.yield %23 : f32
    } : tensor<16x16x16x32xf32>, tensor<16x16x16x32xi64>
    %20:2 = loop.map (%i, %j, %k, %l) in [16, 32, 16, 16] {
      %c2_i64 = arith.constant 2 : i64
      %c32_i64 = arith.constant 32 : i64
      %21 = loop.read %19#0[%i, %k, %l, %j] : tensor<16x16x16x32xf32> -> f32
      %22 = arith.index_cast %k : index to i64
      %23 = arith.muli %22, %c2_i64 : i64
      %24 = loop.read %19#1[%i, %k, %l, %j] : tensor<16x16x16x32xi64> -> i64
      %25 = arith.divsi %24, %c2_i64 : i64
      %26 = arith.addi %23, %25 : i64
      %27 = arith.muli %26, %c32_i64 : i64
      %28 = arith.index_cast %l : index to i64
      %29 = arith.muli %28, %c2_i64 : i64
      %30 = arith.remsi %24, %c2_i64 : i64
      %31 = arith.addi %29, %30 : i64
      %32 = arith.addi %27, %31 : i64
      loop.yield %21, %32 : f32, i64
    } : tensor<16x32x16x16xf32>, tensor<16x32x16x16xi64>
    fusion.yield %18, %19#0, %20#0, %20#1 : tensor<16x32x32x32xf32>, tensor<16x16x16x32xf32>, tensor<16x32x16x16xf32>, tensor<16x32x16x16xi64>
  } : (tensor<16x32x32x32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32>) -> (tensor<16x32x32x32xf32>, tensor<16x16x16x32xf32>, tensor<16x32x16x16xf32>, tensor<16x32x16x16xi64>)
  return %r#0, %r#1, %r#2, %r#3 : tensor<16x32x32x32xf32>, tensor<16x16x16x32xf32>, tensor<16x32x16x16xf32>, tensor<16x32x16x16xi64>
}
