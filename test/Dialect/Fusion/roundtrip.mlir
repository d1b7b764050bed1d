// RUN: tc-opt %s | tc-opt | FileCheck %s

// CHECK-LABEL: func @kernel
func.func @kernel(%x: tensor<128x768xf32>) -> tensor<128xf32> {
  // CHECK: fusion.kernel "row_max"(%arg0) schedule <row, parallel = 1, vector = 1, tile = [], grain = 8>
  %0 = fusion.kernel "row_max"(%x) schedule <row, parallel = 1, vector = 1, tile = [], grain = 8> {
  ^bb0(%a: tensor<128x768xf32>):
    %m = loop.reduce [max] (%i : %j) in [128 : 768] {
      %v = loop.read %a[%i, %j] : tensor<128x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<128xf32>
    fusion.yield %m : tensor<128xf32>
  } : (tensor<128x768xf32>) -> tensor<128xf32>
  return %0 : tensor<128xf32>
}
