// The kinds of kernel.
#ifndef TC_DIALECT_FUSION_IR_FUSIONENUMS
#define TC_DIALECT_FUSION_IR_FUSIONENUMS

include "mlir/IR/EnumAttr.td"

def Fusion_KernelKind : I32EnumAttr<"KernelKind", "which code generator takes the kernel", [
    I32EnumAttrCase<"map", 0>, I32EnumAttrCase<"row", 1>, I32EnumAttrCase<"contract", 2>,
    I32EnumAttrCase<"scan", 3>, I32EnumAttrCase<"scatter", 4>, I32EnumAttrCase<"sort", 5>]> {
  let cppNamespace = "::tc::fusion";
  let genSpecializedAttr = 0;
}
#endif
