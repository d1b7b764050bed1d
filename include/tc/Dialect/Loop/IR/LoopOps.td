// The loop dialect: iteration spaces with scalar bodies, on tensor values.
#ifndef TC_DIALECT_LOOP_IR_LOOPOPS
#define TC_DIALECT_LOOP_IR_LOOPOPS

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "tc/Dialect/TC/IR/TCBase.td"

def Loop_Dialect : Dialect {
  let name = "loop";
  let cppNamespace = "::tc::loop";
  let summary = "Iteration spaces made explicit, with scalar bodies";
  let description = [{
    An op of this dialect computes whole tensors: it runs its body for every point of an iteration space. A body has one
    `index` argument a dimension, reads tensors of the enclosing function with `loop.read` at any index, computes on
    scalars with `arith`, `math` and `scf.if`, and yields. Bodies have no side effects. Views, broadcasts, pads, concats,
    flips and slices are index expressions (`loop.index`, guarded reads in `scf.if`), never copies.
    Beside these ops the loop form of a function holds only `tc.constant`, `tc.reshape` (the same memory under other sizes),
    `tc.extern`, `scf` on tensors, and `func`.
  }];
  let dependentDialects = ["::tc::TCDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
  let hasConstantMaterializer = 1;
}

class Loop_Op<string mnemonic, list<Trait> traits = []> : Op<Loop_Dialect, mnemonic, traits>;

def LoopNestOpInterface : OpInterface<"LoopNestOpInterface"> {
  let cppNamespace = "::tc::loop";
  let description = "What all iterating ops share.";
  let methods = [
    InterfaceMethod<"Sizes of the iteration space.", "::llvm::SmallVector<::tc::SizeAttr>", "getIterationSizes", (ins)>,
    InterfaceMethod<"How many leading dimensions index the results; the others are reduced or scanned over.",
                    "int64_t", "getNumParallel", (ins)>,
    InterfaceMethod<"The body.", "::mlir::Block *", "getBodyBlock", (ins)>,
  ];
}

/// Ops that iterate: sizes of the iteration space, a body with an index argument a dimension.
class Loop_NestOp<string mnemonic> : Loop_Op<mnemonic, [
    Pure, SingleBlock, DeclareOpInterfaceMethods<LoopNestOpInterface>]> {
  let results = (outs Variadic<TC_RealTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Loop_MapOp : Loop_NestOp<"map"> {
  let summary = "computes each element of its results from its index";
  let description = [{
    ```mlir
    %2 = loop.map (%i, %j) in [s0, 768] {
      %a = loop.read %0[%i, %j] : tensor<?x768xf32, #tc.sizes<[s0, 768]>>
      %b = loop.read %bias[%j] : tensor<768xf32>
      %c = arith.addf %a, %b : f32
      loop.yield %c : f32
    } : tensor<?x768xf32, #tc.sizes<[s0, 768]>>
    ```
    Every result has the sizes of the iteration space.
  }];
  let arguments = (ins TC_SizeArrayAttr:$sizes);
}

def Loop_ReduceOp : Loop_NestOp<"reduce"> {
  let summary = "combines the yielded values over the trailing dimensions";
  let description = [{
    ```mlir
    %m = loop.reduce [max] (%i : %k) in [128 : 768] { … loop.yield %v : f32 } : tensor<128xf32>
    ```
    One kind a yielded value; the results have the sizes before the colon, and the type accumulated in.
  }];
  let arguments = (ins TypedArrayAttrBase<TC_ReductionKindAttr, "reduction kinds">:$kinds, TC_SizeArrayAttr:$sizes, I64Attr:$parallel);
}

def Loop_ArgReduceOp : Loop_NestOp<"arg_reduce"> {
  let summary = "extreme of the yielded value over the one trailing dimension, and its first index (i64)";
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_SizeArrayAttr:$sizes, I64Attr:$parallel);
}

def Loop_ContractOp : Loop_NestOp<"contract"> {
  let summary = "sum of products of the two yielded values over the trailing dimensions";
  let description = [{
    ```mlir
    %0 = loop.contract (%i, %j : %k) in [128, 64 : 768] {
      %a = loop.read %x[%i, %k] : tensor<128x768xf32>
      %b = loop.read %w[%j, %k] : tensor<64x768xf32>
      loop.yield %a, %b : f32, f32
    } : tensor<128x64xf32>
    ```
    Also convolutions: their reads have window indices. f16 and bf16 operands accumulate in the result's f32.
  }];
  let arguments = (ins TC_SizeArrayAttr:$sizes, I64Attr:$parallel);
}

def Loop_ScanOp : Loop_NestOp<"scan"> {
  let summary = "running reduction of the yielded value along the last dimension";
  let arguments = (ins TC_ReductionKindAttr:$kind, TC_SizeArrayAttr:$sizes);
}

def Loop_ScatterOp : Loop_NestOp<"scatter"> {
  let summary = "writes each yielded value at the yielded indices of a copy of init, in row-major order of iteration";
  let description = [{
    The body yields one index a dimension of `init`, then the value. With a kind, values are combined.
    ```mlir
    %g = loop.scatter [sum] (%n, %c) in [128, 768] into %zero { … loop.yield %row, %c, %v : index, index, f32 } : tensor<50257x768xf32>
    ```
  }];
  let arguments = (ins TC_RealTensor:$init, OptionalAttr<TC_ReductionKindAttr>:$kind, TC_SizeArrayAttr:$sizes);
}

def Loop_SortOp : Loop_Op<"sort", [Pure]> {
  let summary = "stable sort along the last dimension, with the sorting indices (i64)";
  let arguments = (ins TC_RealTensor:$input, BoolAttr:$descending);
  let results = (outs TC_RealTensor:$values, TC_RealTensor:$indices);
  let assemblyFormat = "$input `descending` $descending attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Loop_ReadOp : Loop_Op<"read", [Pure]> {
  let summary = "the element of a tensor at an index";
  let description = "Unsigned integer elements are read as signless scalars of their width. Out-of-bounds indices must be guarded by `scf.if`.";
  let arguments = (ins TC_RealTensor:$source, Variadic<Index>:$indices);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$source `[` $indices `]` attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$source, "::mlir::ValueRange":$indices)>];
}

def Loop_IndexOp : Loop_Op<"index", [Pure]> {
  let summary = "an index computed from indices and named sizes";
  let description = [{
    ```mlir
    %h = loop.index affine_map<(d0, d1)[s0] -> (d0 * 2 + d1 - 1 + s0)>(%y, %r) where ["s1"]
    ```
    The map has one result; its symbols are the sizes named after `where`.
  }];
  let arguments = (ins AffineMapAttr:$map, Variadic<Index>:$operands, StrArrayAttr:$symbols);
  let results = (outs Index:$result);
  let assemblyFormat = "$map `(` $operands `)` `where` $symbols attr-dict";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let builders = [OpBuilder<(ins "::mlir::AffineExpr":$expr, "::mlir::ValueRange":$operands)>,
                  OpBuilder<(ins "::tc::SizeAttr":$size)>];
}

def Loop_YieldOp : Loop_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "ends a body with the values of its point";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
