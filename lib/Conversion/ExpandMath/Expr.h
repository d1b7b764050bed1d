// Values with operators, so that an expansion reads as its formula:
//
//   Expr z = x * x;
//   return x + x * z * horner(z, {c2, c1, c0});
//
// An Expr is an SSA value of f32, f64, i32, i64 or i1, or a vector of these,
// with the place where the operations on it are emitted. Literals take the
// type of the other operand.

#ifndef TC_LIB_CONVERSION_EXPANDMATH_EXPR_H
#define TC_LIB_CONVERSION_EXPANDMATH_EXPR_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include <concepts>

namespace tc::expand_math {

/// Constants are made once a block, at its start.
using ConstantPool = llvm::DenseMap<std::pair<mlir::Block *, mlir::Attribute>, mlir::Value>;

/// Where the operations of one expansion are emitted, and for which target.
struct Emitter {
  mlir::ImplicitLocOpBuilder *builder;
  bool hasFma;
  bool hasRound;
  /// Of the expanded operation; dominates every region that the expansion opens.
  mlir::Block *block;
  ConstantPool *constants;
};

class Expr {
public:
  Expr(Emitter &emitter, mlir::Value value) : emitter(&emitter), value(value) {}

  mlir::Value get() const { return value; }
  mlir::Type getType() const { return value.getType(); }
  Emitter &getEmitter() const { return *emitter; }

  /// A constant of this value's type.
  Expr like(std::floating_point auto constant) const { return floatConstant(constant); }
  Expr like(std::integral auto constant) const { return integerConstant(constant); }

private:
  Expr floatConstant(double constant) const;
  Expr integerConstant(int64_t constant) const;

  Emitter *emitter;
  mlir::Value value;
};

// Arithmetic: floats and integers alike.
Expr operator+(Expr a, Expr b);
Expr operator-(Expr a, Expr b);
Expr operator*(Expr a, Expr b);
Expr operator/(Expr a, Expr b);
Expr operator-(Expr a);

template <typename T>
concept Literal = std::is_arithmetic_v<T>;

inline Expr operator+(Expr a, Literal auto b) { return a + a.like(b); }
inline Expr operator-(Expr a, Literal auto b) { return a - a.like(b); }
inline Expr operator*(Expr a, Literal auto b) { return a * a.like(b); }
inline Expr operator-(Literal auto a, Expr b) { return b.like(a) - b; }
inline Expr operator/(Literal auto a, Expr b) { return b.like(a) / b; }

/// a * b + c, rounded once where the target can.
Expr fma(Expr a, Expr b, Expr c);
inline Expr fma(Expr a, double b, Expr c) { return fma(a, a.like(b), c); }
inline Expr fma(Expr a, Expr b, double c) { return fma(a, b, a.like(c)); }
inline Expr fma(Expr a, double b, double c) { return fma(a, a.like(b), a.like(c)); }

/// coefficients[0] x^n + … + coefficients[n].
Expr horner(Expr x, llvm::ArrayRef<double> coefficients);

// Integers and truth values, bit by bit. `>>` copies the sign bit.
Expr operator&(Expr a, Expr b);
Expr operator|(Expr a, Expr b);
Expr operator^(Expr a, Expr b);
inline Expr operator&(Expr a, Literal auto b) { return a & a.like(b); }
Expr operator<<(Expr a, int64_t bits);
Expr operator>>(Expr a, int64_t bits);
Expr shiftRightLogical(Expr a, int64_t bits);

/// Ordered comparisons of floats (false for NaN), signed ones of integers.
Expr operator<(Expr a, Expr b);
Expr operator<=(Expr a, Expr b);
Expr operator==(Expr a, Expr b);
inline Expr operator>(Expr a, Expr b) { return b < a; }
inline Expr operator>=(Expr a, Expr b) { return b <= a; }
inline Expr operator<(Expr a, Literal auto b) { return a < a.like(b); }
inline Expr operator>(Expr a, Literal auto b) { return a > a.like(b); }
inline Expr operator>=(Expr a, Literal auto b) { return a >= a.like(b); }
inline Expr operator==(Expr a, Literal auto b) { return a == a.like(b); }
/// One of them is NaN.
Expr isUnordered(Expr a, Expr b);
Expr logicalNot(Expr a);

Expr select(Expr condition, Expr a, Expr b);
inline Expr select(Expr condition, Literal auto a, Expr b) { return select(condition, b.like(a), b); }

/// The smaller and the larger; `a` where it is NaN. One minps or maxps each.
Expr min(Expr a, double bound);
Expr max(Expr a, double bound);

Expr abs(Expr a);
Expr sqrt(Expr a);
/// `magnitude`'s absolute value with the sign of `sign`.
Expr copySign(Expr magnitude, Expr sign);

// Conversions, lane by lane.
Expr toF32(Expr a); ///< From f64 (rounds), f16, bf16, i32.
Expr toF64(Expr a); ///< From f32, i32.
Expr toI32(Expr a); ///< From f32 (towards zero, must fit), i64 (drops the high half).
/// The integer of the same width with the same bits, and back.
Expr bits(Expr a);
Expr fromBits(Expr a);

/// True when any lane is.
mlir::Value anyLane(Expr condition);

} // namespace tc::expand_math

#endif // TC_LIB_CONVERSION_EXPANDMATH_EXPR_H
