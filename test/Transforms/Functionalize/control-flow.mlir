// RUN: tc-opt --tc-functionalize --split-input-file %s | FileCheck %s

// A tensor written in a branch, through a view, is a further result.
// CHECK-LABEL: func.func @branch
// CHECK-SAME: (%[[C:.*]]: i1, %[[X:.*]]: tensor<2x2xf32>)
// CHECK: %[[IF:.*]] = scf.if %[[C]] -> (tensor<2x2xf32>) {
// CHECK:   %[[R:.*]] = tc.reshape %[[X]]
// CHECK:   tc.aten "exp"(%[[R]])
// CHECK:   %[[B:.*]] = tc.reshape %{{.*}} : (tensor<4xf32>) -> tensor<2x2xf32>
// CHECK:   scf.yield %[[B]]
// CHECK: } else {
// CHECK:   scf.yield %[[X]]
// CHECK: }
// CHECK: tc.aten "relu"(%[[IF]])
func.func @branch(%c: i1, %x: !tc.ref<[2, 2], f32>) -> !tc.ref<[2, 2], f32> {
  scf.if %c {
    %v = tc.aten "view"(%x, [4]) : (!tc.ref<[2, 2], f32>) -> !tc.ref<[4], f32>
    %0 = tc.aten "exp_"(%v) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  }
  %r = tc.aten "relu"(%x) : (!tc.ref<[2, 2], f32>) -> !tc.ref<[2, 2], f32>
  return %r : !tc.ref<[2, 2], f32>
}

// -----

// What a branch reads is not reused outside of it.
// CHECK-LABEL: func.func @reads
// CHECK: scf.if
// CHECK: tc.reshape %arg1
// CHECK: scf.yield
// CHECK: else
// CHECK: tc.reshape %arg1
// CHECK: scf.yield
// CHECK: %[[R:.*]] = tc.reshape %arg1
// CHECK: return %{{.*}}, %[[R]]
func.func @reads(%c: i1, %x: !tc.ref<[2, 2], f32>) -> (!tc.ref<[4], f32>, !tc.ref<[4], f32>) {
  %v = tc.aten "view"(%x, [4]) : (!tc.ref<[2, 2], f32>) -> !tc.ref<[4], f32>
  %0 = scf.if %c -> !tc.ref<[4], f32> {
    %1 = tc.aten "exp"(%v) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
    scf.yield %1 : !tc.ref<[4], f32>
  } else {
    %1 = tc.aten "sin"(%v) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
    scf.yield %1 : !tc.ref<[4], f32>
  }
  return %0, %v : !tc.ref<[4], f32>, !tc.ref<[4], f32>
}

// -----

// CHECK-LABEL: func.func @for_loop
// CHECK: %[[F:.*]]:2 = scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[A:.*]] = %arg1, %[[X:.*]] = %arg0) -> (tensor<4xf32>, tensor<4xf32>)
// CHECK: %[[Y:.*]] = tc.aten "add.Tensor"(%[[X]], %[[A]], 1)
// CHECK: %[[B:.*]] = tc.aten "mul.Tensor"(%[[A]], %[[Y]])
// CHECK: scf.yield %[[B]], %[[Y]]
// CHECK: return %[[F]]#0, %[[F]]#1
func.func @for_loop(%x: !tc.ref<[4], f32>, %y: !tc.ref<[4], f32>, %n: index, %lo: index, %by: index) -> !tc.ref<[4], f32> {
  %r = scf.for %i = %lo to %n step %by iter_args(%a = %y) -> !tc.ref<[4], f32> {
    %0 = tc.aten "add_.Tensor"(%x, %a, 1) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>) -> !tc.ref<[4], f32>
    %1 = tc.aten "mul.Tensor"(%a, %x) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>) -> !tc.ref<[4], f32>
    scf.yield %1 : !tc.ref<[4], f32>
  }
  return %r : !tc.ref<[4], f32>
}

// -----

// CHECK-LABEL: func.func @while_loop
// CHECK: %[[W:.*]]:2 = scf.while (%[[A:.*]] = %arg1, %[[X:.*]] = %arg0)
// CHECK: scf.condition(%{{.*}}) %[[A]], %[[X]]
// CHECK: ^bb0(%[[B:.*]]: tensor<4xf32>, %[[Z:.*]]: tensor<4xf32>):
// CHECK: %[[E:.*]] = tc.aten "exp"(%[[Z]])
// CHECK: scf.yield %[[B]], %[[E]]
func.func @while_loop(%x: !tc.ref<[4], f32>, %y: !tc.ref<[4], f32>, %c: i1) -> !tc.ref<[4], f32> {
  %r = scf.while (%a = %y) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
    scf.condition(%c) %a : !tc.ref<[4], f32>
  } do {
  ^bb0(%b: !tc.ref<[4], f32>):
    %0 = tc.aten "exp_"(%x) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
    scf.yield %b : !tc.ref<[4], f32>
  }
  return %r : !tc.ref<[4], f32>
}
