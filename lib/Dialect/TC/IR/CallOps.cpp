// tc.aten and tc.extern: their assembly, a call with the operands in place among literal arguments; tc.item.

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace tc;

static void printArg(OpAsmPrinter &printer, Attribute arg, OperandRange operands) {
  if (auto operand = dyn_cast<OperandAttr>(arg)) {
    printer << operands[operand.getIndex()];
  } else if (auto array = dyn_cast<ArrayAttr>(arg)) {
    printer << "[";
    llvm::interleaveComma(array, printer, [&](Attribute element) { printArg(printer, element, operands); });
    printer << "]";
  } else if (isa<NoneAttr>(arg)) {
    printer << "none";
  } else if (auto integer = dyn_cast<IntegerAttr>(arg); integer && integer.getType().isInteger(64)) {
    printer << integer.getInt();
  } else {
    printer.printAttribute(arg);
  }
}

static ParseResult parseArg(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                            Attribute &arg) {
  Builder &builder = parser.getBuilder();
  OpAsmParser::UnresolvedOperand operand;
  OptionalParseResult asOperand = parser.parseOptionalOperand(operand);
  if (asOperand.has_value()) {
    arg = OperandAttr::get(builder.getContext(), operands.size());
    operands.push_back(operand);
    return *asOperand;
  }
  if (succeeded(parser.parseOptionalLSquare())) {
    SmallVector<Attribute> elements;
    if (failed(parser.parseOptionalRSquare())) {
      if (parser.parseCommaSeparatedList([&]() { return parseArg(parser, operands, elements.emplace_back()); }) ||
          parser.parseRSquare())
        return failure();
    }
    arg = builder.getArrayAttr(elements);
    return success();
  }
  if (succeeded(parser.parseOptionalKeyword("none"))) {
    arg = NoneAttr::get(builder.getContext());
    return success();
  }
  return parser.parseAttribute(arg);
}

template <typename Op> static void printCall(OpAsmPrinter &printer, Op op) {
  printer << " " << op.getNameAttr() << "(";
  llvm::interleaveComma(op.getArgs(), printer, [&](Attribute arg) { printArg(printer, arg, op.getOperands()); });
  printer << ")";
  printer.printOptionalAttrDict(op->getAttrs(), {"name", "args"});
  printer << " : ";
  printer.printFunctionalType(op);
}

static ParseResult parseCall(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Attribute> args;
  if (parser.parseAttribute(name, "name", state.attributes) ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren,
                                     [&]() { return parseArg(parser, operands, args.emplace_back()); }))
    return failure();
  state.addAttribute("args", parser.getBuilder().getArrayAttr(args));
  FunctionType type;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseOptionalAttrDict(state.attributes) || parser.parseColonType(type) ||
      parser.resolveOperands(operands, type.getInputs(), loc, state.operands))
    return failure();
  state.addTypes(type.getResults());
  return success();
}

// Operand attributes name existing operands, in order, each once.
static LogicalResult verifyArgs(Operation *op, ArrayAttr args) {
  unsigned next = 0;
  auto check = [&](auto &self, ArrayAttr list) -> LogicalResult {
    for (Attribute arg : list) {
      if (auto operand = dyn_cast<OperandAttr>(arg)) {
        if (operand.getIndex() != next++)
          return op->emitOpError("expected #tc.operand<") << next - 1 << ">, found " << operand;
      } else if (auto array = dyn_cast<ArrayAttr>(arg)) {
        if (failed(self(self, array)))
          return failure();
      } else if (!isa<IntegerAttr, FloatAttr, BoolAttr, StringAttr, TypeAttr, SizeAttr, NoneAttr>(arg)) {
        return op->emitOpError("argument of an unknown kind: ") << arg;
      }
    }
    return success();
  };
  if (failed(check(check, args)))
    return failure();
  if (next != op->getNumOperands())
    return op->emitOpError("has ") << op->getNumOperands() << " operands and names " << next;
  return success();
}

LogicalResult ToRefOp::verify() {
  RefType ref = getType();
  if (ArrayRef<SizeAttr>(getSizes(getInput().getType())) != ref.getSizes() ||
      getInput().getType().getElementType() != ref.getElementType())
    return emitOpError("expected a reference to ") << getInput().getType() << ", found " << ref;
  return success();
}

void AtenOp::print(OpAsmPrinter &printer) { printCall(printer, *this); }
ParseResult AtenOp::parse(OpAsmParser &parser, OperationState &state) { return parseCall(parser, state); }
LogicalResult AtenOp::verify() { return verifyArgs(*this, getArgs()); }
void ExternOp::print(OpAsmPrinter &printer) { printCall(printer, *this); }
ParseResult ExternOp::parse(OpAsmParser &parser, OperationState &state) { return parseCall(parser, state); }
LogicalResult ExternOp::verify() { return verifyArgs(*this, getArgs()); }

LogicalResult ItemOp::verify() {
  RankedTensorType type = getInput().getType();
  if (!type.getElementType().isInteger(1) && !type.getElementType().isInteger(64))
    return emitOpError("expected a tensor of i1 or i64, found ") << type;
  if (llvm::any_of(getSizes(type), [](SizeAttr size) { return size.getConstant() != 1; }))
    return emitOpError("expected a tensor of one element, found ") << type;
  return success();
}
