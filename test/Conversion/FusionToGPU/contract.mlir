// Contractions of real models, as the schedule stage gives them for a GPU: operands are not packed.
// RUN: tc-opt %s --tc-fusion-to-gpu=target=sm_90a -o %t.mlir
// RUN: tc-translate --nvvm-to-ptx %t.mlir | FileCheck %s
// RUN: tc-opt %s --tc-fusion-to-gpu="target=sm_80 allow-tf32" -o %t.mlir
// RUN: tc-translate --nvvm-to-ptx %t.mlir | FileCheck %s --check-prefix=TF32

// Both factors by 16 bytes; weights that are stored by columns are transposed on the way to registers.
// CHECK-LABEL: .entry linear_bf16_0
// CHECK: .maxnreg
// CHECK: cp.async.cg.shared.global
// CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// CHECK: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// CHECK-LABEL: .entry scores_bf16_1
// CHECK-NOT: .trans
// CHECK: mma.sync
// CHECK-LABEL: .entry vocabulary_bf16_2
// CHECK: mma.sync
// float32 stays float32.
// CHECK-LABEL: .entry linear_dynamic_3
// CHECK-NOT: mma.sync
// CHECK: fma.rn.f32
// CHECK-LABEL: .entry values_dynamic_4
// Padding is copied as zeros: fewer bytes than are written.
// CHECK-LABEL: .entry convolution_5
// CHECK: cp.async.cg.shared.global [%{{.*}}], [%{{.*}}], 16, %r
// One row: no shared memory but for the sums.
// CHECK-LABEL: .entry classifier_6
// CHECK-NOT: cp.async
// CHECK: shfl.sync.bfly
// CHECK-LABEL: .entry weight_gradient_7
// CHECK: cp.async.ca.shared.global
// CHECK-LABEL: .entry input_gradient_8

// TF32-LABEL: .entry linear_dynamic_3
// TF32: cvt.rna.tf32.f32
// TF32: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32

func.func @linear_bf16(%x0: tensor<1x128x768xbf16>, %x1: tensor<768x3072xbf16>, %x2: tensor<3072xbf16>) -> tensor<128x3072xbf16> {
  %0 = fusion.kernel "linear_bf16"(%x0, %x1, %x2) schedule <contract, parallel = 2, vector = 1, tile = [14, 32, 768], grain = 170> {
  ^bb0(%arg53: tensor<1x128x768xbf16>, %arg54: tensor<768x3072xbf16>, %arg55: tensor<3072xbf16>):
    %50 = loop.contract (%arg56, %arg57 : %arg58) in [128, 3072 : 768] {
      %c0 = arith.constant 0 : index
      %52 = loop.read %arg53[%c0, %arg56, %arg58] : tensor<1x128x768xbf16> -> bf16
      %53 = loop.read %arg54[%arg58, %arg57] : tensor<768x3072xbf16> -> bf16
      loop.yield %52, %53 : bf16, bf16
    } : tensor<128x3072xf32>
    %51 = loop.map (%arg56, %arg57) in [128, 3072] {
      %cst = arith.constant 4.471500e-02 : f32
      %cst_0 = arith.constant 0.797884583 : f32
      %cst_1 = arith.constant 1.000000e+00 : f32
      %cst_2 = arith.constant 5.000000e-01 : f32
      %52 = loop.read %50[%arg56, %arg57] : tensor<128x3072xf32> -> f32
      %53 = loop.read %arg55[%arg57] : tensor<3072xbf16> -> bf16
      %54 = arith.extf %53 : bf16 to f32
      %55 = arith.addf %52, %54 : f32
      %56 = arith.mulf %55, %cst_2 : f32
      %57 = arith.mulf %55, %55 : f32
      %58 = arith.mulf %57, %55 : f32
      %59 = arith.mulf %58, %cst : f32
      %60 = arith.addf %55, %59 : f32
      %61 = arith.mulf %60, %cst_0 : f32
      %62 = math.tanh %61 : f32
      %63 = arith.addf %62, %cst_1 : f32
      %64 = arith.mulf %56, %63 : f32
      %65 = arith.truncf %64 : f32 to bf16
      loop.yield %65 : bf16
    } : tensor<128x3072xbf16>
    fusion.yield %51 : tensor<128x3072xbf16>
  } : (tensor<1x128x768xbf16>, tensor<768x3072xbf16>, tensor<3072xbf16>) -> tensor<128x3072xbf16>
  return %0 : tensor<128x3072xbf16>
}
func.func @scores_bf16(%x0: tensor<128x2304xbf16>, %x1: tensor<1x1x128x1xi64>, %x2: tensor<1x1x1x128xi64>) -> tensor<1x12x128x128xf32> {
  %0 = fusion.kernel "scores_bf16"(%x0, %x1, %x2) schedule <contract, parallel = 4, vector = 3, tile = [14, 32, 64], grain = 2048> {
  ^bb0(%arg53: tensor<128x2304xbf16>, %arg54: tensor<1x1x128x1xi64>, %arg55: tensor<1x1x1x128xi64>):
    %50 = loop.contract (%arg56, %arg57, %arg58, %arg59 : %arg60) in [1, 12, 128, 128 : 64] {
      %52 = loop.index affine_map<(d0, d1) -> (d0 * 64 + d1)>(%arg57, %arg60) where []
      %53 = loop.read %arg53[%arg58, %52] : tensor<128x2304xbf16> -> bf16
      %54 = loop.index affine_map<(d0, d1) -> (d0 * 64 + d1 + 768)>(%arg57, %arg60) where []
      %55 = loop.read %arg53[%arg59, %54] : tensor<128x2304xbf16> -> bf16
      loop.yield %53, %55 : bf16, bf16
    } : tensor<1x12x128x128xf32>
    %51 = loop.map (%arg56, %arg57, %arg58, %arg59) in [1, 12, 128, 128] {
      %c128_i64 = arith.constant 128 : i64
      %c0_i64 = arith.constant 0 : i64
      %c127 = arith.constant 127 : index
      %cst = arith.constant 0.000000e+00 : f32
      %cst_0 = arith.constant 0xFF800000 : f32
      %c0 = arith.constant 0 : index
      %cst_1 = arith.constant 1.250000e-01 : f32
      %52 = loop.read %50[%c0, %arg57, %arg58, %arg59] : tensor<1x12x128x128xf32> -> f32
      %53 = arith.mulf %52, %cst_1 : f32
      %54 = loop.read %arg54[%c0, %c0, %arg58, %c0] : tensor<1x1x128x1xi64> -> i64
      %55 = loop.read %arg55[%c0, %c0, %c0, %arg59] : tensor<1x1x1x128xi64> -> i64
      %56 = arith.cmpi eq, %54, %55 : i64
      %57 = arith.index_cast %arg59 : index to i64
      %58 = arith.cmpi slt, %57, %c0_i64 : i64
      %59 = arith.addi %57, %c128_i64 : i64
      %60 = arith.select %58, %59, %57 : i64
      %61 = arith.index_cast %60 : i64 to index
      %62 = arith.minsi %61, %c127 : index
      %63 = arith.maxsi %62, %c0 : index
      %64 = arith.index_cast %63 : index to i64
      %65 = arith.index_cast %arg58 : index to i64
      %66 = arith.cmpi slt, %65, %c0_i64 : i64
      %67 = arith.addi %65, %c128_i64 : i64
      %68 = arith.select %66, %67, %65 : i64
      %69 = arith.index_cast %68 : i64 to index
      %70 = arith.minsi %69, %c127 : index
      %71 = arith.maxsi %70, %c0 : index
      %72 = arith.index_cast %71 : index to i64
      %73 = arith.cmpi sle, %64, %72 : i64
      %74 = arith.andi %56, %73 : i1
      %75 = arith.select %74, %cst, %cst_0 : f32
      %76 = arith.addf %53, %75 : f32
      loop.yield %76 : f32
    } : tensor<1x12x128x128xf32>
    fusion.yield %51 : tensor<1x12x128x128xf32>
  } : (tensor<128x2304xbf16>, tensor<1x1x128x1xi64>, tensor<1x1x1x128xi64>) -> tensor<1x12x128x128xf32>
  return %0 : tensor<1x12x128x128xf32>
}
func.func @vocabulary_bf16(%x0: tensor<1x128x768xbf16>, %x1: tensor<50257x768xbf16>) -> tensor<128x50257xbf16> {
  %0 = fusion.kernel "vocabulary_bf16"(%x0, %x1) schedule <contract, parallel = 2, vector = 1, tile = [14, 32, 768], grain = 170> {
  ^bb0(%arg53: tensor<1x128x768xbf16>, %arg54: tensor<50257x768xbf16>):
    %50 = loop.contract (%arg55, %arg56 : %arg57) in [128, 50257 : 768] {
      %c0 = arith.constant 0 : index
      %52 = loop.read %arg53[%c0, %arg55, %arg57] : tensor<1x128x768xbf16> -> bf16
      %53 = loop.read %arg54[%arg56, %arg57] : tensor<50257x768xbf16> -> bf16
      loop.yield %52, %53 : bf16, bf16
    } : tensor<128x50257xf32>
    %51 = loop.map (%arg55, %arg56) in [128, 50257] {
      %52 = loop.read %50[%arg55, %arg56] : tensor<128x50257xf32> -> f32
      %53 = arith.truncf %52 : f32 to bf16
      loop.yield %53 : bf16
    } : tensor<128x50257xbf16>
    fusion.yield %51 : tensor<128x50257xbf16>
  } : (tensor<1x128x768xbf16>, tensor<50257x768xbf16>) -> tensor<128x50257xbf16>
  return %0 : tensor<128x50257xbf16>
}
func.func @linear_dynamic(%x0: tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>>, %x1: tensor<3072x768xf32>, %x2: tensor<3072xf32>) -> tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>> {
  %0 = fusion.kernel "linear_dynamic"(%x0, %x1, %x2) schedule <contract, parallel = 2, vector = 1, tile = [14, 32, 768], grain = 170> {
  ^bb0(%arg77: tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>>, %arg78: tensor<3072x768xf32>, %arg79: tensor<3072xf32>):
    %69 = loop.contract (%arg80, %arg81 : %arg82) in [s53 * s72, 3072 : 768] {
      %71 = loop.read %arg77[%arg80, %arg82] : tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>> -> f32
      %72 = loop.read %arg78[%arg81, %arg82] : tensor<3072x768xf32> -> f32
      loop.yield %71, %72 : f32, f32
    } : tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>>
    %70 = loop.map (%arg80, %arg81) in [s53 * s72, 3072] {
      %71 = loop.read %69[%arg80, %arg81] : tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>> -> f32
      %72 = loop.read %arg79[%arg81] : tensor<3072xf32> -> f32
      %73 = arith.addf %71, %72 : f32
      loop.yield %73 : f32
    } : tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>>
    fusion.yield %70 : tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>>
  } : (tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>>, tensor<3072x768xf32>, tensor<3072xf32>) -> tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>>
  return %0 : tensor<?x3072xf32, #tc.sizes<[s53 * s72, 3072]>>
}
func.func @values_dynamic(%x0: tensor<?x12x?x?xf32, #tc.sizes<[s72, 12, s53, s53]>>, %x1: tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>>, %x2: tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>>, %x3: tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>>) -> tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>> {
  %0 = fusion.kernel "values_dynamic"(%x0, %x1, %x2, %x3) schedule <contract, parallel = 4, vector = 3, tile = [14, 32, 1024], grain = 128> {
  ^bb0(%arg77: tensor<?x12x?x?xf32, #tc.sizes<[s72, 12, s53, s53]>>, %arg78: tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>>, %arg79: tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>>, %arg80: tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>>):
    %69 = loop.contract (%arg81, %arg82, %arg83, %arg84 : %arg85) in [s72, 12, s53, 64 : s53] {
      %71 = loop.read %arg77[%arg81, %arg82, %arg83, %arg85] : tensor<?x12x?x?xf32, #tc.sizes<[s72, 12, s53, s53]>> -> f32
      %72 = loop.index affine_map<(d0, d1)[s0] -> (d0 * s0 + d1)>(%arg81, %arg85) where ["s53"]
      %73 = loop.index affine_map<(d0, d1) -> (d0 * 64 + d1)>(%arg82, %arg84) where []
      %74 = loop.read %arg78[%72, %73] : tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>> -> f32
      loop.yield %71, %74 : f32, f32
    } : tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>>
    %70 = loop.map (%arg81, %arg82, %arg83, %arg84) in [s72, 12, s53, 64] {
      %cst = arith.constant 0xFF800000 : f32
      %cst_0 = arith.constant 1.000000e+00 : f32
      %71 = loop.read %69[%arg81, %arg82, %arg83, %arg84] : tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>> -> f32
      %72 = loop.read %arg79[%arg81, %arg82, %arg83] : tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>> -> f32
      %73 = arith.cmpf oeq, %72, %cst : f32
      %74 = loop.read %arg80[%arg81, %arg82, %arg83] : tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>> -> f32
      %75 = arith.select %73, %cst_0, %74 : f32
      %76 = arith.divf %71, %75 : f32
      loop.yield %76 : f32
    } : tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>>
    fusion.yield %70 : tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>>
  } : (tensor<?x12x?x?xf32, #tc.sizes<[s72, 12, s53, s53]>>, tensor<?x768xf32, #tc.sizes<[s53 * s72, 768]>>, tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>>, tensor<?x12x?xf32, #tc.sizes<[s72, 12, s53]>>) -> tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>>
  return %0 : tensor<?x12x?x64xf32, #tc.sizes<[s72, 12, s53, 64]>>
}
func.func @convolution(%x0: tensor<1x56x56x64xf32>, %x1: tensor<128x64x3x3xf32>, %x2: tensor<128xf32>, %x3: tensor<128xf32>) -> tensor<1x28x28x128xf32> {
  %0 = fusion.kernel "convolution"(%x0, %x1, %x2, %x3) schedule <contract, parallel = 4, vector = 3, tile = [14, 32, 576], grain = 227> {
  ^bb0(%arg103: tensor<1x56x56x64xf32>, %arg104: tensor<128x64x3x3xf32>, %arg105: tensor<128xf32>, %arg106: tensor<128xf32>):
    %43 = loop.contract (%arg107, %arg108, %arg109, %arg110 : %arg111, %arg112, %arg113) in [1, 28, 28, 128 : 3, 3, 64] {
      %cst = arith.constant 0.000000e+00 : f32
      %c0 = arith.constant 0 : index
      %c56 = arith.constant 56 : index
      %45 = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>(%arg108, %arg111) where []
      %46 = arith.cmpi ult, %45, %c56 : index
      %47 = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>(%arg109, %arg112) where []
      %48 = arith.cmpi ult, %47, %c56 : index
      %49 = arith.andi %46, %48 : i1
      %50 = scf.if %49 -> (f32) {
        %52 = loop.read %arg103[%c0, %45, %47, %arg113] : tensor<1x56x56x64xf32> -> f32
        scf.yield %52 : f32
      } else {
        scf.yield %cst : f32
      }
      %51 = loop.read %arg104[%arg110, %arg113, %arg111, %arg112] : tensor<128x64x3x3xf32> -> f32
      loop.yield %50, %51 : f32, f32
    } : tensor<1x28x28x128xf32>
    %44 = loop.map (%arg107, %arg108, %arg109, %arg110) in [1, 28, 28, 128] {
      %cst = arith.constant 0.000000e+00 : f32
      %c0 = arith.constant 0 : index
      %45 = loop.read %43[%c0, %arg108, %arg109, %arg110] : tensor<1x28x28x128xf32> -> f32
      %46 = loop.read %arg105[%arg110] : tensor<128xf32> -> f32
      %47 = arith.mulf %45, %46 : f32
      %48 = loop.read %arg106[%arg110] : tensor<128xf32> -> f32
      %49 = arith.addf %47, %48 : f32
      %50 = arith.maximumf %49, %cst : f32
      loop.yield %50 : f32
    } : tensor<1x28x28x128xf32>
    fusion.yield %44 : tensor<1x28x28x128xf32>
  } : (tensor<1x56x56x64xf32>, tensor<128x64x3x3xf32>, tensor<128xf32>, tensor<128xf32>) -> tensor<1x28x28x128xf32>
  return %0 : tensor<1x28x28x128xf32>
}
func.func @classifier(%x0: tensor<1x512x1x1xf32>, %x1: tensor<1000x512xf32>, %x2: tensor<1000xf32>) -> tensor<1x1000xf32> {
  %0 = fusion.kernel "classifier"(%x0, %x1, %x2) schedule <contract, parallel = 2, vector = 1, tile = [14, 32, 512], grain = 256> {
  ^bb0(%arg103: tensor<1x512x1x1xf32>, %arg104: tensor<1000x512xf32>, %arg105: tensor<1000xf32>):
    %43 = loop.contract (%arg106, %arg107 : %arg108) in [1, 1000 : 512] {
      %c0 = arith.constant 0 : index
      %45 = loop.read %arg103[%c0, %arg108, %c0, %c0] : tensor<1x512x1x1xf32> -> f32
      %46 = loop.read %arg104[%arg107, %arg108] : tensor<1000x512xf32> -> f32
      loop.yield %45, %46 : f32, f32
    } : tensor<1x1000xf32>
    %44 = loop.map (%arg106, %arg107) in [1, 1000] {
      %c0 = arith.constant 0 : index
      %45 = loop.read %43[%c0, %arg107] : tensor<1x1000xf32> -> f32
      %46 = loop.read %arg105[%arg107] : tensor<1000xf32> -> f32
      %47 = arith.addf %45, %46 : f32
      loop.yield %47 : f32
    } : tensor<1x1000xf32>
    fusion.yield %44 : tensor<1x1000xf32>
  } : (tensor<1x512x1x1xf32>, tensor<1000x512xf32>, tensor<1000xf32>) -> tensor<1x1000xf32>
  return %0 : tensor<1x1000xf32>
}
func.func @weight_gradient(%x0: tensor<16x3x32x32xf32>, %x1: tensor<16x32x32x32xf32>) -> tensor<3x3x3x32xf32> {
  %0 = fusion.kernel "weight_gradient"(%x0, %x1) schedule <contract, parallel = 4, vector = 3, tile = [14, 32, 1261], grain = 8> {
  ^bb0(%arg25: tensor<16x3x32x32xf32>, %arg26: tensor<16x32x32x32xf32>):
    %21 = loop.contract (%arg27, %arg28, %arg29, %arg30 : %arg31, %arg32, %arg33) in [3, 3, 3, 32 : 32, 32, 16] {
      %cst = arith.constant 0.000000e+00 : f32
      %c32 = arith.constant 32 : index
      %22 = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%arg28, %arg31) where []
      %23 = arith.cmpi ult, %22, %c32 : index
      %24 = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%arg29, %arg32) where []
      %25 = arith.cmpi ult, %24, %c32 : index
      %26 = arith.andi %23, %25 : i1
      %27 = scf.if %26 -> (f32) {
        %29 = loop.read %arg25[%arg33, %arg27, %22, %24] : tensor<16x3x32x32xf32> -> f32
        scf.yield %29 : f32
      } else {
        scf.yield %cst : f32
      }
      %28 = loop.read %arg26[%arg33, %arg30, %arg31, %arg32] : tensor<16x32x32x32xf32> -> f32
      loop.yield %27, %28 : f32, f32
    } : tensor<3x3x3x32xf32>
    fusion.yield %21 : tensor<3x3x3x32xf32>
  } : (tensor<16x3x32x32xf32>, tensor<16x32x32x32xf32>) -> tensor<3x3x3x32xf32>
  return %0 : tensor<3x3x3x32xf32>
}
func.func @input_gradient(%x0: tensor<16x64x16x16xf32>, %x1: tensor<64x32x3x3xf32>) -> tensor<16x16x16x32xf32> {
  %0 = fusion.kernel "input_gradient"(%x0, %x1) schedule <contract, parallel = 4, vector = 3, tile = [14, 32, 576], grain = 227> {
  ^bb0(%arg25: tensor<16x64x16x16xf32>, %arg26: tensor<64x32x3x3xf32>):
    %21 = loop.contract (%arg27, %arg28, %arg29, %arg30 : %arg31, %arg32, %arg33) in [16, 16, 16, 32 : 3, 3, 64] {
      %cst = arith.constant 0.000000e+00 : f32
      %c16 = arith.constant 16 : index
      %22 = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%arg28, %arg31) where []
      %23 = arith.cmpi ult, %22, %c16 : index
      %24 = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%arg29, %arg32) where []
      %25 = arith.cmpi ult, %24, %c16 : index
      %26 = arith.andi %23, %25 : i1
      %27 = scf.if %26 -> (f32) {
        %31 = loop.read %arg25[%arg27, %arg33, %22, %24] : tensor<16x64x16x16xf32> -> f32
        scf.yield %31 : f32
      } else {
        scf.yield %cst : f32
      }
      %28 = loop.index affine_map<(d0) -> (-d0 + 2)>(%arg31) where []
      %29 = loop.index affine_map<(d0) -> (-d0 + 2)>(%arg32) where []
      %30 = loop.read %arg26[%arg33, %arg30, %28, %29] : tensor<64x32x3x3xf32> -> f32
      loop.yield %27, %30 : f32, f32
    } : tensor<16x16x16x32xf32>
    fusion.yield %21 : tensor<16x16x16x32xf32>
  } : (tensor<16x64x16x16xf32>, tensor<64x32x3x3xf32>) -> tensor<16x16x16x32xf32>
  return %0 : tensor<16x16x16x32xf32>
}
