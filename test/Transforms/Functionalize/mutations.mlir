// RUN: tc-opt --tc-functionalize --split-input-file %s | FileCheck %s

// A pure graph only changes its types.
// CHECK-LABEL: func.func @pure
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32> {tc.name = "x"}) -> tensor<4xf32> {
// CHECK: tc.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-NOT: tc.to_ref
// CHECK: tc.aten "relu"(%{{.*}}) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NOT: tc.aten "exp"
func.func @pure(%x: !tc.ref<[4], f32> {tc.name = "x"}) -> !tc.ref<[4], f32> {
  %c = tc.constant dense<1.0> : tensor<4xf32>
  %r = tc.to_ref %c : (tensor<4xf32>) -> !tc.ref<[4], f32>
  %0 = tc.aten "add.Tensor"(%x, %r, 1) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  %1 = tc.aten "relu"(%0) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  %dead = tc.aten "exp"(%0) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %1 : !tc.ref<[4], f32>
}

// -----

// In-place on a wider operand: computed in the wider type, then cast back.
// CHECK-LABEL: func.func @promotes
// CHECK: %[[S:.*]] = tc.aten "add.Tensor"(%arg0, %arg1, 1) : (tensor<4xf16>, tensor<4xf32>) -> tensor<4xf32>
// CHECK: %[[C:.*]] = tc.cast %[[S]] : (tensor<4xf32>) -> tensor<4xf16>
// A 0-d operand does not widen.
// CHECK: tc.aten "mul.Tensor"(%[[C]], %arg2) : (tensor<4xf16>, tensor<f64>) -> tensor<4xf16>
func.func @promotes(%x: !tc.ref<[4], f16>, %y: !tc.ref<[4], f32>, %z: !tc.ref<[], f64>) {
  %0 = tc.aten "add_.Tensor"(%x, %y, 1) : (!tc.ref<[4], f16>, !tc.ref<[4], f32>) -> !tc.ref<[4], f16>
  %1 = tc.aten "mul_.Tensor"(%0, %z) : (!tc.ref<[4], f16>, !tc.ref<[], f64>) -> !tc.ref<[4], f16>
  return
}

// -----

// A comparison in place gives booleans, which are cast.
// CHECK-LABEL: func.func @comparison
// CHECK: %[[B:.*]] = tc.aten "gt.Scalar"(%arg0, 0) : (tensor<4xf32>) -> tensor<4xi1>
// CHECK: tc.cast %[[B]] : (tensor<4xi1>) -> tensor<4xf32>
func.func @comparison(%x: !tc.ref<[4], f32>) {
  %0 = tc.aten "gt_.Scalar"(%x, 0) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return
}

// -----

// An in-place result is its input: a write to one is seen through the other, and other operands are read before the write.
// CHECK-LABEL: func.func @same_tensor
// CHECK: %[[A:.*]] = tc.aten "add.Tensor"(%arg0, %arg0, 1)
// CHECK: %[[B:.*]] = tc.aten "mul.Tensor"(%[[A]], %[[A]])
// CHECK: return %[[B]], %[[B]] : tensor<4xf32>, tensor<4xf32>
func.func @same_tensor(%x: !tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
  %0 = tc.aten "add_.Tensor"(%x, %x, 1) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  %1 = tc.aten "mul_.Tensor"(%0, %x) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %x : !tc.ref<[4], f32>
}

// -----

// CHECK-LABEL: func.func @out
// CHECK: %[[R:.*]] = tc.aten "add.Tensor"(%arg0, %arg0, 1) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK: %[[C:.*]] = tc.cast %[[R]] : (tensor<4xf32>) -> tensor<4xf64>
// CHECK: return %[[C]], %[[C]]
func.func @out(%x: !tc.ref<[4], f32>, %out: !tc.ref<[4], f64>) -> !tc.ref<[4], f64> {
  %0 = tc.aten "add.out"(%x, %x, 1, %out) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>, !tc.ref<[4], f64>) -> !tc.ref<[4], f64>
  return %0 : !tc.ref<[4], f64>
}

// -----

// An `out` without elements is resized: its old storage is not written.
// CHECK-LABEL: func.func @resized_out
// CHECK-SAME: -> tensor<4xf32> {
func.func @resized_out(%x: !tc.ref<[4], f32>, %out: !tc.ref<[0], f32>) -> !tc.ref<[4], f32> {
  %0 = tc.aten "exp.out"(%x, %out) : (!tc.ref<[4], f32>, !tc.ref<[0], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}

// -----

// Results that are no arguments come first, then the arguments' new values.
// CHECK-LABEL: func.func @batch_norm
// CHECK: %[[N:.*]]:5 = tc.aten "_native_batch_norm_legit_functional"(%arg0, none, none, %arg1, %arg2, true, 1.000000e-01 : f64, 1.000000e-05 : f64)
// CHECK: return %[[N]]#0, %[[N]]#3, %[[N]]#4
func.func @batch_norm(%x: !tc.ref<[2, 3, 4, 4], f32>, %m: !tc.ref<[3], f32>, %v: !tc.ref<[3], f32>) -> !tc.ref<[2, 3, 4, 4], f32> {
  %0:3 = tc.aten "_native_batch_norm_legit"(%x, none, none, %m, %v, true, 0.1 : f64, 1.0e-5 : f64) : (!tc.ref<[2, 3, 4, 4], f32>, !tc.ref<[3], f32>, !tc.ref<[3], f32>) -> (!tc.ref<[2, 3, 4, 4], f32>, !tc.ref<[3], f32>, !tc.ref<[3], f32>)
  return %0#0 : !tc.ref<[2, 3, 4, 4], f32>
}

// -----

// The schema of batch_norm does not say that it writes the running statistics.
// CHECK-LABEL: func.func @training_batch_norm
// CHECK: %[[N:.*]]:5 = tc.aten "_native_batch_norm_legit_functional"(%arg0, none, none, %arg1, %arg2, true, 1.000000e-01 : f64, 1.000000e-05 : f64)
// CHECK: return %[[N]]#0, %[[N]]#3, %[[N]]#4
func.func @training_batch_norm(%x: !tc.ref<[2, 3, 4, 4], f32>, %m: !tc.ref<[3], f32>, %v: !tc.ref<[3], f32>) -> !tc.ref<[2, 3, 4, 4], f32> {
  %0 = tc.aten "batch_norm"(%x, none, none, %m, %v, true, 0.1 : f64, 1.0e-5 : f64, true) : (!tc.ref<[2, 3, 4, 4], f32>, !tc.ref<[3], f32>, !tc.ref<[3], f32>) -> !tc.ref<[2, 3, 4, 4], f32>
  return %0 : !tc.ref<[2, 3, 4, 4], f32>
}

// -----

// CHECK-LABEL: func.func @lists
// CHECK: %[[F:.*]]:2 = tc.aten "_foreach_add.Scalar"([%arg0, %arg1], 1) : (tensor<4xf32>, tensor<2xf32>) -> (tensor<4xf32>, tensor<2xf32>)
// CHECK: return %[[F]]#0, %[[F]]#1
func.func @lists(%x: !tc.ref<[4], f32>, %y: !tc.ref<[2], f32>) {
  tc.aten "_foreach_add_.Scalar"([%x, %y], 1) : (!tc.ref<[4], f32>, !tc.ref<[2], f32>) -> ()
  return
}

// -----

// Random numbers stay, in order, used or not.
// CHECK-LABEL: func.func @random
// CHECK: tc.aten "bernoulli"
// CHECK-NEXT: tc.aten "uniform"
func.func @random(%x: !tc.ref<[4], f32>) {
  %0 = tc.aten "bernoulli"(%x, none) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  %1 = tc.aten "uniform_"(%x, 0.0 : f64, 1.0 : f64, none) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return
}

// -----

// Filling with a literal, rounded to the element type.
// CHECK-LABEL: func.func @fill
// CHECK: tc.constant dense<3> : tensor<i64>
// CHECK: tc.constant dense<true> : tensor<i1>
func.func @fill(%x: !tc.ref<[4], i64>, %y: !tc.ref<[2, 2], i1>) {
  %0 = tc.aten "fill_.Scalar"(%x, 3) : (!tc.ref<[4], i64>) -> !tc.ref<[4], i64>
  %1 = tc.aten "fill_.Scalar"(%y, 1) : (!tc.ref<[2, 2], i1>) -> !tc.ref<[2, 2], i1>
  return
}

// -----

// A custom op that mutates gives the new value of what it writes.
// CHECK-LABEL: func.func @custom
// CHECK: %[[E:.*]]:2 = tc.extern "my::scale_"(%arg0, 2.000000e+00 : f64) : (tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>)
// CHECK: return %[[E]]#0, %[[E]]#1
module attributes {tc.schemas = ["my::scale_(Tensor(a!) x, float by) -> Tensor"]} {
  func.func @custom(%x: !tc.ref<[4], f32>) -> !tc.ref<[], f32> {
    %0 = tc.aten "my::scale_"(%x, 2.0 : f64) : (!tc.ref<[4], f32>) -> !tc.ref<[], f32>
    return %0 : !tc.ref<[], f32>
  }
}

// -----

// The form without mutation has another name for its first argument.
// CHECK-LABEL: func.func @other_names
// CHECK: %[[D:.*]] = tc.aten "dropout"(%arg0, 5.000000e-01 : f64, false) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: return %[[D]], %[[D]]
func.func @other_names(%x: !tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
  %0 = tc.aten "dropout_"(%x, 0.5 : f64, false) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}
