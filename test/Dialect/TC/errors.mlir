// RUN: tc-opt %s --split-input-file --verify-diagnostics

func.func @item_elements(%x: tensor<2xi64>) {
  // expected-error @+1 {{expected a tensor of one element, found 'tensor<2xi64>'}}
  %0 = tc.item %x {tc.symbol = "u0"} : (tensor<2xi64>) -> index
  return
}

// -----

func.func @item_type(%x: tensor<f32>) {
  // expected-error @+1 {{expected a tensor of i1 or i64, found 'tensor<f32>'}}
  %0 = tc.item %x : (tensor<f32>) -> i1
  return
}
