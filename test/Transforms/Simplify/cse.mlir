// RUN: tc-opt %s --tc-cse --split-input-file | FileCheck %s

// Loops with equal bodies become one; what is dead goes.
// CHECK-LABEL: func @equal
// CHECK: %[[A:.*]] = loop.map
// CHECK-NOT: loop.map
// CHECK: return %[[A]], %[[A]]
func.func @equal(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = loop.map (%i) in [8] {
    %v = loop.read %x[%i] : tensor<8xf32> -> f32
    %w = arith.negf %v : f32
    loop.yield %w : f32
  } : tensor<8xf32>
  %1 = loop.map (%i) in [8] {
    %v = loop.read %x[%i] : tensor<8xf32> -> f32
    %again = loop.read %x[%i] : tensor<8xf32> -> f32
    %w = arith.negf %again : f32
    loop.yield %w : f32
  } : tensor<8xf32>
  %dead = tc.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// -----

// Bodies that differ in an op, in what they read or in which of their values they yield are not equal.
// CHECK-LABEL: func @different
// CHECK-COUNT-4: loop.map
func.func @different(%x: tensor<8x8xf32>, %y: tensor<8x8xf32>)
    -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = loop.map (%i, %j) in [8, 8] {
    %v = loop.read %x[%i, %j] : tensor<8x8xf32> -> f32
    %w = math.exp %v : f32
    loop.yield %w : f32
  } : tensor<8x8xf32>
  %1 = loop.map (%i, %j) in [8, 8] {
    %v = loop.read %y[%i, %j] : tensor<8x8xf32> -> f32
    %w = math.exp %v : f32
    loop.yield %w : f32
  } : tensor<8x8xf32>
  %2 = loop.map (%i, %j) in [8, 8] {
    %v = loop.read %x[%j, %i] : tensor<8x8xf32> -> f32
    %w = math.exp %v : f32
    loop.yield %w : f32
  } : tensor<8x8xf32>
  %3 = loop.map (%i, %j) in [8, 8] {
    %v = loop.read %x[%i, %j] : tensor<8x8xf32> -> f32
    loop.yield %v : f32
  } : tensor<8x8xf32>
  return %0, %1, %2, %3 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

// A value of an enclosing block serves a region; one region's values do not serve another; calls stay.
// CHECK-LABEL: func @regions
// CHECK: %[[R:.*]] = tc.reshape %arg0
// CHECK: scf.if
// CHECK-NEXT: scf.yield %[[R]]
// CHECK: else
// CHECK-NEXT: tc.neg
// CHECK: scf.if
// CHECK-NEXT: tc.neg
// CHECK: return %[[R]]
func.func @regions(%x: tensor<8xf32>, %c: i1) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %r = tc.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
  %0 = scf.if %c -> tensor<2x4xf32> {
    %a = tc.reshape %x : (tensor<8xf32>) -> tensor<2x4xf32>
    scf.yield %a : tensor<2x4xf32>
  } else {
    %n = tc.neg %r : (tensor<2x4xf32>) -> tensor<2x4xf32>
    scf.yield %n : tensor<2x4xf32>
  }
  %1 = scf.if %c -> tensor<2x4xf32> {
    %n = tc.neg %r : (tensor<2x4xf32>) -> tensor<2x4xf32>
    scf.yield %n : tensor<2x4xf32>
  } else {
    scf.yield %r : tensor<2x4xf32>
  }
  return %r, %0, %1 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}
