// Elementwise ops. Operands broadcast against one another as in NumPy: aligned at the last dimension, constant size 1
// stretches, a 0-d tensor is a scalar. Element types are equal unless an op says otherwise: promotion is done before.
#ifndef TC_DIALECT_TC_IR_TCELEMENTWISEOPS
#define TC_DIALECT_TC_IR_TCELEMENTWISEOPS

include "tc/Dialect/TC/IR/TCBase.td"

/// `infer` names the function in detail that gives the result type.
class TC_ElementwiseOp<string mnemonic, list<Trait> traits = [], string infer = "inferSameElement">
    : TC_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<ElementwiseOpInterface>,
                                   DeclareOpInterfaceMethods<InferTypeOpInterface>], traits)> {
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let extraClassDefinition = [{
    ::mlir::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *, std::optional<::mlir::Location> loc, ::mlir::ValueRange operands, ::mlir::DictionaryAttr,
        ::mlir::OpaqueProperties, ::mlir::RegionRange, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return ::tc::detail::}] # infer # [{(loc, operands, types);
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      return ::tc::detail::foldElementwise(*this, adaptor.getOperands());
    }
  }];
}

class TC_UnaryOp<string mnemonic, string text, string infer = "inferSameElement"> : TC_ElementwiseOp<mnemonic, [], infer> {
  let summary = text;
  let arguments = (ins TC_AnyTensor:$input);
}
class TC_BinaryOp<string mnemonic, string text, list<Trait> traits = []> : TC_ElementwiseOp<mnemonic, traits> {
  let summary = text;
  let arguments = (ins TC_AnyTensor:$lhs, TC_AnyTensor:$rhs);
}

def TC_AbsOp : TC_UnaryOp<"abs", "absolute value">;
def TC_NegOp : TC_UnaryOp<"neg", "negation">;
def TC_ExpOp : TC_UnaryOp<"exp", "e^x">;
def TC_Exp2Op : TC_UnaryOp<"exp2", "2^x">;
def TC_Expm1Op : TC_UnaryOp<"expm1", "e^x - 1, exact near 0">;
def TC_LogOp : TC_UnaryOp<"log", "natural logarithm">;
def TC_Log2Op : TC_UnaryOp<"log2", "logarithm to base 2">;
def TC_Log10Op : TC_UnaryOp<"log10", "logarithm to base 10">;
def TC_Log1pOp : TC_UnaryOp<"log1p", "log(1 + x), exact near 0">;
def TC_SqrtOp : TC_UnaryOp<"sqrt", "square root">;
def TC_RsqrtOp : TC_UnaryOp<"rsqrt", "1 / square root">;
def TC_SinOp : TC_UnaryOp<"sin", "sine">;
def TC_CosOp : TC_UnaryOp<"cos", "cosine">;
def TC_TanOp : TC_UnaryOp<"tan", "tangent">;
def TC_AsinOp : TC_UnaryOp<"asin", "inverse sine">;
def TC_AcosOp : TC_UnaryOp<"acos", "inverse cosine">;
def TC_AtanOp : TC_UnaryOp<"atan", "inverse tangent">;
def TC_SinhOp : TC_UnaryOp<"sinh", "hyperbolic sine">;
def TC_CoshOp : TC_UnaryOp<"cosh", "hyperbolic cosine">;
def TC_TanhOp : TC_UnaryOp<"tanh", "hyperbolic tangent">;
def TC_AsinhOp : TC_UnaryOp<"asinh", "inverse hyperbolic sine">;
def TC_AcoshOp : TC_UnaryOp<"acosh", "inverse hyperbolic cosine">;
def TC_AtanhOp : TC_UnaryOp<"atanh", "inverse hyperbolic tangent">;
def TC_ErfOp : TC_UnaryOp<"erf", "error function">;
def TC_ErfcOp : TC_UnaryOp<"erfc", "complementary error function">;
def TC_FloorOp : TC_UnaryOp<"floor", "largest integer not above">;
def TC_CeilOp : TC_UnaryOp<"ceil", "smallest integer not below">;
def TC_RoundOp : TC_UnaryOp<"round", "nearest integer, ties to even">;
def TC_TruncOp : TC_UnaryOp<"trunc", "integer part, towards zero">;
def TC_NotOp : TC_UnaryOp<"not", "bitwise complement; logical not of booleans">;
def TC_SignOp : TC_UnaryOp<"sign", "-1, 0 or 1; NaN becomes 0 as in ATen">;
def TC_IsNanOp : TC_UnaryOp<"isnan", "whether x is NaN, a boolean", "inferBool">;

def TC_AddOp : TC_BinaryOp<"add", "sum; or of booleans", [Commutative]>;
def TC_SubOp : TC_BinaryOp<"sub", "difference">;
def TC_MulOp : TC_BinaryOp<"mul", "product; and of booleans", [Commutative]>;
def TC_DivOp : TC_BinaryOp<"div", "quotient; of integers truncated towards zero">;
def TC_FloorDivOp : TC_BinaryOp<"floor_div", "floor of the quotient">;
def TC_RemOp : TC_BinaryOp<"rem", "remainder with the sign of the divisor (Python's %)">;
def TC_FmodOp : TC_BinaryOp<"fmod", "remainder with the sign of the dividend (C's fmod)">;
def TC_PowOp : TC_BinaryOp<"pow", "power">;
def TC_Atan2Op : TC_BinaryOp<"atan2", "angle of (rhs, lhs)">;
def TC_MaxOp : TC_BinaryOp<"max", "maximum; NaN if either is", [Commutative]>;
def TC_MinOp : TC_BinaryOp<"min", "minimum; NaN if either is", [Commutative]>;
def TC_AndOp : TC_BinaryOp<"and", "bitwise and", [Commutative]>;
def TC_OrOp : TC_BinaryOp<"or", "bitwise or", [Commutative]>;
def TC_XorOp : TC_BinaryOp<"xor", "bitwise exclusive or", [Commutative]>;
def TC_ShlOp : TC_BinaryOp<"shl", "left shift; 0 if the amount is out of range">;
def TC_ShrOp : TC_BinaryOp<"shr", "right shift, arithmetic if signed">;
def TC_NextafterOp : TC_BinaryOp<"nextafter", "next value after lhs towards rhs">;
def TC_CopysignOp : TC_BinaryOp<"copysign", "lhs with the sign of rhs">;

def TC_ComparePredicate : I32EnumAttr<"ComparePredicate", "how two elements are compared", [
    I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
    I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]> {
  let cppNamespace = "::tc";
  let genSpecializedAttr = 0;
}
def TC_ComparePredicateAttr : EnumAttr<TC_Dialect, TC_ComparePredicate, "predicate">;

def TC_CompareOp : TC_ElementwiseOp<"compare", [], "inferBool"> {
  let summary = "comparison, a boolean; comparisons with NaN are false but for ne";
  let arguments = (ins TC_ComparePredicateAttr:$predicate, TC_AnyTensor:$lhs, TC_AnyTensor:$rhs);
  let assemblyFormat = "$predicate $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}
def TC_SelectOp : TC_ElementwiseOp<"select", [], "inferSelect"> {
  let summary = "lhs where the condition holds, rhs elsewhere";
  let arguments = (ins TC_BoolTensor:$condition, TC_AnyTensor:$lhs, TC_AnyTensor:$rhs);
}
def TC_CastOp : TC_Op<"cast", [Pure, DeclareOpInterfaceMethods<ElementwiseOpInterface>]> {
  let summary = "conversion of the element type, with ATen's rounding and truncation";
  let arguments = (ins TC_AnyTensor:$input);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def TC_BitcastOp : TC_Op<"bitcast", [Pure, DeclareOpInterfaceMethods<ElementwiseOpInterface>]> {
  let summary = "the same bits as another element type of the same width";
  let arguments = (ins TC_AnyTensor:$input);
  let results = (outs TC_AnyTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif
