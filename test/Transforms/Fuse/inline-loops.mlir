// RUN: tc-opt %s --tc-inline-loops --split-input-file | FileCheck %s

// A view disappears into index expressions.
// CHECK-LABEL: func @transposed
// CHECK-NEXT: loop.map (%[[I:.*]], %[[J:.*]]) in [64, 32] {
// CHECK-NEXT: loop.read %arg0[%[[J]], %[[I]]]
// CHECK-NEXT: math.exp
func.func @transposed(%x: tensor<32x64xf32>) -> tensor<64x32xf32> {
  %t = loop.map (%i, %j) in [64, 32] {
    %v = loop.read %x[%j, %i] : tensor<32x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<64x32xf32>
  %r = loop.map (%i, %j) in [64, 32] {
    %v = loop.read %t[%i, %j] : tensor<64x32xf32> -> f32
    %e = math.exp %v : f32
    loop.yield %e : f32
  } : tensor<64x32xf32>
  return %r : tensor<64x32xf32>
}

// -----

// Splat constants and reshapes are read through; conversions there and back go.
// CHECK: #[[$MAP:.*]] = affine_map<(d0, d1) -> (d0 * 8 + d1)>
// CHECK-LABEL: func @read_through
// CHECK-NEXT: loop.map (%[[I:.*]], %[[J:.*]]) in [4, 8] {
// CHECK: arith.constant 2.0
// CHECK: %[[AT:.*]] = loop.index #[[$MAP]](%[[I]], %[[J]])
// CHECK: %[[V:.*]] = loop.read %arg0[%[[AT]]]
// CHECK: %[[E:.*]] = arith.extf %[[V]]
// CHECK: %[[P:.*]] = arith.mulf %[[E]]
// CHECK: arith.addf %[[P]]
// CHECK: arith.truncf
// CHECK-NOT: loop.map
func.func @read_through(%x: tensor<32xbf16>) -> tensor<4x8xbf16> {
  %two = tc.constant dense<2.0> : tensor<f32>
  %r = tc.reshape %x : (tensor<32xbf16>) -> tensor<4x8xbf16>
  %a = loop.map (%i, %j) in [4, 8] {
    %v = loop.read %r[%i, %j] : tensor<4x8xbf16> -> bf16
    %c = loop.read %two[] : tensor<f32> -> f32
    %e = arith.extf %v : bf16 to f32
    %p = arith.mulf %e, %c : f32
    %t = arith.truncf %p : f32 to bf16
    loop.yield %t : bf16
  } : tensor<4x8xbf16>
  %b = loop.map (%i, %j) in [4, 8] {
    %v = loop.read %a[%i, %j] : tensor<4x8xbf16> -> bf16
    %e = arith.extf %v : bf16 to f32
    %p = arith.addf %e, %e : f32
    %t = arith.truncf %p : f32 to bf16
    loop.yield %t : bf16
  } : tensor<4x8xbf16>
  return %b : tensor<4x8xbf16>
}

// -----

// A merged view is read through if the producer is pointwise: the reads become whole again.
// CHECK-LABEL: func @merged
// CHECK: %[[VIEW:.*]] = tc.reshape %arg0
// CHECK: loop.map (%[[I:.*]]) in [32] {
// CHECK-NEXT: loop.read %[[VIEW]][%[[I]]]
// CHECK-NEXT: arith.negf
// CHECK-NEXT: math.exp
func.func @merged(%x: tensor<4x8xf32>) -> tensor<32xf32> {
  %a = loop.map (%i, %j) in [4, 8] {
    %v = loop.read %x[%i, %j] : tensor<4x8xf32> -> f32
    %n = arith.negf %v : f32
    loop.yield %n : f32
  } : tensor<4x8xf32>
  %r = tc.reshape %a : (tensor<4x8xf32>) -> tensor<32xf32>
  %b = loop.map (%i) in [32] {
    %v = loop.read %r[%i] : tensor<32xf32> -> f32
    %e = math.exp %v : f32
    loop.yield %e : f32
  } : tensor<32xf32>
  return %b : tensor<32xf32>
}

// -----

// A dear body with two readers stays.
// CHECK-LABEL: func @dear
// CHECK: loop.map
// CHECK: math.exp
// CHECK: loop.map
// CHECK-NOT: math.exp
// CHECK: loop.reduce
// CHECK-NOT: math.exp
func.func @dear(%x: tensor<64xf32>) -> (tensor<64xf32>, tensor<f32>) {
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
  %s = loop.reduce [sum] ( : %i) in [ : 64] {
    %v = loop.read %e[%i] : tensor<64xf32> -> f32
    loop.yield %v : f32
  } : tensor<f32>
  return %r, %s : tensor<64xf32>, tensor<f32>
}

// -----

// A mask made of indices is made anew by each reader.
// CHECK-LABEL: func @generator
// CHECK-COUNT-2: arith.cmpi sge
// CHECK-NOT: arith.cmpi
func.func @generator(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
  %zero = tc.constant dense<0.0> : tensor<f32>
  %m = loop.map (%i, %j) in [64, 64] {
    %c = arith.cmpi sge, %i, %j : index
    loop.yield %c : i1
  } : tensor<64x64xi1>
  %a = loop.map (%i, %j) in [64, 64] {
    %c = loop.read %m[%i, %j] : tensor<64x64xi1> -> i1
    %v = loop.read %x[%i, %j] : tensor<64x64xf32> -> f32
    %z = loop.read %zero[] : tensor<f32> -> f32
    %s = arith.select %c, %v, %z : f32
    loop.yield %s : f32
  } : tensor<64x64xf32>
  %b = loop.map (%i, %j) in [64, 64] {
    %c = loop.read %m[%i, %j] : tensor<64x64xi1> -> i1
    %v = loop.read %y[%i, %j] : tensor<64x64xf32> -> f32
    %z = loop.read %zero[] : tensor<f32> -> f32
    %s = arith.select %c, %v, %z : f32
    loop.yield %s : f32
  } : tensor<64x64xf32>
  return %a, %b : tensor<64x64xf32>, tensor<64x64xf32>
}

// -----

// A contraction takes moves, but no arithmetic.
// CHECK-LABEL: func @contract
// CHECK: loop.map
// CHECK: arith.addf
// CHECK: loop.contract (%[[I:.*]], %[[J:.*]] : %[[K:.*]]) in
// CHECK: loop.read %{{.*}}[%[[I]], %[[K]]]
// CHECK: loop.read %arg1[%[[J]], %[[K]]]
func.func @contract(%x: tensor<16x32xf32>, %w: tensor<64x32xf32>) -> tensor<16x64xf32> {
  %a = loop.map (%i, %k) in [16, 32] {
    %v = loop.read %x[%i, %k] : tensor<16x32xf32> -> f32
    %d = arith.addf %v, %v : f32
    loop.yield %d : f32
  } : tensor<16x32xf32>
  %t = loop.map (%k, %j) in [32, 64] {
    %v = loop.read %w[%j, %k] : tensor<64x32xf32> -> f32
    loop.yield %v : f32
  } : tensor<32x64xf32>
  %0 = loop.contract (%i, %j : %k) in [16, 64 : 32] {
    %p = loop.read %a[%i, %k] : tensor<16x32xf32> -> f32
    %q = loop.read %t[%k, %j] : tensor<32x64xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<16x64xf32>
  return %0 : tensor<16x64xf32>
}

// -----

// The epilogue of a contraction does not move into a pooling window that would repeat it.
// CHECK-LABEL: func @epilogue_stays
// CHECK: loop.contract
// CHECK: loop.map
// CHECK: arith.maximumf
// CHECK: loop.reduce [max]
// CHECK-NOT: arith.maximumf
func.func @epilogue_stays(%x: tensor<16x32xf32>, %w: tensor<64x32xf32>) -> tensor<8x64xf32> {
  %zero = tc.constant dense<0.0> : tensor<f32>
  %0 = loop.contract (%i, %j : %k) in [16, 64 : 32] {
    %p = loop.read %x[%i, %k] : tensor<16x32xf32> -> f32
    %q = loop.read %w[%j, %k] : tensor<64x32xf32> -> f32
    loop.yield %p, %q : f32, f32
  } : tensor<16x64xf32>
  %1 = loop.map (%i, %j) in [16, 64] {
    %v = loop.read %0[%i, %j] : tensor<16x64xf32> -> f32
    %z = loop.read %zero[] : tensor<f32> -> f32
    %m = arith.maximumf %v, %z : f32
    loop.yield %m : f32
  } : tensor<16x64xf32>
  %2 = loop.reduce [max] (%i, %j : %r) in [8, 64 : 2] {
    %at = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1)>(%i, %r) where []
    %v = loop.read %1[%at, %j] : tensor<16x64xf32> -> f32
    loop.yield %v : f32
  } : tensor<8x64xf32>
  return %2 : tensor<8x64xf32>
}

// -----

// A guard that the index's range decides goes.
// CHECK-LABEL: func @guards
// CHECK-NOT: scf.if
// CHECK: loop.read %arg1
func.func @guards(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = loop.map (%i) in [8] {
    %four = arith.constant 4 : index
    %left = arith.cmpi ult, %i, %four : index
    %v = scf.if %left -> f32 {
      %a = loop.read %x[%i] : tensor<4xf32> -> f32
      scf.yield %a : f32
    } else {
      %at = loop.index affine_map<(d0) -> (d0 - 4)>(%i) where []
      %b = loop.read %y[%at] : tensor<4xf32> -> f32
      scf.yield %b : f32
    }
    loop.yield %v : f32
  } : tensor<8xf32>
  %r = loop.map (%i) in [4] {
    %at = loop.index affine_map<(d0) -> (d0 + 4)>(%i) where []
    %v = loop.read %c[%at] : tensor<8xf32> -> f32
    loop.yield %v : f32
  } : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// A piece of a concatenation is computed in its loop, unless the whole has many times its points.
// CHECK-LABEL: func @pieces
// CHECK-NOT: math.cos
// CHECK: loop.map (%{{.*}}) in [2]
// CHECK: math.sin
// CHECK: loop.map (%{{.*}}) in [10]
// CHECK: scf.if
// CHECK: math.cos
// CHECK-NOT: math.sin
func.func @pieces(%x: tensor<8xf32>, %y: tensor<2xf32>) -> tensor<10xf32> {
  %a = loop.map (%i) in [8] {
    %v = loop.read %x[%i] : tensor<8xf32> -> f32
    %c = math.cos %v : f32
    loop.yield %c : f32
  } : tensor<8xf32>
  %b = loop.map (%i) in [2] {
    %v = loop.read %y[%i] : tensor<2xf32> -> f32
    %s = math.sin %v : f32
    loop.yield %s : f32
  } : tensor<2xf32>
  %r = loop.map (%i) in [10] {
    %eight = arith.constant 8 : index
    %left = arith.cmpi ult, %i, %eight : index
    %v = scf.if %left -> f32 {
      %p = loop.read %a[%i] : tensor<8xf32> -> f32
      scf.yield %p : f32
    } else {
      %at = loop.index affine_map<(d0) -> (d0 - 8)>(%i) where []
      %q = loop.read %b[%at] : tensor<2xf32> -> f32
      scf.yield %q : f32
    }
    loop.yield %v : f32
  } : tensor<10xf32>
  return %r : tensor<10xf32>
}

// -----

// A map that reads one large tensor, and small ones, is computed anew by its readers rather than kept.
// CHECK-LABEL: func @centered
// CHECK: loop.reduce [sum]
// CHECK: arith.subf
// CHECK: loop.map
// CHECK: arith.subf
// CHECK-NOT: loop.map
func.func @centered(%x: tensor<16x800xf32>, %mean: tensor<16xf32>) -> (tensor<16xf32>, tensor<16x800xf32>) {
  %c = loop.map (%i, %j) in [16, 800] {
    %v = loop.read %x[%i, %j] : tensor<16x800xf32> -> f32
    %m = loop.read %mean[%i] : tensor<16xf32> -> f32
    %d = arith.subf %v, %m : f32
    loop.yield %d : f32
  } : tensor<16x800xf32>
  %s = loop.reduce [sum] (%i : %j) in [16 : 800] {
    %v = loop.read %c[%i, %j] : tensor<16x800xf32> -> f32
    %q = arith.mulf %v, %v : f32
    loop.yield %q : f32
  } : tensor<16xf32>
  %y = loop.map (%i, %j) in [16, 800] {
    %v = loop.read %c[%i, %j] : tensor<16x800xf32> -> f32
    %e = math.exp %v : f32
    loop.yield %e : f32
  } : tensor<16x800xf32>
  return %s, %y : tensor<16xf32>, tensor<16x800xf32>
}

// -----

// A factor that is zero behind the diagonal is read under a guard by the contraction, which so knows where rows end.
// CHECK-LABEL: func @triangle
// CHECK-NEXT: loop.contract (%[[I:.*]], %[[J:.*]] : %[[K:.*]]) in [64, 8 : 64] {
// CHECK: %[[IN:.*]] = arith.cmpi sle, %[[K]], %[[I]] : index
// CHECK: scf.if %[[IN]] -> (f32) {
// CHECK-NEXT: loop.read %arg0[%[[I]], %[[K]]]
// CHECK-NOT: loop.map
// CHECK: return
func.func @triangle(%x: tensor<64x64xf32>, %y: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %m = loop.map (%i, %k) in [64, 64] {
    %zero = arith.constant 0.0 : f32
    %v = loop.read %x[%i, %k] : tensor<64x64xf32> -> f32
    %c = arith.index_cast %k : index to i64
    %r = arith.index_cast %i : index to i64
    %q = arith.cmpi sle, %c, %r : i64
    %s = arith.select %q, %v, %zero : f32
    loop.yield %s : f32
  } : tensor<64x64xf32>
  %p = loop.contract (%i, %j : %k) in [64, 8 : 64] {
    %a = loop.read %m[%i, %k] : tensor<64x64xf32> -> f32
    %b = loop.read %y[%k, %j] : tensor<64x8xf32> -> f32
    loop.yield %a, %b : f32, f32
  } : tensor<64x8xf32>
  return %p : tensor<64x8xf32>
}
