// The graph of docs/tour.md, which shows what each stage makes of it: every contract holds on the way, for CPUs and GPUs,
// and the answer is right. Rows of x are all one, so that softmax is over a row of equal numbers: 1/96, and one added.
// REQUIRES: tc, python
// RUN: rm -rf %t && mkdir %t
// RUN: tc-opt %s --tc-lower="target=baseline verify-contracts=1" | FileCheck %s
// RUN: tc-opt %s --tc-lower="target=sm_90a verify-contracts=1" | FileCheck %s
// CHECK: fusion.kernel "contract_add_mul"(%arg0, %arg1, %arg2) schedule <contract
// CHECK: fusion.kernel "max_sub_exp_sum_div_add"(%0, %arg0) schedule <row
// RUN: %python -c "import numpy; f = '%t/%%s.npy'; [numpy.save(f %% n, numpy.ones(s, 'float32')) for n, s in dict(x=(3, 64), w=(96, 64), b=96).items()]"
// RUN: tc run %s %t/x.npy %t/w.npy %t/b.npy | FileCheck %s --check-prefix=RESULT
// RESULT: output0: f32[3, 64] min 1.0104{{[0-9]*}} max 1.0104

func.func @main(%x: !tc.ref<[s0, 64], f32> {tc.kind = "input", tc.name = "x"},
                %w: !tc.ref<[96, 64], f32> {tc.kind = "parameter", tc.name = "linear.weight"},
                %b: !tc.ref<[96], f32> {tc.kind = "parameter", tc.name = "linear.bias"})
    -> !tc.ref<[s0, 64], f32> attributes {tc.ranges = {s0 = [1, 4096]}} {
  %y = tc.aten "linear"(%x, %w, %b) : (!tc.ref<[s0, 64], f32>, !tc.ref<[96, 64], f32>, !tc.ref<[96], f32>) -> !tc.ref<[s0, 96], f32>
  %scaled = tc.aten "mul_.Scalar"(%y, 5.000000e-01) : (!tc.ref<[s0, 96], f32>) -> !tc.ref<[s0, 96], f32>
  %p = tc.aten "softmax.int"(%y, -1, none) : (!tc.ref<[s0, 96], f32>) -> !tc.ref<[s0, 96], f32>
  %v = tc.aten "slice.Tensor"(%p, 1, 0, 64, 1) : (!tc.ref<[s0, 96], f32>) -> !tc.ref<[s0, 64], f32>
  %r = tc.aten "add.Tensor"(%v, %x, 1) : (!tc.ref<[s0, 64], f32>, !tc.ref<[s0, 64], f32>) -> !tc.ref<[s0, 64], f32>
  return %r : !tc.ref<[s0, 64], f32>
}
