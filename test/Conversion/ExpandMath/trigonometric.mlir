// RUN: tc-opt %s --tc-expand-math | FileCheck %s

// Payne and Hanek's reduction runs only when a lane needs it.
// CHECK-LABEL: func.func @sin(
// CHECK:         %[[LARGE:.*]] = arith.cmpf ole
// CHECK:         %[[ANY:.*]] = vector.reduction <or>, %[[LARGE]] : vector<16xi1> into i1
// CHECK:         scf.if %[[ANY]] -> (vector<16xi64>, vector<16xf64>)
// CHECK:         } else {
// CHECK-NOT:       arith.select
// CHECK:         }
func.func @sin(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.sin %x : vector<16xf32>
  return %y : vector<16xf32>
}

// CHECK-LABEL: func.func @ranks(
// CHECK:         vector.shape_cast %{{.*}} : vector<2x4xi1> to vector<8xi1>
// CHECK:         vector.reduction <or>, %{{.*}} : vector<8xi1> into i1
// CHECK:         scf.if
// CHECK:         vector.extract %{{.*}}[] : i1 from vector<i1>
// CHECK:         scf.if
func.func @ranks(%x: vector<2x4xf32>, %y: vector<f32>) -> (vector<2x4xf32>, vector<f32>) {
  %0 = math.cos %x : vector<2x4xf32>
  %1 = math.cos %y : vector<f32>
  return %0, %1 : vector<2x4xf32>, vector<f32>
}

// One reduction for both.
// CHECK-LABEL: func.func @sincos(
// CHECK-COUNT-1: scf.if
// CHECK-NOT:     scf.if
// CHECK:         return
func.func @sincos(%x: f32) -> (f32, f32) {
  %s, %c = math.sincos %x : f32
  return %s, %c : f32, f32
}
