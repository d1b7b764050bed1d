// RUN: tc-opt %s --tc-fusion-to-cpu=target=avx512 | FileCheck %s

// A contraction's result may be stored in another order of its dimensions: rows of the map are columns of the memory.
func.func @kernels(%x: tensor<5x7xi64>, %y: tensor<7x24xi64>) {
  // CHECK-LABEL: func.func @contract_add_0
  // CHECK: arith.muli
  // CHECK: scatter
  // CHECK: return
  %0 = fusion.kernel "contract_add"(%x, %y) schedule <contract, parallel = 2, vector = 1, tile = [], grain = 1> {
  ^bb0(%a: tensor<5x7xi64>, %b: tensor<7x24xi64>):
    %c = loop.contract (%i, %j : %k) in [5, 24 : 7] {
      %l = loop.read %a[%i, %k] : tensor<5x7xi64> -> i64
      %r = loop.read %b[%k, %j] : tensor<7x24xi64> -> i64
      loop.yield %l, %r : i64, i64
    } : tensor<5x24xi64>
    %m = loop.map (%i, %j) in [5, 24] {
      %v = loop.read %c[%i, %j] : tensor<5x24xi64> -> i64
      %w = arith.addi %v, %v : i64
      loop.yield %w : i64
    } : tensor<5x24xi64>
    %t = tc.transpose %m [1, 0] : (tensor<5x24xi64>) -> tensor<24x5xi64>
    fusion.yield %t : tensor<24x5xi64>
  } : (tensor<5x7xi64>, tensor<7x24xi64>) -> tensor<24x5xi64>
  return
}
