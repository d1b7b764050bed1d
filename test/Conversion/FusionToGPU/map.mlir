// Map kernels: addresses, vector widths, tails, guards.
// RUN: tc-opt %s --tc-fusion-to-gpu=target=sm_90a -o %t.mlir
// RUN: FileCheck %s --check-prefix=NVVM --input-file=%t.mlir
// RUN: tc-translate --nvvm-to-ptx %t.mlir | FileCheck %s --check-prefix=PTX

// NVVM: module attributes {tc.target = "sm_90a"}
// NVVM: llvm.mlir.global external @tc_shared() {addr_space = 3 : i32, alignment = 1024 : i64}
// NVVM-LABEL: llvm.func @bias_gelu_0(%{{.*}}: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias, llvm.readonly}
// NVVM-SAME: nvvm.kernel, nvvm.reqntid = array<i32: 256, 1, 1>
// NVVM-SAME: tc.launch = {block = array<i32: 256, 1, 1>, grid = [#tc.size<192>, #tc.size<1>, #tc.size<1>], shared = #tc.size<0>, symbols = []}
// NVVM: llvm.load %{{.*}} invariant
// NVVM-LABEL: llvm.func @mul_1
// NVVM-SAME: %{{.*}}: i64)
// NVVM-SAME: grid = [#tc.size<(s0 * 3) ceildiv 8>
// NVVM-SAME: symbols = ["s0"]

// PTX: .version 8.0
// PTX: .target sm_90a
// PTX-LABEL: .entry bias_gelu_0
// PTX-NOT: __nv_
// PTX-LABEL: .entry mul_1
// PTX: ld.global.nc.v4.b32
// PTX: ld.global.nc.v4.b32
// PTX: st.global.v4.b32
// A size that nothing is known of: four points a thread, and one thread computes the rest one by one.
// PTX-LABEL: .entry tail_2
// PTX: st.global.v4.b32
// PTX: st.global.b32
// PTX-LABEL: .entry pad_3
// PTX: bra

func.func @gelu(%x: tensor<64x768xf32>, %b: tensor<768xf32>) -> tensor<64x768xf32> {
  %0 = fusion.kernel "bias_gelu"(%x, %b) {
  ^bb0(%a: tensor<64x768xf32>, %c: tensor<768xf32>):
    %m = loop.map (%i, %j) in [64, 768] {
      %v = loop.read %a[%i, %j] : tensor<64x768xf32> -> f32
      %w = loop.read %c[%j] : tensor<768xf32> -> f32
      %s = arith.addf %v, %w : f32
      %e = math.erf %s : f32
      %r = arith.mulf %e, %s : f32
      loop.yield %r : f32
    } : tensor<64x768xf32>
    fusion.yield %m : tensor<64x768xf32>
  } : (tensor<64x768xf32>, tensor<768xf32>) -> tensor<64x768xf32>
  return %0 : tensor<64x768xf32>
}
func.func @bf16(%x: tensor<?x768xbf16, #tc.sizes<[s0, 768]>>, %y: tensor<?x768xbf16, #tc.sizes<[s0, 768]>>) -> tensor<?x768xbf16, #tc.sizes<[s0, 768]>> {
  %0 = fusion.kernel "mul"(%x, %y) {
  ^bb0(%a: tensor<?x768xbf16, #tc.sizes<[s0, 768]>>, %c: tensor<?x768xbf16, #tc.sizes<[s0, 768]>>):
    %m = loop.map (%i, %j) in [s0, 768] {
      %v = loop.read %a[%i, %j] : tensor<?x768xbf16, #tc.sizes<[s0, 768]>> -> bf16
      %w = loop.read %c[%i, %j] : tensor<?x768xbf16, #tc.sizes<[s0, 768]>> -> bf16
      %v1 = arith.extf %v : bf16 to f32
      %w1 = arith.extf %w : bf16 to f32
      %s = arith.mulf %v1, %w1 : f32
      %r = arith.truncf %s : f32 to bf16
      loop.yield %r : bf16
    } : tensor<?x768xbf16, #tc.sizes<[s0, 768]>>
    fusion.yield %m : tensor<?x768xbf16, #tc.sizes<[s0, 768]>>
  } : (tensor<?x768xbf16, #tc.sizes<[s0, 768]>>, tensor<?x768xbf16, #tc.sizes<[s0, 768]>>) -> tensor<?x768xbf16, #tc.sizes<[s0, 768]>>
  return %0 : tensor<?x768xbf16, #tc.sizes<[s0, 768]>>
}
func.func @tail(%x: tensor<?xi1, #tc.sizes<[s0]>>) -> tensor<?xf32, #tc.sizes<[s0]>> {
  %0 = fusion.kernel "tail"(%x) {
  ^bb0(%a: tensor<?xi1, #tc.sizes<[s0]>>):
    %m = loop.map (%i) in [s0] {
      %v = loop.read %a[%i] : tensor<?xi1, #tc.sizes<[s0]>> -> i1
      %s = arith.uitofp %v : i1 to f32
      loop.yield %s : f32
    } : tensor<?xf32, #tc.sizes<[s0]>>
    fusion.yield %m : tensor<?xf32, #tc.sizes<[s0]>>
  } : (tensor<?xi1, #tc.sizes<[s0]>>) -> tensor<?xf32, #tc.sizes<[s0]>>
  return %0 : tensor<?xf32, #tc.sizes<[s0]>>
}
func.func @pad(%x: tensor<4x10x12xf32>) -> tensor<4x12x14xf32> {
  %0 = fusion.kernel "pad"(%x) {
  ^bb0(%a: tensor<4x10x12xf32>):
    %m = loop.map (%n, %i, %j) in [4, 12, 14] {
      %h = loop.index affine_map<(d0) -> (d0 - 1)>(%i) where []
      %w = loop.index affine_map<(d0) -> (d0 - 1)>(%j) where []
      %c0 = arith.constant 0 : index
      %c10 = arith.constant 10 : index
      %c12 = arith.constant 12 : index
      %g0 = arith.cmpi sge, %h, %c0 : index
      %g1 = arith.cmpi slt, %h, %c10 : index
      %g2 = arith.cmpi sge, %w, %c0 : index
      %g3 = arith.cmpi slt, %w, %c12 : index
      %a0 = arith.andi %g0, %g1 : i1
      %a1 = arith.andi %g2, %g3 : i1
      %a2 = arith.andi %a0, %a1 : i1
      %r = scf.if %a2 -> f32 {
        %v = loop.read %a[%n, %h, %w] : tensor<4x10x12xf32> -> f32
        scf.yield %v : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      loop.yield %r : f32
    } : tensor<4x12x14xf32>
    fusion.yield %m : tensor<4x12x14xf32>
  } : (tensor<4x10x12xf32>) -> tensor<4x12x14xf32>
  return %0 : tensor<4x12x14xf32>
}
