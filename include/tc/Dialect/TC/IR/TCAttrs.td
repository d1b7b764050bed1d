// Symbolic sizes, and how arguments of captured calls are spelled.
#ifndef TC_DIALECT_TC_IR_TCATTRS
#define TC_DIALECT_TC_IR_TCATTRS

include "tc/Dialect/TC/IR/TCDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/TensorEncoding.td"

class TC_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<TC_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def TC_SizeAttr : TC_Attr<"Size", "size"> {
  let summary = "A size: an affine or semi-affine expression over named symbols";
  let description = [{
    `#tc.size<s0 floordiv 2 + 1>`. Equal sizes are equal attributes: the symbols are sorted by name, only those that
    occur are kept, and the expression is simplified when the attribute is built. Build with `getSize`, `SizeAttr::constant`
    and the arithmetic in `Sizes.h`, never from raw parts.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$symbols, "::mlir::AffineExpr":$expr);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    static SizeAttr constant(::mlir::MLIRContext *context, int64_t value);
    static SizeAttr symbol(::mlir::MLIRContext *context, ::llvm::StringRef name);
    /// The value if it is a constant.
    std::optional<int64_t> getConstant() const;
    /// Prints the bare expression, `s0 + 1`.
    void printExpr(::llvm::raw_ostream &os) const;
    /// Parses a bare expression.
    static ::mlir::FailureOr<SizeAttr> parseExpr(::mlir::AsmParser &parser);
  }];
}

def TC_SizesAttr : TC_Attr<"Sizes", "sizes",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "The sizes of a tensor with a symbolic dimension, its type's encoding";
  let description = "`tensor<?x768xf32, #tc.sizes<[s0, 768]>>`. A tensor whose sizes are all constant carries no encoding.";
  let parameters = (ins ArrayRefParameter<"::tc::SizeAttr">:$sizes);
  let hasCustomAssemblyFormat = 1;
}

def TC_OperandAttr : TC_Attr<"Operand", "operand"> {
  let summary = "In the argument list of tc.aten or tc.extern: the operand with this number";
  let parameters = (ins "unsigned":$index);
  let assemblyFormat = "`<` $index `>`";
}

def TC_NoneAttr : TC_Attr<"None", "none"> {
  let summary = "Python's None as an argument of a captured call";
}

#endif
