// Every function against double libm, over the floats, for every instruction
// set that this machine runs: the error in units of the last place, no calls,
// signs of zeros, NaN, infinities and denormals.

#include "Jit.h"
#include "UlpError.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>

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

struct Worst {
  double ulp = 0;
  float x = 0, actual = 0;
};

/// Nanoseconds for 16 elements out of the first-level cache: the best of many.
double nanosecondsPer16(JitFunction &function) {
  float x[batch], z[batch];
  for (int i = 0; i < batch; ++i)
    x[i] = 0.001f + 4.0f * i / batch;
  double best = 1e9;
  for (int round = 0; round < 300; ++round) {
    auto start = std::chrono::steady_clock::now();
    function.entry(x, x, z);
    std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count() / (batch / 16));
  }
  return best;
}

class Ulp : public testing::TestWithParam<Case> {
protected:
  const Case &test = GetParam();
  std::vector<Isa> isas = runnableIsas();
  std::vector<std::unique_ptr<JitFunction>> functions;
  std::vector<Worst> worst = std::vector<Worst>(isas.size());

  void SetUp() override {
    for (const Isa &isa : isas) {
      functions.push_back(
          compile("%z = math." + std::string(test.op) + " %x : vector<16xf32>", "f32", "f32", "f32", 16, isa));
      ASSERT_NE(functions.back(), nullptr);
      EXPECT_EQ(functions.back()->undefined, std::vector<std::string>()) << isa.cpu;
    }
  }

  /// Keeps the worst result on these arguments.
  void tryBatch(const float (&x)[batch]) {
    double expected[batch];
    for (int i = 0; i < batch; ++i)
      expected[i] = test.reference(x[i]);
    for (size_t k = 0; k < isas.size(); ++k) {
      float z[batch];
      functions[k]->entry(x, x, z);
      for (int i = 0; i < batch; ++i)
        if (z[i] != float(expected[i]) || z[i] == 0)
          if (double ulp = ulpError(z[i], expected[i]); ulp > worst[k].ulp)
            worst[k] = {ulp, x[i], z[i]};
    }
  }

  void sweep(uint32_t stride) {
    float x[batch];
    for (int i = 0; i < batch; ++i)
      x[i] = specialFloats[i % std::size(specialFloats)];
    tryBatch(x);
    for (uint64_t next = 0; next < 0x100000000;) {
      for (float &value : x) {
        value = std::bit_cast<float>(uint32_t(std::min<uint64_t>(next, 0xffffffff)));
        next += stride;
      }
      tryBatch(x);
    }
    for (size_t k = 0; k < isas.size(); ++k) {
      printf("  %-9s %-10s max %.3f ULP at %a\n", test.op, isas[k].cpu.c_str(), worst[k].ulp, worst[k].x);
      EXPECT_LE(worst[k].ulp, test.maxUlp) << isas[k].cpu << ": " << test.op << "(" << worst[k].x
                                           << ") = " << worst[k].actual << ", expected " << test.reference(worst[k].x);
    }
  }
};

TEST_P(Ulp, Sampled) { sweep(509); }
TEST_P(Ulp, DISABLED_AllFloats) {
  // The code differs by the pass's options only, which the first and last have.
  while (isas.size() > 2) {
    isas.erase(isas.begin() + 1);
    functions.erase(functions.begin() + 1);
  }
  sweep(1);
}

TEST_P(Ulp, DISABLED_Throughput) {
  for (size_t k = 0; k < isas.size(); ++k)
    printf("  %-9s %-10s %.2f ns per 16\n", test.op, isas[k].cpu.c_str(), nanosecondsPer16(*functions[k]));
}

INSTANTIATE_TEST_SUITE_P(Functions, Ulp, testing::ValuesIn(cases), [](const auto &info) { return info.param.op; });

} // namespace
} // namespace tc::test
