// Every function against double libm, over the floats, for every instruction
// set that this machine runs: the error in units of the last place, no calls,
// signs of zeros, NaN, infinities and denormals.

#include "Jit.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>

namespace tc::test {
namespace {

struct Case {
  const char *op;
  double (*reference)(double);
  double maxUlp;
};

double rsqrtReference(double x) { return 1.0 / std::sqrt(x); }

const Case cases[] = {
    {"exp", std::exp, 2},           {"exp2", std::exp2, 2},
    {"expm1", std::expm1, 4},       {"log", std::log, 2},
    {"log2", std::log2, 2},         {"log10", std::log10, 4},
    {"log1p", std::log1p, 4},       {"tanh", std::tanh, 2},
    {"sinh", std::sinh, 4},         {"cosh", std::cosh, 4},
    {"asinh", std::asinh, 4},       {"acosh", std::acosh, 4},
    {"atanh", std::atanh, 4},       {"erf", std::erf, 2},
    {"erfc", std::erfc, 4},         {"sin", std::sin, 2},
    {"cos", std::cos, 2},           {"tan", std::tan, 4},
    {"asin", std::asin, 4},         {"acos", std::acos, 4},
    {"atan", std::atan, 4},         {"cbrt", std::cbrt, 4},
    {"rsqrt", rsqrtReference, 1.5}, {"floor", std::floor, 0},
    {"ceil", std::ceil, 0},         {"trunc", std::trunc, 0},
    {"round", std::round, 0},       {"roundeven", std::nearbyint, 0},
};

/// |actual - expected| in units of the last place of a float at `expected`.
double ulpError(float actual, double expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(expected) || std::isnan(actual))
    return std::isnan(expected) && std::isnan(actual) ? 0 : infinity;
  if (std::signbit(actual) != std::signbit(expected) && (actual == 0 || expected == 0))
    return infinity;
  // What overflows counts as 2^128, the next float if there were one.
  double a = std::clamp<double>(actual, -0x1p128, 0x1p128);
  double e = std::clamp(expected, -0x1p128, 0x1p128);
  int exponent = std::max(std::ilogb(e), -126);
  return std::fabs(a - e) / std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double ulp = 0;
  float x = 0, actual = 0;
};

class Ulp : public testing::TestWithParam<Case> {
protected:
  void sweep(uint32_t stride) {
    const Case &test = GetParam();
    std::vector<Isa> isas = runnableIsas();
    std::vector<std::unique_ptr<JitFunction>> functions;
    for (const Isa &isa : isas) {
      functions.push_back(
          compile("math." + std::string(test.op) + " %x : vector<16xf32>", "f32", "f32", "f32", 16, isa));
      ASSERT_NE(functions.back(), nullptr);
      EXPECT_EQ(functions.back()->undefined, std::vector<std::string>()) << isa.cpu;
    }
    std::vector<Worst> worst(isas.size());
    alignas(64) float x[batch], z[batch];
    for (uint64_t next = 0; next < 0x100000000;) {
      for (float &value : x) {
        value = std::bit_cast<float>(uint32_t(std::min<uint64_t>(next, 0xffffffff)));
        next += stride;
      }
      double expected[batch];
      for (int i = 0; i < batch; ++i)
        expected[i] = test.reference(x[i]);
      for (size_t k = 0; k < isas.size(); ++k) {
        functions[k]->entry(x, x, z);
        for (int i = 0; i < batch; ++i)
          if (z[i] != float(expected[i]) || z[i] == 0)
            if (double ulp = ulpError(z[i], expected[i]); ulp > worst[k].ulp)
              worst[k] = {ulp, x[i], z[i]};
      }
    }
    for (size_t k = 0; k < isas.size(); ++k) {
      printf("  %-9s %-10s max %.3f ULP at %a\n", test.op, isas[k].cpu.c_str(), worst[k].ulp, worst[k].x);
      EXPECT_LE(worst[k].ulp, test.maxUlp) << isas[k].cpu << ": " << test.op << "(" << worst[k].x
                                           << ") = " << worst[k].actual << ", expected " << test.reference(worst[k].x);
    }
  }
};

TEST_P(Ulp, Sampled) { sweep(509); }
TEST_P(Ulp, DISABLED_AllFloats) { sweep(1); }

INSTANTIATE_TEST_SUITE_P(Functions, Ulp, testing::ValuesIn(cases), [](const auto &info) { return info.param.op; });

} // namespace
} // namespace tc::test
