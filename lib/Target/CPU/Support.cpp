// The table of C functions that generated code may call. The f16 conversions are LLVM's names for what instruction sets
// below F16C lack; they are written here, so that no version of the compiler's run-time library is needed.

#include "tc/Target/CPU/Support.h"

#include "Sort.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

using namespace tc::cpu;

static float extendHalf(_Float16 value) {
  uint32_t half = std::bit_cast<uint16_t>(value);
  uint32_t sign = (half & 0x8000) << 16, rest = half & 0x7fff;
  if (rest >= 0x7c00) // infinity and NaN
    return std::bit_cast<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  if (rest < 0x400) // zero and denormals: exact in float arithmetic
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(static_cast<float>(rest) * 0x1p-24f));
  return std::bit_cast<float>(sign | ((rest << 13) + (112u << 23)));
}

static _Float16 truncateToHalf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  uint32_t half;
  if (rest > 0x7f800000) // NaN, made quiet
    half = 0x7e00 | (rest >> 13 & 0x3ff);
  else if (rest >= 0x477ff000) // rounds to infinity
    half = 0x7c00;
  else if (rest < 0x38800000) // denormal: adding 0.5 rounds at the last place that a half has
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(rest) + 0.5f) - 0x3f000000;
  else
    half = (rest - (112u << 23) + 0xfff + (rest >> 13 & 1)) >> 13;
  return std::bit_cast<_Float16>(static_cast<uint16_t>(sign | half));
}

/// Through float, rounding to odd first so that the second rounding is right.
static _Float16 truncateDoubleToHalf(double value) {
  float narrow = static_cast<float>(value);
  if (static_cast<double>(narrow) != value && !std::isnan(value) && !std::isinf(narrow)) {
    uint32_t bits = std::bit_cast<uint32_t>(narrow);
    bool away = std::abs(static_cast<double>(narrow)) > std::abs(value);
    if (away)
      bits -= 1; // towards zero
    narrow = std::bit_cast<float>(bits | 1);
  }
  return truncateToHalf(narrow);
}

/// A bf16 is passed as a half is.
static _Float16 truncateToBrain(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t rounded = std::isnan(value) ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
  return std::bit_cast<_Float16>(static_cast<uint16_t>(rounded >> 16));
}

static _Float16 truncateDoubleToBrain(double value) { return truncateToBrain(static_cast<float>(value)); }

static double extendHalfToDouble(_Float16 value) { return extendHalf(value); }

template <typename R, typename... A> static void *address(R (*function)(A...)) {
  return reinterpret_cast<void *>(function);
}

using Unary32 = float (*)(float);
using Binary32 = float (*)(float, float);
using Unary64 = double (*)(double);
using Binary64 = double (*)(double, double);

#define UNARY(NAME)                                                                                                    \
  {#NAME "f", address(static_cast<Unary32>(::NAME##f))}, { #NAME, address(static_cast<Unary64>(::NAME)) }
#define BINARY(NAME)                                                                                                   \
  {#NAME "f", address(static_cast<Binary32>(::NAME##f))}, { #NAME, address(static_cast<Binary64>(::NAME)) }

llvm::ArrayRef<SupportFunction> tc::cpu::getSupportFunctions() {
  static const SupportFunction functions[] = {
      {"__extendhfsf2", address(extendHalf)},
      {"__truncsfhf2", address(truncateToHalf)},
      {"__truncdfhf2", address(truncateDoubleToHalf)},
      {"__extendhfdf2", address(extendHalfToDouble)},
      {"__truncsfbf2", address(truncateToBrain)},
      {"__truncdfbf2", address(truncateDoubleToBrain)},
      {"memcpy", address(static_cast<void *(*)(void *, const void *, size_t)>(::memcpy))},
      {"memmove", address(static_cast<void *(*)(void *, const void *, size_t)>(::memmove))},
      {"memset", address(static_cast<void *(*)(void *, int, size_t)>(::memset))},
      {"tc_cpu_sort", address(tc_cpu_sort)},
      UNARY(exp),
      UNARY(exp2),
      UNARY(expm1),
      UNARY(log),
      UNARY(log2),
      UNARY(log10),
      UNARY(log1p),
      UNARY(sin),
      UNARY(cos),
      UNARY(tan),
      UNARY(asin),
      UNARY(acos),
      UNARY(atan),
      UNARY(sinh),
      UNARY(cosh),
      UNARY(tanh),
      UNARY(asinh),
      UNARY(acosh),
      UNARY(atanh),
      UNARY(erf),
      UNARY(erfc),
      UNARY(cbrt),
      UNARY(sqrt),
      UNARY(floor),
      UNARY(ceil),
      UNARY(trunc),
      UNARY(round),
      UNARY(rint),
      UNARY(nearbyint),
      UNARY(roundeven),
      UNARY(lgamma),
      UNARY(tgamma),
      BINARY(pow),
      BINARY(fmod),
      BINARY(atan2),
      BINARY(hypot),
      BINARY(remainder),
      {"fmaf", address(static_cast<float (*)(float, float, float)>(::fmaf))},
      // What LLVM makes of a sine and a cosine of one value.
      {"sincosf", address(static_cast<void (*)(float, float *, float *)>(::sincosf))},
      {"sincos", address(static_cast<void (*)(double, double *, double *)>(::sincos))},
      {"fma", address(static_cast<double (*)(double, double, double)>(::fma))},
  };
  return functions;
}
