// RUN: tc-opt %s --tc-expand-float8 --canonicalize --split-input-file --verify-diagnostics | FileCheck %s
// RUN: not tc-opt %s --tc-lower --split-input-file 2>&1 | FileCheck %s --check-prefix=STAGES
// STAGES-COUNT-3: fusion.kernel

// Chains stay on bytes.
// CHECK-LABEL: func @moves
// CHECK: %[[B:.*]] = tc.reinterpret %arg0 : (tensor<4x2xf8E5M2>) -> tensor<4x2xui8>
// CHECK: %[[T:.*]] = tc.transpose %[[B]] [1, 0] : (tensor<4x2xui8>) -> tensor<2x4xui8>
// CHECK: %[[S:.*]] = tc.slice %[[T]]
// CHECK: %[[R:.*]] = tc.reinterpret %[[S]] : (tensor<1x2xui8>) -> tensor<1x2xf8E5M2>
// CHECK: return %[[R]]
func.func @moves(%x: tensor<4x2xf8E5M2>) -> tensor<1x2xf8E5M2> {
  %0 = tc.transpose %x [1, 0] : (tensor<4x2xf8E5M2>) -> tensor<2x4xf8E5M2>
  %1 = tc.slice %0 [#tc.size<1>, #tc.size<1>] by [1, 2] : (tensor<2x4xf8E5M2>) -> tensor<1x2xf8E5M2>
  return %1 : tensor<1x2xf8E5M2>
}

// -----

// The other way round it is more than a shift; either way no 8-bit float is left but in memory.
// CHECK-LABEL: func @casts
// CHECK-NOT: tc.cast {{.*}}f8
// CHECK: tc.reinterpret %arg0 : (tensor<3xf8E5M2>) -> tensor<3xui8>
// CHECK: tc.shl
// CHECK: tc.bitcast {{.*}} -> tensor<3xf16>
// CHECK: %[[E:.*]] = tc.cast {{.*}} : (tensor<3xi32>) -> tensor<3xui8>
// CHECK: tc.reinterpret %[[E]] : (tensor<3xui8>) -> tensor<3xf8E4M3FN>
func.func @casts(%x: tensor<3xf8E5M2>) -> tensor<3xf8E4M3FN> {
  %0 = tc.cast %x : (tensor<3xf8E5M2>) -> tensor<3xf8E4M3FN>
  return %0 : tensor<3xf8E4M3FN>
}

// -----

// What computes does so in f32.
// CHECK-LABEL: func @computes
// CHECK: tc.compare {{.*}} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
func.func @computes(%x: tensor<3xf8E4M3FN>, %y: tensor<3xf8E4M3FN>) -> tensor<3xi1> {
  %0 = tc.compare eq %x, %y : (tensor<3xf8E4M3FN>, tensor<3xf8E4M3FN>) -> tensor<3xi1>
  return %0 : tensor<3xi1>
}

// -----

// Other elements, views and calls back are left alone.
// CHECK-LABEL: func @others
// CHECK-NEXT: tc.extern
// CHECK-NEXT: tc.reshape %arg1
// CHECK-NEXT: tc.transpose %arg0
// CHECK-NEXT: return
func.func @others(%x: tensor<4x2xf32>, %z: tensor<2xf8E5M2>) -> (tensor<2xf8E5M2>, tensor<2x1xf8E5M2>, tensor<2x4xf32>) {
  %0 = tc.extern "my::op"(%z) : (tensor<2xf8E5M2>) -> tensor<2xf8E5M2>
  %1 = tc.reshape %z : (tensor<2xf8E5M2>) -> tensor<2x1xf8E5M2>
  %2 = tc.transpose %x [1, 0] : (tensor<4x2xf32>) -> tensor<2x4xf32>
  return %0, %1, %2 : tensor<2xf8E5M2>, tensor<2x1xf8E5M2>, tensor<2x4xf32>
}

// -----

func.func @unsupported(%x: tensor<2xf8E8M0FNU>) -> tensor<2xf32> {
  // expected-error @+1 {{element type 'f8E8M0FNU' is not supported: of 8-bit floats, f8E4M3FN and f8E5M2 are}}
  %0 = tc.cast %x : (tensor<2xf8E8M0FNU>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
