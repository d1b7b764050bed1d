// Registration of the fusion dialect; kernels' verifier.

#include "tc/Dialect/Fusion/IR/Fusion.h"

#include "tc/Dialect/TC/IR/Sizes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tc::fusion;

static ParseResult parseTile(AsmParser &parser, SmallVectorImpl<int64_t> &tile) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&]() { return parser.parseInteger(tile.emplace_back()); });
}

// Names of a kernel's body are its own: an op outside that uses one, by a forward reference, would outlive the body
// when the parser fails.
static ParseResult parseKernelBody(OpAsmParser &parser, Region &body) {
  return parser.parseRegion(body, /*arguments=*/{}, /*enableNameShadowing=*/true);
}

static void printKernelBody(OpAsmPrinter &printer, KernelOp, Region &body) { printer.printRegion(body); }

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

/// Whether the body's types are those outside once its symbols have their values.
static bool areBound(TypeRange inside, TypeRange outside, DictionaryAttr sizes) {
  return inside.size() == outside.size() && llvm::all_of(llvm::zip(inside, outside), [&](auto pair) {
           auto [type, expected] = pair;
           if (!sizes || !isa<RankedTensorType>(type))
             return type == expected;
           SmallVector<tc::SizeAttr> bound =
               llvm::map_to_vector(tc::getSizes(type), [&](tc::SizeAttr size) { return tc::bindSymbols(size, sizes); });
           return Type(tc::getTensorType(bound, getElementTypeOrSelf(type))) == expected;
         });
}

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  DictionaryAttr sizes = getSizesAttr();
  for (NamedAttribute size : sizes ? sizes.getValue() : ArrayRef<NamedAttribute>())
    if (auto value = dyn_cast<IntegerAttr>(size.getValue());
        !value || !value.getType().isInteger(64) || value.getInt() < 0)
      return emitOpError("expected a size, a 64-bit integer, for ") << size.getName() << ", found " << size.getValue();
  if (!areBound(body.getArgumentTypes(), getInputs().getTypes(), sizes))
    return emitOpError("expected body arguments of the inputs' types");
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || !areBound(yield.getValues().getTypes(), getResultTypes(), sizes))
    return emitOpError("expected a fusion.yield of the result types");
  for (Operation &op : body.without_terminator()) {
    if (!isa<loop::LoopNestOpInterface, loop::SortOp, tc::ConstantOp, tc::ReshapeOp, tc::TransposeOp>(op))
      return op.emitOpError("is not allowed in a kernel");
    if (auto transpose = dyn_cast<tc::TransposeOp>(op); transpose && failed(verifyOrder(transpose)))
      return failure();
  }
  return success();
}
