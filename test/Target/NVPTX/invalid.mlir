// LLVM would abort on what a chip lacks: it is an error before.
// RUN: not tc-translate --nvvm-to-ptx -split-input-file %s 2>&1 | FileCheck %s

// CHECK: error: expected the attribute 'tc.target' with the name of a GPU
module {}

// -----

// CHECK: error: unsupported GPU target 'gfx90a': expected one of sm_80, sm_90a, sm_120
module attributes {tc.target = "gfx90a"} {}

// -----

// CHECK: error: uses 'llvm.nvvm.setmaxnreg.inc.sync.aligned.u32', which target sm_80 lacks
module attributes {tc.target = "sm_80"} {
  llvm.func @k() attributes {nvvm.kernel} {
    nvvm.setmaxregister increase 128
    llvm.return
  }
}

// -----

// CHECK: error: calls '__nv_expf', which no GPU has
module attributes {tc.target = "sm_80"} {
  llvm.func @__nv_expf(f32) -> f32
  llvm.func @k(%p: !llvm.ptr<1>, %x: f32) attributes {nvvm.kernel} {
    %y = llvm.call @__nv_expf(%x) : (f32) -> f32
    llvm.store %y, %p : f32, !llvm.ptr<1>
    llvm.return
  }
}
