// Kernels that are equal but for their operands and name share the code of the first; another body, type or schedule is
// another kernel.
// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx2 | FileCheck %s --implicit-check-not=func.func

// CHECK: func.func @kernels(
// CHECK: func.func @scale_0
// CHECK: func.func @other_constant_1
// CHECK: func.func @other_type_2
// CHECK: func.func @other_schedule_3
func.func @kernels(%x: tensor<8xf32>, %y: tensor<9xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<9xf32>, tensor<8xf32>) {
  %0 = fusion.kernel "scale"(%x) {
  ^bb0(%a: tensor<8xf32>):
    %m = loop.map (%i) in [8] {
      %c = arith.constant 2.0 : f32
      %v = loop.read %a[%i] : tensor<8xf32> -> f32
      %s = arith.mulf %v, %c : f32
      loop.yield %s : f32
    } : tensor<8xf32>
    fusion.yield %m : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  %1 = fusion.kernel "again"(%0) {
  ^bb0(%b: tensor<8xf32>):
    %m = loop.map (%j) in [8] {
      %c = arith.constant 2.0 : f32
      %v = loop.read %b[%j] : tensor<8xf32> -> f32
      %s = arith.mulf %v, %c : f32
      loop.yield %s : f32
    } : tensor<8xf32>
    fusion.yield %m : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  %2 = fusion.kernel "other_constant"(%x) {
  ^bb0(%a: tensor<8xf32>):
    %m = loop.map (%i) in [8] {
      %c = arith.constant 3.0 : f32
      %v = loop.read %a[%i] : tensor<8xf32> -> f32
      %s = arith.mulf %v, %c : f32
      loop.yield %s : f32
    } : tensor<8xf32>
    fusion.yield %m : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  %3 = fusion.kernel "other_type"(%y) {
  ^bb0(%a: tensor<9xf32>):
    %m = loop.map (%i) in [9] {
      %c = arith.constant 2.0 : f32
      %v = loop.read %a[%i] : tensor<9xf32> -> f32
      %s = arith.mulf %v, %c : f32
      loop.yield %s : f32
    } : tensor<9xf32>
    fusion.yield %m : tensor<9xf32>
  } : (tensor<9xf32>) -> tensor<9xf32>
  %4 = fusion.kernel "other_schedule"(%x) schedule <map, parallel = 1, vector = 0, tile = [], grain = 4> {
  ^bb0(%a: tensor<8xf32>):
    %m = loop.map (%i) in [8] {
      %c = arith.constant 2.0 : f32
      %v = loop.read %a[%i] : tensor<8xf32> -> f32
      %s = arith.mulf %v, %c : f32
      loop.yield %s : f32
    } : tensor<8xf32>
    fusion.yield %m : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return %1, %2, %3, %4 : tensor<8xf32>, tensor<8xf32>, tensor<9xf32>, tensor<8xf32>
}
