// RUN: tc explain --program --start-after=simplify %s | FileCheck %s

// What a loop carries is overwritten where it lies, if nothing reads it afterwards: rows are written into `out`, which is
// not copied. `first` carries the row before, which a later op reads.
// CHECK: while
// CHECK: launch [[SCATTER:.*scatter]]({{.*}}read [[OUT:%[0-9]+]]:scf.while, write [[OUT]]:scf.while)
// CHECK-NOT: copy [[OUT]]:scf.while
// CHECK: end
module {
  func.func @main(%x: tensor<64x8xf32>) -> tensor<64x8xf32> {
    %zero = tc.constant dense<0> : tensor<i64>
    %one = tc.constant dense<1> : tensor<i64>
    %length = tc.constant dense<64> : tensor<i64>
    %zeros = tc.constant dense<0.0> : tensor<64x8xf32>
    %row = tc.constant dense<0.0> : tensor<8xf32>
    %0:3 = scf.while (%i = %zero, %h = %row, %out = %zeros) : (tensor<i64>, tensor<8xf32>, tensor<64x8xf32>)
        -> (tensor<i64>, tensor<8xf32>, tensor<64x8xf32>) {
      %c = tc.compare lt %i, %length : (tensor<i64>, tensor<i64>) -> tensor<i1>
      %more = tc.item %c : (tensor<i1>) -> i1
      scf.condition(%more) %i, %h, %out : tensor<i64>, tensor<8xf32>, tensor<64x8xf32>
    } do {
    ^bb0(%i: tensor<i64>, %h: tensor<8xf32>, %out: tensor<64x8xf32>):
      %g = tc.gather %x [0](%i) : (tensor<64x8xf32>, tensor<i64>) -> tensor<8xf32>
      %s = tc.add %g, %h : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
      %t = tc.tanh %s : (tensor<8xf32>) -> tensor<8xf32>
      %next = tc.scatter %t into %out [0](%i) : (tensor<64x8xf32>, tensor<i64>, tensor<8xf32>) -> tensor<64x8xf32>
      %j = tc.add %i, %one : (tensor<i64>, tensor<i64>) -> tensor<i64>
      scf.yield %j, %t, %next : tensor<i64>, tensor<8xf32>, tensor<64x8xf32>
    }
    return %0#2 : tensor<64x8xf32>
  }
}
