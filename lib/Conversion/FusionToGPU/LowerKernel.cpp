// Picks the code generator of a kernel by its schedule.

#include "Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "tc/Target/NVPTX/PTX.h"

using namespace mlir;
using namespace tc;
using namespace tc::gpu;

/// What no code generator can do without: every result is computed here, of a type that PTX has.
static LogicalResult check(fusion::KernelOp kernel) {
  for (Value value : kernel.getBody().front().getTerminator()->getOperands()) {
    Operation *op = stripViews(value).getDefiningOp();
    if (!op || isa<ConstantOp>(op))
      return kernel.emitError("expected results that loop ops compute, found ")
             << (op ? "a constant" : "an input of the kernel");
  }
  auto isSupported = [](Type type) {
    Type element = getElementTypeOrSelf(type);
    return element.isIntOrIndexOrFloat() && !element.isF128() && !element.isF80() &&
           (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() >= 16);
  };
  WalkResult result = kernel.getBody().walk([&](Operation *op) {
    for (Type type : llvm::concat<const Type>(op->getResultTypes(), op->getOperandTypes()))
      if (!isSupported(type))
        return op->emitError("element type ") << getElementTypeOrSelf(type) << " is not supported on a GPU",
               WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

FailureOr<GpuKernel> tc::gpu::lowerKernel(fusion::KernelOp kernel, const Target &target, StringRef name,
                                          const Options &options) {
  if (failed(check(kernel)))
    return failure();
  fusion::ScheduleAttr schedule = getScheduleOrDefault(kernel);
  Frame frame(kernel, target, name);
  auto lower = [&]() {
    switch (schedule.getKind()) {
    case fusion::KernelKind::map:
      return lowerMap(frame);
    case fusion::KernelKind::row:
    case fusion::KernelKind::scan:
    case fusion::KernelKind::sort:
      return lowerRow(frame, schedule);
    case fusion::KernelKind::contract:
      return lowerContract(frame, options);
    case fusion::KernelKind::scatter:
      return lowerScatter(frame, options);
    }
    llvm_unreachable("unknown kind");
  };
  if (failed(lower()))
    return failure();
  bool hasNarrowIndices = frame.hasNarrowIndices();
  GpuKernel result = frame.take();
  if (failed(convertToLLVM(*result.module, hasNarrowIndices)))
    return failure();
  return result;
}

FailureOr<CompiledKernel> tc::gpu::compileKernel(fusion::KernelOp kernel, const Target &target, StringRef name,
                                                 const Options &options) {
  FailureOr<GpuKernel> lowered = lowerKernel(kernel, target, name, options);
  if (failed(lowered))
    return failure();
  FailureOr<std::string> ptx = nvptx::emitPTX(*lowered->module, target);
  if (failed(ptx))
    return failure();
  return CompiledKernel{std::move(*lowered), std::move(*ptx)};
}

void tc::gpu::registerDialects(DialectRegistry &registry) {
  registry.insert<fusion::FusionDialect, loop::LoopDialect, TCDialect, func::FuncDialect, scf::SCFDialect,
                  arith::ArithDialect, math::MathDialect, vector::VectorDialect, LLVM::LLVMDialect, NVVM::NVVMDialect,
                  cf::ControlFlowDialect>();
  nvptx::registerTranslations(registry);
}
