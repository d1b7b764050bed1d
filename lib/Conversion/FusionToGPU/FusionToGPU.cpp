// The pass: the distinct kernels of a module become the module's functions.

#include "tc/Conversion/FusionToGPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "tc/Conversion/FusionToGPU/FusionToGPU.h"
#include "tc/Conversion/KernelAnalysis/DistinctKernels.h"

namespace tc {
#define GEN_PASS_DEF_FUSIONTOGPUPASS
#include "tc/Conversion/FusionToGPU/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

struct FusionToGPUPass : tc::impl::FusionToGPUPassBase<FusionToGPUPass> {
  using FusionToGPUPassBase::FusionToGPUPassBase;
  void runOnOperation() override;
};

} // namespace

std::string tc::gpu::getFunctionName(StringRef name, unsigned number) {
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) ? c : '_';
  if (result.empty() || llvm::isDigit(result.front()))
    result = "k" + result;
  return result + "_" + std::to_string(number);
}

static DictionaryAttr describe(MLIRContext *context, const tc::gpu::GpuKernel &kernel,
                               const tc::gpu::KernelPhase &phase) {
  Builder builder(context);
  SmallVector<NamedAttribute> fields;
  auto add = [&](StringRef name, Attribute value) { fields.push_back(builder.getNamedAttr(name, value)); };
  add("block", builder.getDenseI32ArrayAttr({static_cast<int32_t>(phase.block[0]), static_cast<int32_t>(phase.block[1]),
                                             static_cast<int32_t>(phase.block[2])}));
  add("grid", builder.getArrayAttr({phase.grid[0], phase.grid[1], phase.grid[2]}));
  add("shared", phase.sharedBytes);
  add("symbols", builder.getArrayAttr(SmallVector<Attribute>(kernel.symbols.begin(), kernel.symbols.end())));
  if (kernel.workspaceBytes)
    add("workspace", kernel.workspaceBytes);
  return builder.getDictionaryAttr(fields);
}

void FusionToGPUPass::runOnOperation() {
  ModuleOp module = getOperation();
  llvm::Expected<tc::gpu::Target> machine = tc::gpu::Target::get(target);
  if (!machine) {
    module.emitError() << llvm::toString(machine.takeError());
    return signalPassFailure();
  }
  SmallVector<fusion::KernelOp> kernels;
  findDistinctKernels(module, kernels);
  SmallVector<Operation *> old = llvm::map_to_vector(*module.getBody(), [](Operation &op) { return &op; });
  for (auto [number, kernel] : llvm::enumerate(kernels)) {
    FailureOr<tc::gpu::GpuKernel> lowered = tc::gpu::lowerKernel(
        kernel, *machine, tc::gpu::getFunctionName(kernel.getName(), number), {allowTF32, deterministic});
    if (failed(lowered))
      return signalPassFailure();
    for (const tc::gpu::KernelPhase &phase : lowered->phases)
      (*lowered->module).lookupSymbol(phase.function)->setAttr("tc.launch", describe(&getContext(), *lowered, phase));
    for (Operation &op : llvm::make_early_inc_range(*lowered->module->getBody())) {
      if (isa<LLVM::GlobalOp>(op) && number > 0)
        continue; // all share one
      op.moveBefore(module.getBody(), module.getBody()->end());
    }
    ++numKernels;
  }
  for (Operation *op : old)
    op->erase();
  module->setAttr("tc.target", StringAttr::get(&getContext(), target));
}
