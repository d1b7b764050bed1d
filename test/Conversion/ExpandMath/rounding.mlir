// RUN: tc-opt %s --tc-expand-math=has-round=false | FileCheck %s
// RUN: tc-opt %s --tc-expand-math="has-fma=false" | FileCheck %s --check-prefix=FMA

// CHECK-LABEL: func.func @rounding(
// CHECK-NOT:     math.{{ceil|floor|round|trunc}}
// CHECK:         arith.fptosi
// CHECK-NOT:     math.{{ceil|floor|round|trunc}}
// CHECK:         return
func.func @rounding(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.floor %x : vector<4xf32>
  %1 = math.ceil %0 : vector<4xf32>
  %2 = math.trunc %1 : vector<4xf32>
  %3 = math.round %2 : vector<4xf32>
  %4 = math.roundeven %3 : vector<4xf32>
  return %4 : vector<4xf32>
}

// FMA-LABEL: func.func @fma(
// FMA-SAME:      %[[X:.*]]: vector<4xf32>
// FMA:         %[[WIDE:.*]] = arith.extf %[[X]] : vector<4xf32> to vector<4xf64>
// FMA:         arith.mulf
// FMA:         arith.addf
// FMA:         arith.truncf
func.func @fma(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.fma %x, %x, %x : vector<4xf32>
  return %0 : vector<4xf32>
}
