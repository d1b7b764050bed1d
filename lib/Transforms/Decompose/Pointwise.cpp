// Arithmetic and elementary functions. Operands are converted to the captured result type, which is the promoted one.

#include "Call.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tc::decompose {

// Operand i in the type of the result; a number stays a number.
static Expr operand(Call &c, size_t i) { return castTo(c.expr(i), c.element()); }

// add(self, other, alpha), sub, rsub.
static Expr scaled(Call &c, size_t i) {
  Expr x = operand(c, i), alpha = c.expr(2);
  return !alpha || alpha.getNumber() == 1 ? x : x * alpha;
}
static Results add(Call &c) { return operand(c, 0) + scaled(c, 1); }
static Results sub(Call &c) { return operand(c, 0) - scaled(c, 1); }
static Results rsub(Call &c) { return operand(c, 1) - scaled(c, 0); }
static Results mul(Call &c) { return operand(c, 0) * operand(c, 1); }

// div(self, other) of any operands, and with rounding_mode.
static Results div(Call &c) {
  StringRef rounding = c.getNumArgs() > 2 ? c.string(2) : "";
  Expr x = operand(c, 0), y = operand(c, 1);
  bool integers = isa<IntegerType>(c.element());
  if (rounding == "floor")
    return floorDiv(x, y);
  if (rounding == "trunc")
    return integers ? x / y : trunc(x / y);
  // A Python float is exact: dividing by it is not multiplying by its reciprocal.
  return x / y;
}
static Results floorDivide(Call &c) { return floorDiv(operand(c, 0), operand(c, 1)); }

template <Expr (*function)(const Expr &, const Expr &)> static Results binary(Call &c) {
  Expr x = operand(c, 0), y = operand(c, 1);
  if (!x.isTensor())
    x = x.as(c, c.element());
  return function(x, y);
}
// Of one operand, in the floating type of the result.
template <Expr (*function)(const Expr &)> static Results real(Call &c) { return function(operand(c, 0)); }
// Of one operand, in its own type.
template <Expr (*function)(const Expr &)> static Results same(Call &c) { return function(c.expr(0)); }

// Integral functions of integers are the identity.
template <Expr (*function)(const Expr &)> static Results rounding(Call &c) {
  Expr x = c.expr(0);
  return isFloat(x) ? function(x) : x;
}

static Results roundDecimals(Call &c) {
  double scale = std::pow(10.0, c.number(1));
  return round(c.wide(0) * scale) / scale;
}

// The exponents that ATen special-cases, and others.
static Results powScalar(Call &c) {
  Expr x = operand(c, 0);
  auto exponent = c.expr(1).getNumber();
  if (!exponent)
    return pow(x, operand(c, 1));
  if (*exponent == 0)
    return full(c, c.resultSizes(), 1, c.element());
  if (*exponent == 1)
    return x;
  if (*exponent == 2)
    return x * x;
  if (*exponent == 3)
    return widen(x) * widen(x) * widen(x);
  if (!isFloat(x))
    return pow(x, operand(c, 1));
  if (*exponent == 0.5)
    return sqrt(x);
  if (*exponent == -0.5)
    return rsqrt(x);
  if (*exponent == -1)
    return reciprocal(x);
  if (*exponent == -2)
    return reciprocal(square(widen(x)));
  return pow(x, *exponent);
}

static Results signbit(Call &c) {
  Expr x = c.expr(0);
  if (!isFloat(x))
    return x < 0;
  Type bits = c.getIntegerType(x.getElementType().getIntOrFloatBitWidth());
  return bitcast(x, bits) < 0;
}

static Results signFunction(Call &c) { return sign(c.expr(0)); }
static Results reciprocalFunction(Call &c) { return reciprocal(widen(operand(c, 0))); }
static Results logicalNot(Call &c) { return ~toBool(c.expr(0)); }
static Results bitwiseNot(Call &c) { return ~c.expr(0); }
static Results positive(Call &c) { return c.expr(0); }

static Results clampFunction(Call &c) {
  Expr x = operand(c, 0);
  return clamp(x, castTo(c.expr(1), c.element()), castTo(c.expr(2), c.element()));
}
static Results clampMin(Call &c) { return maximum(operand(c, 0), operand(c, 1)); }
static Results clampMax(Call &c) { return minimum(operand(c, 0), operand(c, 1)); }
static Results fmax(Call &c) {
  Expr x = operand(c, 0), y = operand(c, 1);
  return select(isnan(x), y, select(isnan(y), x, maximum(x, y)));
}
static Results fmin(Call &c) {
  Expr x = operand(c, 0), y = operand(c, 1);
  return select(isnan(x), y, select(isnan(y), x, minimum(x, y)));
}

// addcmul(self, tensor1, tensor2, value): self + value * tensor1 * tensor2.
static Results addcmul(Call &c) { return c.wide(0) + c.expr(3) * (c.wide(1) * c.wide(2)); }
static Results addcdiv(Call &c) { return c.wide(0) + c.expr(3) * (c.wide(1) / c.wide(2)); }

// lerp(start, end, weight), from the nearer end.
static Results lerp(Call &c) {
  Expr start = c.wide(0), end = c.wide(1), weight = widen(c.expr(2));
  if (auto known = weight.getNumber())
    return std::abs(*known) < 0.5 ? start + weight * (end - start) : end - (end - start) * (1 - weight);
  return select(abs(weight) < 0.5, start + weight * (end - start), end - (end - start) * (1.0 - weight));
}

static Results hypot(Call &c) {
  Expr x = abs(c.wide(0)), y = abs(c.wide(1)), large = maximum(x, y), small = minimum(x, y);
  Expr ratio = small / select(eq(large, 0.0), 1.0, large), infinite = std::numeric_limits<double>::infinity();
  Expr result = select(eq(large, small), large * M_SQRT2, large * sqrt(1.0 + ratio * ratio));
  // Infinity wins over NaN.
  return select(eq(x, infinite) | eq(y, infinite), infinite, result);
}

static Expr negate(const Expr &x) { return -x; }
static Expr infinity() { return std::numeric_limits<double>::infinity(); }
static Expr notANumber() { return std::numeric_limits<double>::quiet_NaN(); }

// log(exp(x) + exp(y)) without overflow; equal infinities are themselves.
static Results logaddexp(Call &c) {
  Expr x = c.wide(0), y = c.wide(1), large = maximum(x, y);
  Expr result = large + log1p(exp(-abs(x - y)));
  return select(eq(x, y) & eq(abs(x), infinity()), x, result);
}

static Results xlogy(Call &c) {
  Expr x = widen(operand(c, 0)).as(c, c.element()), y = widen(operand(c, 1)).as(c, c.element());
  return select(isnan(y), notANumber(), select(eq(x, 0.0), 0.0, x * log(y)));
}

static Results logit(Call &c) {
  Expr x = c.real(0), eps = c.expr(1);
  if (eps)
    x = select(x < eps, eps, select(x > 1 - eps, 1 - eps, x));
  return log(x / (1.0 - x));
}

static Results sinc(Call &c) {
  Expr x = c.real(0) * M_PI;
  return select(eq(x, 0.0), 1.0, sin(x) / x);
}

static Results nanToNum(Call &c) {
  Expr x = c.wide(0);
  if (!isFloat(x))
    return x;
  double largest = APFloat::getLargest(dyn_cast<FloatType>(c.element()).getFloatSemantics()).convertToDouble();
  Expr high = select(eq(x, infinity()), c.number(2, largest), x);
  Expr low = select(eq(x, -infinity()), c.number(3, -largest), high);
  return select(isnan(x), c.number(1, 0.0), low);
}

// Of real numbers.
static Results angle(Call &c) {
  Expr x = c.real(0);
  return select(isnan(x), x, select(x < 0.0, Expr(M_PI).as(c, x.getElementType()), 0.0));
}
static Results degrees(Call &c) { return c.real(0) * (180.0 / M_PI); }
static Results radians(Call &c) { return c.real(0) * (M_PI / 180.0); }
static Results frac(Call &c) { return c.expr(0) - trunc(c.expr(0)); }
static Results identity(Call &c) { return c.expr(0); }

void addPointwise(Decompositions &d) {
  d.add({"add.*", "prims::add.*"}, add);
  d.add({"sub.*", "subtract.*", "prims::sub.*"}, sub);
  d.add("rsub.*", rsub);
  d.add({"mul.*", "multiply.*", "prims::mul.*"}, mul);
  d.add({"div.*", "divide.*", "true_divide.*", "prims::div.*"}, div);
  d.add("floor_divide.*", floorDivide);
  d.add("remainder.*", binary<remainder>);
  d.add("fmod.*", binary<fmod>);
  d.add("atan2.*", binary<atan2>);
  d.add("arctan2.*", binary<atan2>);
  d.add("copysign.*", binary<copysign>);
  d.add("nextafter.*", binary<nextafter>);
  d.add("maximum.*", binary<maximum>);
  d.add("minimum.*", binary<minimum>);
  d.add({"max.other", "min.other"},
        [](Call &c) -> Results { return c.getPacket() == "max" ? binary<maximum>(c) : binary<minimum>(c); });
  d.add("fmax.*", fmax);
  d.add("fmin.*", fmin);
  d.add({"bitwise_and.*", "__and__.*"}, binary<operator&>);
  d.add({"bitwise_or.*", "__or__.*"}, binary<operator| >);
  d.add({"bitwise_xor.*", "__xor__.*"}, binary<operator^ >);
  d.add({"bitwise_left_shift.*", "__lshift__.*"}, binary<shl>);
  d.add({"bitwise_right_shift.*", "__rshift__.*"}, binary<shr>);
  d.add("pow.Tensor_Scalar", powScalar);
  d.add({"pow.Tensor_Tensor", "pow.Scalar", "float_power.Tensor_Tensor", "float_power.Scalar"}, binary<pow>);
  d.add("float_power.Tensor_Scalar", powScalar);
  d.add("square", [](Call &c) -> Results { return square(c.expr(0)); });

  d.add({"abs", "absolute"}, same<abs>);
  d.add({"neg", "negative"}, same<negate>);
  d.add("exp", real<exp>);
  d.add({"exp2", "special_exp2"}, real<exp2>);
  d.add({"expm1", "special_expm1"}, real<expm1>);
  d.add("log", real<log>);
  d.add("log2", real<log2>);
  d.add("log10", real<log10>);
  d.add({"log1p", "special_log1p"}, real<log1p>);
  d.add("sqrt", real<sqrt>);
  d.add("rsqrt", real<rsqrt>);
  d.add("sin", real<sin>);
  d.add("cos", real<cos>);
  d.add("tan", real<tan>);
  d.add({"asin", "arcsin"}, real<asin>);
  d.add({"acos", "arccos"}, real<acos>);
  d.add({"atan", "arctan"}, real<atan>);
  d.add("sinh", real<sinh>);
  d.add("cosh", real<cosh>);
  d.add("tanh", real<tanh>);
  d.add({"asinh", "arcsinh"}, real<asinh>);
  d.add({"acosh", "arccosh"}, real<acosh>);
  d.add({"atanh", "arctanh"}, real<atanh>);
  d.add({"erf", "special_erf"}, real<erf>);
  d.add({"erfc", "special_erfc"}, real<erfc>);
  d.add("floor", rounding<floor>);
  d.add("ceil", rounding<ceil>);
  d.add({"round", "special_round"}, rounding<round>);
  d.add("round.decimals", roundDecimals);
  d.add({"trunc", "fix"}, rounding<trunc>);
  d.add({"sign", "sgn"}, signFunction);
  d.add("signbit", signbit);
  d.add("reciprocal", reciprocalFunction);
  d.add("logical_not", logicalNot);
  d.add("bitwise_not", bitwiseNot);
  d.add("positive", positive);
  d.add({"real", "conj", "resolve_conj", "resolve_neg", "conj_physical"}, identity);
  d.add({"clamp.*", "clip.*"}, clampFunction);
  d.add("clamp_min.*", clampMin);
  d.add("clamp_max.*", clampMax);
  d.add("addcmul", addcmul);
  d.add("addcdiv", addcdiv);
  d.add("lerp.*", lerp);
  d.add("hypot", hypot);
  d.add("logaddexp", logaddexp);
  d.add({"xlogy.*", "special_xlogy.*"}, xlogy);
  d.add({"logit", "special_logit"}, logit);
  d.add({"sinc", "special_sinc"}, sinc);
  d.add("nan_to_num", nanToNum);
  d.add("angle", angle);
  d.add("rad2deg", degrees);
  d.add("deg2rad", radians);
  d.add("frac", frac);
}

} // namespace tc::decompose
