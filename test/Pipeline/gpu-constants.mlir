// Kernels of constants alone run once; outputs share memory with inputs and with one another; views of unaligned memory.
// REQUIRES: tc-emulate
// RUN: tc-emulate %s --explain | FileCheck %s

// CHECK: init
// CHECK-NEXT: cuda_launch scan_0
// CHECK-NEXT: body
// CHECK: agrees with the CPU

func.func @main(%x: !tc.ref<[3, 5], f32>) -> (!tc.ref<[3, 5], f32>, !tc.ref<[5], f32>, !tc.ref<[5], f32>, !tc.ref<[15], f32>) {
  %w = tc.constant dense<[[1.0, -2.0, 0.5, 3.0, 0.25], [1.0, 2.0, 3.0, 4.0, 5.0]]> : tensor<2x5xf32>
  %r = tc.to_ref %w : (tensor<2x5xf32>) -> !tc.ref<[2, 5], f32>
  %s = tc.aten "cumsum"(%r, 1, none) : (!tc.ref<[2, 5], f32>) -> !tc.ref<[2, 5], f32>
  %a = tc.aten "select.int"(%s, 0, 1) : (!tc.ref<[2, 5], f32>) -> !tc.ref<[5], f32>
  %y = tc.aten "mul.Tensor"(%x, %a) : (!tc.ref<[3, 5], f32>, !tc.ref<[5], f32>) -> !tc.ref<[3, 5], f32>
  %b = tc.aten "select.int"(%y, 0, 1) : (!tc.ref<[3, 5], f32>) -> !tc.ref<[5], f32>
  %c = tc.aten "select.int"(%x, 0, 2) : (!tc.ref<[3, 5], f32>) -> !tc.ref<[5], f32>
  %d = tc.aten "add.Tensor"(%c, %b, 1) : (!tc.ref<[5], f32>, !tc.ref<[5], f32>) -> !tc.ref<[5], f32>
  %v = tc.aten "view"(%y, [-1]) : (!tc.ref<[3, 5], f32>) -> !tc.ref<[15], f32>
  return %y, %d, %c, %v : !tc.ref<[3, 5], f32>, !tc.ref<[5], f32>, !tc.ref<[5], f32>, !tc.ref<[15], f32>
}
