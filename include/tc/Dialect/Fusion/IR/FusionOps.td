// The fusion dialect: what becomes one kernel, and how it is scheduled.
#ifndef TC_DIALECT_FUSION_IR_FUSIONOPS
#define TC_DIALECT_FUSION_IR_FUSIONOPS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "tc/Dialect/Fusion/IR/FusionEnums.td"
include "tc/Dialect/TC/IR/TCBase.td"

def Fusion_Dialect : Dialect {
  let name = "fusion";
  let cppNamespace = "::tc::fusion";
  let summary = "Kernels: loop ops grouped to run as one, each group with a schedule";
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::tc::TCDialect", "::tc::loop::LoopDialect"];
}

def Fusion_KernelKindAttr : EnumAttr<Fusion_Dialect, Fusion_KernelKind, "kind">;

def Fusion_ScheduleAttr : AttrDef<Fusion_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "How a kernel runs; written by the cost model, and the tuner may overwrite it";
  let description = [{
    * `kind`: the shape of the kernel. `map`: pointwise loop.maps over one space. `row`: loop ops that share their leading
      `parallel` dimensions; each point of these (a row) is computed start to end by one thread, values between the ops
      stay in scratch. `contract`: one loop.contract with loop.maps of the same parallel space as epilogue.
    * `parallel`: how many leading dimensions are shared and distributed over threads (blocks on a GPU).
    * `vector`: the dimension of the space that is vectorised (-1: none).
    * `tile`: register tile; of a contract [rows, columns, depth block], of a map or row [unroll].
    * `grain`: least number of points of the parallel space that are worth a thread.
  }];
  let parameters = (ins "::tc::fusion::KernelKind":$kind, "int64_t":$parallel, "int64_t":$vector,
                        ArrayRefParameter<"int64_t">:$tile, "int64_t":$grain);
  let assemblyFormat = "`<` $kind `,` `parallel` `=` $parallel `,` `vector` `=` $vector `,` `tile` `=` custom<Tile>($tile) `,` `grain` `=` $grain `>`";
  let genVerifyDecl = 1;
}

class Fusion_Op<string mnemonic, list<Trait> traits = []> : Op<Fusion_Dialect, mnemonic, traits>;

def Fusion_KernelOp : Fusion_Op<"kernel", [Pure, IsolatedFromAbove, SingleBlock]> {
  let summary = "loop ops that run as one kernel";
  let description = [{
    The body sees only its arguments, one an operand, and computes the results with loop ops (and `tc.constant`). Values between
    loop ops of one kernel never reach memory shared with other kernels unless yielded.
    ```mlir
    %r = fusion.kernel "softmax"(%x) schedule<row, parallel = 1, vector = 1, tile = [], grain = 8> {
    ^bb0(%a: tensor<128x768xf32>):
      %m = loop.reduce [max] …
      %e = loop.map …
      fusion.yield %q : tensor<128x768xf32>
    } : (tensor<128x768xf32>) -> tensor<128x768xf32>
    ```
    `name` tells a reader what is in it. Equal bodies and schedules are one piece of code. Sizes that only differ from one use
    to the next may be symbols of the body, each with its value here, so that the bodies are equal:
    ```mlir
    %r = fusion.kernel "neg"(%x) for {n0 = 64} { ^bb0(%a: tensor<?xf32, #tc.sizes<[n0]>>): … } : (tensor<64xf32>) -> tensor<64xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, Variadic<TC_AnyTensor>:$inputs, OptionalAttr<DictionaryAttr>:$sizes,
                       OptionalAttr<Fusion_ScheduleAttr>:$schedule);
  let results = (outs Variadic<TC_AnyTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name `(` $inputs `)` (`for` $sizes^)? (`schedule` $schedule^)? attr-dict-with-keyword custom<KernelBody>($body) `:` functional-type($inputs, $results)";
  let hasVerifier = 1;
}

def Fusion_YieldOp : Fusion_Op<"yield", [Pure, Terminator]> {
  let summary = "ends a kernel with its results";
  let arguments = (ins Variadic<TC_AnyTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
