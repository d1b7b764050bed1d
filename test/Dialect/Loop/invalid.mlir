// Verifiers of the loop dialect.
// RUN: tc-opt %s --split-input-file --verify-diagnostics

func.func @map_sizes(%x: tensor<4xf32>) {
  // expected-error @+1 {{results must have the sizes of the parallel dimensions, found 'tensor<5xf32>'}}
  %0 = loop.map (%i) in [4] {
    %a = loop.read %x[%i] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<5xf32>
  return
}

// -----

func.func @map_yields(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected the body to yield 1 values}}
  %0 = loop.map (%i) in [4] {
    loop.yield
  } : tensor<4xf32>
  return
}

// -----

func.func @map_type(%x: tensor<4xf32>) {
  // expected-error @+1 {{yields 'f32' for a result of type 'tensor<4xi32>'}}
  %0 = loop.map (%i) in [4] {
    %a = loop.read %x[%i] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<4xi32>
  return
}

// -----

func.func @map_names(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected one size an index, found 2 and 1}}
  %0 = loop.map (%i) in [4, 4] {
    %a = loop.read %x[%i] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

func.func @negative_size(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected sizes that are not negative, found -4}}
  %0 = loop.reduce [sum] ( : %k) in [ : 0 - 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<f32>
  return
}

// -----

func.func @reduce_kinds(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected one kind a result, found 2 and 1}}
  %0 = loop.reduce [sum, max] ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<f32>
  return
}

// -----

func.func @reduce_kind(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a reduction kind, found mean}}
  %0 = loop.reduce [mean] ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<f32>
  return
}

// -----

func.func @arg_reduce_kind(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected max or min, found sum}}
  %0:2 = loop.arg_reduce [sum] ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<f32>, tensor<i64>
  return
}

// -----

func.func @arg_reduce_index(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a value and an i64 index as results}}
  %0:2 = loop.arg_reduce [max] ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<f32>, tensor<i32>
  return
}

// -----

func.func @arg_reduce_value(%x: tensor<4xf32>) {
  // expected-error @+1 {{yields 'f32' for a result of type 'tensor<f64>'}}
  %0:2 = loop.arg_reduce [max] ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<f64>, tensor<i64>
  return
}

// -----

func.func @contract_factors(%x: tensor<4xf32>, %y: tensor<4xf16>) {
  // expected-error @+1 {{expected factors of one type, found 'f32' and 'f16'}}
  %0 = loop.contract ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    %b = loop.read %y[%k] : tensor<4xf16> -> f16
    loop.yield %a, %b : f32, f16
  } : tensor<f32>
  return
}

// -----

func.func @contract_sum(%x: tensor<4xf32>) {
  // expected-error @+1 {{cannot accumulate 'f32' in 'i32'}}
  %0 = loop.contract ( : %k) in [ : 4] {
    %a = loop.read %x[%k] : tensor<4xf32> -> f32
    loop.yield %a, %a : f32, f32
  } : tensor<i32>
  return
}

// -----

func.func @scan_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{expected a dimension to scan along}}
  %0 = loop.scan [sum] () in [] {
    %a = loop.read %x[] : tensor<f32> -> f32
    loop.yield %a : f32
  } : tensor<f32>
  return
}

// -----

func.func @scatter_index(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected indices before the value, found 'f32'}}
  %0 = loop.scatter (%i) in [4] into %x {
    %a = loop.read %x[%i] : tensor<4xf32> -> f32
    loop.yield %a, %a : f32, f32
  } : tensor<4xf32>
  return
}

// -----

func.func @scatter_value(%x: tensor<4xf32>, %y: tensor<4xi32>) {
  // expected-error @+1 {{yields 'i32' for a result of type 'tensor<4xf32>'}}
  %0 = loop.scatter (%i) in [4] into %x {
    %a = loop.read %y[%i] : tensor<4xi32> -> i32
    loop.yield %i, %a : index, i32
  } : tensor<4xf32>
  return
}

// -----

func.func @sort_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{expected a dimension to sort along}}
  %0, %1 = loop.sort %x descending true : (tensor<f32>) -> (tensor<f32>, tensor<i64>)
  return
}

// -----

func.func @sort_values(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected values of type 'tensor<4xf32>', found 'tensor<3xf32>'}}
  %0, %1 = loop.sort %x descending true : (tensor<4xf32>) -> (tensor<3xf32>, tensor<4xi64>)
  return
}

// -----

func.func @sort_indices(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected integer indices of the input's sizes, found 'tensor<4xf32>'}}
  %0, %1 = loop.sort %x descending true : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @read_rank(%x: tensor<4xf32>) {
  %0 = loop.map (%i) in [4] {
    // expected-error @+1 {{expected 1 indices, found 2}}
    %a = loop.read %x[%i, %i] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

func.func @read_type(%x: tensor<4xf32>) {
  %0 = loop.map (%i) in [4] {
    // expected-error @+1 {{expected a result of type 'f32', found 'i32'}}
    %a = loop.read %x[%i] : tensor<4xf32> -> i32
    loop.yield %a : i32
  } : tensor<4xi32>
  return
}

// -----

func.func @index_operands(%x: tensor<4xf32>) {
  %0 = loop.map (%i) in [4] {
    // expected-error @+1 {{expected 2 operands and 0 symbols, found 1 and 0}}
    %j = loop.index affine_map<(d0, d1) -> (d0)>(%i) where []
    %a = loop.read %x[%j] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

func.func @index_results(%x: tensor<4xf32>) {
  %0 = loop.map (%i) in [4] {
    // expected-error @+1 {{expected a map with one result, found 2}}
    %j = loop.index affine_map<(d0) -> (d0, d0)>(%i) where []
    %a = loop.read %x[%j] : tensor<4xf32> -> f32
    loop.yield %a : f32
  } : tensor<4xf32>
  return
}

// -----

// What an earlier op uses of a body is gone with it when parsing fails behind the body.
func.func @name_of_the_body(%x: tensor<4xf32>) -> f32 {
  %0 = arith.negf %a : f32
  %1 = loop.map (%i) in [4] {
    %a = loop.read %x[%i] : tensor<4xf32> -> f32
    loop.yield %a : f32
  // expected-error @+1 {{expected non-function type}}
  } : what
  return %0 : f32
}

// -----

// Complex numbers are expanded before there are loops.
func.func @complex(%x: tensor<4xcomplex<f32>>) {
  // expected-error @+1 {{result #0 must be variadic of ranked tensor of booleans, integers or floating-point numbers}}
  %0 = loop.map (%i) in [4] {
    %a = loop.read %x[%i] : tensor<4xcomplex<f32>> -> complex<f32>
    loop.yield %a : complex<f32>
  } : tensor<4xcomplex<f32>>
  return
}

// -----

func.func @complex_source(%x: tensor<4xcomplex<f32>>) {
  %0 = loop.map (%i) in [4] {
    // expected-error @+1 {{operand #0 must be ranked tensor of booleans, integers or floating-point numbers}}
    %a = loop.read %x[%i] : tensor<4xcomplex<f32>> -> complex<f32>
    %c = arith.constant 1.0 : f32
    loop.yield %c : f32
  } : tensor<4xf32>
  return
}
