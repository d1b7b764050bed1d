// tc-opt: runs passes and stages on text, as mlir-opt does.

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "tc/Conversion/ExpandMath/Passes.h"
#include "tc/Conversion/FusionToCPU/Passes.h"
#include "tc/Conversion/TCToLoop/Passes.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Transforms/Decompose/Passes.h"
#include "tc/Transforms/Functionalize/Passes.h"
#include "tc/Transforms/Fuse/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<tc::TCDialect, tc::loop::LoopDialect, tc::fusion::FusionDialect, mlir::func::FuncDialect,
                  mlir::arith::ArithDialect, mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::vector::VectorDialect,
                  mlir::LLVM::LLVMDialect>();
  mlir::registerTransformsPasses();
  tc::registerTCExpandMathPasses();
  tc::registerTCDecomposePasses();
  tc::registerTCFusionToCPUPasses();
  tc::registerTCToLoopPasses();
  tc::registerTCFunctionalizePasses();
  tc::registerTCFusePasses();
  tc::registerFusePipeline();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "tc: passes and stages on text\n", registry));
}
