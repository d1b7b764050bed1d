// What every op family includes.
#ifndef TC_DIALECT_TC_IR_TCBASE
#define TC_DIALECT_TC_IR_TCBASE

include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "tc/Dialect/TC/IR/TCTypes.td"
include "tc/Dialect/TC/IR/TCInterfaces.td"

class TC_Op<string mnemonic, list<Trait> traits = []> : Op<TC_Dialect, mnemonic, traits>;

def TC_SizeArrayAttr : TypedArrayAttrBase<TC_SizeAttr, "array of sizes">;

def TC_ReductionKind : I32EnumAttr<"ReductionKind", "how elements are combined", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"prod", 1>, I32EnumAttrCase<"max", 2>, I32EnumAttrCase<"min", 3>,
    I32EnumAttrCase<"any", 4>, I32EnumAttrCase<"all", 5>, I32EnumAttrCase<"parity", 6>]> {
  let cppNamespace = "::tc";
  let genSpecializedAttr = 0;
}
def TC_ReductionKindAttr : EnumAttr<TC_Dialect, TC_ReductionKind, "reduction">;

#endif
