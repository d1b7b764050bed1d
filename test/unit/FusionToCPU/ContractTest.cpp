// Contract kernels against the interpreter: matmuls of every layout, convolutions, epilogues.

#include "KernelCases.h"

#include "gtest/gtest.h"

using namespace tc::test;

namespace {

std::string replaceAll(std::string text, const std::string &from, const std::string &to) {
  for (size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size())
    text.replace(i, from.size(), to);
  return text;
}

/// A tensor type of these sizes; names of symbols are sizes too.
std::string tensor(const std::vector<std::string> &sizes, const std::string &element = "f32") {
  std::string shape, names;
  bool dynamic = false;
  for (const std::string &size : sizes) {
    bool isSymbol = !std::isdigit(size[0]);
    dynamic |= isSymbol;
    shape += (isSymbol ? "?" : size) + "x";
    names += (names.empty() ? "" : ", ") + size;
  }
  return "tensor<" + shape + element + (dynamic ? ", #tc.sizes<[" + names + "]>>" : ">");
}

enum class Layout { NN, NT, TN, TT, Packed };

struct Matmul {
  std::string m, n, k;
  Layout layout = Layout::NN;
  std::string batch = "";
  std::string element = "f32";
  /// Text of maps that read %0 (MATRIX) and give %out.
  std::string epilogue = "";
  std::string extra = ""; ///< further arguments, "; %b: type"
  int64_t block = 64;     ///< columns of a packed block
  std::string schedule = "";

  Case get(Symbols symbols = {}) const {
    auto batched = [&](std::vector<std::string> sizes) {
      if (!batch.empty())
        sizes.insert(sizes.begin(), batch);
      return sizes;
    };
    std::string b = batch.empty() ? "" : "%b, ", w = std::to_string(block);
    bool lhsT = layout == Layout::TN || layout == Layout::TT, rhsT = layout == Layout::NT || layout == Layout::TT;
    std::string lhs = tensor(batched(lhsT ? std::vector{k, m} : std::vector{m, k}), element);
    std::string rhs = tensor(batched(rhsT ? std::vector{n, k} : std::vector{k, n}), element);
    std::string rhsIndex = rhsT ? "%j, %k" : "%k, %j", prefix;
    if (layout == Layout::Packed) {
      rhs = tensor(batched({std::to_string((std::stoll(n) + block - 1) / block), k, w}), element);
      prefix = "%jo = loop.index affine_map<(d0) -> (d0 floordiv " + w +
               ")>(%j) where []\n"
               "%ji = loop.index affine_map<(d0) -> (d0 mod " +
               w + ")>(%j) where []\n";
      rhsIndex = "%jo, %k, %ji";
    }
    std::string matrix = tensor(batched({m, n}));
    std::string parallel = batch.empty() ? m + ", " + n : batch + ", " + m + ", " + n;
    std::string body = "%0 = loop.contract (" + b + "%i, %j : %k) in [" + parallel + " : " + k + "] {\n" + prefix +
                       "%v = loop.read %x[" + b + (lhsT ? "%k, %i" : "%i, %k") + "] : " + lhs + " -> " + element +
                       "\n" + "%w = loop.read %y[" + b + rhsIndex + "] : " + rhs + " -> " + element + "\n" +
                       "loop.yield %v, %w : " + element + ", " + element + "\n} : " + matrix + "\n";
    body += epilogue.empty() ? "fusion.yield %0 : MATRIX\n" : epilogue + "fusion.yield %out : MATRIX\n";
    body = replaceAll(replaceAll(body, "MATRIX", matrix), "SPACE", parallel);
    return {kernel(schedule, "%x: " + lhs + "; %y: " + rhs + replaceAll(extra, "MATRIX", matrix), matrix, body),
            symbols};
  }
};

constexpr Layout layouts[] = {Layout::NN, Layout::NT, Layout::TN, Layout::TT, Layout::Packed};

TEST(Contract, Layouts) {
  for (Layout layout : layouts)
    for (auto [m, n, k] : {std::tuple("12", "128", "16"),
                           {"6", "64", "7"},
                           {"7", "65", "33"},
                           {"13", "50", "9"},
                           {"1", "1", "1"},
                           {"1", "100", "20"},
                           {"100", "1", "20"},
                           {"3", "17", "0"},
                           {"31", "16", "70"}}) {
      SCOPED_TRACE(std::string(m) + "x" + n + "x" + k + " layout " + std::to_string(int(layout)));
      check(Matmul{m, n, k, layout}.get());
    }
}

TEST(Contract, Empty) {
  check(Matmul{"0", "5", "4"}.get());
  check(Matmul{"5", "0", "4"}.get());
}

TEST(Contract, Dynamic) {
  for (Layout layout : {Layout::NN, Layout::NT, Layout::TN, Layout::TT})
    for (auto [m, n, k] :
         {std::tuple(0, 5, 3), {5, 0, 3}, {5, 3, 0}, {1, 1, 1}, {5, 65, 7}, {6, 64, 4}, {13, 130, 33}, {100, 20, 3}}) {
      SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k));
      check(Matmul{"s0", "s1", "s2", layout}.get({{"s0", m}, {"s1", n}, {"s2", k}}));
    }
  for (int m : {0, 1, 2, 5, 6, 7, 97, 200})
    check(Matmul{"s0", "96", "24", Layout::Packed}.get({{"s0", m}}));
}

TEST(Contract, Batched) {
  for (Layout layout : layouts) {
    check(Matmul{"9", "70", "12", layout, "3"}.get());
    if (layout != Layout::Packed)
      check(Matmul{"s1", "s2", "16", layout, "s0"}.get({{"s0", 4}, {"s1", 17}, {"s2", 33}}));
  }
}

TEST(Contract, Blocks) {
  for (int64_t block : {16, 32, 48, 128})
    check(Matmul{"14", "150", "21", Layout::Packed, "", "f32", "", "", block}.get());
}

TEST(Contract, ElementTypes) {
  for (std::string element : {"bf16", "f16"})
    for (Layout layout : layouts)
      check(Matmul{"13", "80", "35", layout, "", element}.get());
}

TEST(Contract, DeepEnoughToBlock) {
  check(Matmul{"9", "70", "4100", Layout::Packed}.get());
  check(Matmul{"2", "40", "5000", Layout::NT}.get());
}

/// Columns are packed in the kernel: enough rows for several tiles, whole and ragged blocks.
TEST(Contract, PacksColumns) {
  for (Layout layout : {Layout::NN, Layout::NT, Layout::TN, Layout::TT})
    for (auto [m, n, k] : {std::tuple("128", "128", "64"), {"33", "70", "35"}, {"40", "17", "3"}, {"64", "16", "0"}}) {
      SCOPED_TRACE(std::string(m) + "x" + n + "x" + k + " layout " + std::to_string(int(layout)));
      check(Matmul{m, n, k, layout}.get());
    }
  check(Matmul{"40", "33", "18", Layout::NT, "", "bf16"}.get());
  check(Matmul{"500", "64", "16", Layout::NN, "", "f16"}.get());
  for (Layout layout : {Layout::NN, Layout::NT})
    for (int depth : {0, 21})
      check(Matmul{"s0", "s1", "s2", layout}.get({{"s0", 45}, {"s1", 83}, {"s2", depth}}));
}

/// bf16 with enough rows for pairs of steps, of even and odd depths.
TEST(Contract, Pairs) {
  std::string blocks = "schedule <contract, parallel = 2, vector = 1, tile = [6, 64, 20], grain = 1>";
  for (Layout layout : layouts)
    for (auto [m, n, k] :
         {std::tuple("33", "70", "35"), {"48", "64", "64"}, {"9", "17", "2"}, {"16", "100", "1"}, {"2", "70", "75"}})
      for (const std::string &schedule : {std::string(), blocks}) {
        SCOPED_TRACE(std::string(m) + "x" + n + "x" + k + " layout " + std::to_string(int(layout)) + schedule);
        check(Matmul{m, n, k, layout, "", "bf16", "", "", 64, schedule}.get());
      }
  for (Layout layout : {Layout::NN, Layout::NT})
    for (int depth : {0, 1, 20, 21})
      check(Matmul{"s0", "s1", "s2", layout, "", "bf16"}.get({{"s0", 45}, {"s1", 83}, {"s2", depth}}));
}

/// Sums of a block of the depth wait in scratch for the next; the last block is short.
TEST(Contract, DepthBlocks) {
  std::string schedule = "schedule <contract, parallel = 2, vector = 1, tile = [6, 64, 20], grain = 1>";
  for (Layout layout : layouts)
    for (auto [m, n, k] : {std::tuple("13", "70", "50"), {"40", "128", "60"}, {"2", "64", "47"}})
      check(Matmul{m, n, k, layout, "", "f32", "", "", 64, schedule}.get());
}

TEST(Contract, Epilogue) {
  std::string bias = R"(
    %1 = loop.map (%i, %j) in [SPACE] {
      %v = loop.read %0[%i, %j] : MATRIX -> f32
      %u = loop.read %c[%j] : tensor<70xf32> -> f32
      %s = arith.addf %v, %u : f32
      %z = arith.constant 0.0 : f32
      %r = arith.maximumf %s, %z : f32
      loop.yield %r : f32
    } : MATRIX
    %out = loop.map (%i, %j) in [SPACE] {
      %v = loop.read %1[%i, %j] : MATRIX -> f32
      %u = loop.read %d[%i, %j] : MATRIX -> f32
      %s = arith.addf %v, %u : f32
      %e = math.erf %s : f32
      %g = arith.mulf %s, %e : f32
      loop.yield %g : f32
    } : MATRIX
)";
  for (Layout layout : layouts)
    check(Matmul{"13", "70", "35", layout, "", "f32", bias, "; %c: tensor<70xf32>; %d: MATRIX"}.get());
}

/// Sums that the epilogue does not look at: above the diagonal, outside a band, none at all.
TEST(Contract, SkippedSums) {
  for (std::string condition : {"%q = arith.cmpi sle, %j, %i : index", "%q = arith.cmpi sgt, %j, %i : index", R"(
      %far = loop.index affine_map<(d0) -> (d0 + 20)>(%j) where []
      %a = arith.cmpi slt, %j, %i : index
      %b = arith.cmpi sge, %far, %i : index
      %q = arith.andi %a, %b : i1)",
                                "%z = arith.constant 200 : index\n%q = arith.cmpi sge, %j, %z : index"}) {
    SCOPED_TRACE(condition);
    std::string causal = R"(
    %out = loop.map (%i, %j) in [SPACE] {
      %v = loop.read %0[%i, %j] : MATRIX -> f32
      %w = arith.constant 0.5 : f32
      %s = arith.mulf %v, %w : f32
      )" + condition + R"(
      %u = arith.constant -7.0 : f32
      %r = arith.select %q, %s, %u : f32
      loop.yield %r : f32
    } : MATRIX
)";
    check(Matmul{"130", "140", "20", Layout::NT, "", "f32", causal}.get());
    check(Matmul{"s0", "s1", "s2", Layout::NN, "", "f32", causal}.get({{"s0", 70}, {"s1", 75}, {"s2", 9}}));
    check(Matmul{"90", "100", "20", Layout::NT, "", "bf16", causal}.get());
  }
}

/// Rows that end at the diagonal, whatever lies behind it.
TEST(Contract, EndingRows) {
  for (std::string condition : {"sle, %k, %i", "sgt, %i, %k"})
    for (auto [m, k] : {std::pair("130", "140"), {"140", "130"}, {"s0", "s1"}}) {
      SCOPED_TRACE(condition + m);
      std::string lhs = tensor({m, k}), rhs = tensor({k, "70"}), out = tensor({m, "70"});
      check(
          {kernel("", "%x: " + lhs + "; %y: " + rhs, out,
                  "%0 = loop.contract (%i, %j : %k) in [" + std::string(m) + ", 70 : " + k + "] {\n" +
                      "%q = arith.cmpi " + condition + " : index\n%v = scf.if %q -> (f32) {\n" +
                      "%t = loop.read %x[%i, %k] : " + lhs + " -> f32\nscf.yield %t : f32\n} else {\n" +
                      "%z = arith.constant 0.0 : f32\nscf.yield %z : f32\n}\n" + "%w = loop.read %y[%k, %j] : " + rhs +
                      " -> f32\nloop.yield %v, %w : f32, f32\n} : " + out + "\nfusion.yield %0 : " + out + "\n"),
           {{"s0", 100}, {"s1", 90}}});
    }
}

/// A convolution, channels last: one sample batch N, spatial size H, window R, channels C to O.
struct Convolution {
  int64_t n = 1, h = 6, c = 8, o = 64, r = 3, stride = 1, pad = 1, dilation = 1, groups = 1;
  bool packed = true;
  std::string element = "f32";

  int64_t getOutput() const { return (h + 2 * pad - dilation * (r - 1) - 1) / stride + 1; }
  Case get() const {
    auto text = [](int64_t value) { return std::to_string(value); };
    int64_t p = getOutput(), perGroup = o / groups, depth = c / groups, block = 64;
    std::string g = groups > 1 ? ", %g" : "", gSize = groups > 1 ? ", " + text(groups) : "";
    std::string image = tensor({text(n), text(h), text(h), text(c)}, element);
    std::vector<std::string> result{text(n), text(p), text(p)};
    if (groups > 1)
      result.push_back(text(groups));
    result.push_back(text(perGroup));
    std::string out = tensor(result), filter, filterIndex;
    if (packed) {
      std::vector<std::string> sizes{text((perGroup + block - 1) / block), text(r), text(r), text(depth), text(block)};
      if (groups > 1)
        sizes.insert(sizes.begin(), text(groups));
      filter = tensor(sizes, element);
      filterIndex = std::string(groups > 1 ? "%g, " : "") + "%oo, %r, %s, %c, %oi";
    } else {
      filter = tensor({text(o), text(r), text(r), text(depth)}, element);
      filterIndex = std::string(groups > 1 ? "%of" : "%o") + ", %r, %s, %c";
    }
    std::string body = "%0 = loop.contract (%n, %y, %x" + g + ", %o : %r, %s, %c) in [" + text(n) + ", " + text(p) +
                       ", " + text(p) + gSize + ", " + text(perGroup) + " : " + text(r) + ", " + text(r) + ", " +
                       text(depth) + "] {\n";
    std::string window =
        "affine_map<(d0, d1) -> (d0 * " + text(stride) + " + d1 * " + text(dilation) + " - " + text(pad) + ")>";
    body += "%h = loop.index " + window + "(%y, %r) where []\n%w = loop.index " + window + "(%x, %s) where []\n";
    body += "%oo = loop.index affine_map<(d0) -> (d0 floordiv 64)>(%o) where []\n";
    body += "%oi = loop.index affine_map<(d0) -> (d0 mod 64)>(%o) where []\n";
    if (groups > 1) {
      body += "%of = loop.index affine_map<(d0, d1) -> (d0 * " + text(perGroup) + " + d1)>(%g, %o) where []\n";
      body += "%cf = loop.index affine_map<(d0, d1) -> (d0 * " + text(depth) + " + d1)>(%g, %c) where []\n";
    }
    std::string read =
        "loop.read %a[%n, %h, %w, " + std::string(groups > 1 ? "%cf" : "%c") + "] : " + image + " -> " + element + "\n";
    if (pad > 0) {
      body += "%lo = arith.constant 0 : index\n%hi = arith.constant " + text(h) +
              " : index\n"
              "%c0 = arith.cmpi sge, %h, %lo : index\n%c1 = arith.cmpi slt, %h, %hi : index\n"
              "%c2 = arith.cmpi sge, %w, %lo : index\n%c3 = arith.cmpi slt, %w, %hi : index\n"
              "%d0 = arith.andi %c0, %c1 : i1\n%d1 = arith.andi %c2, %c3 : i1\n%d2 = arith.andi %d0, %d1 : i1\n"
              "%v = scf.if %d2 -> (" +
              element + ") {\n%t = " + read + "scf.yield %t : " + element + "\n} else {\n" +
              "%z = arith.constant 0.0 : " + element + "\nscf.yield %z : " + element + "\n}\n";
    } else {
      body += "%v = " + read;
    }
    body += "%f = loop.read %b[" + filterIndex + "] : " + filter + " -> " + element +
            "\nloop.yield %v, %f : " + element + ", " + element + "\n} : " + out + "\nfusion.yield %0 : " + out + "\n";
    return {kernel("", "%a: " + image + "; %b: " + filter, out, body)};
  }
};

TEST(Contract, Convolution) {
  for (bool packed : {true, false}) {
    SCOPED_TRACE(packed);
    check(Convolution{.packed = packed}.get());
    check(Convolution{.n = 2, .h = 7, .c = 5, .o = 20, .packed = packed}.get());
    check(Convolution{.h = 9, .stride = 2, .packed = packed}.get());
    check(Convolution{.h = 9, .c = 3, .pad = 0, .packed = packed}.get());
    check(Convolution{.h = 11, .c = 4, .o = 70, .pad = 2, .dilation = 2, .packed = packed}.get());
    check(Convolution{.h = 6, .c = 8, .r = 1, .pad = 0, .packed = packed}.get());
    check(Convolution{.h = 7, .c = 8, .r = 1, .stride = 2, .pad = 0, .packed = packed}.get());
    check(Convolution{.h = 25, .c = 3, .r = 7, .stride = 2, .pad = 3, .packed = packed}.get());
    check(Convolution{.h = 6, .c = 8, .o = 32, .groups = 2, .packed = packed}.get());
    check(Convolution{.c = 8, .packed = packed, .element = "bf16"}.get());
    check(Convolution{.n = 2, .h = 7, .c = 5, .o = 20, .packed = packed, .element = "bf16"}.get());
    check(Convolution{.h = 6, .c = 6, .o = 32, .groups = 2, .packed = packed, .element = "bf16"}.get());
  }
}

/// The gradient of a convolution's filter: the depth is the image, and the vectorised factor is guarded.
TEST(Contract, GuardedColumns) {
  check({kernel("", "%a: tensor<2x6x6x40xf32>; %b: tensor<2x6x6x9xf32>", "tensor<9x3x40xf32>", R"(
    %0 = loop.contract (%o, %s, %c : %n, %y, %x) in [9, 3, 40 : 2, 6, 6] {
      %w = loop.index affine_map<(d0, d1) -> (d0 + d1 - 1)>(%x, %s) where []
      %lo = arith.constant 0 : index
      %hi = arith.constant 6 : index
      %c0 = arith.cmpi sge, %w, %lo : index
      %c1 = arith.cmpi slt, %w, %hi : index
      %d = arith.andi %c0, %c1 : i1
      %v = scf.if %d -> (f32) {
        %t = loop.read %a[%n, %y, %w, %c] : tensor<2x6x6x40xf32> -> f32
        scf.yield %t : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      %f = loop.read %b[%n, %y, %x, %o] : tensor<2x6x6x9xf32> -> f32
      loop.yield %v, %f : f32, f32
    } : tensor<9x3x40xf32>
    fusion.yield %0 : tensor<9x3x40xf32>
)")});
}

/// Columns that are contiguous in no direction, or no plain read: a flipped filter, a guard on columns, a product, rows
/// that are looked up. Few rows are computed without packing, many with; the depth comes in blocks, too.
TEST(Contract, ComputedColumns) {
  std::string bodies[] = {
      R"(
      %kk = loop.index affine_map<(d0) -> (20 - d0)>(%k) where []
      %ll = loop.index affine_map<(d0) -> (2 - d0)>(%l) where []
      %w = loop.read %b[%kk, %j, %ll] : tensor<21x70x3xf32> -> f32
)",
      R"(
      %jj = loop.index affine_map<(d0, d1) -> (d0 + d1 - 8)>(%j, %k) where []
      %c70 = arith.constant 70 : index
      %in = arith.cmpi ult, %jj, %c70 : index
      %w = scf.if %in -> (f32) {
        %t = loop.read %b[%k, %jj, %l] : tensor<21x70x3xf32> -> f32
        scf.yield %t : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
)",
      R"(
      %t = loop.read %b[%k, %j, %l] : tensor<21x70x3xf32> -> f32
      %u = loop.read %c[%j] : tensor<70xi64> -> i64
      %s = arith.sitofp %u : i64 to f32
      %w = arith.mulf %t, %s : f32
)",
      R"(
      %u = loop.read %c[%j] : tensor<70xi64> -> i64
      %i64 = arith.index_cast %u : i64 to index
      %w = loop.read %b[%k, %i64, %l] : tensor<21x70x3xf32> -> f32
)"};
  for (const std::string &body : bodies)
    for (std::string m : {"2", "5", "40"})
      for (std::string schedule :
           {"", "schedule <contract, parallel = 2, vector = 1, tile = [6, 64, 24], grain = 1>"}) {
        SCOPED_TRACE(m + body);
        check({kernel(schedule, "%a: tensor<" + m + "x21x3xf32>; %b: tensor<21x70x3xf32>; %c: tensor<70xi64>",
                      "tensor<" + m + "x70xf32>", R"(
    %0 = loop.contract (%i, %j : %k, %l) in [)" + m + R"(, 70 : 21, 3] {
      %v = loop.read %a[%i, %k, %l] : tensor<)" + m + R"(x21x3xf32> -> f32
)" + body + R"(
      loop.yield %v, %w : f32, f32
    } : tensor<)" + m + R"(x70xf32>
    fusion.yield %0 : tensor<)" + m + R"(x70xf32>
)")});
      }
}

/// Columns that are long rows in memory, too many for the caches, are walked along these rows; rows that are too many
/// are walked once.
TEST(Contract, LargeFactors) {
  for (std::string m : {"1", "5", "32"})
    check(Matmul{m, "600", "450", Layout::NN}.get());
  check(Matmul{"1", "1200", "450", Layout::NN, "", "bf16"}.get());
  check(Matmul{"9000", "33", "16", Layout::NN}.get());
}

/// Rows that are padded along the depth: all of a tile are zero at once.
TEST(Contract, GuardedDepth) {
  for (std::string m : {"2", "40"})
    for (std::string schedule : {"", "schedule <contract, parallel = 2, vector = 1, tile = [6, 64, 8], grain = 1>"})
      check({kernel(schedule, "%a: tensor<20x" + m + "xf32>; %b: tensor<23x70xf32>", "tensor<" + m + "x70xf32>", R"(
    %0 = loop.contract (%i, %j : %k) in [)" + m + R"(, 70 : 23] {
      %kk = loop.index affine_map<(d0) -> (d0 - 2)>(%k) where []
      %c20 = arith.constant 20 : index
      %in = arith.cmpi ult, %kk, %c20 : index
      %v = scf.if %in -> (f32) {
        %t = loop.read %a[%kk, %i] : tensor<20x)" + m + R"(xf32> -> f32
        scf.yield %t : f32
      } else {
        %z = arith.constant 0.0 : f32
        scf.yield %z : f32
      }
      %w = loop.read %b[%k, %j] : tensor<23x70xf32> -> f32
      loop.yield %v, %w : f32, f32
    } : tensor<)" + m + R"(x70xf32>
    fusion.yield %0 : tensor<)" + m + R"(x70xf32>
)")});
}

/// The depth is blocked along dimensions in which the columns are contiguous together.
TEST(Contract, TransposedDepthBlocks) {
  for (std::string m : {"9", "40"})
    for (int depth : {18, 36, 1000})
      check({kernel("schedule <contract, parallel = 2, vector = 1, tile = [6, 64, " + std::to_string(depth) +
                        "], grain = 1>",
                    "%a: tensor<2x6x9x" + m + "xf32>; %b: tensor<2x70x6x9xf32>", "tensor<" + m + "x70xf32>", R"(
    %0 = loop.contract (%i, %j : %y, %x, %n) in [)" + m + R"(, 70 : 6, 9, 2] {
      %v = loop.read %a[%n, %y, %x, %i] : tensor<2x6x9x)" + m + R"(xf32> -> f32
      %w = loop.read %b[%n, %j, %y, %x] : tensor<2x70x6x9xf32> -> f32
      loop.yield %v, %w : f32, f32
    } : tensor<)" + m + R"(x70xf32>
    fusion.yield %0 : tensor<)" + m + R"(x70xf32>
)")});
}

TEST(Contract, ExtendedReads) {
  check({kernel("", "%a: tensor<9x20xbf16>; %b: tensor<33x20xf32>", "tensor<9x33xf32>", R"(
    %0 = loop.contract (%i, %j : %k) in [9, 33 : 20] {
      %v = loop.read %a[%i, %k] : tensor<9x20xbf16> -> bf16
      %w = arith.extf %v : bf16 to f32
      %f = loop.read %b[%j, %k] : tensor<33x20xf32> -> f32
      loop.yield %w, %f : f32, f32
    } : tensor<9x33xf32>
    fusion.yield %0 : tensor<9x33xf32>
)")});
}

TEST(Contract, Integers) {
  check({kernel("", "%a: tensor<5x20xi32>; %b: tensor<20x33xi32>", "tensor<5x33xi32>", R"(
    %0 = loop.contract (%i, %j : %k) in [5, 33 : 20] {
      %v = loop.read %a[%i, %k] : tensor<5x20xi32> -> i32
      %f = loop.read %b[%k, %j] : tensor<20x33xi32> -> i32
      loop.yield %v, %f : i32, i32
    } : tensor<5x33xi32>
    fusion.yield %0 : tensor<5x33xi32>
)")});
}

TEST(Contract, MatrixVector) {
  check({kernel("", "%a: tensor<37x100xf32>; %b: tensor<100xf32>", "tensor<37xf32>", R"(
    %0 = loop.contract (%i : %k) in [37 : 100] {
      %v = loop.read %a[%i, %k] : tensor<37x100xf32> -> f32
      %f = loop.read %b[%k] : tensor<100xf32> -> f32
      loop.yield %v, %f : f32, f32
    } : tensor<37xf32>
    fusion.yield %0 : tensor<37xf32>
)")});
}

} // namespace
