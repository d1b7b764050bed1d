// Types and the attributes of functions: what no pass has to expect.
// RUN: tc-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{expected a size of at least 0 in dimension 1, found -3}}
func.func private @negative_size(!tc.ref<[2, 0 - 3], f32>)

// -----

// expected-error @+1 {{expected at most 2^56 elements}}
func.func private @huge_size(!tc.ref<[4611686018427387904, 4], f32>)

// -----

// expected-error @+1 {{expected a reference to booleans, integers, floating-point or complex numbers, found 'index'}}
func.func private @index_elements(!tc.ref<[2], index>)

// -----

func.func @index_tensor(%x: tensor<4xindex>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of booleans, integers, floating-point or complex numbers, at most 2^56, but got 'tensor<4xindex>'}}
  %0 = tc.neg %x : (tensor<4xindex>) -> tensor<4xindex>
  return
}

// -----

func.func @huge_tensor(%x: tensor<9223372036854775807xf32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of booleans, integers, floating-point or complex numbers, at most 2^56}}
  %0 = tc.neg %x : (tensor<9223372036854775807xf32>) -> tensor<9223372036854775807xf32>
  return
}

// -----

func.func @odd_width(%x: tensor<4xi7>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of booleans}}
  %0 = tc.neg %x : (tensor<4xi7>) -> tensor<4xi7>
  return
}

// -----

// expected-error @+1 {{#tc.sizes has 1 sizes for a tensor of rank 2}}
func.func private @sizes_rank(tensor<?x4xf32, #tc.sizes<[s0]>>)

// -----

// expected-error @+1 {{#tc.sizes disagrees with the tensor's shape in dimension 1}}
func.func private @sizes_extent(tensor<?x4xf32, #tc.sizes<[s0, 5]>>)

// -----

// expected-error @+1 {{division of a size by 0}}
func.func private @division_by_zero(!tc.ref<[s0 floordiv 0], f32>)

// -----

// expected-error @+1 {{'tc.kind' of argument 0: expected "parameter", "buffer", "input" or "scalar", found "weight"}}
func.func @kind(%x: tensor<4xf32> {tc.kind = "weight"}) {
  return
}

// -----

// expected-error @+1 {{'tc.kind' of argument 0: expected a tensor without dimensions, found "scalar"}}
func.func @scalar(%x: tensor<4xf32> {tc.kind = "scalar"}) {
  return
}

// -----

// expected-error @+1 {{'tc.name' of argument 0: expected a string, found 3 : i64}}
func.func @name(%x: tensor<4xf32> {tc.name = 3}) {
  return
}

// -----

// expected-error @+1 {{'tc.strides' of argument 0: expected an array of 2 strides, found [#tc.size<1>]}}
func.func @strides_rank(%x: tensor<4x2xf32> {tc.strides = [#tc.size<1>]}) {
  return
}

// -----

// expected-error @+1 {{'tc.strides' of argument 0: expected strides that are #tc.size and not negative}}
func.func @strides_negative(%x: tensor<4xf32> {tc.strides = [#tc.size<0 - 1>]}) {
  return
}

// -----

// expected-error @+1 {{'tc.strides' of argument 0: expected a tensor, found 'index'}}
func.func @strides_scalar(%x: index {tc.strides = []}) {
  return
}

// -----

// expected-error @+1 {{'tc.symbol' of argument 0: expected an argument of type index, found 'tensor<4xf32>'}}
func.func @symbol_type(%x: tensor<4xf32> {tc.symbol = "s0"}) {
  return
}

// -----

// expected-error @+1 {{'tc.symbol' of argument 0: expected a symbol or a size, found 1 : i64}}
func.func @symbol_value(%n: index {tc.symbol = 1}) {
  return
}

// -----

// expected-error @+1 {{'tc.value' of argument 0: expected elements of 'tensor<4xf32>', found 'tensor<3xf32>'}}
func.func @value_type(%x: tensor<4xf32> {tc.value = dense<0.0> : tensor<3xf32>}) {
  return
}

// -----

// expected-error @+1 {{'tc.permutation' of argument 0: expected a permutation, found array<i64: 0, 0>}}
func.func @permutation(%x: tensor<4x2xf32> {tc.permutation = array<i64: 0, 0>}) {
  return
}

// -----

// expected-error @+1 {{'tc.mutates' of result 0: expected the number of an argument, found 1 : i64}}
func.func @mutates_nothing(%x: tensor<4xf32>) -> (tensor<4xf32> {tc.mutates = 1 : i64}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.mutates' of result 0: argument 1 of type 'tensor<2xf32>' and the result of type 'tensor<4xf32>' cannot be one tensor}}
func.func @mutates_another(%x: tensor<4xf32>, %y: tensor<2xf32>) -> (tensor<4xf32> {tc.mutates = 1 : i64}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.view' of result 0: expected the number of an argument, or of a result that is no view, found {argument = -1 : i64}}}
func.func @views_nothing(%x: tensor<4xf32>) -> (tensor<4xf32> {tc.view = {argument = -1 : i64}}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.view' of result 0: expected the number of an argument, or of a result that is no view}}
func.func @views_itself(%x: tensor<4xf32>) -> (tensor<4xf32> {tc.view = {result = 0 : i64}}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.view' of result 0: a result of type 'tensor<4xf32>' cannot be a view of 'tensor<4xf16>'}}
func.func @views_another_type(%x: tensor<4xf32>, %y: tensor<4xf16>) -> (tensor<4xf32> {tc.view = {argument = 1 : i64}}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.view' of result 0: expected an offset, and as many sizes as strides, all of them #tc.size}}
func.func @views_nowhere(%x: tensor<4xf32>) -> (tensor<4xf32> {tc.view = {argument = 0 : i64}}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.view' of result 0: argument 0 is memory of the program, of which there is no view}}
func.func @views_what_is_kept(%x: tensor<4xf32> {tc.value = dense<0.0> : tensor<4xf32>}) -> (tensor<4xf32> {tc.view = {argument = 0 : i64}}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.ranges': expected [least, most] for s0, found [3, 2]}}
func.func @ranges(%x: tensor<4xf32>) attributes {tc.ranges = {s0 = [3, 2]}} {
  return
}

// -----

// expected-error @+1 {{'tc.ranges': expected a dictionary, found "s0"}}
func.func @ranges_kind() attributes {tc.ranges = "s0"} {
  return
}

// -----

// expected-error @+1 {{'tc.outputs' names result 1 of 1}}
func.func @outputs(%x: tensor<4xf32>) -> tensor<4xf32> attributes {tc.outputs = [#tc.operand<1>]} {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'tc.outputs': expected results, sizes and literals, found [1]}}
func.func @outputs_kind() attributes {tc.outputs = [[1]]} {
  return
}
