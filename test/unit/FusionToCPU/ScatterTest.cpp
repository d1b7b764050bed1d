// Scatter kernels against the interpreter.

#include "KernelCases.h"

#include "gtest/gtest.h"

using namespace tc::test;

namespace {

TEST(Scatter, EmbeddingGradient) {
  for (const char *columns : {"1", "40", "128"})
    for (const char *kind : {"[sum] ", "[max] ", ""}) {
      std::string c = columns, t = "tensor<9x" + c + "xf32>", u = "tensor<30x" + c + "xf32>";
      check({kernel("", "%t: " + t + "; %u: " + u + "; %n: tensor<30xi64>", t,
                    "%0 = loop.scatter " + std::string(kind) + "(%i, %j) in [30, " + c +
                        "] into %t {\n"
                        "%id = loop.read %n[%i] : tensor<30xi64> -> i64\n%r = arith.index_cast %id : i64 to index\n"
                        "%v = loop.read %u[%i, %j] : " +
                        u + " -> f32\nloop.yield %r, %j, %v : index, index, f32\n} : " + t +
                        "\nfusion.yield %0 : " + t + "\n"),
             {},
             9});
    }
}

TEST(Scatter, IntoZeros) {
  check({kernel("", "%u: tensor<50xbf16>; %n: tensor<50xi64>", "tensor<7xbf16>", R"(
    %z = tc.constant dense<0.0> : tensor<7xbf16>
    %0 = loop.scatter [sum] (%i) in [50] into %z {
      %id = loop.read %n[%i] : tensor<50xi64> -> i64
      %r = arith.index_cast %id : i64 to index
      %v = loop.read %u[%i] : tensor<50xbf16> -> bf16
      loop.yield %r, %v : index, bf16
    } : tensor<7xbf16>
    fusion.yield %0 : tensor<7xbf16>
  )"),
         {},
         7,
         0.05});
}

TEST(Scatter, CacheUpdate) {
  check({kernel("", "%c: tensor<2x20x3x16xf32>; %u: tensor<2x4x3x16xf32>", "tensor<2x20x3x16xf32>", R"(
    %0 = loop.scatter (%b, %t, %h, %d) in [2, 4, 3, 16] into %c {
      %r = loop.index affine_map<(d0) -> (d0 * 2 + 5)>(%t) where []
      %v = loop.read %u[%b, %t, %h, %d] : tensor<2x4x3x16xf32> -> f32
      loop.yield %b, %r, %h, %d, %v : index, index, index, index, f32
    } : tensor<2x20x3x16xf32>
    fusion.yield %0 : tensor<2x20x3x16xf32>
  )")});
}

} // namespace
