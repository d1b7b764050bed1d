// RUN: tc-opt %s --tc-expand-math | FileCheck %s

// CHECK-LABEL: func.func @bf16(
// CHECK-SAME:      %[[X:.*]]: vector<16xbf16>
// CHECK:         %[[WIDE:.*]] = arith.extf %[[X]] : vector<16xbf16> to vector<16xf32>
// CHECK:         math.fma {{.*}} : vector<16xf32>
// CHECK:         %[[Y:.*]] = arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK:         return %[[Y]]
func.func @bf16(%x: vector<16xbf16>) -> vector<16xbf16> {
  %y = math.exp %x : vector<16xbf16>
  return %y : vector<16xbf16>
}

// CHECK-LABEL: func.func @f16(
// CHECK:         arith.extf %{{.*}} : f16 to f32
// CHECK:         arith.truncf %{{.*}} : f32 to f16
func.func @f16(%x: f16, %n: i32) -> f16 {
  %y = math.fpowi %x, %n : f16, i32
  return %y : f16
}
