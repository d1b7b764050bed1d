// Passes read one form and leave every other as it is: what they may not touch, they do not fail on either. The stages'
// contracts, which tc-verify-contract checks, say where a form may not occur.
// RUN: split-file %s %t
// RUN: tc-opt %t/captured.mlir -o %t/captured
// RUN: tc-opt %t/captured.mlir --tc-cse | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-align-epilogues | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-inline-loops | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-pack-operands | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-schedule-kernels | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-simplify | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-sink-transposes | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --tc-fold-constants | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --pass-pipeline='builtin.module(func.func(tc-normalize-boundary))' | diff - %t/captured
// RUN: tc-opt %t/captured.mlir --pass-pipeline='builtin.module(func.func(tc-expand-complex))' | diff - %t/captured
// RUN: tc-opt %t/primitive.mlir -o %t/primitive
// RUN: tc-opt %t/primitive.mlir --tc-cse | diff - %t/primitive
// RUN: tc-opt %t/primitive.mlir --tc-align-epilogues | diff - %t/primitive
// RUN: tc-opt %t/primitive.mlir --tc-inline-loops | diff - %t/primitive
// RUN: tc-opt %t/primitive.mlir --tc-pack-operands | diff - %t/primitive
// RUN: tc-opt %t/primitive.mlir --tc-schedule-kernels | diff - %t/primitive
// RUN: tc-opt %t/loops.mlir -o %t/loops
// RUN: tc-opt %t/loops.mlir --tc-cse | diff - %t/loops
// RUN: tc-opt %t/loops.mlir --tc-pack-operands | diff - %t/loops
// RUN: tc-opt %t/loops.mlir --tc-schedule-kernels | diff - %t/loops
// RUN: tc-opt %t/loops.mlir --tc-sink-transposes | diff - %t/loops
// RUN: tc-opt %t/loops.mlir --tc-fold-constants | diff - %t/loops

// Kernels are formed of loops alone.
// RUN: not tc-opt %t/primitive.mlir --tc-form-kernels 2>&1 | FileCheck %s
// CHECK: error: 'tc.exp' op expected loops, which tc-to-loop makes

//--- captured.mlir
func.func @main(%x: !tc.ref<[s0, 8], f32> {tc.kind = "input", tc.name = "x"}) -> !tc.ref<[s0, 8], f32> {
  %y = tc.aten "exp"(%x) : (!tc.ref<[s0, 8], f32>) -> !tc.ref<[s0, 8], f32>
  %z = tc.aten "mul_.Scalar"(%y, 5.000000e-01 : f64) : (!tc.ref<[s0, 8], f32>) -> !tc.ref<[s0, 8], f32>
  return %y : !tc.ref<[s0, 8], f32>
}
//--- primitive.mlir
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = tc.exp %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
//--- loops.mlir
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = loop.map (%i, %j) in [4, 8] {
    %a = loop.read %x[%i, %j] : tensor<4x8xf32> -> f32
    %b = math.exp %a : f32
    loop.yield %b : f32
  } : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
