// Expressions: element types and their promotion, numbers made constants, elementwise operators.

#include "Expr.h"

using namespace mlir;

namespace tc::decompose {

void ExprBuilder::reject(const Twine &why) {
  if (reason.empty())
    reason = why.str();
  rejected = true;
}

void ExprBuilder::fail(const Twine &why) {
  if (!wrong)
    reason = why.str();
  wrong = true;
}

//===----------------------------------------------------------------------===//
// What an expression is
//===----------------------------------------------------------------------===//

std::optional<double> Expr::getNumber() const {
  if (auto *value = std::get_if<int64_t>(&content))
    return static_cast<double>(*value);
  if (auto *value = std::get_if<double>(&content))
    return *value;
  if (auto *value = std::get_if<bool>(&content))
    return *value;
  return std::nullopt;
}

Type Expr::getElementType(MLIRContext *context) const {
  if (isTensor())
    return getElementTypeOrSelf(getValue().getType());
  if (auto *size = std::get_if<SizeAttr>(&content))
    context = size->getContext();
  if (!*this || !context)
    return {};
  Builder types(context);
  if (std::holds_alternative<double>(content))
    return types.getF32Type();
  return std::holds_alternative<bool>(content) ? types.getI1Type() : types.getI64Type();
}

Sizes Expr::getSizes() const { return isTensor() ? tc::getSizes(getValue().getType()) : Sizes(); }

SizeAttr Expr::getSize(int64_t dim) const {
  Sizes sizes = getSizes();
  if (!builder)
    return {};
  dim = wrapDim(*builder, dim, sizes.size());
  return dim < static_cast<int64_t>(sizes.size()) ? sizes[dim] : builder->size(1);
}

static TypedAttr getNumberAttr(Type type,
                               const std::variant<std::monostate, Value, int64_t, double, bool, SizeAttr> &content) {
  bool isReal = std::holds_alternative<double>(content);
  double real = isReal                                  ? std::get<double>(content)
                : std::holds_alternative<bool>(content) ? std::get<bool>(content)
                                                        : static_cast<double>(std::get<int64_t>(content));
  if (isa<FloatType>(type))
    return FloatAttr::get(type, real);
  auto integerType = mlir::cast<IntegerType>(type);
  if (integerType.getWidth() == 1)
    return IntegerAttr::get(type, real != 0);
  int64_t integer = isReal                                  ? static_cast<int64_t>(real)
                    : std::holds_alternative<bool>(content) ? std::get<bool>(content)
                                                            : std::get<int64_t>(content);
  return IntegerAttr::get(type, APInt(integerType.getWidth(), integer, /*isSigned=*/true, /*implicitTrunc=*/true));
}

Expr Expr::as(ExprBuilder &b, Type elementType) const {
  if (!*this || !elementType)
    return {};
  if (isTensor())
    return castTo(*this, elementType);
  if (auto *size = std::get_if<SizeAttr>(&content)) {
    Value value = SizeOp::create(b, b.loc, RankedTensorType::get({}, b.getI64Type()), *size);
    return castTo(Expr(b, value), elementType);
  }
  if (!isa<FloatType, IntegerType>(elementType)) {
    b.reject("a number as an element of a type that is neither float nor integer");
    return {};
  }
  auto type = RankedTensorType::get({}, elementType);
  return Expr(b, ConstantOp::create(b, b.loc, DenseElementsAttr::get(type, getNumberAttr(elementType, content))));
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

static bool isBoolType(Type type) { return type && type.isInteger(1); }
static bool isFloatType(Type type) { return type && isa<FloatType>(type); }

bool isFloat(const Expr &x) { return isFloatType(x.getElementType()); }
bool isBool(const Expr &x) { return isBoolType(x.getElementType()); }
bool isInteger(const Expr &x) {
  Type type = x.getElementType();
  return type && isa<IntegerType>(type) && !isBoolType(type);
}
bool isReducedFloat(Type type) { return isFloatType(type) && type.getIntOrFloatBitWidth() < 32; }

// c10::promoteTypes.
static Type promoteTypes(Type a, Type b) {
  if (!a || !b || a == b)
    return a ? a : b;
  if (isFloatType(a) != isFloatType(b))
    return isFloatType(a) ? a : b;
  if (isFloatType(a)) {
    unsigned widthA = a.getIntOrFloatBitWidth(), widthB = b.getIntOrFloatBitWidth();
    if (widthA == widthB)
      return Float32Type::get(a.getContext());
    return widthA > widthB ? a : b;
  }
  if (isBoolType(a) || isBoolType(b))
    return isBoolType(a) ? b : a;
  unsigned widthA = a.getIntOrFloatBitWidth(), widthB = b.getIntOrFloatBitWidth();
  if (a.isUnsignedInteger() == b.isUnsignedInteger())
    return widthA > widthB ? a : b;
  Type signedType = a.isUnsignedInteger() ? b : a;
  unsigned unsignedWidth = a.isUnsignedInteger() ? widthA : widthB;
  if (signedType.getIntOrFloatBitWidth() > unsignedWidth)
    return signedType;
  return IntegerType::get(a.getContext(), std::min(64u, unsignedWidth * 2));
}

// A lower class of operand (0-d tensor, number) counts only by its category, unless that is higher.
static Type combineCategories(Type higher, Type lower) {
  if (isFloatType(higher))
    return higher;
  if (isBoolType(higher) || isFloatType(lower))
    return promoteTypes(higher, lower);
  return higher ? higher : lower;
}

Type promote(ExprBuilder &b, ArrayRef<Expr> operands) {
  Type ofTensors, ofScalars, ofNumbers;
  for (const Expr &operand : operands) {
    Type type = operand.getElementType(b.getContext());
    Type &slot = operand.isNumber() ? ofNumbers : operand.getRank() == 0 ? ofScalars : ofTensors;
    slot = promoteTypes(slot, type);
  }
  return combineCategories(ofTensors, combineCategories(ofScalars, ofNumbers));
}

Expr castTo(const Expr &x, Type elementType) {
  if (!x.isTensor() || !elementType || x.getElementType() == elementType)
    return x;
  ExprBuilder &b = *x.getBuilder();
  auto type = withElementType(mlir::cast<RankedTensorType>(x.getValue().getType()), elementType);
  return Expr(b, CastOp::create(b, b.loc, type, x.getValue()));
}

Expr widen(const Expr &x) {
  return isReducedFloat(x.getElementType()) ? castTo(x, Float32Type::get(x.getElementType().getContext())) : x;
}

Expr toFloat(const Expr &x) {
  if (!x.isTensor() || isFloat(x))
    return widen(x);
  return castTo(x, x.getBuilder()->f32());
}

Expr toBool(const Expr &x) {
  if (auto number = x.getNumber())
    return *number != 0;
  return x.isTensor() ? castTo(x, x.getBuilder()->boolType()) : x;
}

//===----------------------------------------------------------------------===//
// Elementwise operators
//===----------------------------------------------------------------------===//

static ExprBuilder *builderOf(ArrayRef<Expr> operands) {
  for (const Expr &operand : operands)
    if (!operand)
      return nullptr;
  for (const Expr &operand : operands)
    if (operand.getBuilder())
      return operand.getBuilder();
  return nullptr;
}

// Gives each operand a form whose sizes broadcast: symbolic sizes that meet must be equal, by the guards of the
// capture, however they are written. Notes a failure if constants disagree.
static bool alignSizes(ExprBuilder &b, MutableArrayRef<Value> operands) {
  Sizes common;
  for (Value &operand : operands) {
    Sizes sizes = getSizes(operand.getType());
    if (sizes.size() > common.size())
      common.insert(common.begin(), sizes.size() - common.size(), b.size(1));
    bool renamed = false;
    for (auto [position, size] : llvm::enumerate(sizes)) {
      SizeAttr &other = common[common.size() - sizes.size() + position];
      if (size == other || size.getConstant() == 1)
        continue;
      if (other.getConstant() == 1) {
        other = size;
      } else if (size.getConstant() && other.getConstant()) {
        std::string text;
        llvm::raw_string_ostream(text) << operand.getType() << " and " << operands.front().getType();
        b.fail("sizes do not broadcast: " + text);
        return false;
      } else {
        size = other;
        renamed = true;
      }
    }
    if (renamed)
      operand = reshape(Expr(b, operand), sizes).getValue();
  }
  return true;
}

// Operands with one element type (null: promoted) and sizes that broadcast; empty on failure.
static SmallVector<Value> unify(ExprBuilder &b, ArrayRef<Expr> operands, Type type = {}) {
  if (!type)
    type = promote(b, operands);
  SmallVector<Value> values;
  for (const Expr &operand : operands) {
    Value value = operand.as(b, type).getValue();
    if (!value)
      return {};
    values.push_back(value);
  }
  if (!alignSizes(b, values))
    return {};
  return values;
}

template <typename Op> static Expr unary(const Expr &x) {
  ExprBuilder *b = builderOf(x);
  if (!b)
    return {};
  if (auto element = dyn_cast_or_null<FloatType>(x.getElementType());
      !element && !isa<IntegerType>(x.getElementType())) {
    b->reject("an element type that is neither float nor integer");
    return {};
  }
  return Expr(*b, Op::create(*b, b->loc, x.getValue()));
}

// Whether a number is one of the type's values.
static bool isExactIn(const Expr &number, Type type) {
  auto value = number.getNumber();
  if (!value)
    return false;
  APFloat converted(*value);
  bool losesInfo;
  converted.convert(mlir::cast<FloatType>(type).getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return !losesInfo;
}

// f16 and bf16 meet numbers in f32, where ATen keeps them, unless that makes no difference.
template <typename Op> static Expr binary(const Expr &a, const Expr &c) {
  ExprBuilder *b = builderOf({a, c});
  if (!b)
    return {};
  Type type = promote(*b, {a, c});
  for (const Expr &operand : {a, c})
    if (operand.isNumber() && isReducedFloat(type) && !isExactIn(operand, type))
      type = b->f32();
  SmallVector<Value> values = unify(*b, {a, c}, type);
  if (values.empty())
    return {};
  return Expr(*b, Op::create(*b, b->loc, values[0], values[1]));
}

// A size or an integer as a size.
static SizeAttr toSize(const Expr &x, MLIRContext *context) {
  return x.getSymbolicSize() ? x.getSymbolicSize() : SizeAttr::constant(context, static_cast<int64_t>(*x.getNumber()));
}

// Numbers and sizes among themselves are computed here: formulas may have constant parts.
template <typename Op, typename Fold> static Expr foldable(const Expr &a, const Expr &b, Fold fold) {
  SizeAttr symbolic = a.getSymbolicSize() ? a.getSymbolicSize() : b.getSymbolicSize();
  if (symbolic && a.isNumber() && b.isNumber() && !a.isReal() && !b.isReal() && !std::same_as<Op, DivOp>) {
    SizeAttr x = toSize(a, symbolic.getContext()), y = toSize(b, symbolic.getContext());
    return std::same_as<Op, AddOp> ? x + y : std::same_as<Op, SubOp> ? x - y : x * y;
  }
  auto x = a.getNumber(), y = b.getNumber();
  if (!x || !y)
    return binary<Op>(a, b);
  double result = fold(*x, *y);
  if (a.isReal() || b.isReal() || std::same_as<Op, DivOp>)
    return result;
  return static_cast<int64_t>(result);
}

Expr operator+(const Expr &a, const Expr &b) { return foldable<AddOp>(a, b, std::plus<>()); }
Expr operator-(const Expr &a, const Expr &b) {
  if (isBool(a) && isBool(b))
    return a ^ b;
  return foldable<SubOp>(a, b, std::minus<>());
}
Expr operator*(const Expr &a, const Expr &b) {
  if (b.isNumber() && b.getNumber() == 1 && isFloat(a))
    return a;
  if (a.isNumber() && a.getNumber() == 1 && isFloat(b))
    return b;
  return foldable<MulOp>(a, b, std::multiplies<>());
}
Expr operator/(const Expr &a, const Expr &b) { return foldable<DivOp>(a, b, std::divides<>()); }
Expr operator&(const Expr &a, const Expr &b) { return binary<AndOp>(a, b); }
Expr operator|(const Expr &a, const Expr &b) { return binary<OrOp>(a, b); }
Expr operator^(const Expr &a, const Expr &b) { return binary<XorOp>(a, b); }
Expr operator~(const Expr &x) { return unary<NotOp>(x); }
Expr operator-(const Expr &x) { return x.isNumber() ? 0 - x : unary<NegOp>(x); }

Expr compare(ComparePredicate predicate, const Expr &a, const Expr &c) {
  ExprBuilder *b = builderOf({a, c});
  if (!b)
    return {};
  SmallVector<Value> values = unify(*b, {a, c});
  if (values.empty())
    return {};
  return Expr(*b, CompareOp::create(*b, b->loc, predicate, values[0], values[1]));
}
Expr operator<(const Expr &a, const Expr &b) { return compare(ComparePredicate::lt, a, b); }
Expr operator<=(const Expr &a, const Expr &b) { return compare(ComparePredicate::le, a, b); }
Expr operator>(const Expr &a, const Expr &b) { return compare(ComparePredicate::gt, a, b); }
Expr operator>=(const Expr &a, const Expr &b) { return compare(ComparePredicate::ge, a, b); }
Expr eq(const Expr &a, const Expr &b) { return compare(ComparePredicate::eq, a, b); }
Expr ne(const Expr &a, const Expr &b) { return compare(ComparePredicate::ne, a, b); }

Expr select(const Expr &condition, const Expr &x, const Expr &y) {
  ExprBuilder *b = builderOf({condition, x, y});
  if (!b)
    return {};
  SmallVector<Value> values = unify(*b, {x, y});
  Value flag = toBool(condition).as(*b, b->boolType()).getValue();
  if (values.empty() || !flag)
    return {};
  values.insert(values.begin(), flag);
  if (!alignSizes(*b, values))
    return {};
  return Expr(*b, SelectOp::create(*b, b->loc, values[0], values[1], values[2]));
}

#define TC_DEFINE(NAME, OP)                                                                                            \
  Expr NAME(const Expr &x) { return unary<OP>(x); }
TC_UNARY_EXPRS(TC_DEFINE)
#undef TC_DEFINE
#define TC_DEFINE(NAME, OP)                                                                                            \
  Expr NAME(const Expr &a, const Expr &b) { return binary<OP>(a, b); }
TC_BINARY_EXPRS(TC_DEFINE)
#undef TC_DEFINE

Expr square(const Expr &x) { return x * x; }
Expr reciprocal(const Expr &x) { return 1.0 / x; }
Expr sigmoid(const Expr &x) { return 1.0 / (1.0 + exp(-x)); }

Expr clamp(const Expr &x, const Expr &low, const Expr &high) {
  Expr result = low ? maximum(x, low) : x;
  return high ? minimum(result, high) : result;
}

Expr bitcast(const Expr &x, Type elementType) {
  if (!x.isTensor())
    return {};
  ExprBuilder &b = *x.getBuilder();
  auto type = withElementType(mlir::cast<RankedTensorType>(x.getValue().getType()), elementType);
  return Expr(b, BitcastOp::create(b, b.loc, type, x.getValue()));
}

} // namespace tc::decompose
