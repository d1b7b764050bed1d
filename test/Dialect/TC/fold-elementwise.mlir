// RUN: tc-opt --canonicalize --split-input-file %s | FileCheck %s

// Constants, by the scalar form; splats stay splats.
// CHECK-LABEL: func.func @constants
// CHECK-DAG: tc.constant dense<5.000000e+00> : tensor<1000x1000xf32>
// CHECK-DAG: tc.constant dense<[11, 22]> : tensor<2xi32>
// CHECK-DAG: tc.constant dense<{{\[\[}}11, 12], [21, 22]]> : tensor<2x2xi64>
// CHECK-DAG: tc.constant dense<[255, 0]> : tensor<2xui8>
// CHECK-DAG: tc.constant dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: tc.constant dense<1.500000e+00> : tensor<f16>
// CHECK-NOT: tc.add
func.func @constants() -> (tensor<1000x1000xf32>, tensor<2xi32>, tensor<2x2xi64>, tensor<2xui8>, tensor<2xi1>, tensor<f16>) {
  %two = tc.constant dense<2.0> : tensor<1000x1000xf32>
  %three = tc.constant dense<3.0> : tensor<f32>
  %0 = tc.add %two, %three : (tensor<1000x1000xf32>, tensor<f32>) -> tensor<1000x1000xf32>
  %a = tc.constant dense<[1, 2]> : tensor<2xi32>
  %b = tc.constant dense<[10, 20]> : tensor<2xi32>
  %1 = tc.add %a, %b : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi32>
  %c = tc.constant dense<[[10], [20]]> : tensor<2x1xi64>
  %d = tc.constant dense<[1, 2]> : tensor<2xi64>
  %2 = tc.add %c, %d : (tensor<2x1xi64>, tensor<2xi64>) -> tensor<2x2xi64>
  %e = tc.constant dense<[254, 255]> : tensor<2xui8>
  %one = tc.constant dense<1> : tensor<ui8>
  %3 = tc.add %e, %one : (tensor<2xui8>, tensor<ui8>) -> tensor<2xui8>
  %hundred = tc.constant dense<100> : tensor<ui8>
  %f = tc.constant dense<[200, 50]> : tensor<2xui8>
  %4 = tc.compare gt %f, %hundred : (tensor<2xui8>, tensor<ui8>) -> tensor<2xi1>
  %g = tc.constant dense<2.25> : tensor<f16>
  %5 = tc.sqrt %g : (tensor<f16>) -> tensor<f16>
  return %0, %1, %2, %3, %4, %5 : tensor<1000x1000xf32>, tensor<2xi32>, tensor<2x2xi64>, tensor<2xui8>, tensor<2xi1>, tensor<f16>
}

// -----

// Symbolic sizes and large constants stay.
// CHECK-LABEL: func.func @not_constants
// CHECK: tc.add
// CHECK: tc.exp
func.func @not_constants(%x: tensor<?xf32, #tc.sizes<[s0]>>) -> (tensor<?xf32, #tc.sizes<[s0]>>, tensor<8192xf32>) {
  %two = tc.constant dense<2.0> : tensor<f32>
  %0 = tc.add %x, %two : (tensor<?xf32, #tc.sizes<[s0]>>, tensor<f32>) -> tensor<?xf32, #tc.sizes<[s0]>>
  %w = tc.constant dense_resource<w> : tensor<8192xf32>
  %1 = tc.exp %w : (tensor<8192xf32>) -> tensor<8192xf32>
  return %0, %1 : tensor<?xf32, #tc.sizes<[s0]>>, tensor<8192xf32>
}

// -----

// CHECK-LABEL: func.func @neutral
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[N:.*]]: tensor<4xi32>)
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[N]], %[[N]], %[[N]]
func.func @neutral(%x: tensor<4xf32>, %n: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) {
  %negzero = tc.constant dense<-0.0> : tensor<f32>
  %zero = tc.constant dense<0.0> : tensor<f32>
  %one = tc.constant dense<1.0> : tensor<4xf32>
  %izero = tc.constant dense<0> : tensor<i32>
  %ones = tc.constant dense<-1> : tensor<i32>
  %0 = tc.add %x, %negzero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = tc.sub %x, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = tc.mul %x, %one : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = tc.div %x, %one : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = tc.pow %x, %one : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = tc.add %n, %izero : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
  %6 = tc.and %n, %ones : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
  %7 = tc.or %n, %n : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>
}

// -----

// x + 0.0 turns -0.0 into 0.0, x * 0.0 keeps NaN, x - x is NaN for infinities; and a broadcast is no identity.
// CHECK-LABEL: func.func @not_neutral
// CHECK: tc.add
// CHECK: tc.mul
// CHECK: tc.sub
// CHECK: tc.mul
func.func @not_neutral(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) {
  %zero = tc.constant dense<0.0> : tensor<f32>
  %ones = tc.constant dense<1.0> : tensor<2x4xf32>
  %0 = tc.add %x, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = tc.mul %x, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = tc.sub %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = tc.mul %x, %ones : (tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func.func @absorbing
// CHECK-DAG: %[[Z:.*]] = tc.constant dense<0> : tensor<4xi32>
// CHECK-DAG: %[[T:.*]] = tc.constant dense<true> : tensor<4xi1>
// CHECK: return %[[Z]], %[[Z]], %[[T]]
func.func @absorbing(%n: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>, tensor<4xi1>) {
  %zero = tc.constant dense<0> : tensor<i32>
  %0 = tc.mul %n, %zero : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
  %1 = tc.sub %n, %n : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %2 = tc.compare le %n, %n : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>
  return %0, %1, %2 : tensor<4xi32>, tensor<4xi32>, tensor<4xi1>
}

// -----

// CHECK-LABEL: func.func @twice
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[C:.*]]: tensor<4xi1>)
// CHECK: %[[A:.*]] = tc.abs %[[X]]
// CHECK-NEXT: return %[[X]], %[[A]], %[[C]], %[[X]]
func.func @twice(%x: tensor<4xf32>, %c: tensor<4xi1>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi1>, tensor<4xf32>) {
  %0 = tc.neg %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = tc.neg %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = tc.abs %x : (tensor<4xf32>) -> tensor<4xf32>
  %3 = tc.abs %2 : (tensor<4xf32>) -> tensor<4xf32>
  %4 = tc.not %c : (tensor<4xi1>) -> tensor<4xi1>
  %5 = tc.not %4 : (tensor<4xi1>) -> tensor<4xi1>
  %6 = tc.select %c, %x, %x : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1, %3, %5, %6 : tensor<4xf32>, tensor<4xf32>, tensor<4xi1>, tensor<4xf32>
}

// -----

// Casts of casts fold where the first one changes no value.
// CHECK-LABEL: func.func @casts
// CHECK-SAME: (%[[H:.*]]: tensor<4xf16>, %[[F:.*]]: tensor<4xf32>)
// CHECK-DAG: %[[D:.*]] = tc.cast %[[H]] : (tensor<4xf16>) -> tensor<4xf64>
// CHECK-DAG: %[[N:.*]] = tc.cast %[[F]] : (tensor<4xf32>) -> tensor<4xf16>
// CHECK-DAG: %[[W:.*]] = tc.cast %[[N]] : (tensor<4xf16>) -> tensor<4xf32>
// CHECK: return %[[H]], %[[D]], %[[W]]
func.func @casts(%h: tensor<4xf16>, %f: tensor<4xf32>) -> (tensor<4xf16>, tensor<4xf64>, tensor<4xf32>) {
  %0 = tc.cast %h : (tensor<4xf16>) -> tensor<4xf32>
  %1 = tc.cast %0 : (tensor<4xf32>) -> tensor<4xf16>
  %2 = tc.cast %0 : (tensor<4xf32>) -> tensor<4xf64>
  %3 = tc.cast %f : (tensor<4xf32>) -> tensor<4xf16>
  %4 = tc.cast %3 : (tensor<4xf16>) -> tensor<4xf32>
  return %1, %2, %4 : tensor<4xf16>, tensor<4xf64>, tensor<4xf32>
}
