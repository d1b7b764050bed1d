// Types of the as-captured form.
#ifndef TC_DIALECT_TC_IR_TCTYPES
#define TC_DIALECT_TC_IR_TCTYPES

include "tc/Dialect/TC/IR/TCAttrs.td"

def TC_RefType : TypeDef<TC_Dialect, "Ref"> {
  let mnemonic = "ref";
  let summary = "A mutable tensor, which may share its storage with others";
  let description = "`!tc.ref<[s0, 768], f32>`. Only in the as-captured form; functionalization removes it.";
  let parameters = (ins ArrayRefParameter<"::tc::SizeAttr">:$sizes, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def TC_AnyTensor : Type<CPred<"::tc::isTensor($_self)">,
    "ranked tensor of booleans, integers, floating-point or complex numbers, at most 2^56", "::mlir::RankedTensorType">;
/// What loops and kernels compute on: complex numbers are expanded into their parts before.
def TC_RealTensor : Type<
    CPred<"::tc::isTensor($_self) && ::llvm::cast<::mlir::RankedTensorType>($_self).getElementType().isIntOrFloat()">,
    "ranked tensor of booleans, integers or floating-point numbers, at most 2^56", "::mlir::RankedTensorType">;
def TC_BoolTensor : Type<
    CPred<"::tc::isTensor($_self) && ::llvm::cast<::mlir::RankedTensorType>($_self).getElementType().isInteger(1)">,
    "tensor of booleans", "::mlir::RankedTensorType">;
def TC_CapturedValue : Type<
    CPred<"::tc::isTensor($_self) || ::llvm::isa<::tc::RefType>($_self) || $_self.isIntOrIndexOrFloat()">,
    "tensor, tc.ref or scalar">;

#endif
