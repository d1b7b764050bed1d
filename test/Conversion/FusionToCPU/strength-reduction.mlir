// LLVM's loop strength reduction is asked for where addresses are more than a pointer and a step: over windows.
// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s

// CHECK-LABEL: func.func @matmul_0
// CHECK-NOT: tc.strength_reduction
// CHECK-LABEL: func.func @window_1
// CHECK-SAME: tc.strength_reduction
func.func @f(%x: tensor<64x64xf32>, %w: tensor<64x32xf32>, %y: tensor<66x64xf32>, %v: tensor<3x64x32xf32>)
    -> (tensor<64x32xf32>, tensor<64x32xf32>) {
  %0 = fusion.kernel "matmul"(%x, %w) {
  ^bb0(%a: tensor<64x64xf32>, %b: tensor<64x32xf32>):
    %r = loop.contract (%i, %j : %k) in [64, 32 : 64] {
      %l = loop.read %a[%i, %k] : tensor<64x64xf32> -> f32
      %m = loop.read %b[%k, %j] : tensor<64x32xf32> -> f32
      loop.yield %l, %m : f32, f32
    } : tensor<64x32xf32>
    fusion.yield %r : tensor<64x32xf32>
  } : (tensor<64x64xf32>, tensor<64x32xf32>) -> tensor<64x32xf32>
  %1 = fusion.kernel "window"(%y, %v) {
  ^bb0(%a: tensor<66x64xf32>, %b: tensor<3x64x32xf32>):
    %r = loop.contract (%i, %j : %w1, %k) in [64, 32 : 3, 64] {
      %h = arith.addi %i, %w1 : index
      %l = loop.read %a[%h, %k] : tensor<66x64xf32> -> f32
      %m = loop.read %b[%w1, %k, %j] : tensor<3x64x32xf32> -> f32
      loop.yield %l, %m : f32, f32
    } : tensor<64x32xf32>
    fusion.yield %r : tensor<64x32xf32>
  } : (tensor<66x64xf32>, tensor<3x64x32xf32>) -> tensor<64x32xf32>
  return %0, %1 : tensor<64x32xf32>, tensor<64x32xf32>
}
