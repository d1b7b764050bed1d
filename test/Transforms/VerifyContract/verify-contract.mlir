// RUN: split-file %s %t
// RUN: tc-opt --tc-verify-contract=form=captured %t/captured.mlir -o /dev/null
// RUN: tc-opt --tc-verify-contract=form=functional %t/functional.mlir -o /dev/null
// RUN: tc-opt --tc-verify-contract=form=primitive %t/primitive.mlir -o /dev/null
// RUN: tc-opt --tc-verify-contract=form=loops %t/loops.mlir -o /dev/null
// RUN: not tc-opt --tc-verify-contract=form=functional %t/captured.mlir 2>&1 | FileCheck %s --check-prefix=REF
// RUN: not tc-opt --tc-verify-contract=form=functional %t/mutating.mlir 2>&1 | FileCheck %s --check-prefix=MUTATING
// RUN: not tc-opt --tc-verify-contract=form=primitive %t/functional.mlir 2>&1 | FileCheck %s --check-prefix=ATEN
// RUN: not tc-opt --tc-verify-contract=form=loops %t/primitive.mlir 2>&1 | FileCheck %s --check-prefix=LOOPS
// RUN: not tc-opt --tc-verify-contract=form=kernels %t/loops.mlir 2>&1 | FileCheck %s --check-prefix=KERNELS
// RUN: not tc-opt --tc-verify-contract=form=other %t/loops.mlir 2>&1 | FileCheck %s --check-prefix=OTHER

// REF: error: 'func.func' has a tc.ref, which may not occur in the functional form
// MUTATING: error: 'tc.aten' (relu_) may not occur in the functional form
// ATEN: error: 'tc.aten' (relu) may not occur in the primitive form
// LOOPS: error: 'tc.abs' may not occur in the loops form
// KERNELS: error: 'loop.map' may not occur in the kernels form
// OTHER: error: expected the form captured, functional, primitive, loops or kernels, found 'other'

//--- captured.mlir
func.func @main(%x: !tc.ref<[4], f32>) -> !tc.ref<[4], f32> {
  %0 = tc.aten "relu_"(%x) : (!tc.ref<[4], f32>) -> !tc.ref<[4], f32>
  return %0 : !tc.ref<[4], f32>
}

//--- mutating.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tc.aten "relu_"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

//--- functional.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tc.aten "relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

//--- primitive.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tc.abs %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

//--- loops.mlir
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = loop.map (%i) in [4] {
    %1 = loop.read %x[%i] : tensor<4xf32> -> f32
    %2 = math.absf %1 : f32
    loop.yield %2 : f32
  } : tensor<4xf32>
  return %0 : tensor<4xf32>
}
