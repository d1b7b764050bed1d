// RUN: tc-opt %s --tc-to-loop | FileCheck %s

// CHECK-DAG: #[[$BLOCK:.*]] = affine_map<(d0, d1) -> (d0 * 2 + d1 floordiv 4)>
// CHECK-LABEL: func @bits
// CHECK: loop.map
// CHECK: loop.index #[[$BLOCK]]
// CHECK-COUNT-20: arith.muli
// CHECK-NOT: arith.muli
// CHECK: loop.yield {{.*}} : i32
func.func @bits(%key: tensor<i64>, %offset: tensor<i64>) -> tensor<4x8xi32> {
  %0 = tc.random_bits %key, %offset : (tensor<i64>, tensor<i64>) -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}
