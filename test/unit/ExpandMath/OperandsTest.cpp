// Functions of two operands, and the other element types: f64 through libm,
// bf16 through f32, integers, scalars.

#include "Jit.h"
#include "UlpError.h"

#include <bit>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>

namespace tc::test {
namespace {

struct Binary {
  const char *op;
  double (*reference)(double, double);
  double maxUlp;
};

const Binary binaries[] = {{"powf", std::pow, 4}, {"atan2", std::atan2, 4}};

class BinaryUlp : public testing::TestWithParam<Binary> {};

TEST_P(BinaryUlp, CornersAndRandomPairs) {
  const Binary &test = GetParam();
  for (const Isa &isa : runnableIsas()) {
    auto function =
        compile("%z = math." + std::string(test.op) + " %x, %y : vector<16xf32>", "f32", "f32", "f32", 16, isa);
    ASSERT_NE(function, nullptr);
    EXPECT_EQ(function->undefined, std::vector<std::string>()) << isa.cpu;

    std::mt19937 random(1);
    double worst = 0;
    float worstX = 0, worstY = 0;
    constexpr int cornerCount = std::size(specialFloats);
    for (int round = 0; round < 600; ++round) {
      float x[batch], y[batch], z[batch];
      for (int i = 0; i < batch; ++i) {
        int pair = round * batch + i;
        if (pair < cornerCount * cornerCount) {
          x[i] = specialFloats[pair / cornerCount];
          y[i] = specialFloats[pair % cornerCount];
        } else {
          x[i] = std::bit_cast<float>(uint32_t(random()));
          y[i] = std::bit_cast<float>(uint32_t(random()));
          if (round % 2 && std::isnormal(y[i])) // a power that is likely in range
            y[i] = std::ldexp(y[i], -std::ilogb(y[i])) * 32 / std::log2(std::fabs(x[i]));
        }
      }
      function->entry(x, y, z);
      for (int i = 0; i < batch; ++i) {
        double ulp = ulpError(z[i], test.reference(x[i], y[i]));
        if (ulp > worst)
          worst = ulp, worstX = x[i], worstY = y[i];
      }
    }
    printf("  %-9s %-10s max %.3f ULP at %a, %a\n", test.op, isa.cpu.c_str(), worst, worstX, worstY);
    EXPECT_LE(worst, test.maxUlp) << isa.cpu << ": " << test.op << "(" << worstX << ", " << worstY << ")";
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, BinaryUlp, testing::ValuesIn(binaries),
                         [](const auto &info) { return info.param.op; });

struct Constant {
  const char *exponent;
  double value;
};

TEST(Power, ConstantExponents) {
  const Constant constants[] = {{"2.0", 2}, {"3.0", 3}, {"-1.0", -1}, {"-2.0", -2}, {"5.0", 5},    {"-7.0", -7},
                                {"0.0", 0}, {"1.0", 1}, {"0.5", 0.5}, {"64.0", 64}, {"-3.5", -3.5}};
  for (const Isa &isa : runnableIsas())
    for (const Constant &constant : constants) {
      auto function = compile("%c = arith.constant dense<" + std::string(constant.exponent) +
                                  "> : vector<16xf32>\n"
                                  "    %z = math.powf %x, %c : vector<16xf32>",
                              "f32", "f32", "f32", 16, isa);
      ASSERT_NE(function, nullptr);
      float x[batch], z[batch];
      std::mt19937 random(2);
      for (int i = 0; i < batch; ++i)
        x[i] = i < int(std::size(specialFloats)) ? specialFloats[i] : std::bit_cast<float>(uint32_t(random()));
      function->entry(x, x, z);
      for (int i = 0; i < batch; ++i)
        EXPECT_LE(ulpError(z[i], std::pow(double(x[i]), constant.value)), 4)
            << isa.cpu << ": " << x[i] << "^" << constant.value << " = " << z[i];
    }
}

TEST(Power, IntegerExponents) {
  for (const Isa &isa : runnableIsas()) {
    auto function = compile("%z = math.fpowi %x, %y : vector<16xf32>, vector<16xi32>", "f32", "i32", "f32", 16, isa);
    ASSERT_NE(function, nullptr);
    float x[batch], z[batch];
    int32_t n[batch];
    const int32_t powers[] = {0, 1, -1, 2, 3, -2, 7, 100, -101, INT32_MAX, INT32_MIN};
    for (int i = 0; i < batch; ++i) {
      x[i] = specialFloats[i / std::size(powers) % std::size(specialFloats)];
      n[i] = powers[i % std::size(powers)];
    }
    function->entry(x, n, z);
    for (int i = 0; i < batch; ++i)
      EXPECT_LE(ulpError(z[i], std::pow(double(x[i]), n[i])), 4)
          << isa.cpu << ": " << x[i] << "^" << n[i] << " = " << z[i];
  }
}

TEST(Power, Integers) {
  for (const Isa &isa : runnableIsas()) {
    auto function = compile("%z = math.ipowi %x, %y : vector<16xi64>", "i64", "i64", "i64", 16, isa);
    ASSERT_NE(function, nullptr);
    int64_t x[batch], n[batch], z[batch];
    for (int i = 0; i < batch; ++i) {
      x[i] = i / 16 % 21 - 10;
      n[i] = i % 16 - 3;
    }
    function->entry(x, n, z);
    for (int i = 0; i < batch; ++i) {
      int64_t expected = 1;
      for (int64_t k = 0; k < n[i]; ++k)
        expected *= x[i];
      if (n[i] < 0)
        expected = x[i] == 1 ? 1 : x[i] == -1 ? (n[i] % 2 ? -1 : 1) : 0;
      EXPECT_EQ(z[i], expected) << isa.cpu << ": " << x[i] << "^" << n[i];
    }
  }
}

TEST(ElementTypes, F64CallsLibm) {
  for (int lanes : {0, 4}) {
    std::string type = lanes ? "vector<4xf64>" : "f64";
    auto function = compile("%z = math.erf %x : " + type, "f64", "f64", "f64", lanes, runnableIsas()[0]);
    ASSERT_NE(function, nullptr);
    double x[batch], z[batch];
    for (int i = 0; i < batch; ++i)
      x[i] = (i - batch / 2) * 1e-3;
    function->entry(x, x, z);
    for (int i = 0; i < batch; ++i)
      EXPECT_EQ(z[i], std::erf(x[i]));
  }
}

TEST(ElementTypes, Bf16ThroughF32) {
  for (const Isa &isa : runnableIsas()) {
    auto function = compile("%z = math.exp %x : vector<16xbf16>", "bf16", "bf16", "bf16", 16, isa);
    ASSERT_NE(function, nullptr);
    EXPECT_EQ(function->undefined, std::vector<std::string>()) << isa.cpu;
    uint16_t x[batch], z[batch];
    auto widen = [](uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); };
    for (int first = 0; first < 65536; first += batch) {
      for (int i = 0; i < batch; ++i)
        x[i] = uint16_t(first + i);
      function->entry(x, x, z);
      for (int i = 0; i < batch; ++i) {
        // Half a place of bf16, which has 16 bits fewer, and the error in f32.
        double ulp = ulpError(widen(z[i]), std::exp(double(widen(x[i]))));
        EXPECT_LE(ulp, 0x1p15 + 2) << isa.cpu << ": exp(" << widen(x[i]) << ") = " << widen(z[i]);
      }
    }
  }
}

TEST(ElementTypes, Scalars) {
  struct {
    const char *op;
    double (*reference)(double);
  } const cases[] = {{"exp", std::exp}, {"sin", std::sin}, {"log1p", std::log1p}};
  for (const Isa &isa : runnableIsas())
    for (const auto &test : cases) {
      auto function = compile("%z = math." + std::string(test.op) + " %x : f32", "f32", "f32", "f32", 0, isa);
      ASSERT_NE(function, nullptr);
      EXPECT_EQ(function->undefined, std::vector<std::string>()) << isa.cpu;
      float x[batch], z[batch];
      std::mt19937 random(3);
      for (float &value : x)
        value = std::bit_cast<float>(uint32_t(random()));
      function->entry(x, x, z);
      for (int i = 0; i < batch; ++i)
        EXPECT_LE(ulpError(z[i], test.reference(x[i])), 2)
            << isa.cpu << ": " << test.op << "(" << x[i] << ") = " << z[i];
    }
}

TEST(ElementTypes, FmaWithoutTheInstruction) {
  Isa isa = runnableIsas()[0];
  auto function = compile("%z = math.fma %x, %y, %y : vector<16xf32>", "f32", "f32", "f32", 16, isa);
  ASSERT_NE(function, nullptr);
  EXPECT_EQ(function->undefined, std::vector<std::string>());
  float x[batch], y[batch], z[batch];
  std::mt19937 random(4);
  for (int i = 0; i < batch; ++i) {
    x[i] = -1.0f + std::ldexp(float(random() % 1024), -23); // cancels
    y[i] = std::bit_cast<float>(uint32_t(random()));
  }
  function->entry(x, y, z);
  for (int i = 0; i < batch; ++i)
    EXPECT_LE(ulpError(z[i], std::fma(double(x[i]), double(y[i]), double(y[i]))), 0.5 + 1e-6);
}

} // namespace
} // namespace tc::test
