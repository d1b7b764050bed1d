// RUN: tc-opt %s --tc-schedule-kernels --split-input-file | FileCheck %s
// RUN: tc-opt %s --tc-schedule-kernels="vector-bits=256 vector-registers=16" --split-input-file | FileCheck %s --check-prefix=AVX2

// The last dimension is consecutive.
// CHECK-LABEL: func @map
// CHECK: schedule <map, parallel = 2, vector = 1, tile = [], grain = {{[0-9]+}}>
func.func @map(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = fusion.kernel "exp"(%x) {
  ^bb0(%a: tensor<64x64xf32>):
    %e = loop.map (%i, %j) in [64, 64] {
      %v = loop.read %a[%i, %j] : tensor<64x64xf32> -> f32
      %r = math.exp %v : f32
      loop.yield %r : f32
    } : tensor<64x64xf32>
    fusion.yield %e : tensor<64x64xf32>
  } : (tensor<64x64xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}

// -----

// Two transposed reads outweigh the write.
// CHECK-LABEL: func @transposed
// CHECK: schedule <map, parallel = 2, vector = 0,
func.func @transposed(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = fusion.kernel "add"(%x, %y) {
  ^bb0(%a: tensor<64x64xf32>, %b: tensor<64x64xf32>):
    %e = loop.map (%i, %j) in [64, 64] {
      %v = loop.read %a[%j, %i] : tensor<64x64xf32> -> f32
      %w = loop.read %b[%j, %i] : tensor<64x64xf32> -> f32
      %r = arith.addf %v, %w : f32
      loop.yield %r : f32
    } : tensor<64x64xf32>
    fusion.yield %e : tensor<64x64xf32>
  } : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}

// -----

// A row is vectorised within,
// CHECK-LABEL: func @rows
// CHECK: schedule <row, parallel = 1, vector = 1,
func.func @rows(%x: tensor<128x768xf32>) -> tensor<128xf32> {
  %0 = fusion.kernel "max"(%x) {
  ^bb0(%a: tensor<128x768xf32>):
    %m = loop.reduce [max] (%i : %j) in [128 : 768] {
      %v = loop.read %a[%i, %j] : tensor<128x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<128xf32>
    fusion.yield %m : tensor<128xf32>
  } : (tensor<128x768xf32>) -> tensor<128xf32>
  return %0 : tensor<128xf32>
}

// -----

// columns across.
// CHECK-LABEL: func @columns
// CHECK: schedule <row, parallel = 1, vector = 0,
func.func @columns(%x: tensor<128x768xf32>) -> tensor<768xf32> {
  %0 = fusion.kernel "sum"(%x) {
  ^bb0(%a: tensor<128x768xf32>):
    %m = loop.reduce [sum] (%j : %i) in [768 : 128] {
      %v = loop.read %a[%i, %j] : tensor<128x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<768xf32>
    fusion.yield %m : tensor<768xf32>
  } : (tensor<128x768xf32>) -> tensor<768xf32>
  return %0 : tensor<768xf32>
}

// -----

// CHECK-LABEL: func @contract
// CHECK: schedule <contract, parallel = 2, vector = 1, tile = [14, 32, 128],
// AVX2: schedule <contract, parallel = 2, vector = 1, tile = [6, 16, 128],
func.func @contract(%x: tensor<64x128xf32>, %w: tensor<96x128xf32>) -> tensor<64x96xf32> {
  %0 = fusion.kernel "contract"(%x, %w) {
  ^bb0(%a: tensor<64x128xf32>, %b: tensor<96x128xf32>):
    %c = loop.contract (%i, %j : %k) in [64, 96 : 128] {
      %p = loop.read %a[%i, %k] : tensor<64x128xf32> -> f32
      %q = loop.read %b[%j, %k] : tensor<96x128xf32> -> f32
      loop.yield %p, %q : f32, f32
    } : tensor<64x96xf32>
    fusion.yield %c : tensor<64x96xf32>
  } : (tensor<64x128xf32>, tensor<96x128xf32>) -> tensor<64x96xf32>
  return %0 : tensor<64x96xf32>
}

// -----

// A schedule that is there stays.
// CHECK-LABEL: func @given
// CHECK: schedule <row, parallel = 1, vector = 1, tile = [], grain = 99>
func.func @given(%x: tensor<128x768xf32>) -> tensor<128xf32> {
  %0 = fusion.kernel "max"(%x) schedule <row, parallel = 1, vector = 1, tile = [], grain = 99> {
  ^bb0(%a: tensor<128x768xf32>):
    %m = loop.reduce [max] (%i : %j) in [128 : 768] {
      %v = loop.read %a[%i, %j] : tensor<128x768xf32> -> f32
      loop.yield %v : f32
    } : tensor<128xf32>
    fusion.yield %m : tensor<128xf32>
  } : (tensor<128x768xf32>) -> tensor<128xf32>
  return %0 : tensor<128xf32>
}

// -----

// CHECK-LABEL: func @alone
// CHECK: schedule <scan, parallel = 1, vector = -1,
// CHECK: schedule <sort, parallel = 1, vector = -1,
// CHECK: schedule <scatter, parallel = 0, vector = 1,
func.func @alone(%x: tensor<8x64xf32>, %ids: tensor<8xi64>, %t: tensor<10x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>, tensor<10x64xf32>) {
  %0 = fusion.kernel "scan"(%x) {
  ^bb0(%a: tensor<8x64xf32>):
    %s = loop.scan [sum] (%i, %j) in [8, 64] {
      %v = loop.read %a[%i, %j] : tensor<8x64xf32> -> f32
      loop.yield %v : f32
    } : tensor<8x64xf32>
    fusion.yield %s : tensor<8x64xf32>
  } : (tensor<8x64xf32>) -> tensor<8x64xf32>
  %1 = fusion.kernel "sort"(%x) {
  ^bb0(%a: tensor<8x64xf32>):
    %v, %n = loop.sort %a descending true : (tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xi64>)
    fusion.yield %v : tensor<8x64xf32>
  } : (tensor<8x64xf32>) -> tensor<8x64xf32>
  %2 = fusion.kernel "scatter"(%x, %ids, %t) {
  ^bb0(%a: tensor<8x64xf32>, %b: tensor<8xi64>, %c: tensor<10x64xf32>):
    %g = loop.scatter [sum] (%i, %j) in [8, 64] into %c {
      %id = loop.read %b[%i] : tensor<8xi64> -> i64
      %at = arith.index_cast %id : i64 to index
      %u = loop.read %a[%i, %j] : tensor<8x64xf32> -> f32
      loop.yield %at, %j, %u : index, index, f32
    } : tensor<10x64xf32>
    fusion.yield %g : tensor<10x64xf32>
  } : (tensor<8x64xf32>, tensor<8xi64>, tensor<10x64xf32>) -> tensor<10x64xf32>
  return %0, %1, %2 : tensor<8x64xf32>, tensor<8x64xf32>, tensor<10x64xf32>
}

// -----

// A sum of no products.
// CHECK-LABEL: func @no_depth
// CHECK: schedule <contract, parallel = 2,
func.func @no_depth(%x: tensor<64x0xf32>, %y: tensor<0x32xf32>) -> tensor<64x32xf32> {
  %0 = fusion.kernel "matmul"(%x, %y) {
  ^bb0(%a: tensor<64x0xf32>, %b: tensor<0x32xf32>):
    %c = loop.contract (%i, %j : %k) in [64, 32 : 0] {
      %v = loop.read %a[%i, %k] : tensor<64x0xf32> -> f32
      %w = loop.read %b[%k, %j] : tensor<0x32xf32> -> f32
      loop.yield %v, %w : f32, f32
    } : tensor<64x32xf32>
    fusion.yield %c : tensor<64x32xf32>
  } : (tensor<64x0xf32>, tensor<0x32xf32>) -> tensor<64x32xf32>
  return %0 : tensor<64x32xf32>
}
