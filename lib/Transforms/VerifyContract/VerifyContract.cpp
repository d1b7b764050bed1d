// The contracts between stages: for each form, the ops that may occur, and where.

#include "tc/Transforms/VerifyContract/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "tc/Dialect/Fusion/IR/Fusion.h"
#include "tc/Dialect/Loop/IR/Loop.h"
#include "tc/Dialect/TC/IR/TC.h"
#include "tc/Import/ATen/Registry.h"

namespace tc {
#define GEN_PASS_DEF_VERIFYCONTRACTPASS
#include "tc/Transforms/VerifyContract/Passes.h.inc"
} // namespace tc

using namespace mlir;
using namespace tc;

namespace {

bool isFrom(Operation *op, StringRef dialect) { return op->getName().getDialectNamespace() == dialect; }

/// Ops around the computation, in every form. Bounds and conditions are arith.
bool isFrame(Operation *op) {
  return isa<ModuleOp, func::FuncOp, func::ReturnOp>(op) || isFrom(op, "scf") || isFrom(op, "arith");
}

/// Whether the op computes scalars: it is in the body of a loop op.
bool isInLoopBody(Operation *op) {
  while ((op = op->getParentOp()))
    if (isFrom(op, "loop"))
      return true;
  return false;
}

bool isScalarOp(Operation *op) {
  return isFrom(op, "arith") || isFrom(op, "math") || isFrom(op, "scf") ||
         isa<loop::ReadOp, loop::IndexOp, loop::YieldOp>(op);
}

bool isRef(Type type) { return isa<RefType>(type); }

/// Types of an op's results and of its blocks' arguments.
bool hasRefs(Operation *op) {
  if (llvm::any_of(op->getResultTypes(), isRef))
    return true;
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (llvm::any_of(block.getArgumentTypes(), isRef))
        return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

bool isCaptured(Operation *op) { return isFrame(op) || isa<AtenOp, ToRefOp, ConstantOp>(op); }

bool isFunctional(Operation *op) {
  if (auto call = dyn_cast<AtenOp>(op)) {
    // Custom ops are not known here; the pass before checked them.
    const aten::Op *schema = aten::Registry::builtin().lookup(call.getName());
    return !schema || (!schema->mutatesAnArgument() && !schema->isView());
  }
  return isFrame(op) || (isFrom(op, "tc") && !isa<ToRefOp>(op));
}

bool isPrimitive(Operation *op) {
  return isFrame(op) || isa<cf::AssertOp>(op) || (isFrom(op, "tc") && !isa<AtenOp, ToRefOp>(op));
}

bool isLoops(Operation *op) {
  if (isInLoopBody(op))
    return isScalarOp(op);
  return isFrame(op) || isFrom(op, "loop") ||
         isa<ConstantOp, ReshapeOp, ReinterpretOp, ExternOp, ItemOp, cf::AssertOp>(op);
}

bool isKernels(Operation *op) {
  if (isInLoopBody(op))
    return isScalarOp(op);
  if (op->getParentOfType<fusion::KernelOp>())
    return isFrom(op, "loop") || isa<fusion::YieldOp, ConstantOp, ReshapeOp>(op);
  return isFrame(op) || isa<fusion::KernelOp, ConstantOp, ReshapeOp, ReinterpretOp, ExternOp, ItemOp, cf::AssertOp>(op);
}

struct Form {
  StringLiteral name;
  bool (*allows)(Operation *op);
  bool allowsRefs;
};
constexpr Form forms[] = {{"captured", isCaptured, true},
                          {"functional", isFunctional, false},
                          {"primitive", isPrimitive, false},
                          {"loops", isLoops, false},
                          {"kernels", isKernels, false}};

struct VerifyContractPass : tc::impl::VerifyContractPassBase<VerifyContractPass> {
  using VerifyContractPassBase::VerifyContractPassBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    const auto *wanted = llvm::find_if(forms, [&](const Form &candidate) { return candidate.name == form; });
    if (wanted == std::end(forms)) {
      getOperation().emitError("expected the form captured, functional, primitive, loops or kernels, found '")
          << form << "'";
      return signalPassFailure();
    }
    WalkResult result = getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!wanted->allows(op)) {
        InFlightDiagnostic diagnostic = op->emitError("'") << op->getName() << "'";
        if (auto call = dyn_cast<AtenOp>(op))
          diagnostic << " (" << call.getName() << ")";
        diagnostic << " may not occur in the " << form << " form";
        return WalkResult::interrupt();
      }
      if (!wanted->allowsRefs && hasRefs(op)) {
        op->emitError("'") << op->getName() << "' has a tc.ref, which may not occur in the " << form << " form";
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
