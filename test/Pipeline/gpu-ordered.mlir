// Scans, sorts, gathers, padding and narrow types on a GPU.
// REQUIRES: tc-emulate
// RUN: tc-emulate %s --max-int=4 | FileCheck %s
// RUN: tc-emulate %s --max-int=4 --target=sm_80 --seed=3 | FileCheck %s

// CHECK: output 3: i64 [7, 33] is the same
// CHECK: output 7: bf16 [7, 33]
// CHECK: agrees with the CPU

func.func @main(%arg0: !tc.ref<[5, 16], f32> {tc.kind = "input", tc.name = "arg0_1"}, %arg1: !tc.ref<[4, 3], i64> {tc.kind = "input", tc.name = "arg1_1"}, %arg2: !tc.ref<[7, 33], f32> {tc.kind = "input", tc.name = "arg2_1"}) -> (!tc.ref<[4, 3, 16], f32>, !tc.ref<[7, 33], f32>, !tc.ref<[7, 33], f32>, !tc.ref<[7, 33], i64>, !tc.ref<[7, 36], f32>, !tc.ref<[66], f32>, !tc.ref<[7], i1>, !tc.ref<[7, 33], bf16>) {
  %0 = tc.aten "index.Tensor"(%arg0, [%arg1]) : (!tc.ref<[5, 16], f32>, !tc.ref<[4, 3], i64>) -> !tc.ref<[4, 3, 16], f32>
  %1 = tc.aten "cumsum"(%arg2, 1, none) : (!tc.ref<[7, 33], f32>) -> !tc.ref<[7, 33], f32>
  %2:2 = tc.aten "sort"(%arg2, 1, false) : (!tc.ref<[7, 33], f32>) -> (!tc.ref<[7, 33], f32>, !tc.ref<[7, 33], i64>)
  %3 = tc.aten "constant_pad_nd"(%arg2, [1, 2], 3.000000e+00 : f64) : (!tc.ref<[7, 33], f32>) -> !tc.ref<[7, 36], f32>
  %4 = tc.aten "flip"(%arg2, [1]) : (!tc.ref<[7, 33], f32>) -> !tc.ref<[7, 33], f32>
  %5 = tc.aten "cat"([%arg2, %4], 1) : (!tc.ref<[7, 33], f32>, !tc.ref<[7, 33], f32>) -> !tc.ref<[7, 66], f32>
  %6 = tc.aten "amax"(%5, [0], false) : (!tc.ref<[7, 66], f32>) -> !tc.ref<[66], f32>
  %7 = tc.aten "mul.Tensor"(%0, 2) : (!tc.ref<[4, 3, 16], f32>) -> !tc.ref<[4, 3, 16], f32>
  %8 = tc.aten "gt.Scalar"(%arg2, 0) : (!tc.ref<[7, 33], f32>) -> !tc.ref<[7, 33], i1>
  %9 = tc.aten "any.dim"(%8, 1, false) : (!tc.ref<[7, 33], i1>) -> !tc.ref<[7], i1>
  %10 = tc.aten "_to_copy"(%arg2, bf16, none, none, none, false, none) : (!tc.ref<[7, 33], f32>) -> !tc.ref<[7, 33], bf16>
  return %7, %1, %2#0, %2#1, %3, %6, %9, %10 : !tc.ref<[4, 3, 16], f32>, !tc.ref<[7, 33], f32>, !tc.ref<[7, 33], f32>, !tc.ref<[7, 33], i64>, !tc.ref<[7, 36], f32>, !tc.ref<[66], f32>, !tc.ref<[7], i1>, !tc.ref<[7, 33], bf16>
}
