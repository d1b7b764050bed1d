// RUN: tc-opt %s --tc-form-kernels --split-input-file | FileCheck %s

// A softmax is one kernel; exp is kept for both its readers.
// CHECK-LABEL: func @softmax
// CHECK-NEXT: fusion.kernel "max_sub_exp_sum_div"(%arg0) {
// CHECK: loop.reduce [max]
// CHECK: loop.map
// CHECK: math.exp
// CHECK: loop.reduce [sum]
// CHECK: loop.map
// CHECK-NOT: math.exp
// CHECK: fusion.yield
// CHECK-NOT: fusion.kernel
func.func @softmax(%x: tensor<?x768xf32, #tc.sizes<[s0, 768]>>) -> tensor<?x768xf32, #tc.sizes<[s0, 768]>> {
  %m = loop.reduce [max] (%i : %j) in [s0 : 768] {
    %v = loop.read %x[%i, %j] : tensor<?x768xf32, #tc.sizes<[s0, 768]>> -> f32
    loop.yield %v : f32
  } : tensor<?xf32, #tc.sizes<[s0]>>
  %e = loop.map (%i, %j) in [s0, 768] {
    %v = loop.read %x[%i, %j] : tensor<?x768xf32, #tc.sizes<[s0, 768]>> -> f32
    %n = loop.read %m[%i] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
    %d = arith.subf %v, %n : f32
    %r = math.exp %d : f32
    loop.yield %r : f32
  } : tensor<?x768xf32, #tc.sizes<[s0, 768]>>
  %s = loop.reduce [sum] (%i : %j) in [s0 : 768] {
    %v = loop.read %e[%i, %j] : tensor<?x768xf32, #tc.sizes<[s0, 768]>> -> f32
    loop.yield %v : f32
  } : tensor<?xf32, #tc.sizes<[s0]>>
  %q = loop.map (%i, %j) in [s0, 768] {
    %v = loop.read %e[%i, %j] : tensor<?x768xf32, #tc.sizes<[s0, 768]>> -> f32
    %t = loop.read %s[%i] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
    %d = arith.divf %v, %t : f32
    loop.yield %d : f32
  } : tensor<?x768xf32, #tc.sizes<[s0, 768]>>
  return %q : tensor<?x768xf32, #tc.sizes<[s0, 768]>>
}

// -----

// A contraction takes its epilogue; two contractions stay apart.
// CHECK-LABEL: func @two_layers
// CHECK: %[[H:.*]] = fusion.kernel "contract_add_tanh"(%arg0, %arg1, %arg2)
// CHECK: fusion.kernel "contract"(%[[H]], %arg1) attributes {not_fused = ["contract_add_tanh: both hold a contraction"]}
func.func @two_layers(%x: tensor<16x64xf32>, %w: tensor<64x64xf32>, %b: tensor<64xf32>) -> tensor<16x64xf32> {
  %0 = loop.contract (%i, %j : %k) in [16, 64 : 64] {
    %p = loop.read %x[%i, %k] : tensor<16x64xf32> -> f32
    %q = loop.read %w[%j, %k] : tensor<64x64xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<16x64xf32>
  %1 = loop.map (%i, %j) in [16, 64] {
    %v = loop.read %0[%i, %j] : tensor<16x64xf32> -> f32
    %c = loop.read %b[%j] : tensor<64xf32> -> f32
    %s = arith.addf %v, %c : f32
    %t = math.tanh %s : f32
    loop.yield %t : f32
  } : tensor<16x64xf32>
  %2 = loop.contract (%i, %j : %k) in [16, 64 : 64] {
    %p = loop.read %1[%i, %k] : tensor<16x64xf32> -> f32
    %q = loop.read %w[%j, %k] : tensor<64x64xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<16x64xf32>
  return %2 : tensor<16x64xf32>
}

// -----

// Maps over one space are one map with several results.
// CHECK-LABEL: func @several_results
// CHECK: fusion.kernel "exp_neg"(%arg0)
// CHECK: %[[R:.*]]:2 = loop.map (%{{.*}}) in [64] {
// CHECK: loop.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK-NOT: loop.map
// CHECK: fusion.yield %[[R]]#0, %[[R]]#1
func.func @several_results(%x: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %e = loop.map (%i) in [64] {
    %v = loop.read %x[%i] : tensor<64xf32> -> f32
    %e = math.exp %v : f32
    loop.yield %e : f32
  } : tensor<64xf32>
  %r = loop.map (%i) in [64] {
    %v = loop.read %e[%i] : tensor<64xf32> -> f32
    %n = arith.negf %v : f32
    loop.yield %n : f32
  } : tensor<64xf32>
  return %e, %r : tensor<64xf32>, tensor<64xf32>
}

// -----

// Reductions of one tensor over one space are one reduction. Statistics of columns share no leading dimension with what
// normalises rows.
// CHECK-LABEL: func @columns
// CHECK: fusion.kernel "mul_sum"(%arg0)
// CHECK: loop.reduce [sum, sum] (%{{.*}} : %{{.*}}) in [64 : 4096] {
// CHECK: fusion.kernel
// CHECK-SAME: not_fused = ["mul_sum: no leading dimensions in common"]
func.func @columns(%x: tensor<4096x64xf32>) -> tensor<4096x64xf32> {
  %s = loop.reduce [sum] (%c : %n) in [64 : 4096] {
    %v = loop.read %x[%n, %c] : tensor<4096x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<64xf32>
  %q = loop.reduce [sum] (%c : %n) in [64 : 4096] {
    %v = loop.read %x[%n, %c] : tensor<4096x64xf32> -> f32
    %m = arith.mulf %v, %v : f32
    loop.yield %m : f32
  } : tensor<64xf32>
  %r = loop.map (%n, %c) in [4096, 64] {
    %v = loop.read %x[%n, %c] : tensor<4096x64xf32> -> f32
    %a = loop.read %s[%c] : tensor<64xf32> -> f32
    %b = loop.read %q[%c] : tensor<64xf32> -> f32
    %d = arith.subf %v, %a : f32
    %e = arith.mulf %d, %b : f32
    loop.yield %e : f32
  } : tensor<4096x64xf32>
  return %r : tensor<4096x64xf32>
}

// -----

// Spaces that have no leading dimension in common are no rows, however small.
// CHECK-LABEL: func @spaces
// CHECK: fusion.kernel "exp"
// CHECK: fusion.kernel "mul"
// CHECK-SAME: not_fused = ["exp: no leading dimensions in common"]
func.func @spaces(%x: tensor<40xf32>, %y: tensor<1x40x14x14xf32>) -> (tensor<40xf32>, tensor<1x40x14x14xf32>) {
  %e = loop.map (%c) in [40] {
    %v = loop.read %x[%c] : tensor<40xf32> -> f32
    %r = math.exp %v : f32
    loop.yield %r : f32
  } : tensor<40xf32>
  %q = loop.map (%n, %c, %h, %w) in [1, 40, 14, 14] {
    %v = loop.read %e[%c] : tensor<40xf32> -> f32
    %u = loop.read %y[%n, %c, %h, %w] : tensor<1x40x14x14xf32> -> f32
    %r = arith.mulf %v, %u : f32
    loop.yield %r : f32
  } : tensor<1x40x14x14xf32>
  return %e, %q : tensor<40xf32>, tensor<1x40x14x14xf32>
}

// -----

// Rows of little work may be few.
// CHECK-LABEL: func @few_rows
// CHECK: fusion.kernel "sum_sub"
// CHECK-NOT: fusion.kernel
func.func @few_rows(%x: tensor<2x64xf32>) -> tensor<2x64xf32> {
  %s = loop.reduce [sum] (%i : %j) in [2 : 64] {
    %v = loop.read %x[%i, %j] : tensor<2x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<2xf32>
  %r = loop.map (%i, %j) in [2, 64] {
    %v = loop.read %x[%i, %j] : tensor<2x64xf32> -> f32
    %a = loop.read %s[%i] : tensor<2xf32> -> f32
    %d = arith.subf %v, %a : f32
    loop.yield %d : f32
  } : tensor<2x64xf32>
  return %r : tensor<2x64xf32>
}

// -----

// Large rows are not.
// CHECK-LABEL: func @few_large_rows
// CHECK: not_fused = ["sum: rows to run in parallel: 2, fewer than 8"]
func.func @few_large_rows(%x: tensor<2x65536xf32>) -> tensor<2x65536xf32> {
  %s = loop.reduce [sum] (%i : %j) in [2 : 65536] {
    %v = loop.read %x[%i, %j] : tensor<2x65536xf32> -> f32
    loop.yield %v : f32
  } : tensor<2xf32>
  %r = loop.map (%i, %j) in [2, 65536] {
    %v = loop.read %x[%i, %j] : tensor<2x65536xf32> -> f32
    %a = loop.read %s[%i] : tensor<2xf32> -> f32
    %d = arith.subf %v, %a : f32
    loop.yield %d : f32
  } : tensor<2x65536xf32>
  return %r : tensor<2x65536xf32>
}

// -----

// What would make a cycle through another op is not merged.
// CHECK-LABEL: func @cycle
// CHECK: %[[A:.*]] = fusion.kernel "neg"
// CHECK: %[[C:.*]] = tc.extern "cholesky"(%[[A]])
// CHECK: fusion.kernel "add"(%[[A]], %[[C]]) attributes {not_fused = ["neg: an op between them runs elsewhere"]}
func.func @cycle(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %a = loop.map (%i, %j) in [64, 64] {
    %v = loop.read %x[%i, %j] : tensor<64x64xf32> -> f32
    %n = arith.negf %v : f32
    loop.yield %n : f32
  } : tensor<64x64xf32>
  %c = tc.extern "cholesky"(%a) : (tensor<64x64xf32>) -> tensor<64x64xf32>
  %r = loop.map (%i, %j) in [64, 64] {
    %v = loop.read %a[%i, %j] : tensor<64x64xf32> -> f32
    %w = loop.read %c[%i, %j] : tensor<64x64xf32> -> f32
    %s = arith.addf %v, %w : f32
    loop.yield %s : f32
  } : tensor<64x64xf32>
  return %r : tensor<64x64xf32>
}

// -----

// Rows that would not fit the cache are not kept.
// CHECK-LABEL: func @long_rows
// CHECK: fusion.kernel "max_sub_exp"
// CHECK: fusion.kernel "sum_div"
// CHECK-SAME: not_fused = ["max_sub_exp: a row would keep 400000 bytes, more than 262144"]
func.func @long_rows(%x: tensor<128x100000xf32>) -> tensor<128x100000xf32> {
  %m = loop.reduce [max] (%i : %j) in [128 : 100000] {
    %v = loop.read %x[%i, %j] : tensor<128x100000xf32> -> f32
    loop.yield %v : f32
  } : tensor<128xf32>
  %e = loop.map (%i, %j) in [128, 100000] {
    %v = loop.read %x[%i, %j] : tensor<128x100000xf32> -> f32
    %n = loop.read %m[%i] : tensor<128xf32> -> f32
    %d = arith.subf %v, %n : f32
    %r = math.exp %d : f32
    loop.yield %r : f32
  } : tensor<128x100000xf32>
  %s = loop.reduce [sum] (%i : %j) in [128 : 100000] {
    %v = loop.read %e[%i, %j] : tensor<128x100000xf32> -> f32
    loop.yield %v : f32
  } : tensor<128xf32>
  %q = loop.map (%i, %j) in [128, 100000] {
    %v = loop.read %e[%i, %j] : tensor<128x100000xf32> -> f32
    %t = loop.read %s[%i] : tensor<128xf32> -> f32
    %d = arith.divf %v, %t : f32
    loop.yield %d : f32
  } : tensor<128x100000xf32>
  return %q : tensor<128x100000xf32>
}

// -----

// Scans, sorts and scatters run alone, and constants they start from are in their kernels.
// CHECK-LABEL: func @alone
// CHECK: fusion.kernel "scan"
// CHECK: fusion.kernel "sort"
// CHECK: fusion.kernel "scatter"
// CHECK: tc.constant dense<0.0
// CHECK: loop.scatter
// CHECK: fusion.kernel "neg"
// CHECK-SAME: not_fused = ["scatter: a scatter runs alone"]
func.func @alone(%x: tensor<8x64xf32>, %ids: tensor<8xi64>) -> (tensor<8x64xf32>, tensor<8x64xf32>, tensor<10x64xf32>) {
  %zero = tc.constant dense<0.0> : tensor<10x64xf32>
  %s = loop.scan [sum] (%i, %j) in [8, 64] {
    %v = loop.read %x[%i, %j] : tensor<8x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<8x64xf32>
  %v, %n = loop.sort %x descending true : (tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xi64>)
  %g = loop.scatter [sum] (%i, %j) in [8, 64] into %zero {
    %id = loop.read %ids[%i] : tensor<8xi64> -> i64
    %at = arith.index_cast %id : i64 to index
    %u = loop.read %x[%i, %j] : tensor<8x64xf32> -> f32
    loop.yield %at, %j, %u : index, index, f32
  } : tensor<10x64xf32>
  %r = loop.map (%i, %j) in [10, 64] {
    %w = loop.read %g[%i, %j] : tensor<10x64xf32> -> f32
    %m = arith.negf %w : f32
    loop.yield %m : f32
  } : tensor<10x64xf32>
  return %s, %v, %r : tensor<8x64xf32>, tensor<8x64xf32>, tensor<10x64xf32>
}

// -----

// Bodies of control flow have kernels of their own.
// CHECK-LABEL: func @control_flow
// CHECK: scf.if
// CHECK: fusion.kernel "neg"
// CHECK: else
// CHECK: fusion.kernel "exp"
func.func @control_flow(%c: i1, %x: tensor<64xf32>) -> tensor<64xf32> {
  %r = scf.if %c -> tensor<64xf32> {
    %a = loop.map (%i) in [64] {
      %v = loop.read %x[%i] : tensor<64xf32> -> f32
      %n = arith.negf %v : f32
      loop.yield %n : f32
    } : tensor<64xf32>
    scf.yield %a : tensor<64xf32>
  } else {
    %a = loop.map (%i) in [64] {
      %v = loop.read %x[%i] : tensor<64xf32> -> f32
      %n = math.exp %v : f32
      loop.yield %n : f32
    } : tensor<64xf32>
    scf.yield %a : tensor<64xf32>
  }
  return %r : tensor<64xf32>
}

// -----

// What computes with a symbol comes after what defines it, and not into a kernel before.
// CHECK-LABEL: func @symbol
// CHECK: %[[N:.*]] = fusion.kernel
// CHECK: tc.item %[[N]] {tc.symbol = "u0"}
// CHECK: fusion.kernel
// CHECK: loop.index {{.*}} where ["u0"]
func.func @symbol(%x: tensor<4xi64>) -> tensor<4xi64> {
  %n = loop.reduce [sum] ( : %j) in [ : 4] {
    %v = loop.read %x[%j] : tensor<4xi64> -> i64
    loop.yield %v : i64
  } : tensor<i64>
  %i = tc.item %n {tc.symbol = "u0"} : (tensor<i64>) -> index
  %y = loop.map (%j) in [4] {
    %v = loop.read %x[%j] : tensor<4xi64> -> i64
    %u = loop.index affine_map<()[s0] -> (s0)>() where ["u0"]
    %s = arith.index_cast %u : index to i64
    %r = arith.addi %v, %s : i64
    loop.yield %r : i64
  } : tensor<4xi64>
  return %y : tensor<4xi64>
}
