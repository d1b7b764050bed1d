// Verifiers of kernels and schedules.
// RUN: tc-opt %s --split-input-file --verify-diagnostics

func.func @arguments(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected body arguments of the inputs' types}}
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<5xf32>):
    fusion.yield %a : tensor<5xf32>
  } : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @results(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a fusion.yield of the result types}}
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<4xf32>):
    fusion.yield %a : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @body(%x: tensor<4xf32>) {
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<4xf32>):
    // expected-error @+1 {{'tc.neg' op is not allowed in a kernel}}
    %b = tc.neg %a : (tensor<4xf32>) -> tensor<4xf32>
    fusion.yield %b : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @isolated(%x: tensor<4xf32>, %y: tensor<4xf32>) {
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<4xf32>):
    // expected-error @+1 {{use of undeclared SSA value name}}
    fusion.yield %y : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// expected-error @+1 {{expected parallel dimensions, found -1}}
func.func private @parallel() attributes {s = #fusion.schedule<map, parallel = -1, vector = -1, tile = [], grain = 1>}

// -----

// expected-error @+1 {{expected a dimension to vectorise, or -1, found -2}}
func.func private @vector() attributes {s = #fusion.schedule<map, parallel = 1, vector = -2, tile = [], grain = 1>}

// -----

// expected-error @+1 {{expected a tile of positive numbers, found 0}}
func.func private @tile() attributes {s = #fusion.schedule<map, parallel = 1, vector = 0, tile = [0], grain = 1>}

// -----

// expected-error @+1 {{expected a positive grain, found 0}}
func.func private @grain() attributes {s = #fusion.schedule<map, parallel = 1, vector = 0, tile = [], grain = 0>}

// -----

func.func @transposed_input(%x: tensor<2x4xf32>) -> tensor<4x2xf32> {
  %0 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<2x4xf32>):
    // expected-error @+1 {{expected a loop op's result, which the kernel yields transposed}}
    %t = tc.transpose %a [1, 0] : (tensor<2x4xf32>) -> tensor<4x2xf32>
    fusion.yield %t : tensor<4x2xf32>
  } : (tensor<2x4xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @transposed_twice(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4x2xf32>) {
  %0:2 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<2x4xf32>):
    %m = loop.map (%i, %j) in [2, 4] {
      %v = loop.read %a[%i, %j] : tensor<2x4xf32> -> f32
      loop.yield %v : f32
    } : tensor<2x4xf32>
    // expected-error @+1 {{expected an input that is only read otherwise, found a fusion.yield}}
    %t = tc.transpose %m [1, 0] : (tensor<2x4xf32>) -> tensor<4x2xf32>
    fusion.yield %m, %t : tensor<2x4xf32>, tensor<4x2xf32>
  } : (tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4x2xf32>)
  return %0#0, %0#1 : tensor<2x4xf32>, tensor<4x2xf32>
}

// -----

func.func @unbound(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected body arguments of the inputs' types}}
  %0 = fusion.kernel "k"(%x) for {n0 = 5} {
  ^bb0(%a: tensor<?xf32, #tc.sizes<[n0]>>):
    fusion.yield %a : tensor<?xf32, #tc.sizes<[n0]>>
  } : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @no_size(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a size, a 64-bit integer, for "n0", found "four"}}
  %0 = fusion.kernel "k"(%x) for {n0 = "four"} {
  ^bb0(%a: tensor<?xf32, #tc.sizes<[n0]>>):
    fusion.yield %a : tensor<?xf32, #tc.sizes<[n0]>>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Names of a kernel's body are its own, and no op outside is left with a use of them when parsing fails.
func.func @name_of_the_body(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{use of undeclared SSA value name}}
  %0 = tc.neg %a : (tensor<4xf32>) -> tensor<4xf32>
  %1 = fusion.kernel "k"(%x) {
  ^bb0(%a: tensor<4xf32>):
    fusion.yield %a : tensor<4xf32>
  } : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
