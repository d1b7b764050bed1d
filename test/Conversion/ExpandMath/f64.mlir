// RUN: tc-opt %s --tc-expand-math | FileCheck %s

// One declaration, whatever the number of calls.
// CHECK-DAG: func.func private @exp(f64) -> f64 attributes {llvm.readnone}
// CHECK-DAG: func.func private @pow(f64, f64) -> f64 attributes {llvm.readnone}
// CHECK-DAG: func.func private @sin(f64) -> f64
// CHECK-DAG: func.func private @cos(f64) -> f64

// CHECK-LABEL: func.func @scalar(
// CHECK-SAME:      %[[X:.*]]: f64
// CHECK:         %[[Y:.*]] = call @exp(%[[X]]) : (f64) -> f64
// CHECK:         %[[Z:.*]] = call @exp(%[[Y]]) : (f64) -> f64
// CHECK:         return %[[Z]]
func.func @scalar(%x: f64) -> f64 {
  %y = math.exp %x : f64
  %z = math.exp %y : f64
  return %z : f64
}

// CHECK-LABEL: func.func @vector(
// CHECK-SAME:      %[[X:.*]]: vector<2x1xf64>
// CHECK:         %[[X0:.*]] = vector.extract %[[X]][0, 0]
// CHECK:         %[[Y0:.*]] = call @exp(%[[X0]])
// CHECK:         %[[X1:.*]] = vector.extract %[[X]][1, 0]
// CHECK:         %[[Y1:.*]] = call @exp(%[[X1]])
// CHECK:         %[[Y:.*]] = vector.from_elements %[[Y0]], %[[Y1]] : vector<2xf64>
// CHECK:         vector.shape_cast %[[Y]] : vector<2xf64> to vector<2x1xf64>
func.func @vector(%x: vector<2x1xf64>) -> vector<2x1xf64> {
  %y = math.exp %x : vector<2x1xf64>
  return %y : vector<2x1xf64>
}

// CHECK-LABEL: func.func @powers(
// CHECK-SAME:      %[[X:.*]]: f64, %[[N:.*]]: i32
// CHECK:         %[[REAL:.*]] = arith.sitofp %[[N]] : i32 to f64
// CHECK:         call @pow(%[[X]], %[[REAL]])
// CHECK:         arith.mulf %[[X]], %[[X]]
func.func @powers(%x: f64, %n: i32) -> (f64, f64) {
  %two = arith.constant 2.0 : f64
  %a = math.fpowi %x, %n : f64, i32
  %b = math.powf %x, %two : f64
  return %a, %b : f64, f64
}

// CHECK-LABEL: func.func @sincos(
// CHECK:         call @sin(
// CHECK:         call @cos(
func.func @sincos(%x: f64) -> (f64, f64) {
  %s, %c = math.sincos %x : f64
  return %s, %c : f64, f64
}

// CHECK-LABEL: func.func @rsqrt(
// CHECK:         math.sqrt
// CHECK:         arith.divf
func.func @rsqrt(%x: f64) -> f64 {
  %y = math.rsqrt %x : f64
  return %y : f64
}
