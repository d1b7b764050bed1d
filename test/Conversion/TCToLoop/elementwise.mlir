// RUN: tc-opt %s --tc-to-loop | FileCheck %s

// CHECK-LABEL: func @add
// CHECK: loop.map (%[[I:.*]], %[[J:.*]]) in [s0, 768] {
// CHECK-NEXT: loop.read %arg0[%[[I]], %[[J]]]
// CHECK-NEXT: loop.read %arg1[%[[J]]]
// CHECK-NEXT: arith.addf
// CHECK-NEXT: loop.yield
// CHECK-NOT: tc.add
func.func @add(%x: tensor<?x768xf32, #tc.sizes<[s0, 768]>>, %b: tensor<768xf32>) -> tensor<?x768xf32, #tc.sizes<[s0, 768]>> {
  %0 = tc.add %x, %b : (tensor<?x768xf32, #tc.sizes<[s0, 768]>>, tensor<768xf32>) -> tensor<?x768xf32, #tc.sizes<[s0, 768]>>
  return %0 : tensor<?x768xf32, #tc.sizes<[s0, 768]>>
}

// A dimension of size 1 is read at 0, and reduced precision is computed in f32.
// CHECK-LABEL: func @bf16
// CHECK: loop.map (%[[I:.*]], %[[J:.*]]) in [4, 8] {
// CHECK: loop.read %arg0[%[[I]], %[[J]]] : tensor<4x8xbf16> -> bf16
// CHECK: arith.extf {{.*}} : bf16 to f32
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: loop.read %arg1[%[[I]], %[[ZERO]]]
// CHECK: arith.extf
// CHECK: arith.mulf {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to bf16
func.func @bf16(%x: tensor<4x8xbf16>, %y: tensor<4x1xbf16>) -> tensor<4x8xbf16> {
  %0 = tc.mul %x, %y : (tensor<4x8xbf16>, tensor<4x1xbf16>) -> tensor<4x8xbf16>
  return %0 : tensor<4x8xbf16>
}

// CHECK-LABEL: func @booleans
// CHECK: arith.cmpf olt, {{.*}} : f32
// CHECK: arith.select {{.*}} : f32
func.func @booleans(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = tc.compare lt %x, %y : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xi1>
  %1 = tc.select %0, %x, %y : (tensor<8xi1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// CHECK-LABEL: func @casts
// CHECK: arith.sitofp {{.*}} : i64 to f32
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: arith.extf {{.*}} : f16 to f32
// CHECK: arith.truncf {{.*}} : f32 to bf16
// CHECK-NOT: arith.extf
// CHECK: arith.bitcast {{.*}} : bf16 to i16
func.func @casts(%x: tensor<8xi64>) -> tensor<8xi16> {
  %0 = tc.cast %x : (tensor<8xi64>) -> tensor<8xf16>
  %1 = tc.cast %0 : (tensor<8xf16>) -> tensor<8xbf16>
  %2 = tc.bitcast %1 : (tensor<8xbf16>) -> tensor<8xi16>
  return %2 : tensor<8xi16>
}
