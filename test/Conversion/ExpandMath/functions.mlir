// Every function is expanded, as a scalar and as a vector, with and without the optional instructions.
// RUN: tc-opt %s --tc-expand-math | FileCheck %s
// RUN: tc-opt %s --tc-expand-math="has-fma=false has-round=false" | FileCheck %s --check-prefixes=CHECK,BARE

// CHECK-NOT:  call
// CHECK-NOT:  math.{{(a[^b]|c[^o]|co[^p]|e|fp|l|p|r|s[^q]|t)}}
// BARE-NOT:   math.fma
// CHECK:      return
func.func @scalar(%x: f32, %y: f32, %n: i32) -> f32 {
  %0 = math.acos %x : f32
  %1 = math.acosh %0 : f32
  %2 = math.asin %1 : f32
  %3 = math.asinh %2 : f32
  %4 = math.atan %3 : f32
  %5 = math.atan2 %4, %y : f32
  %6 = math.atanh %5 : f32
  %7 = math.cbrt %6 : f32
  %8 = math.cos %7 : f32
  %9 = math.cosh %8 : f32
  %10 = math.erf %9 : f32
  %11 = math.erfc %10 : f32
  %12 = math.exp %11 : f32
  %13 = math.exp2 %12 : f32
  %14 = math.expm1 %13 : f32
  %15 = math.fpowi %14, %n : f32, i32
  %16 = math.log %15 : f32
  %17 = math.log10 %16 : f32
  %18 = math.log1p %17 : f32
  %19 = math.log2 %18 : f32
  %20 = math.powf %19, %y : f32
  %21 = math.rsqrt %20 : f32
  %22 = math.sin %21 : f32
  %23, %24 = math.sincos %22 : f32
  %25 = math.sinh %24 : f32
  %26 = math.tan %25 : f32
  %27 = math.tanh %26 : f32
  %28 = arith.addf %27, %23 : f32
  return %28 : f32
}

// CHECK-NOT:  call
// CHECK-NOT:  math.{{(a[^b]|c[^o]|co[^p]|e|fp|l|p|r|s[^q]|t)}}
// BARE-NOT:   math.fma
// CHECK:      return
func.func @vector(%x: vector<8xf32>, %y: vector<8xf32>, %n: vector<8xi32>) -> vector<8xf32> {
  %5 = math.atan2 %x, %y : vector<8xf32>
  %8 = math.cos %5 : vector<8xf32>
  %10 = math.erf %8 : vector<8xf32>
  %12 = math.exp %10 : vector<8xf32>
  %15 = math.fpowi %12, %n : vector<8xf32>, vector<8xi32>
  %16 = math.log %15 : vector<8xf32>
  %20 = math.powf %16, %y : vector<8xf32>
  %22 = math.sin %20 : vector<8xf32>
  %27 = math.tanh %22 : vector<8xf32>
  return %27 : vector<8xf32>
}
