// RUN: tc-opt --tc-functionalize --split-input-file %s | FileCheck %s

// A view read after its storage was overwritten has the new value.
// CHECK-LABEL: func.func @overwrite_then_use_view
// CHECK-SAME: (%[[X:.*]]: tensor<4x2xf32>) -> (tensor<8xf32> {tc.view = {argument = 0 : i64{{.*}}}}, tensor<4x2xf32> {tc.mutates = 0 : i64})
// CHECK: %[[Y:.*]] = tc.aten "add.Scalar"(%[[X]], 1, 1)
// CHECK: %[[V:.*]] = tc.reshape %[[Y]] : (tensor<4x2xf32>) -> tensor<8xf32>
// CHECK: return %[[V]], %[[Y]]
func.func @overwrite_then_use_view(%x: !tc.ref<[4, 2], f32>) -> !tc.ref<[8], f32> {
  %v = tc.aten "view"(%x, [8]) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[8], f32>
  %y = tc.aten "add_.Scalar"(%x, 1, 1) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[4, 2], f32>
  return %v : !tc.ref<[8], f32>
}

// -----

// Writing to a view of a view goes back through the inverses of both.
// CHECK-LABEL: func.func @write_view_of_view
// CHECK-SAME: (%[[X:.*]]: tensor<4x6xf32>) -> (tensor<4x6xf32> {tc.view = {argument = 0 : i64{{.*}}}}, tensor<4x6xf32> {tc.mutates = 0 : i64})
// CHECK: %[[T0:.*]] = tc.transpose %[[X]] [1, 0]
// CHECK: %[[S:.*]] = tc.slice %[[T0]] [#tc.size<1>, #tc.size<0>] by [2, 1] : (tensor<6x4xf32>) -> tensor<3x4xf32>
// CHECK: %[[M:.*]] = tc.aten "mul.Scalar"(%[[S]], 2.000000e+00 : f64)
// CHECK: %[[I:.*]] = tc.insert_slice %[[M]] into %{{.*}} [#tc.size<1>, #tc.size<0>] by [2, 1]
// CHECK: %[[T1:.*]] = tc.transpose %[[I]] [1, 0] : (tensor<6x4xf32>) -> tensor<4x6xf32>
// CHECK: return %[[T1]], %[[T1]]
func.func @write_view_of_view(%x: !tc.ref<[4, 6], f32>) -> !tc.ref<[4, 6], f32> {
  %t = tc.aten "t"(%x) : (!tc.ref<[4, 6], f32>) -> !tc.ref<[6, 4], f32>
  %s = tc.aten "slice.Tensor"(%t, 0, 1, 9223372036854775807, 2) : (!tc.ref<[6, 4], f32>) -> !tc.ref<[3, 4], f32>
  %y = tc.aten "mul_.Scalar"(%s, 2.0 : f64) : (!tc.ref<[3, 4], f32>) -> !tc.ref<[3, 4], f32>
  return %x : !tc.ref<[4, 6], f32>
}

// -----

// CHECK-LABEL: func.func @copy_into_select
// CHECK-SAME: (%[[X:.*]]: tensor<?x3xf32, #tc.sizes<[s0, 3]>>, %[[Y:.*]]: tensor<f64>)
// CHECK: %[[C:.*]] = tc.cast %[[Y]] : (tensor<f64>) -> tensor<f32>
// CHECK: %[[B:.*]] = tc.broadcast %[[C]] : (tensor<f32>) -> tensor<3xf32>
// CHECK: %[[R:.*]] = tc.reshape %[[B]] : (tensor<3xf32>) -> tensor<1x3xf32>
// CHECK: %[[I:.*]] = tc.insert_slice %[[R]] into %[[X]] [#tc.size<s0 - 1>, #tc.size<0>] by [1, 1]
// CHECK: return %[[I]]
func.func @copy_into_select(%x: !tc.ref<[s0, 3], f32>, %y: !tc.ref<[], f64>) {
  %row = tc.aten "select.int"(%x, 0, -1) : (!tc.ref<[s0, 3], f32>) -> !tc.ref<[3], f32>
  %0 = tc.aten "copy_"(%row, %y, false) : (!tc.ref<[3], f32>, !tc.ref<[], f64>) -> !tc.ref<[3], f32>
  return
}

// -----

// CHECK-LABEL: func.func @permutations
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4xf32>
// CHECK-DAG: tc.transpose %[[X]] [2, 0, 1]
// CHECK-DAG: tc.transpose %[[X]] [0, 2, 1]
// CHECK-DAG: tc.transpose %[[X]] [1, 2, 0]
// CHECK-DAG: tc.transpose %[[X]] [2, 1, 0]
func.func @permutations(%x: !tc.ref<[2, 3, 4], f32>) -> (!tc.ref<[4, 2, 3], f32>, !tc.ref<[2, 4, 3], f32>, !tc.ref<[3, 4, 2], f32>, !tc.ref<[4, 3, 2], f32>) {
  %0 = tc.aten "permute"(%x, [-1, 0, 1]) : (!tc.ref<[2, 3, 4], f32>) -> !tc.ref<[4, 2, 3], f32>
  %1 = tc.aten "mT"(%x) : (!tc.ref<[2, 3, 4], f32>) -> !tc.ref<[2, 4, 3], f32>
  %2 = tc.aten "movedim.int"(%x, 0, 2) : (!tc.ref<[2, 3, 4], f32>) -> !tc.ref<[3, 4, 2], f32>
  %3 = tc.aten "transpose.int"(%x, 0, -1) : (!tc.ref<[2, 3, 4], f32>) -> !tc.ref<[4, 3, 2], f32>
  return %0, %1, %2, %3 : !tc.ref<[4, 2, 3], f32>, !tc.ref<[2, 4, 3], f32>, !tc.ref<[3, 4, 2], f32>, !tc.ref<[4, 3, 2], f32>
}

// -----

// CHECK-LABEL: func.func @splits
// CHECK-SAME: %[[X:.*]]: tensor<2x7xf32>
// CHECK-DAG: tc.slice %[[X]] [#tc.size<0>, #tc.size<0>] by [1, 1] : (tensor<2x7xf32>) -> tensor<2x3xf32>
// CHECK-DAG: tc.slice %[[X]] [#tc.size<0>, #tc.size<3>] by [1, 1] : (tensor<2x7xf32>) -> tensor<2x3xf32>
// CHECK-DAG: tc.slice %[[X]] [#tc.size<0>, #tc.size<6>] by [1, 1] : (tensor<2x7xf32>) -> tensor<2x1xf32>
// CHECK-DAG: tc.slice %[[X]] [#tc.size<1>, #tc.size<0>] by [1, 1] : (tensor<2x7xf32>) -> tensor<1x7xf32>
func.func @splits(%x: !tc.ref<[2, 7], f32>) -> (!tc.ref<[2, 3], f32>, !tc.ref<[2, 3], f32>, !tc.ref<[2, 1], f32>, !tc.ref<[7], f32>) {
  %0:3 = tc.aten "split.Tensor"(%x, 3, -1) : (!tc.ref<[2, 7], f32>) -> (!tc.ref<[2, 3], f32>, !tc.ref<[2, 3], f32>, !tc.ref<[2, 1], f32>)
  %1:2 = tc.aten "unbind.int"(%x, 0) : (!tc.ref<[2, 7], f32>) -> (!tc.ref<[7], f32>, !tc.ref<[7], f32>)
  return %0#0, %0#1, %0#2, %1#1 : !tc.ref<[2, 3], f32>, !tc.ref<[2, 3], f32>, !tc.ref<[2, 1], f32>, !tc.ref<[7], f32>
}

// -----

// CHECK-LABEL: func.func @strided
// CHECK-SAME: %[[X:.*]]: tensor<4x4xf32>
// A window without gaps is a slice of the storage.
// CHECK: %[[F:.*]] = tc.reshape %[[X]] : (tensor<4x4xf32>) -> tensor<16xf32>
// CHECK: %[[S:.*]] = tc.slice %[[F]] [#tc.size<2>] by [1] : (tensor<16xf32>) -> tensor<6xf32>
// CHECK: %[[R:.*]] = tc.reshape %[[S]] : (tensor<6xf32>) -> tensor<2x3xf32>
// CHECK: tc.transpose %[[R]] [1, 0]
// Others are gathered: index 1 + 5 i + j.
// CHECK: tc.iota 0 : tensor<3x2xi64>
// CHECK: tc.gather %{{.*}} [0](%{{.*}}) : (tensor<16xf32>, tensor<3x2xi64>) -> tensor<3x2xf32>
// CHECK: tc.gather %[[X]] [0, 1](%{{.*}}, %{{.*}}) : (tensor<4x4xf32>, tensor<3xi64>, tensor<3xi64>) -> tensor<3xf32>
// CHECK: tc.gather %[[X]] [1](%{{.*}}) : (tensor<4x4xf32>, tensor<2x2xi64>) -> tensor<2x2x4xf32>
// CHECK: tc.transpose %{{.*}} [2, 0, 1] : (tensor<2x2x4xf32>) -> tensor<4x2x2xf32>
func.func @strided(%x: !tc.ref<[4, 4], f32>) -> (!tc.ref<[3, 2], f32>, !tc.ref<[3, 2], f32>, !tc.ref<[3], f32>, !tc.ref<[4, 2, 2], f32>) {
  %0 = tc.aten "as_strided"(%x, [3, 2], [1, 3], 2) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[3, 2], f32>
  %1 = tc.aten "as_strided"(%x, [3, 2], [5, 1], 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[3, 2], f32>
  %2 = tc.aten "diagonal"(%x, 1, 0, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[3], f32>
  %3 = tc.aten "unfold"(%x, 1, 2, 2) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[4, 2, 2], f32>
  return %0, %1, %2, %3 : !tc.ref<[3, 2], f32>, !tc.ref<[3, 2], f32>, !tc.ref<[3], f32>, !tc.ref<[4, 2, 2], f32>
}

// -----

// Writing a diagonal scatters it.
// CHECK-LABEL: func.func @fill_diagonal
// CHECK: %[[C:.*]] = tc.constant dense<0.000000e+00> : tensor<f32>
// CHECK: %[[Z:.*]] = tc.broadcast %[[C]] : (tensor<f32>) -> tensor<4xf32>
// CHECK: tc.scatter %[[Z]] into %{{.*}} [0, 1](%{{.*}}, %{{.*}})
func.func @fill_diagonal(%x: !tc.ref<[4, 4], f32>) {
  %0 = tc.aten "diagonal"(%x, 0, 0, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[4], f32>
  %1 = tc.aten "zero_"(%0) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return
}

// -----

// reshape of what strides cannot express copies, so the write does not reach the argument.
// CHECK-LABEL: func.func @reshape_copies
// CHECK-SAME: -> tensor<8xf32> {
func.func @reshape_copies(%x: !tc.ref<[4, 2], f32>) -> !tc.ref<[8], f32> {
  %t = tc.aten "t"(%x) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[2, 4], f32>
  %r = tc.aten "reshape"(%t, [8]) : (!tc.ref<[2, 4], f32>) -> !tc.ref<[8], f32>
  %y = tc.aten "relu_"(%r) : (!tc.ref<[8], f32>) -> !tc.ref<[8], f32>
  return %y : !tc.ref<[8], f32>
}

// -----

// The in-place form of a view changes the tensor itself.
// CHECK-LABEL: func.func @inplace_view
// CHECK: tc.transpose %{{.*}} [1, 0] : (tensor<4x2xf32>) -> tensor<2x4xf32>
// CHECK: return %{{.*}}: tensor<2x4xf32>
func.func @inplace_view(%x: !tc.ref<[4, 2], f32>) -> !tc.ref<[2, 4], f32> {
  %c = tc.aten "clone"(%x, none) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[4, 2], f32>
  %t = tc.aten "t_"(%c) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[2, 4], f32>
  return %t : !tc.ref<[2, 4], f32>
}

// -----

// CHECK-LABEL: func.func @inplace_transpose
// CHECK: tc.transpose %{{.*}} [1, 0] : (tensor<4x2xf32>) -> tensor<2x4xf32>
func.func @inplace_transpose(%x: !tc.ref<[4, 2], f32>) -> !tc.ref<[2, 4], f32> {
  %c = tc.aten "clone"(%x, none) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[4, 2], f32>
  %t = tc.aten "transpose_"(%c, 0, 1) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[2, 4], f32>
  return %t : !tc.ref<[2, 4], f32>
}

// -----

// The copying form reads the whole storage, as the view does.
// CHECK-LABEL: func.func @as_strided_copy
// CHECK: %[[FLAT:.*]] = tc.reshape %arg0 : (tensor<3x3xf32>) -> tensor<9xf32>
// CHECK: tc.slice %[[FLAT]] [#tc.size<0>] by [1] : (tensor<9xf32>) -> tensor<4xf32>
func.func @as_strided_copy(%x: !tc.ref<[3, 3], f32>) -> !tc.ref<[2, 2], f32> {
  %0 = tc.aten "as_strided_copy"(%x, [2, 2], [1, 2], 0) : (!tc.ref<[3, 3], f32>) -> !tc.ref<[2, 2], f32>
  return %0 : !tc.ref<[2, 2], f32>
}

// -----

// Elements of another width are the same memory under other names, in both directions; the caller is not handed such a
// view of its argument.
// CHECK-LABEL: func.func @other_width
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf16>) -> (tensor<2x2xf32>, tensor<2x4xf16> {tc.mutates = 0 : i64})
// CHECK: %[[V:.*]] = tc.reinterpret %[[X]] : (tensor<2x4xf16>) -> tensor<2x2xf32>
// CHECK: %[[Y:.*]] = tc.aten "mul.Scalar"(%[[V]], 2.000000e+00 : f64)
// CHECK: %[[B:.*]] = tc.reinterpret %[[Y]] : (tensor<2x2xf32>) -> tensor<2x4xf16>
// CHECK: return %[[Y]], %[[B]]
func.func @other_width(%x: !tc.ref<[2, 4], f16>) -> !tc.ref<[2, 2], f32> {
  %v = tc.aten "view.dtype"(%x, f32) : (!tc.ref<[2, 4], f16>) -> !tc.ref<[2, 2], f32>
  %y = tc.aten "mul_.Scalar"(%v, 2.0 : f64) : (!tc.ref<[2, 2], f32>) -> !tc.ref<[2, 2], f32>
  return %y : !tc.ref<[2, 2], f32>
}

// -----

// The caller makes views of its own memory, with the strides and from the element that eager mode has.
// CHECK-LABEL: func.func @views_of_an_argument
// CHECK-SAME: -> (tensor<?x4xf32, #tc.sizes<[s0 - 1, 4]>> {tc.view = {argument = 0 : i64, offset = #tc.size<8>, sizes = [#tc.size<s0 - 1>, #tc.size<4>], strides = [#tc.size<8>, #tc.size<2>]}},
// CHECK-SAME: tensor<8x?xf32, #tc.sizes<[8, s0]>> {tc.view = {argument = 0 : i64, offset = #tc.size<0>, sizes = [#tc.size<8>, #tc.size<s0>], strides = [#tc.size<1>, #tc.size<8>]}})
func.func @views_of_an_argument(%x: !tc.ref<[s0, 8], f32>)
    -> (!tc.ref<[s0 - 1, 4], f32> {tc.strides = [#tc.size<8>, #tc.size<2>]}, !tc.ref<[8, s0], f32> {tc.strides = [#tc.size<1>, #tc.size<8>]}) {
  %rows = tc.aten "slice.Tensor"(%x, 0, 1, 9223372036854775807, 1) : (!tc.ref<[s0, 8], f32>) -> !tc.ref<[s0 - 1, 8], f32>
  %v = tc.aten "slice.Tensor"(%rows, 1, 0, 9223372036854775807, 2) : (!tc.ref<[s0 - 1, 8], f32>) -> !tc.ref<[s0 - 1, 4], f32>
  %t = tc.aten "t"(%x) : (!tc.ref<[s0, 8], f32>) -> !tc.ref<[8, s0], f32>
  return %v, %t : !tc.ref<[s0 - 1, 4], f32>, !tc.ref<[8, s0], f32>
}

// -----

// Results that share memory are views of the one that shows all of it; a copy shares nothing.
// CHECK-LABEL: func.func @views_of_a_result
// CHECK-SAME: -> (tensor<3xf32> {tc.view = {offset = #tc.size<3>, result = 1 : i64, sizes = [#tc.size<3>], strides = [#tc.size<1>]}}, tensor<6xf32>, tensor<2x3xf32>)
func.func @views_of_a_result(%x: !tc.ref<[2, 3], f32>) -> (!tc.ref<[3], f32>, !tc.ref<[6], f32>, !tc.ref<[2, 3], f32>) {
  %y = tc.aten "add.Scalar"(%x, 1, 1) : (!tc.ref<[2, 3], f32>) -> !tc.ref<[2, 3], f32>
  %row = tc.aten "select.int"(%y, 0, 1) : (!tc.ref<[2, 3], f32>) -> !tc.ref<[3], f32>
  %flat = tc.aten "view"(%y, [6]) : (!tc.ref<[2, 3], f32>) -> !tc.ref<[6], f32>
  %copy = tc.aten "clone"(%y, #tc.none) : (!tc.ref<[2, 3], f32>) -> !tc.ref<[2, 3], f32>
  return %row, %flat, %copy : !tc.ref<[3], f32>, !tc.ref<[6], f32>, !tc.ref<[2, 3], f32>
}

// -----

// Where the caller expects other strides than a view has, a number, or memory that the program keeps, there is a copy.
// CHECK-LABEL: func.func @copies
// CHECK-NOT: tc.view
func.func @copies(%x: !tc.ref<[2, 3], f32>, %n: !tc.ref<[], f64> {tc.kind = "scalar"},
                  %own: !tc.ref<[2], f32> {tc.value = dense<0.0> : tensor<2xf32>})
    -> (!tc.ref<[2, 3], f32> {tc.strides = [#tc.size<1>, #tc.size<2>]}, !tc.ref<[], f64>, !tc.ref<[2], f32>) {
  return %x, %n, %own : !tc.ref<[2, 3], f32>, !tc.ref<[], f64>, !tc.ref<[2], f32>
}
