// Symbolic sizes: normal form, arithmetic, text. The normal form (sorted symbols, only those used, simplified, sorted
// factors) makes equality of sizes equality of attributes.

#include "tc/Dialect/TC/IR/Sizes.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tc {

/// An order of expressions that does not depend on addresses; constants come last.
static int compare(AffineExpr a, AffineExpr b) {
  if (a == b)
    return 0;
  auto rank = [](AffineExpr expr) { return isa<AffineConstantExpr>(expr) ? 2 : isa<AffineSymbolExpr>(expr) ? 0 : 1; };
  if (rank(a) != rank(b))
    return rank(a) - rank(b);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(a))
    return symbol.getPosition() < cast<AffineSymbolExpr>(b).getPosition() ? -1 : 1;
  if (auto constant = dyn_cast<AffineConstantExpr>(a))
    return constant.getValue() < cast<AffineConstantExpr>(b).getValue() ? -1 : 1;
  if (a.getKind() != b.getKind())
    return a.getKind() < b.getKind() ? -1 : 1;
  auto x = cast<AffineBinaryOpExpr>(a), y = cast<AffineBinaryOpExpr>(b);
  int order = compare(x.getLHS(), y.getLHS());
  return order ? order : compare(x.getRHS(), y.getRHS());
}

/// Sorts the factors of products, which simplification leaves as they were multiplied.
static AffineExpr sortFactors(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  if (expr.getKind() != AffineExprKind::Mul)
    return getAffineBinaryOpExpr(expr.getKind(), sortFactors(binary.getLHS()), sortFactors(binary.getRHS()));
  SmallVector<AffineExpr> factors, rest{expr};
  while (!rest.empty()) {
    AffineExpr factor = rest.pop_back_val();
    auto product = dyn_cast<AffineBinaryOpExpr>(factor);
    if (product && factor.getKind() == AffineExprKind::Mul)
      rest.append({product.getLHS(), product.getRHS()});
    else
      factors.push_back(sortFactors(factor));
  }
  llvm::sort(factors, [](AffineExpr a, AffineExpr b) { return compare(a, b) < 0; });
  AffineExpr result = factors.front();
  for (AffineExpr factor : ArrayRef(factors).drop_front())
    result = result * factor;
  return result;
}

SizeAttr getSize(MLIRContext *context, AffineExpr expr, ArrayRef<StringAttr> symbols) {
  expr = simplifyAffineExpr(expr, 0, symbols.size());
  llvm::SmallVector<bool> used(symbols.size(), false);
  expr.walk([&](AffineExpr e) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(e))
      used[symbol.getPosition()] = true;
  });
  SmallVector<StringAttr> kept;
  for (auto [symbol, isUsed] : llvm::zip_equal(symbols, used))
    if (isUsed)
      kept.push_back(symbol);
  llvm::sort(kept, [](StringAttr a, StringAttr b) { return a.getValue() < b.getValue(); });
  kept.erase(llvm::unique(kept), kept.end());
  SmallVector<AffineExpr> replacements;
  for (StringAttr symbol : symbols)
    replacements.push_back(getAffineSymbolExpr(llvm::find(kept, symbol) - kept.begin(), context));
  expr = simplifyAffineExpr(sortFactors(expr.replaceSymbols(replacements)), 0, kept.size());
  return SizeAttr::get(context, kept, sortFactors(expr));
}

SizeAttr bindSymbols(SizeAttr size, DictionaryAttr values) {
  if (!values || size.getSymbols().empty())
    return size;
  SmallVector<AffineExpr> replacements;
  for (auto [position, symbol] : llvm::enumerate(size.getSymbols())) {
    auto value = values.getAs<IntegerAttr>(symbol);
    replacements.push_back(value ? getAffineConstantExpr(value.getInt(), size.getContext())
                                 : getAffineSymbolExpr(position, size.getContext()));
  }
  return getSize(size.getContext(), size.getExpr().replaceSymbols(replacements), size.getSymbols());
}

SizeAttr SizeAttr::constant(MLIRContext *context, int64_t value) {
  return SizeAttr::get(context, {}, getAffineConstantExpr(value, context));
}

SizeAttr SizeAttr::symbol(MLIRContext *context, StringRef name) {
  return SizeAttr::get(context, {StringAttr::get(context, name)}, getAffineSymbolExpr(0, context));
}

std::optional<int64_t> SizeAttr::getConstant() const {
  if (auto constant = dyn_cast<AffineConstantExpr>(getExpr()))
    return constant.getValue();
  return std::nullopt;
}

// Applies a binary operation on expressions after giving both operands one list of symbols.
template <typename Combine> static SizeAttr combine(SizeAttr a, SizeAttr b, Combine &&combineExprs) {
  MLIRContext *context = a.getContext();
  SmallVector<StringAttr> symbols(a.getSymbols());
  llvm::append_range(symbols, b.getSymbols());
  AffineExpr rhs = b.getExpr().shiftSymbols(b.getSymbols().size(), a.getSymbols().size());
  // Merge equal names before combining, so that `s0 - s0` simplifies.
  SmallVector<StringAttr> merged;
  SmallVector<AffineExpr> replacements;
  for (StringAttr symbol : symbols) {
    auto it = llvm::find(merged, symbol);
    replacements.push_back(getAffineSymbolExpr(it - merged.begin(), context));
    if (it == merged.end())
      merged.push_back(symbol);
  }
  return getSize(context, combineExprs(a.getExpr().replaceSymbols(replacements), rhs.replaceSymbols(replacements)),
                 merged);
}

SizeAttr operator+(SizeAttr a, SizeAttr b) {
  return combine(a, b, [](AffineExpr x, AffineExpr y) { return x + y; });
}
SizeAttr operator-(SizeAttr a, SizeAttr b) {
  return combine(a, b, [](AffineExpr x, AffineExpr y) { return x - y; });
}
SizeAttr operator*(SizeAttr a, SizeAttr b) {
  return combine(a, b, [](AffineExpr x, AffineExpr y) { return x * y; });
}
SizeAttr operator+(SizeAttr a, int64_t b) { return a + SizeAttr::constant(a.getContext(), b); }
SizeAttr operator-(SizeAttr a, int64_t b) { return a - SizeAttr::constant(a.getContext(), b); }
SizeAttr operator*(SizeAttr a, int64_t b) { return a * SizeAttr::constant(a.getContext(), b); }
SizeAttr floorDiv(SizeAttr a, SizeAttr b) {
  return combine(a, b, [](AffineExpr x, AffineExpr y) { return x.floorDiv(y); });
}
SizeAttr ceilDiv(SizeAttr a, SizeAttr b) {
  return combine(a, b, [](AffineExpr x, AffineExpr y) { return x.ceilDiv(y); });
}
SizeAttr mod(SizeAttr a, SizeAttr b) {
  return combine(a, b, [](AffineExpr x, AffineExpr y) { return x % y; });
}

SizeAttr product(MLIRContext *context, ArrayRef<SizeAttr> sizes) {
  SizeAttr result = SizeAttr::constant(context, 1);
  for (SizeAttr size : sizes)
    result = result * size;
  return result;
}

SmallVector<SizeAttr> toSizes(MLIRContext *context, ArrayRef<int64_t> values) {
  return llvm::map_to_vector(values, [&](int64_t value) { return SizeAttr::constant(context, value); });
}

SmallVector<SizeAttr> toSizes(ArrayAttr array) { return llvm::to_vector(array.getAsRange<SizeAttr>()); }

ArrayAttr toArrayAttr(MLIRContext *context, ArrayRef<SizeAttr> sizes) {
  return ArrayAttr::get(context, SmallVector<Attribute>(sizes.begin(), sizes.end()));
}

SmallVector<SizeAttr> getSizes(Type type) {
  if (auto ref = dyn_cast<RefType>(type))
    return llvm::to_vector(ref.getSizes());
  auto tensor = cast<RankedTensorType>(type);
  if (auto sizes = dyn_cast_if_present<SizesAttr>(tensor.getEncoding()))
    return llvm::to_vector(sizes.getSizes());
  return llvm::map_to_vector(tensor.getShape(), [&](int64_t size) {
    return ShapedType::isDynamic(size) ? SizeAttr::symbol(type.getContext(), "?")
                                       : SizeAttr::constant(type.getContext(), size);
  });
}

RankedTensorType getTensorType(ArrayRef<SizeAttr> sizes, Type elementType) {
  SmallVector<int64_t> shape;
  bool isStatic = true;
  for (SizeAttr size : sizes) {
    std::optional<int64_t> constant = size.getConstant();
    isStatic &= constant.has_value();
    shape.push_back(constant.value_or(ShapedType::kDynamic));
  }
  Attribute encoding = isStatic ? Attribute() : SizesAttr::get(elementType.getContext(), sizes);
  return RankedTensorType::get(shape, elementType, encoding);
}

RankedTensorType withElementType(RankedTensorType type, Type elementType) {
  return RankedTensorType::get(type.getShape(), elementType, type.getEncoding());
}

FailureOr<SmallVector<SizeAttr>> broadcastSizes(ArrayRef<SizeAttr> a, ArrayRef<SizeAttr> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  SmallVector<SizeAttr> result(a);
  for (auto [position, size] : llvm::enumerate(b)) {
    SizeAttr &other = result[a.size() - b.size() + position];
    if (other == size || size.getConstant() == 1)
      continue;
    if (other.getConstant() != 1)
      return failure();
    other = size;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Text: sums of terms, terms of factors; `floordiv`, `ceildiv` and `mod` bind as tightly as `*`.
//===----------------------------------------------------------------------===//

static void printExprImpl(raw_ostream &os, AffineExpr expr, ArrayRef<StringAttr> symbols, bool nested) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
    os << cast<AffineConstantExpr>(expr).getValue();
    return;
  case AffineExprKind::SymbolId:
    os << symbols[cast<AffineSymbolExpr>(expr).getPosition()].getValue();
    return;
  case AffineExprKind::DimId:
    os << "<<dim>>";
    return;
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  StringRef symbol = expr.getKind() == AffineExprKind::Add        ? " + "
                     : expr.getKind() == AffineExprKind::Mul      ? " * "
                     : expr.getKind() == AffineExprKind::FloorDiv ? " floordiv "
                     : expr.getKind() == AffineExprKind::CeilDiv  ? " ceildiv "
                                                                  : " mod ";
  if (nested)
    os << "(";
  AffineExpr rhs = binary.getRHS();
  auto constant = dyn_cast<AffineConstantExpr>(rhs);
  // The least integer has no positive one to subtract.
  bool isSubtraction = expr.getKind() == AffineExprKind::Add && constant && constant.getValue() < 0 &&
                       constant.getValue() != std::numeric_limits<int64_t>::min();
  printExprImpl(os, binary.getLHS(), symbols, true);
  if (isSubtraction) {
    os << " - " << -constant.getValue();
  } else {
    os << symbol;
    printExprImpl(os, rhs, symbols, true);
  }
  if (nested)
    os << ")";
}

void SizeAttr::printExpr(raw_ostream &os) const { printExprImpl(os, getExpr(), getSymbols(), false); }

static FailureOr<SizeAttr> parseFactor(AsmParser &parser) {
  MLIRContext *context = parser.getContext();
  if (succeeded(parser.parseOptionalLParen())) {
    FailureOr<SizeAttr> inner = SizeAttr::parseExpr(parser);
    if (failed(inner) || parser.parseRParen())
      return failure();
    return inner;
  }
  if (succeeded(parser.parseOptionalQuestion()))
    return SizeAttr::symbol(context, "?");
  int64_t value;
  OptionalParseResult integer = parser.parseOptionalInteger(value);
  if (integer.has_value()) {
    if (failed(*integer))
      return failure();
    return SizeAttr::constant(context, value);
  }
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  return SizeAttr::symbol(context, name);
}

static FailureOr<SizeAttr> parseTerm(AsmParser &parser) {
  FailureOr<SizeAttr> lhs = parseFactor(parser);
  while (succeeded(lhs)) {
    SMLoc loc = parser.getCurrentLocation();
    if (succeeded(parser.parseOptionalStar())) {
      FailureOr<SizeAttr> rhs = parseFactor(parser);
      if (failed(rhs))
        return failure();
      lhs = *lhs * *rhs;
      continue;
    }
    StringRef name;
    if (failed(parser.parseOptionalKeyword(&name, {"floordiv", "ceildiv", "mod"})))
      break;
    FailureOr<SizeAttr> rhs = parseFactor(parser);
    if (failed(rhs))
      return failure();
    if (std::optional<int64_t> constant = rhs->getConstant(); constant && *constant <= 0)
      return parser.emitError(loc, "division of a size by ") << *constant;
    lhs = name == "floordiv" ? floorDiv(*lhs, *rhs) : name == "ceildiv" ? ceilDiv(*lhs, *rhs) : mod(*lhs, *rhs);
  }
  return lhs;
}

FailureOr<SizeAttr> SizeAttr::parseExpr(AsmParser &parser) {
  FailureOr<SizeAttr> lhs = parseTerm(parser);
  while (succeeded(lhs)) {
    if (succeeded(parser.parseOptionalPlus())) {
      FailureOr<SizeAttr> rhs = parseTerm(parser);
      if (failed(rhs))
        return failure();
      lhs = *lhs + *rhs;
      continue;
    }
    if (succeeded(parser.parseOptionalMinus())) {
      FailureOr<SizeAttr> rhs = parseTerm(parser);
      if (failed(rhs))
        return failure();
      lhs = *lhs - *rhs;
      continue;
    }
    // `s0 - 1` lexes as `s0` and the integer `-1`.
    int64_t value;
    OptionalParseResult integer = parser.parseOptionalInteger(value);
    if (!integer.has_value())
      break;
    if (failed(*integer))
      return failure();
    lhs = *lhs + value;
  }
  return lhs;
}

FailureOr<SizeAttr> parseSize(MLIRContext *context, StringRef text) {
  ScopedDiagnosticHandler silent(context, [](Diagnostic &) { return success(); });
  auto attribute = dyn_cast_or_null<SizeAttr>(parseAttribute(("#tc.size<" + text + ">").str(), context));
  if (!attribute)
    return failure();
  return attribute;
}

void SizeAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printExpr(printer.getStream());
  printer << ">";
}

Attribute SizeAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<SizeAttr> size = parseExpr(parser);
  if (failed(size) || parser.parseGreater())
    return {};
  return *size;
}

void printSizes(raw_ostream &os, ArrayRef<SizeAttr> sizes) {
  os << "[";
  llvm::interleaveComma(sizes, os, [&](SizeAttr size) { size.printExpr(os); });
  os << "]";
}

ParseResult parseSizes(AsmParser &parser, SmallVectorImpl<SizeAttr> &sizes) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    FailureOr<SizeAttr> size = SizeAttr::parseExpr(parser);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
    return success();
  });
}

void SizesAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printSizes(printer.getStream(), getSizes());
  printer << ">";
}

Attribute SizesAttr::parse(AsmParser &parser, Type) {
  SmallVector<SizeAttr> sizes;
  if (parser.parseLess() || parseSizes(parser, sizes) || parser.parseGreater())
    return {};
  return SizesAttr::get(parser.getContext(), sizes);
}

LogicalResult SizesAttr::verifyEncoding(ArrayRef<int64_t> shape, Type,
                                        function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() != getSizes().size())
    return emitError() << "#tc.sizes has " << getSizes().size() << " sizes for a tensor of rank " << shape.size();
  for (auto [dim, extent, size] : llvm::enumerate(shape, getSizes()))
    if (size.getConstant() ? *size.getConstant() != extent || extent < 0 : !ShapedType::isDynamic(extent))
      return emitError() << "#tc.sizes disagrees with the tensor's shape in dimension " << dim;
  return success();
}

} // namespace tc
