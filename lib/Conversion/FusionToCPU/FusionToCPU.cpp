// The pass: all distinct kernels of a module outlined as functions.

#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Conversion/FusionToCPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"
#include "tc/Conversion/KernelAnalysis/DistinctKernels.h"

namespace tc {
#define GEN_PASS_DEF_FUSIONTOCPUPASS
#include "tc/Conversion/FusionToCPU/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

struct FusionToCPUPass : tc::impl::FusionToCPUPassBase<FusionToCPUPass> {
  using FusionToCPUPassBase::FusionToCPUPassBase;
  void runOnOperation() override;
};

/// What the runtime must know, as an attribute.
DictionaryAttr describe(MLIRContext *context, const cpu::CpuKernel &kernel) {
  Builder builder(context);
  SmallVector<Attribute> phases, symbols(kernel.symbols.begin(), kernel.symbols.end()), inPlace;
  for (const cpu::KernelPhase &phase : kernel.phases)
    phases.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("function", FlatSymbolRefAttr::get(builder.getStringAttr(phase.function))),
         builder.getNamedAttr("extent", phase.extent),
         builder.getNamedAttr("grain", builder.getI64IntegerAttr(phase.grain)),
         builder.getNamedAttr("scratch", phase.scratchBytes)}));
  for (auto [result, input] : kernel.inPlace)
    inPlace.push_back(builder.getDenseI64ArrayAttr({result, input}));
  SmallVector<NamedAttribute> fields{builder.getNamedAttr("phases", builder.getArrayAttr(phases)),
                                     builder.getNamedAttr("symbols", builder.getArrayAttr(symbols))};
  if (kernel.workspaceBytes)
    fields.push_back(builder.getNamedAttr("workspace", kernel.workspaceBytes));
  if (!inPlace.empty())
    fields.push_back(builder.getNamedAttr("in_place", builder.getArrayAttr(inPlace)));
  return builder.getDictionaryAttr(fields);
}

std::string getFunctionName(StringRef kernel, unsigned number) {
  std::string name;
  for (char c : kernel)
    name += llvm::isAlnum(c) ? c : '_';
  return name + "_" + std::to_string(number);
}

} // namespace

void FusionToCPUPass::runOnOperation() {
  ModuleOp module = getOperation();
  llvm::Expected<cpu::Target> machine = cpu::Target::get(target);
  if (!machine) {
    module.emitError(llvm::toString(machine.takeError()));
    return signalPassFailure();
  }
  SmallVector<fusion::KernelOp> kernels;
  findDistinctKernels(module, kernels);
  SmallVector<Operation *> old = llvm::map_to_vector(*module.getBody(), [](Operation &op) { return &op; });
  for (auto [number, kernel] : llvm::enumerate(kernels)) {
    FailureOr<cpu::CpuKernel> lowered = cpu::lowerKernel(kernel, *machine, getFunctionName(kernel.getName(), number));
    if (failed(lowered))
      return signalPassFailure();
    (*lowered->module)
        .lookupSymbol(lowered->phases.front().function)
        ->setAttr("tc.kernel", describe(&getContext(), *lowered));
    for (Operation &op : llvm::make_early_inc_range(*lowered->module->getBody())) {
      if (auto name = SymbolTable::getSymbolName(&op); name && module.lookupSymbol(name))
        continue; // a C function that another kernel declared
      op.moveBefore(module.getBody(), module.getBody()->end());
    }
    ++numKernels;
  }
  if (!toLLVM)
    return;
  for (Operation *op : old)
    op->erase();
  if (failed(cpu::convertToLLVM(module, *machine)))
    signalPassFailure();
}
