// Picks the code generator of a kernel by its schedule.

#include "Body.h"
#include "Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "tc/Target/CPU/ObjectCode.h"

using namespace mlir;
using namespace tc;
using namespace tc::cpu;

LogicalResult tc::cpu::bindConstants(Frame &frame) {
  for (auto constant : frame.getKernel().getBody().getOps<ConstantOp>()) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return constant.emitError("expected a splat in a kernel");
    auto value = cast<TypedAttr>(splat.getSplatValue<Attribute>());
    // Signless, as reads give it.
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = IntegerAttr::get(loop::getScalarType(integer.getType()), integer.getValue());
    Storage storage;
    storage.kind = Storage::Kind::Splat;
    storage.splat = value;
    frame.storages[constant.getResult()] = storage;
  }
  return success();
}

Storage tc::cpu::getResultStorage(Frame &frame, unsigned number) {
  Storage storage;
  storage.pointer = frame.getResultPointer(number);
  storage.scope = number;
  return storage;
}

/// What no code generator can do without: every result is computed here, and every size is named.
static LogicalResult check(fusion::KernelOp kernel) {
  for (Value value : kernel.getBody().front().getTerminator()->getOperands()) {
    Operation *op = stripViews(value).getDefiningOp();
    if (!op || isa<ConstantOp>(op))
      return kernel.emitError("expected results that loop ops compute, found ")
             << (op ? "a constant" : "an input of the kernel");
  }
  WalkResult result = kernel.getBody().walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (Type element = getElementTypeOrSelf(type);
          isa<ComplexType>(element) || (isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 16))
        return op->emitError("element type ") << type << " is not supported on the CPU", WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Whether loops of the kernel compute addresses by more than a step from one iteration to the next, as over windows.
static bool hasManyAddresses(fusion::KernelOp kernel, fusion::KernelKind kind) {
  if (kind == fusion::KernelKind::map || kind == fusion::KernelKind::row)
    return false;
  for (auto contract : kernel.getBody().getOps<loop::ContractOp>()) {
    auto nest = cast<loop::LoopNestOpInterface>(*contract);
    SmallVector<SizeAttr> sizes = nest.getIterationSizes();
    return llvm::count_if(ArrayRef<SizeAttr>(sizes).drop_front(nest.getNumParallel()),
                          [](SizeAttr size) { return size.getConstant() != 1; }) > 1;
  }
  return true;
}

FailureOr<CpuKernel> tc::cpu::lowerKernel(fusion::KernelOp kernel, const Target &target, StringRef name) {
  if (failed(check(kernel)))
    return failure();
  fusion::ScheduleAttr schedule = getScheduleOrDefault(kernel);
  Frame frame(kernel, target, name);
  auto lower = [&]() {
    switch (schedule.getKind()) {
    case fusion::KernelKind::map:
      return lowerMap(frame, schedule);
    case fusion::KernelKind::row:
    case fusion::KernelKind::scan:
    case fusion::KernelKind::sort:
      return lowerRow(frame, schedule);
    case fusion::KernelKind::contract:
      return lowerContract(frame, schedule);
    case fusion::KernelKind::scatter:
      return lowerScatter(frame, schedule);
    }
    llvm_unreachable("unknown kind of kernel");
  };
  if (failed(lower()))
    return failure();
  CpuKernel lowered = frame.take();
  if (hasManyAddresses(kernel, schedule.getKind()))
    lowered.module->walk(
        [&](func::FuncOp function) { function->setAttr(strengthReductionAttr, UnitAttr::get(kernel.getContext())); });
  return lowered;
}

FailureOr<CompiledKernel> tc::cpu::compileKernel(fusion::KernelOp kernel, const Target &target, StringRef name) {
  FailureOr<CpuKernel> lowered = lowerKernel(kernel, target, name);
  if (failed(lowered) || failed(convertToLLVM(*lowered->module, target)))
    return failure();
  FailureOr<SmallVector<char, 0>> object = compileToObject(*lowered->module, target);
  if (failed(object))
    return failure();
  return CompiledKernel{std::move(*lowered), std::move(*object)};
}

void tc::cpu::registerDialects(DialectRegistry &registry) {
  registry.insert<fusion::FusionDialect, loop::LoopDialect, TCDialect, func::FuncDialect, scf::SCFDialect,
                  arith::ArithDialect, math::MathDialect, vector::VectorDialect, LLVM::LLVMDialect,
                  cf::ControlFlowDialect, ub::UBDialect>();
  registerTranslations(registry);
}
