// RUN: tc-opt %s --tc-fuse --verify-diagnostics

func.func @primitive(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'tc.exp' op expected loops, which tc-to-loop makes}}
  %0 = tc.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
