// RUN: tc-opt %s --tc-align-rows --split-input-file | FileCheck %s
// RUN: tc-opt %s --tc-align-rows --tc-form-kernels --split-input-file | FileCheck %s --check-prefix=KERNELS
// RUN: not tc-opt %s --tc-align-rows='unknown=1' 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option unknown

// Over the first dimension: what the reduction reads, and what reads it, has the columns first. One kernel, whose result
// lies in memory as it did.
// CHECK-LABEL: func @columns
// CHECK-NEXT: %[[E:.*]] = loop.map (%[[C:.*]], %[[R:.*]]) in [640, 10] {
// CHECK-NEXT: loop.read %arg0[%[[R]], %[[C]]]
// CHECK: loop.reduce [max] (%[[C:.*]] : %[[R:.*]]) in [640 : 10] {
// CHECK-NEXT: loop.read %[[E]][%[[C]], %[[R]]]
// CHECK: %[[Q:.*]] = loop.map (%[[C:.*]], %[[R:.*]]) in [640, 10] {
// CHECK-NEXT: loop.read %[[E]][%[[C]], %[[R]]]
// CHECK: %[[T:.*]] = tc.transpose %[[Q]] [1, 0]
// CHECK-NEXT: return %[[T]]
// KERNELS-LABEL: func @columns
// KERNELS-NEXT: fusion.kernel "cos_max_sub"
// KERNELS: %[[T:.*]] = tc.transpose
// KERNELS-NEXT: fusion.yield %[[T]]
// KERNELS-NOT: fusion.kernel
// KERNELS: return
func.func @columns(%x: tensor<10x640xf32>) -> tensor<10x640xf32> {
  %e = loop.map (%r, %c) in [10, 640] {
    %v = loop.read %x[%r, %c] : tensor<10x640xf32> -> f32
    %y = math.cos %v : f32
    loop.yield %y : f32
  } : tensor<10x640xf32>
  %m = loop.reduce [max] (%c : %r) in [640 : 10] {
    %v = loop.read %e[%r, %c] : tensor<10x640xf32> -> f32
    loop.yield %v : f32
  } : tensor<640xf32>
  %q = loop.map (%r, %c) in [10, 640] {
    %v = loop.read %e[%r, %c] : tensor<10x640xf32> -> f32
    %w = loop.read %m[%c] : tensor<640xf32> -> f32
    %y = arith.subf %v, %w : f32
    loop.yield %y : f32
  } : tensor<10x640xf32>
  return %q : tensor<10x640xf32>
}

// -----

// A channel in the middle, of an unknown number of images.
// CHECK-LABEL: func @channels
// CHECK: loop.map (%[[C:.*]], %[[N:.*]], %[[H:.*]]) in [16, s0, 100] {
// CHECK-NEXT: loop.read %arg0[%[[N]], %[[C]], %[[H]]]
// CHECK: tc.transpose %{{.*}} [1, 0, 2]
func.func @channels(%x: tensor<?x16x100xf32, #tc.sizes<[s0, 16, 100]>>) -> tensor<?x16x100xf32, #tc.sizes<[s0, 16, 100]>> {
  %m = loop.reduce [sum] (%c : %n, %h) in [16 : s0, 100] {
    %v = loop.read %x[%n, %c, %h] : tensor<?x16x100xf32, #tc.sizes<[s0, 16, 100]>> -> f32
    loop.yield %v : f32
  } : tensor<16xf32>
  %q = loop.map (%n, %c, %h) in [s0, 16, 100] {
    %v = loop.read %x[%n, %c, %h] : tensor<?x16x100xf32, #tc.sizes<[s0, 16, 100]>> -> f32
    %w = loop.read %m[%c] : tensor<16xf32> -> f32
    %y = arith.subf %v, %w : f32
    loop.yield %y : f32
  } : tensor<?x16x100xf32, #tc.sizes<[s0, 16, 100]>>
  return %q : tensor<?x16x100xf32, #tc.sizes<[s0, 16, 100]>>
}

// -----

// Rows that come first already, and a map that reads two reductions of different rows, stay.
// CHECK-LABEL: func @stays
// CHECK-NOT: tc.transpose
func.func @stays(%x: tensor<10x10xf32>) -> (tensor<10x10xf32>, tensor<10x10xf32>) {
  %a = loop.reduce [sum] (%i : %j) in [10 : 10] {
    %v = loop.read %x[%i, %j] : tensor<10x10xf32> -> f32
    loop.yield %v : f32
  } : tensor<10xf32>
  %b = loop.reduce [sum] (%j : %i) in [10 : 10] {
    %v = loop.read %x[%i, %j] : tensor<10x10xf32> -> f32
    loop.yield %v : f32
  } : tensor<10xf32>
  %p = loop.map (%i, %j) in [10, 10] {
    %v = loop.read %a[%i] : tensor<10xf32> -> f32
    loop.yield %v : f32
  } : tensor<10x10xf32>
  %q = loop.map (%i, %j) in [10, 10] {
    %v = loop.read %a[%i] : tensor<10xf32> -> f32
    %w = loop.read %b[%j] : tensor<10xf32> -> f32
    %y = arith.addf %v, %w : f32
    loop.yield %y : f32
  } : tensor<10x10xf32>
  return %p, %q : tensor<10x10xf32>, tensor<10x10xf32>
}

// -----

// What did not come together is taken back: these rows are too long to stay in the cache.
// CHECK-LABEL: func @long
// CHECK: tc.transpose
// KERNELS-LABEL: func @long
// KERNELS: fusion.kernel "sum"
// KERNELS: fusion.kernel "sub"
// KERNELS: loop.map (%[[R:.*]], %[[C:.*]]) in [100000, 64] {
// KERNELS-NEXT: loop.read %{{.*}}[%[[R]], %[[C]]]
// KERNELS-NOT: tc.transpose
// KERNELS: return
func.func @long(%x: tensor<100000x64xf32>) -> tensor<100000x64xf32> {
  %m = loop.reduce [sum] (%c : %r) in [64 : 100000] {
    %v = loop.read %x[%r, %c] : tensor<100000x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<64xf32>
  %q = loop.map (%r, %c) in [100000, 64] {
    %v = loop.read %x[%r, %c] : tensor<100000x64xf32> -> f32
    %w = loop.read %m[%c] : tensor<64xf32> -> f32
    %y = arith.subf %v, %w : f32
    loop.yield %y : f32
  } : tensor<100000x64xf32>
  return %q : tensor<100000x64xf32>
}

// -----

// What a contraction can compute in passing stays in its order, also by way of another map.
// CHECK-LABEL: func @epilogue
// CHECK-NOT: tc.transpose
func.func @epilogue(%x: tensor<16x32xf32>, %w: tensor<64x32xf32>) -> (tensor<64xf32>, tensor<16x64xf32>) {
  %0 = loop.contract (%i, %j : %k) in [16, 64 : 32] {
    %a = loop.read %x[%i, %k] : tensor<16x32xf32> -> f32
    %b = loop.read %w[%j, %k] : tensor<64x32xf32> -> f32
    loop.yield %a, %b : f32, f32
  } : tensor<16x64xf32>
  %1 = loop.map (%i, %j) in [16, 64] {
    %v = loop.read %0[%i, %j] : tensor<16x64xf32> -> f32
    %e = math.exp %v : f32
    loop.yield %e : f32
  } : tensor<16x64xf32>
  %2 = loop.map (%i, %j) in [16, 64] {
    %v = loop.read %1[%i, %j] : tensor<16x64xf32> -> f32
    %e = math.cos %v : f32
    loop.yield %e : f32
  } : tensor<16x64xf32>
  %m = loop.reduce [max] (%j : %i) in [64 : 16] {
    %v = loop.read %2[%i, %j] : tensor<16x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<64xf32>
  return %m, %2 : tensor<64xf32>, tensor<16x64xf32>
}

// -----

// What another region reads is in memory's order.
// CHECK-LABEL: func @region
// KERNELS-LABEL: func @region
// KERNELS: %[[K:.*]]:2 = fusion.kernel "cos_max"
// KERNELS: scf.if
// KERNELS: fusion.kernel "add"(%[[K]]#0
func.func @region(%x: tensor<10x640xf32>, %p: i1) -> (tensor<640xf32>, tensor<10x640xf32>) {
  %e = loop.map (%r, %c) in [10, 640] {
    %v = loop.read %x[%r, %c] : tensor<10x640xf32> -> f32
    %y = math.cos %v : f32
    loop.yield %y : f32
  } : tensor<10x640xf32>
  %m = loop.reduce [max] (%c : %r) in [640 : 10] {
    %v = loop.read %e[%r, %c] : tensor<10x640xf32> -> f32
    loop.yield %v : f32
  } : tensor<640xf32>
  %q = scf.if %p -> tensor<10x640xf32> {
    %a = loop.map (%r, %c) in [10, 640] {
      %v = loop.read %e[%r, %c] : tensor<10x640xf32> -> f32
      %y = arith.addf %v, %v : f32
      loop.yield %y : f32
    } : tensor<10x640xf32>
    scf.yield %a : tensor<10x640xf32>
  } else {
    scf.yield %x : tensor<10x640xf32>
  }
  return %m, %q : tensor<640xf32>, tensor<10x640xf32>
}

// -----

// A batch of one image: its dimension, which reads tell by a plain 0, stays where it is, and the bias joins the rows.
// CHECK-LABEL: func @one_image
// CHECK-NOT: tc.transpose
// KERNELS-LABEL: func @one_image
// KERNELS: fusion.kernel "sum_add"
// KERNELS-NOT: fusion.kernel
// KERNELS: return
func.func @one_image(%x: tensor<1x8x16x9xf32>, %b: tensor<16xf32>) -> tensor<1x8x16xf32> {
  %m = loop.reduce [sum] (%n, %h, %c : %k) in [1, 8, 16 : 9] {
    %zero = arith.constant 0 : index
    %v = loop.read %x[%zero, %h, %c, %k] : tensor<1x8x16x9xf32> -> f32
    loop.yield %v : f32
  } : tensor<1x8x16xf32>
  %q = loop.map (%n, %h, %c) in [1, 8, 16] {
    %zero = arith.constant 0 : index
    %v = loop.read %m[%zero, %h, %c] : tensor<1x8x16xf32> -> f32
    %w = loop.read %b[%c] : tensor<16xf32> -> f32
    %y = arith.addf %v, %w : f32
    loop.yield %y : f32
  } : tensor<1x8x16xf32>
  return %q : tensor<1x8x16xf32>
}

// -----

// A map that takes a reduction point by point stays with it, whatever the order in which others reduce the map: pooling
// behind a depthwise convolution and its activation.
// CHECK-LABEL: func @pooled
// CHECK-NOT: tc.transpose
// KERNELS-LABEL: func @pooled
// KERNELS: fusion.kernel "sum_neg"
// KERNELS: fusion.kernel "sum"
// KERNELS: return
func.func @pooled(%x: tensor<100x16x9xf32>) -> (tensor<100x16xf32>, tensor<16xf32>) {
  %m = loop.reduce [sum] (%h, %c : %k) in [100, 16 : 9] {
    %v = loop.read %x[%h, %c, %k] : tensor<100x16x9xf32> -> f32
    loop.yield %v : f32
  } : tensor<100x16xf32>
  %q = loop.map (%h, %c) in [100, 16] {
    %v = loop.read %m[%h, %c] : tensor<100x16xf32> -> f32
    %y = arith.negf %v : f32
    loop.yield %y : f32
  } : tensor<100x16xf32>
  %s = loop.reduce [sum] (%c : %h) in [16 : 100] {
    %v = loop.read %q[%h, %c] : tensor<100x16xf32> -> f32
    loop.yield %v : f32
  } : tensor<16xf32>
  return %q, %s : tensor<100x16xf32>, tensor<16xf32>
}
