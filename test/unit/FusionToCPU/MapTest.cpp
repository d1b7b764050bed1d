// Map kernels against the interpreter.

#include "KernelCases.h"

#include "gtest/gtest.h"

using namespace tc::test;

namespace {

TEST(Map, AddAndBias) {
  for (auto [rows, columns] : {std::pair(1, 1), {3, 5}, {4, 64}, {7, 100}, {2, 1000}, {0, 8}, {5, 0}}) {
    std::string t = "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xf32>";
    std::string b = "tensor<" + std::to_string(columns) + "xf32>";
    check({kernel("", "%x: " + t + "; %b: " + b, t,
                  "%0 = loop.map (%i, %j) in [" + std::to_string(rows) + ", " + std::to_string(columns) +
                      "] {\n"
                      "%v = loop.read %x[%i, %j] : " +
                      t + " -> f32\n %w = loop.read %b[%j] : " + b +
                      " -> f32\n"
                      "%s = arith.addf %v, %w : f32\n %e = math.exp %s : f32\n loop.yield %e : f32\n} : " +
                      t + "\nfusion.yield %0 : " + t + "\n")});
  }
}

TEST(Map, Collapsed) {
  check({kernel("", "%x: tensor<3x5x7xf32>", "tensor<3x5x7xf32>", R"(
    %0 = loop.map (%i, %j, %k) in [3, 5, 7] {
      %v = loop.read %x[%i, %j, %k] : tensor<3x5x7xf32> -> f32
      %s = arith.mulf %v, %v : f32
      loop.yield %s : f32
    } : tensor<3x5x7xf32>
    fusion.yield %0 : tensor<3x5x7xf32>
  )")});
}

TEST(Map, Dynamic) {
  const char *type = "tensor<?x?xf32, #tc.sizes<[s0, s1 * 2]>>";
  for (auto [s0, s1] : {std::pair(0, 4), {1, 1}, {3, 8}, {5, 33}, {2, 3000}})
    check({kernel("", std::string("%x: ") + type + "; %b: tensor<?xf32, #tc.sizes<[s1 * 2]>>", type, R"(
    %0 = loop.map (%i, %j) in [s0, s1 * 2] {
      %v = loop.read %x[%i, %j] : tensor<?x?xf32, #tc.sizes<[s0, s1 * 2]>> -> f32
      %r = loop.index affine_map<(d0)[s0] -> (s0 * 2 - 1 - d0)>(%j) where ["s1"]
      %w = loop.read %b[%r] : tensor<?xf32, #tc.sizes<[s1 * 2]>> -> f32
      %s = arith.subf %v, %w : f32
      loop.yield %s : f32
    } : tensor<?x?xf32, #tc.sizes<[s0, s1 * 2]>>
    fusion.yield %0 : tensor<?x?xf32, #tc.sizes<[s0, s1 * 2]>>
  )"),
           {{"s0", s0}, {"s1", s1}}});
}

TEST(Map, TwoMapsAndTypes) {
  check({kernel("", "%x: tensor<37xbf16>; %n: tensor<37xi64>", "tensor<37xbf16>, tensor<37xi1>, tensor<37xf32>", R"(
    %0 = loop.map (%i) in [37] {
      %v = loop.read %x[%i] : tensor<37xbf16> -> bf16
      %w = arith.extf %v : bf16 to f32
      %n0 = loop.read %n[%i] : tensor<37xi64> -> i64
      %c = arith.sitofp %n0 : i64 to f32
      %s = arith.mulf %w, %c : f32
      loop.yield %s : f32
    } : tensor<37xf32>
    %1:2 = loop.map (%i) in [37] {
      %v = loop.read %0[%i] : tensor<37xf32> -> f32
      %zero = arith.constant 1.0 : f32
      %b = arith.cmpf ogt, %v, %zero : f32
      %t = arith.truncf %v : f32 to bf16
      loop.yield %t, %b : bf16, i1
    } : tensor<37xbf16>, tensor<37xi1>
    fusion.yield %1#0, %1#1, %0 : tensor<37xbf16>, tensor<37xi1>, tensor<37xf32>
  )")});
}

TEST(Map, BoolsBytesHalves) {
  check({kernel("", "%x: tensor<53xi1>; %h: tensor<53xf16>; %u: tensor<53xui8>", "tensor<53xf16>, tensor<53xi32>", R"(
    %0:2 = loop.map (%i) in [53] {
      %c = loop.read %x[%i] : tensor<53xi1> -> i1
      %h0 = loop.read %h[%i] : tensor<53xf16> -> f16
      %u0 = loop.read %u[%i] : tensor<53xui8> -> i8
      %f = arith.extf %h0 : f16 to f32
      %uf = arith.uitofp %u0 : i8 to f32
      %s = arith.select %c, %f, %uf : f32
      %t = arith.truncf %s : f32 to f16
      %ui = arith.extui %u0 : i8 to i32
      %ii = arith.index_cast %i : index to i32
      %sum = arith.addi %ui, %ii : i32
      loop.yield %t, %sum : f16, i32
    } : tensor<53xf16>, tensor<53xi32>
    fusion.yield %0#0, %0#1 : tensor<53xf16>, tensor<53xi32>
  )"),
         {},
         200});
}

TEST(Map, Padding) {
  check({kernel("", "%x: tensor<3x10x20xf32>", "tensor<3x12x23xf32>", R"(
    %0 = loop.map (%c, %i, %j) in [3, 12, 23] {
      %p = loop.index affine_map<(d0) -> (d0 - 1)>(%i) where []
      %q = loop.index affine_map<(d0) -> (d0 - 2)>(%j) where []
      %c10 = arith.constant 10 : index
      %c20 = arith.constant 20 : index
      %a = arith.cmpi ult, %p, %c10 : index
      %b = arith.cmpi ult, %q, %c20 : index
      %ok = arith.andi %a, %b : i1
      %v = scf.if %ok -> f32 {
        %e = loop.read %x[%c, %p, %q] : tensor<3x10x20xf32> -> f32
        scf.yield %e : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      loop.yield %v : f32
    } : tensor<3x12x23xf32>
    fusion.yield %0 : tensor<3x12x23xf32>
  )")});
}

TEST(Map, Concat) {
  // The read of %x is of one element for all lanes under a mask that may be empty.
  check({kernel("", "%x: tensor<5x1xf32>; %y: tensor<5x30xf32>", "tensor<5x31xf32>", R"(
    %0 = loop.map (%i, %j) in [5, 31] {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %first = arith.cmpi ult, %j, %c1 : index
      %v = scf.if %first -> f32 {
        %e = loop.read %x[%i, %c0] : tensor<5x1xf32> -> f32
        scf.yield %e : f32
      } else {
        %k = loop.index affine_map<(d0) -> (d0 - 1)>(%j) where []
        %e = loop.read %y[%i, %k] : tensor<5x30xf32> -> f32
        scf.yield %e : f32
      }
      loop.yield %v : f32
    } : tensor<5x31xf32>
    fusion.yield %0 : tensor<5x31xf32>
  )")});
}

TEST(Map, Embedding) {
  check({kernel("", "%t: tensor<11x40xf32>; %n: tensor<6xi64>", "tensor<6x40xf32>", R"(
    %0 = loop.map (%i, %j) in [6, 40] {
      %n0 = loop.read %n[%i] : tensor<6xi64> -> i64
      %k = arith.index_cast %n0 : i64 to index
      %v = loop.read %t[%k, %j] : tensor<11x40xf32> -> f32
      loop.yield %v : f32
    } : tensor<6x40xf32>
    fusion.yield %0 : tensor<6x40xf32>
  )"),
         {},
         11});
}

TEST(Map, GatherLanes) {
  check({kernel("", "%t: tensor<4x9xf32>; %n: tensor<6x33xi64>", "tensor<6x33xf32>", R"(
    %0 = loop.map (%i, %j) in [6, 33] {
      %n0 = loop.read %n[%i, %j] : tensor<6x33xi64> -> i64
      %k = arith.index_cast %n0 : i64 to index
      %m = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1 floordiv 7)>(%k, %j) where []
      %r = loop.index affine_map<(d0) -> (d0 mod 4)>(%j) where []
      %v = loop.read %t[%r, %m] : tensor<4x9xf32> -> f32
      loop.yield %v : f32
    } : tensor<6x33xf32>
    fusion.yield %0 : tensor<6x33xf32>
  )"),
         {},
         3});
}

TEST(Map, Transpose) {
  for (auto [a, b] : {std::pair(3, 5), {16, 16}, {33, 70}, {64, 48}}) {
    std::string in = "tensor<2x" + std::to_string(a) + "x" + std::to_string(b) + "xf32>";
    std::string out = "tensor<2x" + std::to_string(b) + "x" + std::to_string(a) + "xf32>";
    check({kernel("", "%x: " + in + "; %b: tensor<" + std::to_string(a) + "xf32>", out,
                  "%0 = loop.map (%n, %i, %j) in [2, " + std::to_string(b) + ", " + std::to_string(a) +
                      "] {\n"
                      "%v = loop.read %x[%n, %j, %i] : " +
                      in +
                      " -> f32\n"
                      "%w = loop.read %b[%j] : tensor<" +
                      std::to_string(a) +
                      "xf32> -> f32\n"
                      "%s = arith.addf %v, %w : f32\n loop.yield %s : f32\n} : " +
                      out + "\nfusion.yield %0 : " + out + "\n")});
  }
}

TEST(Map, PackedWeights) {
  // Columns in blocks, padded with zeros: a transpose under a guard. Several element types go through the same tiles.
  for (const char *type : {"f32", "bf16", "f64", "i1", "ui8"})
    for (auto [rows, depth] : {std::pair(50, 40), {64, 32}, {5, 37}}) {
      std::string blocks = std::to_string((rows + 15) / 16), k = std::to_string(depth), n = std::to_string(rows),
                  t = type;
      std::string scalar = t == "ui8" ? "i8" : t;
      std::string in = "tensor<" + n + "x" + k + "x" + t + ">", out = "tensor<" + blocks + "x" + k + "x16x" + t + ">";
      std::string zero = t[0] == 'f' || t[0] == 'b' ? "0.0" : "0";
      zero = scalar == "i1" ? "false" : zero + " : " + scalar;
      check({kernel("", "%x: " + in, out,
                    "%0 = loop.map (%b, %k, %j) in [" + blocks + ", " + k +
                        ", 16] {\n"
                        "%r = loop.index affine_map<(d0, d1) -> (d0 * 16 + d1)>(%b, %j) where []\n"
                        "%n = arith.constant " +
                        n +
                        " : index\n%in = arith.cmpi ult, %r, %n : index\n"
                        "%v = scf.if %in -> " +
                        scalar + " {\n%e = loop.read %x[%r, %k] : " + in + " -> " + scalar + "\nscf.yield %e : " +
                        scalar + "\n} else {\n%z = arith.constant " + zero + "\nscf.yield %z : " + scalar +
                        "\n}\n"
                        "loop.yield %v : " +
                        scalar + "\n} : " + out + "\nfusion.yield %0 : " + out + "\n")});
    }
}

TEST(Map, TransposeDynamic) {
  for (auto [a, b] : {std::pair(1, 1), {20, 3}, {3, 20}, {33, 47}, {0, 4}})
    check({kernel("", "%x: tensor<?x?xf32, #tc.sizes<[s0, s1]>>", "tensor<?x?xf32, #tc.sizes<[s1, s0]>>", R"(
    %0 = loop.map (%i, %j) in [s1, s0] {
      %v = loop.read %x[%j, %i] : tensor<?x?xf32, #tc.sizes<[s0, s1]>> -> f32
      loop.yield %v : f32
    } : tensor<?x?xf32, #tc.sizes<[s1, s0]>>
    fusion.yield %0 : tensor<?x?xf32, #tc.sizes<[s1, s0]>>
  )"),
           {{"s0", a}, {"s1", b}}});
}

TEST(Map, Reshaped) {
  // Heads moved next to one another: j floordiv 8 and j mod 8 in vectors.
  check({kernel("", "%x: tensor<4x10x32xf32>", "tensor<10x128xf32>", R"(
    %r = tc.reshape %x : (tensor<4x10x32xf32>) -> tensor<4x10x4x8xf32>
    %0 = loop.map (%i, %j) in [10, 128] {
      %h = loop.index affine_map<(d0) -> (d0 floordiv 32)>(%j) where []
      %a = loop.index affine_map<(d0) -> ((d0 mod 32) floordiv 8)>(%j) where []
      %b = loop.index affine_map<(d0) -> (d0 mod 8)>(%j) where []
      %v = loop.read %r[%h, %i, %a, %b] : tensor<4x10x4x8xf32> -> f32
      loop.yield %v : f32
    } : tensor<10x128xf32>
    fusion.yield %0 : tensor<10x128xf32>
  )")});
}

TEST(Map, ScalarAndDouble) {
  check({kernel("", "%x: tensor<f32>; %y: tensor<1x19xf64>", "tensor<1x19xf64>", R"(
    %0 = loop.map (%i, %j) in [1, 19] {
      %c0 = arith.constant 0 : index
      %v = loop.read %x[] : tensor<f32> -> f32
      %w = loop.read %y[%c0, %j] : tensor<1x19xf64> -> f64
      %d = arith.extf %v : f32 to f64
      %s = arith.divf %w, %d : f64
      loop.yield %s : f64
    } : tensor<1x19xf64>
    fusion.yield %0 : tensor<1x19xf64>
  )")});
}

} // namespace
