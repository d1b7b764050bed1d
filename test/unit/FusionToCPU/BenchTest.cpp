// Times of compiling and running typical kernels: --gtest_also_run_disabled_tests --gtest_filter=*DISABLED_Bench*

#include "KernelTest.h"
#include "tc/Target/CPU/ObjectCode.h"

#include <chrono>
#include <cstdlib>
#include <thread>

using namespace mlir;
using namespace tc;
using namespace tc::test;

namespace {

double milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

void compileTimes(const std::string &name, const std::string &text) {
  Runner runner(text, "host"); // warm, and parsed
  double best[5] = {1e9, 1e9, 1e9, 1e9, 1e9}, total = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    cpu::Target target = llvm::cantFail(cpu::Target::get("host"));
    auto start = std::chrono::steady_clock::now();
    auto lowered = cpu::lowerKernel(runner.kernel, target, "k");
    double lower = milliseconds(start);
    auto next = std::chrono::steady_clock::now();
    ASSERT_TRUE(succeeded(cpu::convertToLLVM(*lowered->module, target)));
    double convert = milliseconds(next);
    cpu::CompileTimes times;
    ASSERT_TRUE(succeeded(cpu::compileToObject(*lowered->module, target, &times)));
    if (double all = milliseconds(start); all < total) {
      total = all;
      double now[5] = {lower, convert, times.translate, times.optimize, times.emit};
      std::copy(now, now + 5, best);
    }
  }
  printf("%-18s compile %5.1f ms: lower %.1f, convert %.1f, translate %.1f, optimize %.1f, emit %.1f\n", name.c_str(),
         total, best[0], best[1], best[2], best[3], best[4]);
}

/// Best time of running the kernel alone on its thread, and on two.
void runTimes(const std::string &name, const std::string &text, std::vector<size_t> bytes, double flops = 0) {
  Runner runner(text, "host");
  std::vector<void *> buffers;
  double moved = 0;
  for (size_t size : bytes) {
    void *memory = std::aligned_alloc(64, (size + 63) / 64 * 64);
    for (size_t i = 0; i < size / 4; ++i)
      static_cast<float *>(memory)[i] = static_cast<float>(i % 1000) * 1e-3f;
    moved += size;
    buffers.push_back(memory);
  }
  double best = 1e9;
  for (int repeat = 0; repeat < 9; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    runner.run(buffers, {});
    best = std::min(best, milliseconds(start));
  }
  printf("%-18s run %8.3f ms, %6.1f GB/s\n", name.c_str(), best, moved / best * 1e-6);
  for (void *memory : buffers)
    std::free(memory);
}

std::string pointwise(const std::string &sizes, const std::string &indices, const std::string &body) {
  std::string t = "tensor<" + sizes + "xf32>", list = sizes;
  for (size_t i; (i = list.find('x')) != std::string::npos;)
    list.replace(i, 1, ", ");
  return kernel("", "%x: " + t, t,
                "%0 = loop.map (" + indices + ") in [" + list + "] {\n %v = loop.read %x[" + indices + "] : " + t +
                    " -> f32\n" + body + " loop.yield %y : f32\n} : " + t + "\nfusion.yield %0 : " + t + "\n");
}

const char *gelu = R"(%c = arith.constant 0.70710678 : f32
 %h = arith.constant 0.5 : f32
 %one = arith.constant 1.0 : f32
 %s = arith.mulf %v, %c : f32
 %e = math.erf %s : f32
 %f = arith.addf %e, %one : f32
 %g = arith.mulf %v, %h : f32
 %y = arith.mulf %f, %g : f32
)";

const char *scale = "%c = arith.constant 1.5 : f32\n %y = arith.mulf %v, %c : f32\n";

std::string softmax(const std::string &rows, const std::string &columns) {
  std::string text = R"(
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
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size())
      text.replace(i, from.size(), to);
  };
  std::string matrix = "tensor<" + rows + "x" + columns + "xf32>";
  replace("ROWS", rows);
  replace("COLS", columns);
  replace("MATRIX", matrix);
  replace("VECTOR", "tensor<" + rows + "xf32>");
  return kernel("", "%x: " + matrix, matrix, text);
}

std::string layerNorm(const std::string &rows, const std::string &columns) {
  std::string text = R"(
    %s = loop.reduce [sum] (%i : %j) in [ROWS : COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      loop.yield %v : f32
    } : VECTOR
    %m = loop.map (%i) in [ROWS] {
      %v = loop.read %s[%i] : VECTOR -> f32
      %n = arith.constant COLS.0 : f32
      %d = arith.divf %v, %n : f32
      loop.yield %d : f32
    } : VECTOR
    %q = loop.reduce [sum] (%i : %j) in [ROWS : COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      %w = loop.read %m[%i] : VECTOR -> f32
      %d = arith.subf %v, %w : f32
      %e = arith.mulf %d, %d : f32
      loop.yield %e : f32
    } : VECTOR
    %r = loop.map (%i) in [ROWS] {
      %v = loop.read %q[%i] : VECTOR -> f32
      %n = arith.constant COLS.0 : f32
      %d = arith.divf %v, %n : f32
      %eps = arith.constant 1.0e-5 : f32
      %e = arith.addf %d, %eps : f32
      %f = math.rsqrt %e : f32
      loop.yield %f : f32
    } : VECTOR
    %o = loop.map (%i, %j) in [ROWS, COLS] {
      %v = loop.read %x[%i, %j] : MATRIX -> f32
      %w = loop.read %m[%i] : VECTOR -> f32
      %d = arith.subf %v, %w : f32
      %z = loop.read %r[%i] : VECTOR -> f32
      %e = arith.mulf %d, %z : f32
      %g0 = loop.read %g[%j] : LINE -> f32
      %b0 = loop.read %b[%j] : LINE -> f32
      %f = arith.mulf %e, %g0 : f32
      %h = arith.addf %f, %b0 : f32
      loop.yield %h : f32
    } : MATRIX
    fusion.yield %o : MATRIX
)";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t i = 0; (i = text.find(from, i)) != std::string::npos; i += to.size())
      text.replace(i, from.size(), to);
  };
  std::string matrix = "tensor<" + rows + "x" + columns + "xf32>", line = "tensor<" + columns + "xf32>";
  replace("ROWS", rows);
  replace("COLS", columns);
  replace("MATRIX", matrix);
  replace("LINE", line);
  replace("VECTOR", "tensor<" + rows + "xf32>");
  return kernel("", "%x: " + matrix + "; %g: " + line + "; %b: " + line, matrix, text);
}

std::string columnSum(const std::string &schedule, const std::string &rows, const std::string &columns) {
  std::string in = "tensor<" + rows + "x" + columns + "xf32>", out = "tensor<" + columns + "xf32>";
  return kernel(schedule, "%x: " + in, out,
                "%s = loop.reduce [sum] (%j : %i) in [" + columns + " : " + rows + "] {\n%v = loop.read %x[%i, %j] : " +
                    in + " -> f32\nloop.yield %v : f32\n} : " + out + "\nfusion.yield %s : " + out + "\n");
}

std::string total(const std::string &rows, const std::string &columns) {
  std::string in = "tensor<" + rows + "x" + columns + "xf32>";
  return kernel("", "%x: " + in, "tensor<f32>",
                "%s = loop.reduce [sum] ( : %i, %j) in [ : " + rows + ", " + columns +
                    "] {\n%v = loop.read %x[%i, %j] : " + in +
                    " -> f32\nloop.yield %v : f32\n} : tensor<f32>\nfusion.yield %s : tensor<f32>\n");
}

std::string transpose(const std::string &n, const std::string &a, const std::string &b) {
  std::string in = "tensor<" + n + "x" + a + "x" + b + "xf32>", out = "tensor<" + n + "x" + b + "x" + a + "xf32>";
  return kernel("", "%x: " + in, out,
                "%0 = loop.map (%n, %i, %j) in [" + n + ", " + b + ", " + a + "] {\n%v = loop.read %x[%n, %j, %i] : " +
                    in + " -> f32\nloop.yield %v : f32\n} : " + out + "\nfusion.yield %0 : " + out + "\n");
}

TEST(Bench, DISABLED_Bench) {
  std::vector<std::tuple<std::string, std::string, std::vector<size_t>>> cases;
  size_t big = 4096 * 4096 * 4;
  cases.push_back({"scale", pointwise("4096x4096", "%i, %j", scale), {big, big}});
  cases.push_back({"gelu erf", pointwise("4096x4096", "%i, %j", gelu), {big, big}});
  cases.push_back({"softmax", softmax("4096", "4096"), {big, big}});
  cases.push_back({"layernorm", layerNorm("4096", "4096"), {big, 4096 * 4, 4096 * 4, big}});
  cases.push_back({"column sum",
                   columnSum("schedule <row, parallel = 1, vector = 0, tile = [], grain = 1>", "4096", "4096"),
                   {big, 4096 * 4}});
  cases.push_back({"column sum 64",
                   columnSum("schedule <row, parallel = 1, vector = 0, tile = [], grain = 1>", "262144", "64"),
                   {big, 64 * 4}});
  cases.push_back({"total", total("4096", "4096"), {big, 4}});
  cases.push_back({"transpose", transpose("1", "4096", "4096"), {big, big}});
  cases.push_back({"scale, L2", pointwise("256x512", "%i, %j", scale), {256 * 512 * 4, 256 * 512 * 4}});
  cases.push_back({"gelu, L2", pointwise("256x512", "%i, %j", gelu), {256 * 512 * 4, 256 * 512 * 4}});
  cases.push_back({"softmax 128, L2", softmax("1536", "128"), {1536 * 128 * 4, 1536 * 128 * 4}});
  cases.push_back({"layernorm 768, L2", layerNorm("128", "768"), {128 * 768 * 4, 768 * 4, 768 * 4, 128 * 768 * 4}});
  cases.push_back({"transpose, L2", transpose("1", "512", "256"), {256 * 512 * 4, 256 * 512 * 4}});
  cases.push_back({"NCHW to NHWC", transpose("1", "64", "3136"), {64 * 3136 * 4, 64 * 3136 * 4}});
  for (auto &[name, text, bytes] : cases)
    compileTimes(name, text);
  for (auto &[name, text, bytes] : cases)
    runTimes(name, text, bytes);
}

} // namespace
