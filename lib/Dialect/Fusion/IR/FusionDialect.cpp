// Registration of the fusion dialect; kernels' verifier.

#include "tc/Dialect/Fusion/IR/Fusion.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tc::fusion;

static ParseResult parseTile(AsmParser &parser, SmallVectorImpl<int64_t> &tile) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&]() { return parser.parseInteger(tile.emplace_back()); });
}

static void printTile(AsmPrinter &printer, ArrayRef<int64_t> tile) { printer << "[" << tile << "]"; }

#include "tc/Dialect/Fusion/IR/FusionDialect.cpp.inc"
#include "tc/Dialect/Fusion/IR/FusionEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "tc/Dialect/Fusion/IR/FusionAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "tc/Dialect/Fusion/IR/FusionOps.cpp.inc"

void FusionDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "tc/Dialect/Fusion/IR/FusionAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "tc/Dialect/Fusion/IR/FusionOps.cpp.inc"
      >();
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError, KernelKind, int64_t parallel,
                                   int64_t vector, ArrayRef<int64_t> tile, int64_t grain) {
  if (parallel < 0)
    return emitError() << "expected parallel dimensions, found " << parallel;
  if (vector < -1)
    return emitError() << "expected a dimension to vectorise, or -1, found " << vector;
  for (int64_t entry : tile)
    if (entry < 1)
      return emitError() << "expected a tile of positive numbers, found " << entry;
  if (grain < 1)
    return emitError() << "expected a positive grain, found " << grain;
  return success();
}

/// A transposition only names the order in which a result lies in memory.
static LogicalResult verifyOrder(tc::TransposeOp op) {
  auto nest = op.getInput().getDefiningOp<tc::loop::LoopNestOpInterface>();
  if (!nest || !llvm::all_of(op->getUsers(), llvm::IsaPred<YieldOp>))
    return op.emitOpError("expected a loop op's result, which the kernel yields transposed");
  for (Operation *user : op.getInput().getUsers())
    if (user != op && !isa<tc::loop::ReadOp>(user))
      return op.emitOpError("expected an input that is only read otherwise, found a ") << user->getName();
  return success();
}

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("expected body arguments of the inputs' types");
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getValues().getTypes() != getResultTypes())
    return emitOpError("expected a fusion.yield of the result types");
  for (Operation &op : body.without_terminator()) {
    if (!isa<loop::LoopNestOpInterface, loop::SortOp, tc::ConstantOp, tc::ReshapeOp, tc::TransposeOp>(op))
      return op.emitOpError("is not allowed in a kernel");
    if (auto transpose = dyn_cast<tc::TransposeOp>(op); transpose && failed(verifyOrder(transpose)))
      return failure();
  }
  return success();
}
