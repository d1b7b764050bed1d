// From scalars and structured loops to the LLVM dialect: math expanded, then one conversion a step.

#include "Kernels.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/Passes.h"
#include "tc/Conversion/ExpandMath/Passes.h"

using namespace mlir;
using namespace tc;

static LogicalResult expandMath(ModuleOp module) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
  passes.enableVerifier(false);
  // Evaluation emits index arithmetic and loads again and again.
  passes.addPass(createCSEPass());
  ExpandMathPassOptions options;
  options.hasFma = options.hasRound = true;
  passes.addPass(createExpandMathPass(options));
  if (failed(passes.run(module)))
    return failure();
  // What has no polynomial became a call of libm.
  WalkResult result = module.walk([](func::CallOp call) {
    call.emitError("function '") << call.getCallee() << "' of f64 is not supported on a GPU";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

static LogicalResult convertLoops(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  populateSCFToControlFlowConversionPatterns(patterns);
  ConversionTarget legal(*module.getContext());
  legal.addIllegalDialect<scf::SCFDialect>();
  legal.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  return applyPartialConversion(module, legal, std::move(patterns));
}

static LogicalResult convertRest(ModuleOp module, bool hasNarrowIndices) {
  MLIRContext *context = module.getContext();
  LowerToLLVMOptions options(context);
  options.overrideIndexBitwidth(hasNarrowIndices ? 32 : 64);
  LLVMTypeConverter converter(context, options);
  RewritePatternSet patterns(context);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  LLVMConversionTarget legal(*context);
  legal.addLegalOp<ModuleOp>();
  legal.addLegalDialect<NVVM::NVVMDialect>();
  return applyPartialConversion(module, legal, std::move(patterns));
}

LogicalResult tc::gpu::convertToLLVM(ModuleOp module, bool hasNarrowIndices) {
  if (failed(expandMath(module)) || failed(convertLoops(module)) || failed(convertRest(module, hasNarrowIndices)))
    return failure();
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    function.setNoUnwind(true);
  return success();
}
