// RUN: tc-opt %s --tc-expand-math | FileCheck %s

// CHECK-LABEL: func.func @square(
// CHECK-SAME:      %[[X:.*]]: vector<4xf32>
// CHECK:         %[[Y:.*]] = arith.mulf %[[X]], %[[X]] : vector<4xf32>
// CHECK:         return %[[Y]]
func.func @square(%x: vector<4xf32>) -> vector<4xf32> {
  %two = arith.constant dense<2.0> : vector<4xf32>
  %y = math.powf %x, %two : vector<4xf32>
  return %y : vector<4xf32>
}

// Large powers collect their error in f64.
// CHECK-LABEL: func.func @inverseSeventh(
// CHECK:         %[[WIDE:.*]] = arith.extf
// CHECK:         arith.divf %{{.*}}, %[[WIDE]] : f64
// CHECK-COUNT-4: arith.mulf
// CHECK:         arith.truncf
func.func @inverseSeventh(%x: f32) -> f32 {
  %n = arith.constant -7 : i32
  %y = math.fpowi %x, %n : f32, i32
  return %y : f32
}

// CHECK-LABEL: func.func @integers(
// CHECK-SAME:      %[[X:.*]]: vector<4xi64>, %[[N:.*]]: vector<4xi64>
// CHECK:         %[[SQUARE:.*]] = arith.muli %[[X]], %[[X]]
// CHECK:         %[[CUBE:.*]] = arith.muli %[[X]], %[[SQUARE]]
// CHECK:         scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %[[CUBE]], %{{.*}} = %[[N]])
func.func @integers(%x: vector<4xi64>, %n: vector<4xi64>) -> vector<4xi64> {
  %three = arith.constant dense<3> : vector<4xi64>
  %cube = math.ipowi %x, %three : vector<4xi64>
  %y = math.ipowi %cube, %n : vector<4xi64>
  return %y : vector<4xi64>
}
