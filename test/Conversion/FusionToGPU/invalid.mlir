// What has no GPU code is an error that says what it is.
// RUN: tc-opt %s -split-input-file --tc-fusion-to-gpu=target=sm_80 -verify-diagnostics
// RUN: not tc-opt %s -split-input-file --tc-fusion-to-gpu=target=sm_70 2>&1 | FileCheck %s

// CHECK: error: unsupported GPU target 'sm_70': expected one of sm_80, sm_90a, sm_120

func.func @f64(%x: tensor<64xf64>) -> tensor<64xf64> {
  %0 = fusion.kernel "f64"(%x) {
  ^bb0(%a: tensor<64xf64>):
    %m = loop.map (%i) in [64] {
      %v = loop.read %a[%i] : tensor<64xf64> -> f64
      // expected-error @+1 {{function 'erf' of f64 is not supported on a GPU}}
      %e = math.erf %v : f64
      loop.yield %e : f64
    } : tensor<64xf64>
    fusion.yield %m : tensor<64xf64>
  } : (tensor<64xf64>) -> tensor<64xf64>
  return %0 : tensor<64xf64>
}

// -----

func.func @f8(%x: tensor<64xf8E4M3FN>) -> tensor<64xf8E4M3FN> {
  %0 = fusion.kernel "f8"(%x) {
  ^bb0(%a: tensor<64xf8E4M3FN>):
    %m = loop.map (%i) in [64] {
      // expected-error @+1 {{element type 'f8E4M3FN' is not supported on a GPU}}
      %v = loop.read %a[%i] : tensor<64xf8E4M3FN> -> f8E4M3FN
      loop.yield %v : f8E4M3FN
    } : tensor<64xf8E4M3FN>
    fusion.yield %m : tensor<64xf8E4M3FN>
  } : (tensor<64xf8E4M3FN>) -> tensor<64xf8E4M3FN>
  return %0 : tensor<64xf8E4M3FN>
}
