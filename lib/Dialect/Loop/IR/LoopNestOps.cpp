// Ops with a body: assembly and verifiers.
//
//   loop.map (%i, %j) in [s0, 768] { … } : types          all dimensions parallel
//   loop.reduce [max] (%i : %k) in [s0 : 768] { … } : types  trailing dimensions reduced

#include "tc/Dialect/Loop/IR/Loop.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tc::loop {

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

static void printSpace(OpAsmPrinter &printer, LoopNestOpInterface op) {
  int64_t parallel = op.getNumParallel();
  auto separator = [&](int64_t i) {
    return i == 0 ? (parallel == 0 && i == parallel ? " : " : "") : i == parallel ? " : " : ", ";
  };
  printer << " (";
  for (auto [i, arg] : llvm::enumerate(op.getBodyBlock()->getArguments())) {
    printer << separator(i);
    printer.printRegionArgument(arg, {}, /*omitType=*/true);
  }
  printer << ") in [";
  for (auto [i, size] : llvm::enumerate(op.getIterationSizes())) {
    printer << separator(i);
    size.printExpr(printer.getStream());
  }
  printer << "]";
}

static void printBodyAndTypes(OpAsmPrinter &printer, LoopNestOpInterface op, ArrayRef<StringRef> elided) {
  printer << " ";
  printer.printRegion(op->getRegion(0), /*printEntryBlockArgs=*/false, /*printBlockTerminators=*/true);
  printer.printOptionalAttrDict(op->getAttrs(), elided);
  printer << " : ";
  llvm::interleaveComma(op->getResultTypes(), printer);
}

// Parses `(%i : %k) in [n : m]`; the number of names before the colon goes to `parallel`.
static ParseResult parseSpace(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::Argument> &args,
                              SmallVectorImpl<SizeAttr> &sizes, int64_t &parallel) {
  parallel = -1;
  Type index = parser.getBuilder().getIndexType();
  if (parser.parseLParen())
    return failure();
  bool first = true;
  while (failed(parser.parseOptionalRParen())) {
    if (succeeded(parser.parseOptionalColon())) {
      parallel = args.size();
      first = true;
      continue;
    }
    if (!first && parser.parseComma())
      return failure();
    first = false;
    OpAsmParser::Argument arg;
    if (parser.parseArgument(arg))
      return failure();
    arg.type = index;
    args.push_back(arg);
  }
  if (parser.parseKeyword("in") || parser.parseLSquare())
    return failure();
  first = true;
  while (failed(parser.parseOptionalRSquare())) {
    if (succeeded(parser.parseOptionalColon())) {
      first = true;
      continue;
    }
    if (!first && parser.parseComma())
      return failure();
    first = false;
    FailureOr<SizeAttr> size = SizeAttr::parseExpr(parser);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
  }
  if (sizes.size() != args.size())
    return parser.emitError(parser.getNameLoc(), "expected one size an index, found ")
           << sizes.size() << " and " << args.size();
  if (parallel < 0)
    parallel = args.size();
  return success();
}

static ParseResult parseNest(OpAsmParser &parser, OperationState &state, StringRef parallelAttr, bool hasInit) {
  SmallVector<OpAsmParser::Argument> args;
  SmallVector<SizeAttr> sizes;
  int64_t parallel;
  if (parseSpace(parser, args, sizes, parallel))
    return failure();
  state.addAttribute("sizes", toArrayAttr(parser.getContext(), sizes));
  if (!parallelAttr.empty())
    state.addAttribute(parallelAttr, parser.getBuilder().getI64IntegerAttr(parallel));
  OpAsmParser::UnresolvedOperand init;
  if (hasInit && (parser.parseKeyword("into") || parser.parseOperand(init)))
    return failure();
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, args))
    return failure();
  SmallVector<Type> types;
  if (parser.parseOptionalAttrDict(state.attributes) || parser.parseColonTypeList(types) ||
      (hasInit && parser.resolveOperand(init, types.front(), state.operands))) {
    // Ops before this one may use, by a forward reference, what the body defines, and outlive it.
    for (Block &block : *body)
      block.dropAllDefinedValueUses();
    return failure();
  }
  state.addTypes(types);
  return success();
}

static ParseResult parseKind(OpAsmParser &parser, Attribute &kind) {
  StringRef name;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&name))
    return failure();
  std::optional<ReductionKind> value = symbolizeReductionKind(name);
  if (!value)
    return parser.emitError(loc, "expected a reduction kind, found ") << name;
  kind = ReductionKindAttr::get(parser.getContext(), *value);
  return success();
}

static ParseResult parseOneKind(OpAsmParser &parser, OperationState &state) {
  Attribute kind;
  if (parser.parseLSquare() || parseKind(parser, kind) || parser.parseRSquare())
    return failure();
  state.addAttribute("kind", kind);
  return success();
}

void MapOp::print(OpAsmPrinter &printer) {
  printSpace(printer, *this);
  printBodyAndTypes(printer, *this, {"sizes"});
}
ParseResult MapOp::parse(OpAsmParser &parser, OperationState &state) { return parseNest(parser, state, "", false); }

void ContractOp::print(OpAsmPrinter &printer) {
  printSpace(printer, *this);
  printBodyAndTypes(printer, *this, {"sizes", "parallel"});
}
ParseResult ContractOp::parse(OpAsmParser &parser, OperationState &state) {
  return parseNest(parser, state, "parallel", false);
}

void ReduceOp::print(OpAsmPrinter &printer) {
  printer << " [";
  llvm::interleaveComma(getKinds().getAsRange<ReductionKindAttr>(), printer,
                        [&](ReductionKindAttr kind) { printer << stringifyReductionKind(kind.getValue()); });
  printer << "]";
  printSpace(printer, *this);
  printBodyAndTypes(printer, *this, {"sizes", "parallel", "kinds"});
}
ParseResult ReduceOp::parse(OpAsmParser &parser, OperationState &state) {
  SmallVector<Attribute> kinds;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     [&]() { return parseKind(parser, kinds.emplace_back()); }))
    return failure();
  state.addAttribute("kinds", parser.getBuilder().getArrayAttr(kinds));
  return parseNest(parser, state, "parallel", false);
}

void ArgReduceOp::print(OpAsmPrinter &printer) {
  printer << " [" << stringifyReductionKind(getKind()) << "]";
  printSpace(printer, *this);
  printBodyAndTypes(printer, *this, {"sizes", "parallel", "kind"});
}
ParseResult ArgReduceOp::parse(OpAsmParser &parser, OperationState &state) {
  if (parseOneKind(parser, state))
    return failure();
  return parseNest(parser, state, "parallel", false);
}

void ScanOp::print(OpAsmPrinter &printer) {
  printer << " [" << stringifyReductionKind(getKind()) << "]";
  printSpace(printer, *this);
  printBodyAndTypes(printer, *this, {"sizes", "kind"});
}
ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &state) {
  if (parseOneKind(parser, state))
    return failure();
  return parseNest(parser, state, "", false);
}

void ScatterOp::print(OpAsmPrinter &printer) {
  if (getKind())
    printer << " [" << stringifyReductionKind(*getKind()) << "]";
  printSpace(printer, *this);
  printer << " into " << getInit();
  printBodyAndTypes(printer, *this, {"sizes", "kind"});
}
ParseResult ScatterOp::parse(OpAsmParser &parser, OperationState &state) {
  if (succeeded(parser.parseOptionalLSquare())) {
    Attribute kind;
    if (parseKind(parser, kind) || parser.parseRSquare())
      return failure();
    state.addAttribute("kind", kind);
  }
  return parseNest(parser, state, "", true);
}

//===----------------------------------------------------------------------===//
// What the nests share
//===----------------------------------------------------------------------===//

#define NEST_INTERFACE(OP, PARALLEL)                                                                                   \
  SmallVector<SizeAttr> OP::getIterationSizes() { return toSizes(getSizes()); }                                        \
  int64_t OP::getNumParallel() { return PARALLEL; }                                                                    \
  Block *OP::getBodyBlock() { return &getBody().front(); }

NEST_INTERFACE(MapOp, getSizes().size())
NEST_INTERFACE(ReduceOp, getParallel())
NEST_INTERFACE(ArgReduceOp, getParallel())
NEST_INTERFACE(ContractOp, getParallel())
NEST_INTERFACE(ScanOp, getSizes().size())
NEST_INTERFACE(ScatterOp, getSizes().size())

// One index argument a dimension, a loop.yield of `numYields` values, and results with the sizes of the parallel
// dimensions.
static LogicalResult verifyNest(LoopNestOpInterface op, size_t numYields, bool checkResults = true) {
  SmallVector<SizeAttr> sizes = op.getIterationSizes();
  Block *body = op.getBodyBlock();
  if (body->getNumArguments() != sizes.size())
    return op->emitOpError("expected ") << sizes.size() << " index arguments, found " << body->getNumArguments();
  for (BlockArgument arg : body->getArguments())
    if (!arg.getType().isIndex())
      return op->emitOpError("body arguments must be of type index, found ") << arg.getType();
  auto yield = dyn_cast<YieldOp>(body->getTerminator());
  if (!yield || yield.getValues().size() != numYields)
    return op->emitOpError("expected the body to yield ") << numYields << " values";
  for (SizeAttr size : sizes)
    if (size.getConstant().value_or(0) < 0)
      return op->emitOpError("expected sizes that are not negative, found ") << *size.getConstant();
  int64_t parallel = op.getNumParallel();
  if (parallel < 0 || parallel > static_cast<int64_t>(sizes.size()))
    return op->emitOpError("has ") << parallel << " parallel dimensions of " << sizes.size();
  if (!checkResults)
    return success();
  for (Type type : op->getResultTypes())
    if (ArrayRef<SizeAttr>(tc::getSizes(type)) != ArrayRef<SizeAttr>(sizes).take_front(parallel))
      return op->emitOpError("results must have the sizes of the parallel dimensions, found ") << type;
  return success();
}

static LogicalResult verifyYieldTypes(LoopNestOpInterface op) {
  for (auto [value, type] : llvm::zip(op.getBodyBlock()->getTerminator()->getOperands(), op->getResultTypes()))
    if (value.getType() != getScalarType(getElementTypeOrSelf(type)))
      return op->emitOpError("yields ") << value.getType() << " for a result of type " << type;
  return success();
}

LogicalResult MapOp::verify() {
  return success(succeeded(verifyNest(*this, getNumResults())) && succeeded(verifyYieldTypes(*this)));
}
LogicalResult ReduceOp::verify() {
  if (getKinds().size() != getNumResults())
    return emitOpError("expected one kind a result, found ") << getKinds().size() << " and " << getNumResults();
  return success(succeeded(verifyNest(*this, getNumResults())) && succeeded(verifyYieldTypes(*this)));
}
LogicalResult ArgReduceOp::verify() {
  if (getNumResults() != 2 || !getElementTypeOrSelf(getResultTypes()[1]).isInteger(64))
    return emitOpError("expected a value and an i64 index as results");
  if (getSizes().size() != getParallel() + 1)
    return emitOpError("expected one trailing dimension");
  if (getKind() != ReductionKind::max && getKind() != ReductionKind::min)
    return emitOpError("expected max or min, found ") << stringifyReductionKind(getKind());
  return success(succeeded(verifyNest(*this, 1)) && succeeded(verifyYieldTypes(*this)));
}
LogicalResult ContractOp::verify() {
  if (getNumResults() != 1)
    return emitOpError("expected one result");
  if (failed(verifyNest(*this, 2)))
    return failure();
  Operation *yield = getBody().front().getTerminator();
  Type lhs = yield->getOperand(0).getType(), rhs = yield->getOperand(1).getType();
  Type result = getElementTypeOrSelf(getResultTypes().front());
  if (lhs != rhs)
    return emitOpError("expected factors of one type, found ") << lhs << " and " << rhs;
  if (isa<FloatType>(lhs) != isa<FloatType>(result) || isa<IntegerType>(lhs) != isa<IntegerType>(result))
    return emitOpError("cannot accumulate ") << lhs << " in " << result;
  return success();
}
LogicalResult ScanOp::verify() {
  if (getSizes().empty())
    return emitOpError("expected a dimension to scan along");
  return success(succeeded(verifyNest(*this, getNumResults())) && succeeded(verifyYieldTypes(*this)));
}
LogicalResult ScatterOp::verify() {
  if (getNumResults() != 1 || getResultTypes().front() != getInit().getType())
    return emitOpError("expected one result of init's type");
  size_t rank = getInit().getType().getRank();
  if (failed(verifyNest(*this, rank + 1, /*checkResults=*/false)))
    return failure();
  for (Value index : getBodyBlock()->getTerminator()->getOperands().take_front(rank))
    if (!index.getType().isIndex())
      return emitOpError("expected indices before the value, found ") << index.getType();
  Type value = getBody().front().getTerminator()->getOperands().back().getType();
  if (value != getScalarType(getInit().getType().getElementType()))
    return emitOpError("yields ") << value << " for a result of type " << getInit().getType();
  return success();
}

LogicalResult SortOp::verify() {
  if (getInput().getType().getRank() == 0)
    return emitOpError("expected a dimension to sort along");
  if (getValues().getType() != getInput().getType())
    return emitOpError("expected values of type ") << getInput().getType() << ", found " << getValues().getType();
  auto indices = cast<RankedTensorType>(getIndices().getType());
  if (indices != withElementType(getInput().getType(), indices.getElementType()) ||
      !isa<IntegerType>(indices.getElementType()))
    return emitOpError("expected integer indices of the input's sizes, found ") << indices;
  return success();
}

} // namespace tc::loop
