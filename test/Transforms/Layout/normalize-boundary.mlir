// RUN: tc-opt %s --tc-normalize-boundary | FileCheck %s

// Channels last, in and out.
// CHECK-LABEL: func @channels_last
// CHECK-SAME: %[[X:.*]]: tensor<2x8x8x3xf32> {tc.permutation = array<i64: 0, 2, 3, 1>}
// CHECK-SAME: -> (tensor<2x8x8x3xf32> {tc.permutation = array<i64: 0, 2, 3, 1>})
func.func @channels_last(%x: tensor<2x3x8x8xf32> {tc.strides = [#tc.size<192>, #tc.size<1>, #tc.size<24>, #tc.size<3>]})
    -> (tensor<2x3x8x8xf32> {tc.strides = [#tc.size<192>, #tc.size<1>, #tc.size<24>, #tc.size<3>]}) {
  // CHECK: %[[SEEN:.*]] = tc.transpose %[[X]] [0, 3, 1, 2]
  // CHECK: %[[Y:.*]] = tc.neg %[[SEEN]]
  // CHECK: %[[OUT:.*]] = tc.transpose %[[Y]] [0, 2, 3, 1]
  // CHECK: return %[[OUT]]
  %0 = tc.neg %x : (tensor<2x3x8x8xf32>) -> tensor<2x3x8x8xf32>
  return %0 : tensor<2x3x8x8xf32>
}

// A transposed matrix with a symbolic size.
// CHECK-LABEL: func @transposed
// CHECK-SAME: tensor<8x?xf32, #tc.sizes<[8, s0]>> {tc.permutation = array<i64: 1, 0>}
func.func @transposed(%x: tensor<?x8xf32, #tc.sizes<[s0, 8]>> {tc.strides = [#tc.size<1>, #tc.size<s0>]}) -> tensor<?x8xf32, #tc.sizes<[s0, 8]>> {
  %0 = tc.neg %x : (tensor<?x8xf32, #tc.sizes<[s0, 8]>>) -> tensor<?x8xf32, #tc.sizes<[s0, 8]>>
  return %0 : tensor<?x8xf32, #tc.sizes<[s0, 8]>>
}

// Gaps and repeated elements are left to the host, a mutated argument stays as it is.
// CHECK-LABEL: func @untouched
// CHECK-SAME: tensor<4x8xf32> {tc.strides = [#tc.size<16>, #tc.size<1>]}
// CHECK-SAME: tensor<4x8xf32> {tc.strides = [#tc.size<1>, #tc.size<4>]}
// CHECK-NOT: tc.transpose
func.func @untouched(%x: tensor<4x8xf32> {tc.strides = [#tc.size<16>, #tc.size<1>]},
                     %y: tensor<4x8xf32> {tc.strides = [#tc.size<1>, #tc.size<4>]}) -> (tensor<4x8xf32>, tensor<4x8xf32> {tc.mutates = 1}) {
  %0 = tc.add %x, %y : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0, %0 : tensor<4x8xf32>, tensor<4x8xf32>
}

// Views are made by the caller: nothing is computed for them.
// CHECK-LABEL: func @views
// CHECK-SAME: (%[[X:.*]]: tensor<8x4xf32> {tc.permutation = array<i64: 1, 0>}, %{{.*}})
// CHECK: %[[T:.*]] = tc.transpose %[[X]]
// CHECK: %[[Y:.*]] = tc.exp %[[T]]
// CHECK: return %[[X]], %[[Y]], %[[Y]], %[[Y]], %[[Y]]
func.func @views(%x: tensor<4x8xf32> {tc.strides = [#tc.size<1>, #tc.size<4>]}, %z: tensor<4x8xf32>)
    -> (tensor<8x4xf32> {tc.view = {argument = 0, offset = #tc.size<0>, sizes = [#tc.size<8>, #tc.size<4>], strides = [#tc.size<4>, #tc.size<1>]}},
        tensor<32xf32> {tc.view = {argument = 1, offset = #tc.size<0>, sizes = [#tc.size<32>], strides = [#tc.size<1>]}},
        tensor<32xf32> {tc.view = {result = 3, offset = #tc.size<0>, sizes = [#tc.size<32>], strides = [#tc.size<1>]}},
        tensor<4x8xf32>, tensor<4x8xf32> {tc.mutates = 1}) {
  %y = tc.exp %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %t = tc.transpose %x [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %flat = tc.reshape %y : (tensor<4x8xf32>) -> tensor<32xf32>
  return %t, %flat, %flat, %y, %y : tensor<8x4xf32>, tensor<32xf32>, tensor<32xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// Dimensions of size 1 go where they get their strides.
// CHECK-LABEL: func @units
// CHECK-SAME: -> (tensor<1x2x3x3xf32> {tc.permutation = array<i64: 0, 2, 3, 1>}, tensor<1x4x8xf32> {tc.permutation = array<i64: 1, 0, 2>})
func.func @units(%x: tensor<1x3x2x3xf32>, %y: tensor<4x1x8xf32>)
    -> (tensor<1x3x2x3xf32> {tc.strides = [#tc.size<18>, #tc.size<1>, #tc.size<9>, #tc.size<3>]},
        tensor<4x1x8xf32> {tc.strides = [#tc.size<8>, #tc.size<32>, #tc.size<1>]}) {
  return %x, %y : tensor<1x3x2x3xf32>, tensor<4x1x8xf32>
}

// Their strides may be those of no place.
// CHECK-LABEL: func @odd_units
// CHECK-SAME: -> (tensor<8x4x1xf32> {tc.permutation = array<i64: 2, 0, 1>})
func.func @odd_units(%x: tensor<4x1x8xf32>) -> (tensor<4x1x8xf32> {tc.strides = [#tc.size<1>, #tc.size<99>, #tc.size<4>]}) {
  return %x : tensor<4x1x8xf32>
}
