// RUN: tc-opt --tc-functionalize --split-input-file --verify-diagnostics %s

func.func @unknown(%x: !tc.ref<[4], f32>) {
  // expected-error @+1 {{unknown op 'no_such_op': custom ops need their schema in the module's 'tc.schemas'}}
  %0 = tc.aten "no_such_op"(%x) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return
}

// -----

func.func @count(%x: !tc.ref<[4], f32>) {
  // expected-error @+1 {{'add.Tensor' has 3 arguments, found 2}}
  %0 = tc.aten "add.Tensor"(%x, %x) : (!tc.ref<[4], f32>, !tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return
}

// -----

func.func @results(%x: !tc.ref<[4], f32>) {
  // expected-error @+1 {{'relu' has 1 results, found 2}}
  %0:2 = tc.aten "relu"(%x) : (!tc.ref<[4], f32>) -> (!tc.ref<[4], f32>, !tc.ref<[4], f32>)
  return
}

// -----

func.func @dimension(%x: !tc.ref<[4], f32>) {
  // expected-error @+1 {{cannot express this call of 'select.int' on 'tensor<4xf32>'}}
  %0 = tc.aten "select.int"(%x, 3, 0) : (!tc.ref<[4], f32>) -> !tc.ref<[], f32>
  return
}

// -----

func.func @result_type(%x: !tc.ref<[4, 2], f32>) {
  // expected-error @+1 {{expected 't' to give 'tensor<2x4xf32>', found 'tensor<4x2xf32>'}}
  %0 = tc.aten "t"(%x) : (!tc.ref<[4, 2], f32>) -> !tc.ref<[4, 2], f32>
  return
}

// -----

func.func @storage(%x: !tc.ref<[4], f32>) {
  // expected-error @+1 {{'resize_' changes a tensor's storage, which is not supported}}
  %0 = tc.aten "resize_"(%x, [8], none) : (!tc.ref<[4], f32>) -> !tc.ref<[8], f32>
  return
}

// -----

func.func @not_a_reference(%x: tensor<4xf32>) {
  // expected-error @+1 {{'relu_' writes to an operand of type 'tensor<4xf32>', expected a tc.ref}}
  %0 = tc.aten "relu_"(%x) : (tensor<4xf32>) -> !tc.ref<[4], f32>
  return
}

// -----

func.func @no_inverse(%x: !tc.ref<[4], complex<f32>>) {
  %0 = tc.aten "_conj"(%x) : (!tc.ref<[4], complex<f32>>) -> !tc.ref<[4], complex<f32>>
  // expected-error @+1 {{cannot write through the view '_conj_copy'}}
  %1 = tc.aten "zero_"(%0) : (!tc.ref<[4], complex<f32>>) -> !tc.ref<[4], complex<f32>>
  return
}

// -----

// expected-error @+1 {{'tc.schemas':}}
module attributes {tc.schemas = ["my::broken(Tensor x"]} {
}

// -----

func.func @unfold_rank(%x: !tc.ref<[4, 4], f32>) -> !tc.ref<[3], f32> {
  // expected-error @+1 {{cannot express this call of 'unfold' on 'tensor<4x4xf32>'}}
  %0 = tc.aten "unfold"(%x, 1, 0, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[3], f32>
  return %0 : !tc.ref<[3], f32>
}

// -----

func.func @unfold_outside(%x: !tc.ref<[4], f32>) -> !tc.ref<[3, 3], f32> {
  // expected-error @+1 {{cannot express this call of 'unfold' on 'tensor<4xf32>'}}
  %0 = tc.aten "unfold"(%x, 0, 3, 1) : (!tc.ref<[4], f32>) -> !tc.ref<[3, 3], f32>
  return %0 : !tc.ref<[3, 3], f32>
}

// -----

func.func @as_strided_outside(%x: !tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
  // expected-error @+1 {{cannot express this call of 'as_strided' on 'tensor<4xf32>'}}
  %0 = tc.aten "as_strided"(%x, [4], [2], 0) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}

// -----

func.func @as_strided_negative(%x: !tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
  // expected-error @+1 {{cannot express this call of 'as_strided' on 'tensor<4xf32>'}}
  %0 = tc.aten "as_strided"(%x, [4], [-1], 3) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}

// -----

func.func @diagonal_outside(%x: !tc.ref<[4, 4], f32>) -> !tc.ref<[5], f32> {
  // expected-error @+1 {{cannot express this call of 'diagonal' on 'tensor<4x4xf32>'}}
  %0 = tc.aten "diagonal"(%x, 0, 0, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[5], f32>
  return %0 : !tc.ref<[5], f32>
}

// -----

func.func @diagonal_rank(%x: !tc.ref<[4, 4], f32>) -> !tc.ref<[4, 4], f32> {
  // expected-error @+1 {{cannot express this call of 'diagonal' on 'tensor<4x4xf32>'}}
  %0 = tc.aten "diagonal"(%x, 0, 0, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[4, 4], f32>
  return %0 : !tc.ref<[4, 4], f32>
}

// -----

func.func @slice_rank(%x: !tc.ref<[4, 4], f32>) -> !tc.ref<[4], f32> {
  // expected-error @+1 {{cannot express this call of 'slice.Tensor' on 'tensor<4x4xf32>'}}
  %0 = tc.aten "slice.Tensor"(%x, 1, 0, 2, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}

// -----

func.func @permute_twice(%x: !tc.ref<[4, 4], f32>) -> !tc.ref<[4, 4], f32> {
  // expected-error @+1 {{cannot express this call of 'permute' on 'tensor<4x4xf32>'}}
  %0 = tc.aten "permute"(%x, [0, 0]) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[4, 4], f32>
  return %0 : !tc.ref<[4, 4], f32>
}

// -----

func.func @matrix_of_vector(%x: !tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
  // expected-error @+1 {{cannot express this call of 'mT' on 'tensor<4xf32>'}}
  %0 = tc.aten "mT"(%x) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}

// -----

func.func @movedim_twice(%x: !tc.ref<[2, 3, 4], f32>) -> !tc.ref<[2, 3, 4], f32> {
  // expected-error @+1 {{cannot express this call of 'movedim.intlist' on 'tensor<2x3x4xf32>'}}
  %0 = tc.aten "movedim.intlist"(%x, [0, 1], [0, 0]) : (!tc.ref<[2, 3, 4], f32>) -> !tc.ref<[2, 3, 4], f32>
  return %0 : !tc.ref<[2, 3, 4], f32>
}

// -----

func.func @dsplit_rank(%x: !tc.ref<[4, 4], f32>) -> !tc.ref<[4, 4], f32> {
  // expected-error @+1 {{cannot express this call of 'dsplit.int' on 'tensor<4x4xf32>'}}
  %0 = tc.aten "dsplit.int"(%x, 1) : (!tc.ref<[4, 4], f32>) -> !tc.ref<[4, 4], f32>
  return %0 : !tc.ref<[4, 4], f32>
}
