// The language that decompositions are written in: values with operators, so that code reads as its formula,
// `0.5 * x * (1.0 + erf(x * M_SQRT1_2))`. Types are inferred and promoted as ATen does; numbers and sizes become
// constants of the element type that they meet. Nothing fails in the middle of a formula: a mistake is noted in the
// builder, and the expression absorbs whatever comes after.
#ifndef TC_TRANSFORMS_DECOMPOSE_EXPR_H
#define TC_TRANSFORMS_DECOMPOSE_EXPR_H

#include "tc/Dialect/TC/IR/Sizes.h"
#include "tc/Dialect/TC/IR/TC.h"

#include "mlir/IR/Builders.h"

#include <concepts>
#include <variant>

namespace tc::decompose {

using mlir::Type;
using mlir::Value;
using Sizes = llvm::SmallVector<SizeAttr>;
using Ints = llvm::SmallVector<int64_t>;

/// Where ops are built, and the first thing that went wrong.
class ExprBuilder : public mlir::OpBuilder {
public:
  ExprBuilder(mlir::Operation *op) : OpBuilder(op), loc(op->getLoc()) {}

  mlir::Location loc;

  /// These arguments have no formula (yet): the call is left to PyTorch.
  void reject(const llvm::Twine &reason);
  /// These arguments do not fit the op.
  void fail(const llvm::Twine &reason);
  bool isRejected() const { return rejected; }
  bool isWrong() const { return wrong; }
  llvm::StringRef getReason() const { return reason; }

  SizeAttr size(int64_t value) { return SizeAttr::constant(getContext(), value); }
  Type boolType() { return getI1Type(); }
  Type i64() { return getI64Type(); }
  Type f32() { return getF32Type(); }

private:
  bool rejected = false, wrong = false;
  std::string reason;
};

/// A tensor, a number, a size, or nothing. Numbers and sizes are ATen's wrapped numbers: they promote a tensor's
/// element type only to a higher category.
class Expr {
public:
  Expr() = default;
  Expr(ExprBuilder &builder, Value value) : builder(&builder), content(value) {}
  template <std::floating_point T> Expr(T number) : content(static_cast<double>(number)) {}
  template <std::integral T> Expr(T number) {
    if constexpr (std::same_as<T, bool>)
      content = number;
    else
      content = static_cast<int64_t>(number);
  }
  Expr(SizeAttr size) {
    if (auto constant = size.getConstant())
      content = *constant;
    else
      content = size;
  }

  explicit operator bool() const { return !std::holds_alternative<std::monostate>(content); }
  bool isTensor() const { return std::holds_alternative<Value>(content); }
  bool isNumber() const { return *this && !isTensor(); }
  /// The number, if it is known and this is none of a tensor or a size.
  std::optional<double> getNumber() const;
  /// A number with a point.
  bool isReal() const { return std::holds_alternative<double>(content); }
  /// The size, if it is symbolic.
  SizeAttr getSymbolicSize() const {
    return std::holds_alternative<SizeAttr>(content) ? std::get<SizeAttr>(content) : SizeAttr();
  }
  Value getValue() const { return isTensor() ? std::get<Value>(content) : Value(); }
  ExprBuilder *getBuilder() const { return builder; }

  /// Numbers have the type i64, f32 or i1 and rank 0. Null and empty for nothing.
  Type getElementType(mlir::MLIRContext *context = nullptr) const;
  Sizes getSizes() const;
  int64_t getRank() const { return static_cast<int64_t>(getSizes().size()); }
  /// The size of a dimension, counted from the end if negative.
  SizeAttr getSize(int64_t dim) const;

  /// As a tensor of this element type.
  Expr as(ExprBuilder &builder, Type elementType) const;

private:
  friend class ExprBuilder;
  ExprBuilder *builder = nullptr;
  std::variant<std::monostate, Value, int64_t, double, bool, SizeAttr> content;
};

// Element types.

bool isFloat(const Expr &x);
bool isInteger(const Expr &x);
bool isBool(const Expr &x);
bool isReducedFloat(Type type);
/// torch.result_type.
Type promote(ExprBuilder &b, llvm::ArrayRef<Expr> operands);
Expr castTo(const Expr &x, Type elementType);
/// f16 and bf16 as f32, what ATen computes them in; others as they are.
Expr widen(const Expr &x);
/// Integers as f32 as well.
Expr toFloat(const Expr &x);
Expr toBool(const Expr &x);

// Elementwise.

Expr operator+(const Expr &a, const Expr &b);
Expr operator-(const Expr &a, const Expr &b);
Expr operator*(const Expr &a, const Expr &b);
Expr operator/(const Expr &a, const Expr &b);
Expr operator-(const Expr &x);
Expr operator&(const Expr &a, const Expr &b);
Expr operator|(const Expr &a, const Expr &b);
Expr operator^(const Expr &a, const Expr &b);
Expr operator~(const Expr &x);
Expr operator<(const Expr &a, const Expr &b);
Expr operator<=(const Expr &a, const Expr &b);
Expr operator>(const Expr &a, const Expr &b);
Expr operator>=(const Expr &a, const Expr &b);
Expr eq(const Expr &a, const Expr &b);
Expr ne(const Expr &a, const Expr &b);
Expr compare(ComparePredicate predicate, const Expr &a, const Expr &b);
Expr select(const Expr &condition, const Expr &a, const Expr &b);

// One X(function, op) a function. clang-format does not reach a fixed point on such lists.
// clang-format off
#define TC_UNARY_EXPRS(X) \
  X(abs, AbsOp) X(exp, ExpOp) X(exp2, Exp2Op) X(expm1, Expm1Op) X(log, LogOp) X(log2, Log2Op) X(log10, Log10Op) \
  X(log1p, Log1pOp) X(sqrt, SqrtOp) X(rsqrt, RsqrtOp) X(sin, SinOp) X(cos, CosOp) X(tan, TanOp) X(asin, AsinOp) \
  X(acos, AcosOp) X(atan, AtanOp) X(sinh, SinhOp) X(cosh, CoshOp) X(tanh, TanhOp) X(asinh, AsinhOp) \
  X(acosh, AcoshOp) X(atanh, AtanhOp) X(erf, ErfOp) X(erfc, ErfcOp) X(floor, FloorOp) X(ceil, CeilOp) \
  X(round, RoundOp) X(trunc, TruncOp) X(sign, SignOp) X(isnan, IsNanOp)
#define TC_BINARY_EXPRS(X) \
  X(floorDiv, FloorDivOp) X(remainder, RemOp) X(fmod, FmodOp) X(pow, PowOp) X(atan2, Atan2Op) X(maximum, MaxOp) \
  X(minimum, MinOp) X(shl, ShlOp) X(shr, ShrOp) X(nextafter, NextafterOp) X(copysign, CopysignOp)
// clang-format on
#define TC_DECLARE(NAME, OP) Expr NAME(const Expr &x);
TC_UNARY_EXPRS(TC_DECLARE)
#undef TC_DECLARE
#define TC_DECLARE(NAME, OP) Expr NAME(const Expr &a, const Expr &b);
TC_BINARY_EXPRS(TC_DECLARE)
#undef TC_DECLARE

Expr square(const Expr &x);
Expr reciprocal(const Expr &x);
Expr sigmoid(const Expr &x);
/// x within [low, high]; a bound that is nothing does not bind.
Expr clamp(const Expr &x, const Expr &low, const Expr &high);
Expr bitcast(const Expr &x, Type elementType);

// Reductions. f16 and bf16 give f32. Dimensions may count from the end; the reduced ones stay as 1 if `keep`.

Expr reduce(ReductionKind kind, const Expr &x, llvm::ArrayRef<int64_t> dims, bool keep = false);
Expr sum(const Expr &x, llvm::ArrayRef<int64_t> dims, bool keep = false);
Expr amax(const Expr &x, llvm::ArrayRef<int64_t> dims, bool keep = false);
Expr mean(const Expr &x, llvm::ArrayRef<int64_t> dims, bool keep = false);
/// The number of elements that a reduction over `dims` combines.
SizeAttr countElements(const Expr &x, llvm::ArrayRef<int64_t> dims);
struct ValueAndIndex {
  Expr value, index;
};
ValueAndIndex argReduce(ReductionKind kind, const Expr &x, int64_t dim, bool keep = false);
Expr scan(ReductionKind kind, const Expr &x, int64_t dim);
ValueAndIndex sort(const Expr &x, int64_t dim, bool descending);
/// 0, 1, … rank - 1, and those of them that are not in `dims`.
Ints allDims(const Expr &x);
Ints otherDims(const Expr &x, llvm::ArrayRef<int64_t> dims);

// Contractions.

/// A sum of products over the letters that are not in the result, as einsum; f16 and bf16 give f32.
Expr contract(const Expr &a, const Expr &b, llvm::StringRef spec);
/// torch.matmul of operands of rank at least 2: the last two dimensions are multiplied, those before broadcast.
Expr matmul(const Expr &a, const Expr &b);

// Shapes. Dimensions may count from the end.

Expr reshape(const Expr &x, llvm::ArrayRef<SizeAttr> sizes);
Expr transpose(const Expr &x, llvm::ArrayRef<int64_t> permutation);
/// The two dimensions exchanged.
Expr swapDims(const Expr &x, int64_t a, int64_t b);
Expr moveDim(const Expr &x, int64_t from, int64_t to);
Expr unsqueeze(const Expr &x, int64_t dim);
Expr squeeze(const Expr &x, llvm::ArrayRef<int64_t> dims);
/// Dimensions [first, last] as one.
Expr flatten(const Expr &x, int64_t first = 0, int64_t last = -1);
/// One dimension as several.
Expr unflatten(const Expr &x, int64_t dim, llvm::ArrayRef<SizeAttr> sizes);
/// Trailing dimensions of size 1 added up to this rank.
Expr unsqueezeTo(const Expr &x, int64_t rank);
/// A vector as the dimension `dim` of a tensor of this rank.
Expr alongDim(const Expr &vector, int64_t dim, int64_t rank);
Expr broadcast(const Expr &x, llvm::ArrayRef<SizeAttr> sizes);
Expr slice(const Expr &x, int64_t dim, SizeAttr offset, SizeAttr length, int64_t stride = 1);
/// One index of a dimension, which disappears.
Expr at(const Expr &x, int64_t dim, SizeAttr index);
Expr insertSlice(const Expr &x, const Expr &source, int64_t dim, SizeAttr offset, int64_t stride = 1);
Expr pad(const Expr &x, const Expr &value, llvm::ArrayRef<SizeAttr> low, llvm::ArrayRef<SizeAttr> high);
Expr concat(llvm::ArrayRef<Expr> inputs, int64_t dim);
Expr reverse(const Expr &x, llvm::ArrayRef<int64_t> dims);

// Indices.

/// The index along one dimension of a tensor of these sizes.
Expr iota(ExprBuilder &b, llvm::ArrayRef<SizeAttr> sizes, int64_t dim);
/// The vector 0, 1, … size - 1.
Expr iota(ExprBuilder &b, SizeAttr size);
/// Whether an index is made of positions alone, within the indexed size: no check is needed at run time.
bool isKnownInRange(Value index, SizeAttr size);
/// On tc.gather and tc.scatter: the call that they are part of, which messages about its indices follow.
inline constexpr llvm::StringLiteral indexedByAttr = "tc.call";
/// Indices are in range by construction, or checked at run time unless they are seen to be positions.
enum class Range { Known, Checked };
/// As the ops.
Expr gather(const Expr &x, llvm::ArrayRef<Expr> indices, llvm::ArrayRef<int64_t> dims, Range range = Range::Checked);
Expr scatter(const Expr &x, llvm::ArrayRef<Expr> indices, const Expr &updates, llvm::ArrayRef<int64_t> dims,
             std::optional<ReductionKind> kind = std::nullopt, Range range = Range::Checked);
/// One index for each dimension: `index` for `dim`, the position for the others, as torch.gather takes them.
llvm::SmallVector<Expr> alongIndices(const Expr &index, int64_t dim);
/// Negative indices counted from the end.
Expr wrapIndex(const Expr &index, SizeAttr size);
/// A tensor of these sizes filled with a number.
Expr full(ExprBuilder &b, llvm::ArrayRef<SizeAttr> sizes, const Expr &value, Type elementType);

/// `dim` counted from the front; notes a failure if there is no such dimension.
int64_t wrapDim(ExprBuilder &b, int64_t dim, int64_t rank);

} // namespace tc::decompose

#endif // TC_TRANSFORMS_DECOMPOSE_EXPR_H
