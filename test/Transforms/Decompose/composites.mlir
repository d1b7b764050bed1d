// RUN: tc-opt %s --tc-decompose --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @einsum
func.func @einsum(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) -> tensor<5x2xf32> {
  // What only one operand has is summed first.
  // CHECK: %[[SUM:.*]] = tc.reduce {{.*}}%arg0
  // CHECK: tc.contract %[[SUM]], %arg1 "bj,bjk->bk"
  // CHECK: tc.transpose
  %0 = tc.aten "einsum"("b i j, bjk -> kb", [%a, %b], none) : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}

// CHECK-LABEL: func @diagonal
func.func @diagonal(%a: tensor<3x3xf32>) -> tensor<3xf32> {
  // CHECK: tc.extern "einsum"
  %0 = tc.aten "einsum"("ii->i", [%a], none) : (tensor<3x3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @rank(%a: tensor<3x3xf32>) -> tensor<3xf32> {
  // expected-error @below {{the operand "ijk" of an equation does not fit its tensor}}
  %0 = tc.aten "einsum"("ijk->i", [%a], none) : (tensor<3x3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @result(%a: tensor<3x3xf32>) -> tensor<3xf32> {
  // expected-error @below {{the result "z" of an equation has a letter that no operand has}}
  %0 = tc.aten "einsum"("ij->z", [%a], none) : (tensor<3x3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
