// A masked store of one lane is a store of an element: LLVM's selection of x86 instructions would store a truncated
// element in its width before truncation, over what lies behind it.
// RUN: tc-opt %s --tc-lower=target=avx512 | tc-translate --kernels-to-llvmir --target=avx512 | FileCheck %s --check-prefix=ONE
// RUN: sed "s/\[17\]/[19]/g" %s | tc-opt --tc-lower=target=avx512 | tc-translate --kernels-to-llvmir --target=avx512 \
// RUN:   | FileCheck %s --check-prefix=THREE

// ONE: store <16 x i16>
// ONE-NOT: call void @llvm.masked.store
// ONE: store i16
// THREE: call void @llvm.masked.store.v16i16
func.func @main(%x: !tc.ref<[17], i32>) -> !tc.ref<[17], i16> {
  %0 = tc.aten "_to_copy"(%x, i16, none, none, none, false, none) : (!tc.ref<[17], i32>) -> !tc.ref<[17], i16>
  return %0 : !tc.ref<[17], i16>
}
