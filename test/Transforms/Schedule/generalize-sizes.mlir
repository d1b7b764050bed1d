// RUN: tc-opt %s --tc-generalize-sizes | FileCheck %s
// RUN: tc-opt %s --tc-generalize-sizes --tc-schedule-kernels --tc-fusion-to-cpu=target=avx512 | FileCheck %s --check-prefix=CODE
// RUN: not tc-opt %s --tc-generalize-sizes='unknown=1' 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option unknown

// One piece of code for both: the sizes are told at each launch.
// CODE-COUNT-1: func.func @neg_
// CODE-COUNT-1: func.func @window_
// CODE-COUNT-1: func.func @input_
// CODE-NOT: func.func

// CHECK-LABEL: func @sizes
// CHECK: fusion.kernel "neg"(%{{.*}}) for {n0 = 64 : i64, n1 = 48 : i64} {
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<?x?xf32, #tc.sizes<[n0, n1]>>):
// CHECK-NEXT: loop.map (%[[I:.*]], %[[J:.*]]) in [n0, n1] {
// The bound of a guard is a size as well.
// CHECK: %[[B:.*]] = loop.index #{{.*}}() where ["n1"]
// CHECK: arith.cmpi ult, %{{.*}}, %[[B]]
// CHECK: } : tensor<?x?xf32, #tc.sizes<[n0, n1]>>
// CHECK: fusion.yield %{{.*}} : tensor<?x?xf32, #tc.sizes<[n0, n1]>>
// CHECK-NEXT: } : (tensor<64x48xf32>) -> tensor<64x48xf32>
// CHECK: fusion.kernel "neg"(%{{.*}}) for {n0 = 96 : i64, n1 = 40 : i64} {
func.func @sizes() -> (tensor<64x48xf32>, tensor<96x40xf32>) {
  %a = tc.constant dense<1.0> : tensor<64x48xf32>
  %b = tc.constant dense<2.0> : tensor<96x40xf32>
  %0 = fusion.kernel "neg"(%a) {
  ^bb0(%x: tensor<64x48xf32>):
    %r = loop.map (%i, %j) in [64, 48] {
      %one = arith.constant 1 : index
      %bound = arith.constant 48 : index
      %zero = arith.constant 0.0 : f32
      %next = arith.addi %j, %one : index
      %inside = arith.cmpi ult, %next, %bound : index
      %v = scf.if %inside -> (f32) {
        %e = loop.read %x[%i, %next] : tensor<64x48xf32> -> f32
        scf.yield %e : f32
      } else {
        scf.yield %zero : f32
      }
      loop.yield %v : f32
    } : tensor<64x48xf32>
    fusion.yield %r : tensor<64x48xf32>
  } : (tensor<64x48xf32>) -> tensor<64x48xf32>
  %1 = fusion.kernel "neg"(%b) {
  ^bb0(%x: tensor<96x40xf32>):
    %r = loop.map (%i, %j) in [96, 40] {
      %one = arith.constant 1 : index
      %bound = arith.constant 40 : index
      %zero = arith.constant 0.0 : f32
      %next = arith.addi %j, %one : index
      %inside = arith.cmpi ult, %next, %bound : index
      %v = scf.if %inside -> (f32) {
        %e = loop.read %x[%i, %next] : tensor<96x40xf32> -> f32
        scf.yield %e : f32
      } else {
        scf.yield %zero : f32
      }
      loop.yield %v : f32
    } : tensor<96x40xf32>
    fusion.yield %r : tensor<96x40xf32>
  } : (tensor<96x40xf32>) -> tensor<96x40xf32>
  return %0, %1 : tensor<64x48xf32>, tensor<96x40xf32>
}

// Windows, which loops are unrolled by, stay; so does a size of 1.
// CHECK-LABEL: func @window
// CHECK: fusion.kernel "window"(%{{.*}}) for {n0 = 64 : i64} {
// CHECK: loop.map (%{{.*}}, %{{.*}}, %{{.*}}) in [n0, 3, 1]
func.func @window() -> tensor<64x3x1xf32> {
  %a = tc.constant dense<1.0> : tensor<64x3x1xf32>
  %0 = fusion.kernel "window"(%a) {
  ^bb0(%x: tensor<64x3x1xf32>):
    %r = loop.map (%i, %j, %k) in [64, 3, 1] {
      %v = loop.read %x[%i, %j, %k] : tensor<64x3x1xf32> -> f32
      loop.yield %v : f32
    } : tensor<64x3x1xf32>
    fusion.yield %r : tensor<64x3x1xf32>
  } : (tensor<64x3x1xf32>) -> tensor<64x3x1xf32>
  return %0 : tensor<64x3x1xf32>
}

// What runs again and again is compiled for its sizes.
// CHECK-LABEL: func @input
// CHECK: fusion.kernel "input"(%arg0) {
// CHECK: loop.map (%{{.*}}) in [64]
func.func @input(%a: tensor<64xf32>) -> tensor<64xf32> {
  %0 = fusion.kernel "input"(%a) {
  ^bb0(%x: tensor<64xf32>):
    %r = loop.map (%i) in [64] {
      %v = loop.read %x[%i] : tensor<64xf32> -> f32
      loop.yield %v : f32
    } : tensor<64xf32>
    fusion.yield %r : tensor<64xf32>
  } : (tensor<64xf32>) -> tensor<64xf32>
  return %0 : tensor<64xf32>
}
