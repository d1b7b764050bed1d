// Row, scan and sort kernels against the interpreter.

#include "KernelCases.h"

#include "gtest/gtest.h"

using namespace tc::test;

namespace {

std::string replaceAll(std::string text, const std::string &from, const std::string &to) {
  for (size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size())
    text.replace(i, from.size(), to);
  return text;
}

const char *softmax = R"(
    %m = loop.reduce [max] (%i : %j) in [ROWS : COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      loop.yield %v : f32
    } : VECTOR
    %e = loop.map (%i, %j) in [ROWS, COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      %w = loop.read %m[%i] : VECTOR -> f32
      %d = arith.subf %v, %w : f32
      %p = math.exp %d : f32
      loop.yield %p : f32
    } : MATRIX
    %s = loop.reduce [sum] (%i : %j) in [ROWS : COLS] {
      %v = loop.read %e[%i, %j] : MATRIX -> f32
      loop.yield %v : f32
    } : VECTOR
    %q = loop.map (%i, %j) in [ROWS, COLS] {
      %v = loop.read %e[%i, %j] : MATRIX -> f32
      %w = loop.read %s[%i] : VECTOR -> f32
      %d = arith.divf %v, %w : f32
      loop.yield %d : f32
    } : MATRIX
    fusion.yield %q : MATRIX
)";

std::string sized(const char *text, const std::string &rows, const std::string &columns) {
  std::string matrix = "tensor<" + rows + "x" + columns + "xf32>", vector = "tensor<" + rows + "xf32>";
  if (rows == "s0") {
    matrix = "tensor<?x?xf32, #tc.sizes<[s0, s1]>>";
    vector = "tensor<?xf32, #tc.sizes<[s0]>>";
  }
  return replaceAll(replaceAll(replaceAll(replaceAll(text, "ROWS", rows), "COLS", columns), "MATRIX", matrix), "VECTOR",
                    vector);
}

TEST(Row, Softmax) {
  for (auto [rows, columns] : {std::pair(1, 1), {3, 7}, {4, 64}, {5, 77}, {3, 768}, {2, 1003}, {0, 5}})
    check({kernel("", sized("%x: MATRIX", std::to_string(rows), std::to_string(columns)),
                  sized("MATRIX", std::to_string(rows), std::to_string(columns)),
                  sized(softmax, std::to_string(rows), std::to_string(columns)))});
}

TEST(Row, SoftmaxDynamic) {
  for (auto [rows, columns] : {std::pair(1, 1), {3, 7}, {5, 77}, {2, 1003}, {0, 5}})
    check({kernel("", sized("%x: MATRIX", "s0", "s1"), sized("MATRIX", "s0", "s1"), sized(softmax, "s0", "s1")),
           {{"s0", rows}, {"s1", columns}}});
}

TEST(Row, SoftmaxAcrossRows) {
  for (auto [rows, columns] : {std::pair(3, 7), {64, 5}, {77, 12}})
    check({kernel("schedule <row, parallel = 1, vector = 0, tile = [], grain = 1>",
                  sized("%x: MATRIX", std::to_string(rows), std::to_string(columns)),
                  sized("MATRIX", std::to_string(rows), std::to_string(columns)),
                  sized(softmax, std::to_string(rows), std::to_string(columns)))});
}

TEST(Row, LayerNorm) {
  check({kernel("", "%x: tensor<6x100xbf16>; %g: tensor<100xf32>", "tensor<6x100xbf16>, tensor<6x1xf32>", R"(
    %s = loop.reduce [sum] (%i : %j) in [6 : 100] {
      %v = loop.read %x[%i, %j] : tensor<6x100xbf16> -> bf16
      %w = arith.extf %v : bf16 to f32
      loop.yield %w : f32
    } : tensor<6xf32>
    %k = tc.reshape %s : (tensor<6xf32>) -> tensor<6x1xf32>
    %n = tc.constant dense<100.0> : tensor<f32>
    %m = loop.map (%i, %u) in [6, 1] {
      %c0 = arith.constant 0 : index
      %v = loop.read %k[%i, %c0] : tensor<6x1xf32> -> f32
      %w = loop.read %n[] : tensor<f32> -> f32
      %d = arith.divf %v, %w : f32
      loop.yield %d : f32
    } : tensor<6x1xf32>
    %c = loop.map (%i, %j) in [6, 100] {
      %c0 = arith.constant 0 : index
      %v = loop.read %x[%i, %j] : tensor<6x100xbf16> -> bf16
      %w = arith.extf %v : bf16 to f32
      %mean = loop.read %m[%i, %c0] : tensor<6x1xf32> -> f32
      %d = arith.subf %w, %mean : f32
      loop.yield %d : f32
    } : tensor<6x100xf32>
    %q = loop.reduce [sum] (%i : %j) in [6 : 100] {
      %d = loop.read %c[%i, %j] : tensor<6x100xf32> -> f32
      %sq = arith.mulf %d, %d : f32
      loop.yield %sq : f32
    } : tensor<6xf32>
    %o = loop.map (%i, %j) in [6, 100] {
      %d = loop.read %c[%i, %j] : tensor<6x100xf32> -> f32
      %v = loop.read %q[%i] : tensor<6xf32> -> f32
      %r = math.sqrt %v : f32
      %e = arith.divf %d, %r : f32
      %w = loop.read %g[%j] : tensor<100xf32> -> f32
      %f = arith.mulf %e, %w : f32
      %t = arith.truncf %f : f32 to bf16
      loop.yield %t : bf16
    } : tensor<6x100xbf16>
    fusion.yield %o, %m : tensor<6x100xbf16>, tensor<6x1xf32>
  )")});
}

TEST(Row, ColumnReduction) {
  for (const char *schedule : {"", "schedule <row, parallel = 1, vector = 0, tile = [], grain = 1>"})
    for (int columns : {1, 5, 16, 70})
      check({kernel(schedule, sized("%x: MATRIX", "13", std::to_string(columns)),
                    replaceAll("tensor<COLSxf32>, tensor<COLSxf32>", "COLS", std::to_string(columns)),
                    sized(R"(
    %s:2 = loop.reduce [sum, max] (%j : %i) in [COLS : ROWS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      loop.yield %v, %v : f32, f32
    } : tensor<COLSxf32>, tensor<COLSxf32>
    fusion.yield %s#0, %s#1 : tensor<COLSxf32>, tensor<COLSxf32>
  )",
                          "13", std::to_string(columns)))});
}

TEST(Row, PartlyReducedRow) {
  // A reduction of a row to a shorter row, along either of its dimensions, read by a later map.
  for (const char *order : {"%x[%i, %a, %b]", "%x[%i, %b, %a]"})
    check({kernel("schedule <row, parallel = 1, vector = 2, tile = [], grain = 1>", "%x: tensor<3x20x20xf32>",
                  "tensor<3x20xf32>",
                  replaceAll(R"(
    %s = loop.reduce [min] (%i, %a : %b) in [3, 20 : 20] {
      %v = loop.read ORDER : tensor<3x20x20xf32> -> f32
      loop.yield %v : f32
    } : tensor<3x20xf32>
    %q = loop.map (%i, %a) in [3, 20] {
      %r = loop.index affine_map<(d0) -> (19 - d0)>(%a) where []
      %v = loop.read %s[%i, %a] : tensor<3x20xf32> -> f32
      %w = loop.read %s[%i, %r] : tensor<3x20xf32> -> f32
      %d = arith.subf %v, %w : f32
      loop.yield %d : f32
    } : tensor<3x20xf32>
    fusion.yield %q : tensor<3x20xf32>
  )",
                             "ORDER", order))});
}

TEST(Row, ArgReduce) {
  for (const char *kind : {"max", "min"})
    for (int columns : {1, 9, 200})
      check({kernel("", sized("%x: MATRIX; %n: tensor<4xCOLSxi64>", "4", std::to_string(columns)),
                    "tensor<4xf32>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>",
                    replaceAll(sized(R"(
    %s:2 = loop.arg_reduce [KIND] (%i : %j) in [4 : COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      loop.yield %v : f32
    } : tensor<4xf32>, tensor<4xi64>
    %t:2 = loop.arg_reduce [KIND] (%i : %j) in [4 : COLS] {
      %v = loop.read %n[%i, %j] : tensor<4xCOLSxi64> -> i64
      loop.yield %v : i64
    } : tensor<4xi64>, tensor<4xi64>
    fusion.yield %s#0, %s#1, %t#0, %t#1 : tensor<4xf32>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>
  )",
                                     "4", std::to_string(columns)),
                               "KIND", kind))});
}

TEST(Row, WholeAndBool) {
  check({kernel("", "%x: tensor<7x50xf32>", "tensor<f32>, tensor<i1>, tensor<i1>", R"(
    %s:3 = loop.reduce [sum, any, all] ( : %i, %j) in [ : 7, 50] {
      %v = loop.read %x[%i, %j] : tensor<7x50xf32> -> f32
      %c = arith.constant 1.99 : f32
      %b = arith.cmpf ogt, %v, %c : f32
      loop.yield %v, %b, %b : f32, i1, i1
    } : tensor<f32>, tensor<i1>, tensor<i1>
    fusion.yield %s#0, %s#1, %s#2 : tensor<f32>, tensor<i1>, tensor<i1>
  )")});
}

TEST(Row, GlobalPool) {
  check({kernel("", "%x: tensor<2x5x7x7xf32>", "tensor<2x5xf32>", R"(
    %s = loop.reduce [sum] (%n, %c : %i, %j) in [2, 5 : 7, 7] {
      %v = loop.read %x[%n, %c, %i, %j] : tensor<2x5x7x7xf32> -> f32
      loop.yield %v : f32
    } : tensor<2x5xf32>
    fusion.yield %s : tensor<2x5xf32>
  )")});
}

TEST(Row, MaxPool) {
  for (const char *schedule : {"", "schedule <row, parallel = 4, vector = 3, tile = [], grain = 1>"})
    check({kernel(schedule, "%x: tensor<1x9x9x24xf32>", "tensor<1x5x5x24xf32>", R"(
    %s = loop.reduce [max] (%n, %i, %j, %c : %p, %q) in [1, 5, 5, 24 : 3, 3] {
      %y = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>(%i, %p) where []
      %x0 = loop.index affine_map<(d0, d1) -> (d0 * 2 + d1 - 1)>(%j, %q) where []
      %c9 = arith.constant 9 : index
      %a = arith.cmpi ult, %y, %c9 : index
      %b = arith.cmpi ult, %x0, %c9 : index
      %ok = arith.andi %a, %b : i1
      %v = scf.if %ok -> f32 {
        %e = loop.read %x[%n, %y, %x0, %c] : tensor<1x9x9x24xf32> -> f32
        scf.yield %e : f32
      } else {
        %z = arith.constant 0xFF800000 : f32
        scf.yield %z : f32
      }
      loop.yield %v : f32
    } : tensor<1x5x5x24xf32>
    fusion.yield %s : tensor<1x5x5x24xf32>
  )")});
}

TEST(Scan, SumAndMax) {
  for (const char *schedule : {"", "schedule <scan, parallel = 1, vector = 0, tile = [], grain = 1>"})
    for (const char *kind : {"sum", "max"})
      for (int columns : {1, 7, 64, 333})
        check({kernel(schedule, sized("%x: MATRIX", "5", std::to_string(columns)),
                      sized("MATRIX", "5", std::to_string(columns)),
                      replaceAll(sized(R"(
    %s = loop.scan [KIND] (%i, %j) in [ROWS, COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      loop.yield %v : f32
    } : MATRIX
    fusion.yield %s : MATRIX
  )",
                                       "5", std::to_string(columns)),
                                 "KIND", kind))});
}

TEST(Sort, BothWays) {
  for (const char *type : {"f32", "i64", "i1", "bf16"})
    for (const char *descending : {"true", "false"})
      check({kernel("", replaceAll("%x: tensor<3x100xTYPE>", "TYPE", type),
                    replaceAll("tensor<3x100xTYPE>, tensor<3x100xi64>", "TYPE", type),
                    replaceAll(replaceAll(R"(
    %s:2 = loop.sort %x descending DESC : (tensor<3x100xTYPE>) -> (tensor<3x100xTYPE>, tensor<3x100xi64>)
    fusion.yield %s#0, %s#1 : tensor<3x100xTYPE>, tensor<3x100xi64>
  )",
                                          "TYPE", type),
                               "DESC", descending))});
}

TEST(Sort, OfAMap) {
  check({kernel("", "%x: tensor<3x40xf32>", "tensor<3x40xi64>", R"(
    %m = loop.map (%i, %j) in [3, 40] {
      %v = loop.read %x[%i, %j] : tensor<3x40xf32> -> f32
      %n = arith.negf %v : f32
      loop.yield %n : f32
    } : tensor<3x40xf32>
    %s:2 = loop.sort %m descending false : (tensor<3x40xf32>) -> (tensor<3x40xf32>, tensor<3x40xi64>)
    fusion.yield %s#1 : tensor<3x40xi64>
  )")});
}

/// A depthwise convolution whose filter has its channels outermost: it is read in another order than it lies in memory.
TEST(Row, DepthwiseConvolution) {
  for (std::string schedule : {"", "schedule <row, parallel = 3, vector = 2, tile = [], grain = 1>"})
    for (std::string c : {"8", "20", "70"})
      for (std::string type : {"f32", "bf16"}) {
        SCOPED_TRACE(c + type + schedule);
        std::string extend =
                        type == "f32" ? "" : "%xe = arith.extf %xv : bf16 to f32\n%we = arith.extf %wv : bf16 to f32\n",
                    x = type == "f32" ? "%xv" : "%xe", w = type == "f32" ? "%wv" : "%we";
        check({kernel(schedule, "%a: tensor<12x13x" + c + "x" + type + ">; %f: tensor<" + c + "x1x3x3x" + type + ">",
                      "tensor<12x13x" + c + "xf32>",
                      R"(
    %0 = loop.reduce [sum] (%y, %x, %c : %r, %s) in [12, 13, )" +
                          c + R"( : 3, 3] {
      %c0 = arith.constant 0 : index
      %c12 = arith.constant 12 : index
      %c13 = arith.constant 13 : index
      %h = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%y, %r) where []
      %w = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%x, %s) where []
      %i0 = arith.cmpi ult, %h, %c12 : index
      %i1 = arith.cmpi ult, %w, %c13 : index
      %in = arith.andi %i0, %i1 : i1
      %v = scf.if %in -> (f32) {
        %xv = loop.read %a[%h, %w, %c] : tensor<12x13x)" +
                          c + "x" + type + "> -> " + type + R"(
        %wv = loop.read %f[%c, %c0, %r, %s] : tensor<)" +
                          c + "x1x3x3x" + type + "> -> " + type + R"(
        )" + extend + "%p = arith.mulf " +
                          x + ", " + w + R"( : f32
        scf.yield %p : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      loop.yield %v : f32
    } : tensor<12x13x)" + c +
                          R"(xf32>
    fusion.yield %0 : tensor<12x13x)" +
                          c + R"(xf32>
)")});
      }
}

} // namespace
