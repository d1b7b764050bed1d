// Sizes that are known when a graph runs: grids, offsets and tails follow them.
// REQUIRES: tc-emulate
// RUN: tc-emulate %s --size=s0=6,s1=35 | FileCheck %s
// RUN: tc-emulate %s --size=s0=2,s1=1000 --target=sm_80 --seed=1 | FileCheck %s
// RUN: tc-emulate %s --size=s0=300,s1=2 --capability=120 --seed=2 | FileCheck %s

// CHECK: agrees with the CPU

func.func @main(%arg0: index {tc.name = "arg0_1", tc.symbol = "s0"}, %arg1: index {tc.name = "arg1_1", tc.symbol = "s1"}, %arg2: !tc.ref<[s0, s1], f32> {tc.kind = "input", tc.name = "arg2_1"}, %arg3: !tc.ref<[s1], f32> {tc.kind = "input", tc.name = "arg3_1"}) -> (!tc.ref<[s1 * s0], f32>, !tc.ref<[s0], f32>, !tc.ref<[s1, s0], f32>) attributes {tc.ranges = {s1 = [2, 9223372036854775807], s0 = [2, 9223372036854775807]}} {
  %0 = tc.aten "exp"(%arg2) : (!tc.ref<[s0, s1], f32>) -> !tc.ref<[s0, s1], f32>
  %1 = tc.aten "add.Tensor"(%0, %arg3, 1) : (!tc.ref<[s0, s1], f32>, !tc.ref<[s1], f32>) -> !tc.ref<[s0, s1], f32>
  %2 = tc.aten "view"(%1, [-1]) : (!tc.ref<[s0, s1], f32>) -> !tc.ref<[s1 * s0], f32>
  %3 = tc.aten "mean.dim"(%1, [1], false, none) : (!tc.ref<[s0, s1], f32>) -> !tc.ref<[s0], f32>
  %4 = tc.aten "permute"(%1, [1, 0]) : (!tc.ref<[s0, s1], f32>) -> !tc.ref<[s1, s0], f32>
  %5 = tc.aten "clone"(%4, "torch.contiguous_format") : (!tc.ref<[s1, s0], f32>) -> !tc.ref<[s1, s0], f32>
  %6 = tc.aten "_softmax"(%5, 0, false) : (!tc.ref<[s1, s0], f32>) -> !tc.ref<[s1, s0], f32>
  return %2, %3, %6 : !tc.ref<[s1 * s0], f32>, !tc.ref<[s0], f32>, !tc.ref<[s1, s0], f32>
}
