// Layer norm, softmax and argmax as GPU kernels, with a mutated input, through the driver: the answers are the CPU's.
// REQUIRES: tc-emulate
// RUN: tc-emulate %s --target=cuda | FileCheck %s
// RUN: tc-emulate %s --target=sm_80 --seed=1 | FileCheck %s
// RUN: tc-emulate %s --target=cuda:1 --capability=120 --seed=2 | FileCheck %s

// CHECK: output 0: f32 [2, 5, 48]
// CHECK: input 3 (arg3_1): f32 [3]
// CHECK: agrees with the CPU: 2 kernels

func.func @main(%arg0: !tc.ref<[48], f32> {tc.kind = "input", tc.name = "arg0_1"}, %arg1: !tc.ref<[48], f32> {tc.kind = "input", tc.name = "arg1_1"}, %arg2: !tc.ref<[2, 5, 48], f32> {tc.kind = "input", tc.name = "arg2_1"}, %arg3: !tc.ref<[3], f32> {tc.kind = "input", tc.name = "arg3_1"}) -> (!tc.ref<[2, 5, 48], f32>, !tc.ref<[2, 48, 5], f32> {tc.strides = [#tc.size<240>, #tc.size<1>, #tc.size<48>]}, !tc.ref<[2, 5], i64>) {
  %0:3 = tc.aten "native_layer_norm"(%arg2, [48], %arg0, %arg1, 1.000000e-05 : f64) : (!tc.ref<[2, 5, 48], f32>, !tc.ref<[48], f32>, !tc.ref<[48], f32>) -> (!tc.ref<[2, 5, 48], f32>, !tc.ref<[2, 5, 1], f32>, !tc.ref<[2, 5, 1], f32>)
  %1 = tc.aten "gelu"(%0#0, "none") : (!tc.ref<[2, 5, 48], f32>) -> !tc.ref<[2, 5, 48], f32>
  %2 = tc.aten "mul.Tensor"(%1, 2) : (!tc.ref<[2, 5, 48], f32>) -> !tc.ref<[2, 5, 48], f32>
  %3 = tc.aten "add_.Tensor"(%arg3, 1, 1) : (!tc.ref<[3], f32>) -> !tc.ref<[3], f32>
  %4 = tc.aten "_softmax"(%2, -1, false) : (!tc.ref<[2, 5, 48], f32>) -> !tc.ref<[2, 5, 48], f32>
  %5 = tc.aten "transpose.int"(%2, 1, 2) : (!tc.ref<[2, 5, 48], f32>) -> !tc.ref<[2, 48, 5], f32>
  %6 = tc.aten "argmax"(%2, -1, false) : (!tc.ref<[2, 5, 48], f32>) -> !tc.ref<[2, 5], i64>
  return %4, %5, %6 : !tc.ref<[2, 5, 48], f32>, !tc.ref<[2, 48, 5], f32>, !tc.ref<[2, 5], i64>
}
