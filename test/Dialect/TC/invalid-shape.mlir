// Verifiers of the ops that move elements, of elementwise ops and of captured calls.
// RUN: tc-opt %s --split-input-file --verify-diagnostics

func.func @size_type() {
  // expected-error @+1 {{expected a 0-d i64 result, found 'tensor<2xi64>'}}
  %0 = tc.size <s0> : tensor<2xi64>
  return
}

// -----

func.func @iota() {
  // expected-error @+1 {{dimension 1 is outside a tensor of rank 1}}
  %0 = tc.iota 1 : tensor<4xi64>
  return
}

// -----

func.func @broadcast(%x: tensor<3xf32>) {
  // expected-error @+1 {{cannot broadcast 'tensor<3xf32>' to 'tensor<2x4xf32>'}}
  %0 = tc.broadcast %x : (tensor<3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @broadcast_rank(%x: tensor<1x1xf32>) {
  // expected-error @+1 {{cannot broadcast 'tensor<1x1xf32>' to the lower rank of 'tensor<4xf32>'}}
  %0 = tc.broadcast %x : (tensor<1x1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @transpose_count(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected 2 entries in the permutation, found 1}}
  %0 = tc.transpose %x [0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @transpose_twice(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{dimension 0 occurs twice}}
  %0 = tc.transpose %x [0, 0] : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @reshape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{must keep the number of elements, found 6 and 5}}
  %0 = tc.reshape %x : (tensor<2x3xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @reshape_element(%x: tensor<4xf32>) {
  // expected-error @+1 {{must keep the element type, found 'tensor<4xf32>' and 'tensor<4xi32>'}}
  %0 = tc.reshape %x : (tensor<4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @reinterpret(%x: tensor<3xf32>) {
  // expected-error @+1 {{must keep the number of bits, found 96 and 64}}
  %0 = tc.reinterpret %x : (tensor<3xf32>) -> tensor<1xcomplex<f32>>
  return
}

// -----

func.func @slice_outside(%x: tensor<4xf32>) {
  // expected-error @+1 {{reads outside dimension 0 of 'tensor<4xf32>'}}
  %0 = tc.slice %x [#tc.size<1>] by [2] : (tensor<4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @slice_overflow(%x: tensor<4xf32>) {
  // expected-error @+1 {{reads outside dimension 0 of 'tensor<4xf32>'}}
  %0 = tc.slice %x [#tc.size<9223372036854775807>] by [1] : (tensor<4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @slice_stride(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a stride of at least 1 in dimension 0, found 0}}
  %0 = tc.slice %x [#tc.size<0>] by [0] : (tensor<4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @insert_outside(%x: tensor<4xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{writes outside dimension 0 of 'tensor<4xf32>'}}
  %0 = tc.insert_slice %y into %x [#tc.size<3>] by [1] : (tensor<4xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @insert_stride(%x: tensor<4xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{expected a stride of at least 1 in dimension 0, found -1}}
  %0 = tc.insert_slice %y into %x [#tc.size<3>] by [-1] : (tensor<4xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @pad_negative(%x: tensor<4xf32>, %v: tensor<f32>) {
  // expected-error @+1 {{negative padding: slice instead}}
  %0 = tc.pad %x, %v low [#tc.size<0 - 1>] high [#tc.size<0>] : (tensor<4xf32>, tensor<f32>) -> tensor<3xf32>
  return
}

// -----

func.func @pad_value(%x: tensor<4xf32>, %v: tensor<1xf32>) {
  // expected-error @+1 {{expected a 0-d padding value, found 'tensor<1xf32>'}}
  %0 = tc.pad %x, %v low [#tc.size<0>] high [#tc.size<0>] : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @pad_element(%x: tensor<4xf32>, %v: tensor<i32>) {
  // expected-error @+1 {{must keep the element type, found 'tensor<i32>' and 'tensor<5xf32>'}}
  %0 = tc.pad %x, %v low [#tc.size<0>] high [#tc.size<1>] : (tensor<4xf32>, tensor<i32>) -> tensor<5xf32>
  return
}

// -----

func.func @concat_sizes(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{expected a result of sizes}}
  %0 = tc.concat 0, %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @reverse_element(%x: tensor<4xf32>) {
  // expected-error @+1 {{must keep the element type, found 'tensor<4xf32>' and 'tensor<4xi32>'}}
  %0 = tc.reverse %x [0] : (tensor<4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @gather_count(%x: tensor<4x5xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expected 2 index tensors, found 1}}
  %0 = tc.gather %x [0, 1](%i) : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @gather_indices(%x: tensor<4x5xf32>, %i: tensor<2xf32>) {
  // expected-error @+1 {{expected integer indices, found 'tensor<2xf32>'}}
  %0 = tc.gather %x [0](%i) : (tensor<4x5xf32>, tensor<2xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @scatter_element(%x: tensor<4xi32>, %i: tensor<2xi64>, %u: tensor<2xf32>) {
  // expected-error @+1 {{must keep the element type, found 'tensor<4xi32>' and 'tensor<4xf32>'}}
  %0 = tc.scatter %u into %x [0](%i) : (tensor<4xi32>, tensor<2xi64>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @elements(%x: tensor<4xf32>, %y: tensor<4xi32>) {
  // expected-error @+2 {{operands must have one element type, found 'tensor<4xf32>' and 'tensor<4xi32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = tc.add %x, %y : (tensor<4xf32>, tensor<4xi32>) -> tensor<4xf32>
  return
}

// -----

func.func @broadcast_operands(%x: tensor<4xf32>, %y: tensor<3xf32>) {
  // expected-error @+2 {{operand of type 'tensor<3xf32>' does not broadcast against the others, of type 'tensor<4xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = tc.add %x, %y : (tensor<4xf32>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @cast_sizes(%x: tensor<4xf32>) {
  // expected-error @+1 {{must keep the sizes, expected those of 'tensor<4xf32>', found 'tensor<3xi32>'}}
  %0 = tc.cast %x : (tensor<4xf32>) -> tensor<3xi32>
  return
}

// -----

func.func @bitcast_width(%x: tensor<4xf32>) {
  // expected-error @+1 {{must keep the width of an element, found 'f32' and 'i64'}}
  %0 = tc.bitcast %x : (tensor<4xf32>) -> tensor<4xi64>
  return
}

// -----

func.func @to_ref(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a reference to 'tensor<4xf32>', found '!tc.ref<[5], f32>'}}
  %0 = tc.to_ref %x : (tensor<4xf32>) -> !tc.ref<[5], f32>
  return
}

// -----

func.func @operand_order(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected #tc.operand<0>, found #tc.operand<1>}}
  %0 = "tc.aten"(%x) {name = "neg", args = [#tc.operand<1>]} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @operand_unused(%x: tensor<4xf32>) {
  // expected-error @+1 {{has 1 operands and names 0}}
  %0 = "tc.aten"(%x) {name = "neg", args = []} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @argument_kind(%x: tensor<4xf32>) {
  // expected-error @+1 {{argument of an unknown kind: affine_map<() -> ()>}}
  %0 = "tc.aten"() {name = "neg", args = [affine_map<() -> ()>]} : () -> tensor<4xf32>
  return
}
