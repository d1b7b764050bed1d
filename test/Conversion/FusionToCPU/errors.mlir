// RUN: not tc-opt %s --tc-fusion-to-cpu=target=z80 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: tc-opt %s --split-input-file --verify-diagnostics --tc-fusion-to-cpu=target=avx2

// TARGET: unsupported CPU target 'z80': expected one of host, baseline, avx2, avx512, avx512bf16

func.func @not_a_map(%x: tensor<4xf32>) -> tensor<f32> {
  %0 = fusion.kernel "k"(%x) schedule <map, parallel = 1, vector = 0, tile = [], grain = 1> {
  ^bb0(%a: tensor<4xf32>):
    // expected-error@+1 {{expected a loop.map in a map kernel, found loop.reduce}}
    %s = loop.reduce [sum] ( : %i) in [ : 4] {
      %v = loop.read %a[%i] : tensor<4xf32> -> f32
      loop.yield %v : f32
    } : tensor<f32>
    fusion.yield %s : tensor<f32>
  } : (tensor<4xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @passed_through(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{expected results that loop ops compute, found an input of the kernel}}
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<4xf32>):
    fusion.yield %a : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @constant(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<2xf32>):
    // expected-error@+1 {{expected a splat in a kernel}}
    %c = tc.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %s = loop.map (%i) in [2] {
      %v = loop.read %c[%i] : tensor<2xf32> -> f32
      loop.yield %v : f32
    } : tensor<2xf32>
    fusion.yield %s : tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
