// Targets and devices that do not go together.
// REQUIRES: tc-emulate
// RUN: not tc-emulate %s --target=sm_70 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not tc-emulate %s --target=sm_120 2>&1 | FileCheck %s --check-prefix=NEWER
// RUN: not tc-emulate %s --target=sm_90a --capability=100 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not tc-emulate %s --capability=75 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: not tc-emulate %s --target=cuda:7 2>&1 | FileCheck %s --check-prefix=DEVICE
// RUN: not tc-emulate %s --target=cuda:x 2>&1 | FileCheck %s --check-prefix=NUMBER

// UNKNOWN: error: unsupported GPU target 'sm_70': expected one of sm_80, sm_90a, sm_120
// NEWER: error: code for sm_120 does not run on CUDA device 0, which has 9.0
// OTHER: error: code for sm_90a does not run on CUDA device 0, which has 10.0
// OLD: error: expected compute capability 8.0 or later of CUDA device 0, which has 7.5
// DEVICE: error: target 'cuda:7': there is no CUDA device 7: the driver has 2
// NUMBER: error: expected the number of a device after ':' in target 'cuda:x'

func.func @main(%x: !tc.ref<[3], f32>) -> !tc.ref<[3], f32> {
  %0 = tc.aten "relu"(%x) : (!tc.ref<[3], f32>) -> !tc.ref<[3], f32>
  return %0 : !tc.ref<[3], f32>
}
