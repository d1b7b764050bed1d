// Remainders by the sign of what is divided.
// RUN: tc-opt %s --tc-fusion-to-gpu=target=sm_90a | FileCheck %s

func.func @kernels(%x: tensor<?xf32, #tc.sizes<[s0]>>) {
  // A symbol that is no size may be negative, as the shift of a roll.
  // CHECK-LABEL: llvm.func @shifted_0
  // CHECK-NOT: llvm.urem
  // CHECK: llvm.srem
  %0 = fusion.kernel "shifted"(%x) {
  ^bb0(%a: tensor<?xf32, #tc.sizes<[s0]>>):
    %m = loop.map (%i) in [s0] {
      %j = loop.index affine_map<(d0)[s0, s1] -> ((d0 + s1) mod s0)>(%i) where ["s0", "n"]
      %v = loop.read %a[%j] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
      loop.yield %v : f32
    } : tensor<?xf32, #tc.sizes<[s0]>>
    fusion.yield %m : tensor<?xf32, #tc.sizes<[s0]>>
  } : (tensor<?xf32, #tc.sizes<[s0]>>) -> tensor<?xf32, #tc.sizes<[s0]>>
  // Sizes are not negative.
  // CHECK-LABEL: llvm.func @rotated_1
  // CHECK-NOT: llvm.srem
  // CHECK: llvm.urem
  %1 = fusion.kernel "rotated"(%x) {
  ^bb0(%a: tensor<?xf32, #tc.sizes<[s0]>>):
    %m = loop.map (%i) in [s0] {
      %j = loop.index affine_map<(d0)[s0] -> ((d0 + s0 floordiv 2) mod s0)>(%i) where ["s0"]
      %v = loop.read %a[%j] : tensor<?xf32, #tc.sizes<[s0]>> -> f32
      loop.yield %v : f32
    } : tensor<?xf32, #tc.sizes<[s0]>>
    fusion.yield %m : tensor<?xf32, #tc.sizes<[s0]>>
  } : (tensor<?xf32, #tc.sizes<[s0]>>) -> tensor<?xf32, #tc.sizes<[s0]>>
  return
}
