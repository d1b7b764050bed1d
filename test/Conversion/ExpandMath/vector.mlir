// RUN: tc-opt %s --tc-expand-math | FileCheck %s
// RUN: tc-opt %s --tc-expand-math=has-fma=false | FileCheck %s --check-prefix=NOFMA
// RUN: tc-opt %s --tc-expand-math | FileCheck %s --implicit-check-not=math.exp --implicit-check-not=func.call

// CHECK-LABEL: func.func @exp2(
// CHECK-SAME:      %[[X:.*]]: vector<16xf32>
// CHECK-DAG:     %[[LOW:.*]] = arith.constant dense<-1.510000e+02>
// CHECK-DAG:     %[[HIGH:.*]] = arith.constant dense<1.290000e+02>
// CHECK-DAG:     %[[MAGIC:.*]] = arith.constant dense<0x4B4000FE>
// CHECK-DAG:     %[[ONE:.*]] = arith.constant dense<1.000000e+00>
// CHECK:         %[[BELOW:.*]] = arith.cmpf olt, %[[X]], %[[LOW]]
// CHECK:         %[[X1:.*]] = arith.select %[[BELOW]], %[[LOW]], %[[X]]
// CHECK:         %[[ABOVE:.*]] = arith.cmpf olt, %[[HIGH]], %[[X1]]
// CHECK:         %[[X2:.*]] = arith.select %[[ABOVE]], %[[HIGH]], %[[X1]]
// CHECK:         %[[SHIFTED:.*]] = arith.addf %[[X2]], %[[MAGIC]]
// CHECK:         %[[N:.*]] = arith.subf %[[SHIFTED]], %[[MAGIC]]
// CHECK:         %[[BITS:.*]] = arith.bitcast %[[SHIFTED]] : vector<16xf32> to vector<16xi32>
// CHECK:         %[[F:.*]] = arith.subf %[[X2]], %[[N]]
// CHECK-COUNT-5: math.fma %{{.*}}, %[[F]], %{{.*}} : vector<16xf32>
// CHECK:         %[[P:.*]] = math.fma %[[F]], %{{.*}}, %[[ONE]]
// CHECK:         %[[HALF:.*]] = arith.shrsi %[[BITS]]
// CHECK:         %[[S:.*]] = arith.mulf %[[P]], %{{.*}}
// CHECK:         %[[Y:.*]] = arith.mulf %[[S]], %{{.*}}
// CHECK:         return %[[Y]]

// NOFMA-LABEL: func.func @exp2(
// NOFMA-NOT:   math.
// NOFMA:       return
func.func @exp2(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp2 %x : vector<16xf32>
  return %y : vector<16xf32>
}

// Fast-math flags change nothing; any rank will do.
// CHECK-LABEL: func.func @ranks(
// CHECK-NOT:     fastmath
// CHECK:         arith.mulf {{.*}} : vector<2x8xf32>
// CHECK:         arith.mulf {{.*}} : vector<[4]xf32>
func.func @ranks(%x: vector<2x8xf32>, %y: vector<[4]xf32>) -> (vector<2x8xf32>, vector<[4]xf32>) {
  %a = math.exp %x fastmath<fast> : vector<2x8xf32>
  %b = math.exp %y : vector<[4]xf32>
  return %a, %b : vector<2x8xf32>, vector<[4]xf32>
}

// Constants are shared by the operations of a block.
// CHECK-LABEL: func.func @constants(
// CHECK:         arith.constant 1.290000e+02 : f32
// CHECK-NOT:     arith.constant 1.290000e+02 : f32
// CHECK:         return
func.func @constants(%x: f32) -> f32 {
  %a = math.exp2 %x : f32
  %b = math.exp2 %a : f32
  return %b : f32
}
