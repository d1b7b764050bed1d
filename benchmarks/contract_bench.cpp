// Measures contract kernels, packed as the schedule packs them, against the peak of a loop in registers: matmuls of
// transformers, convolutions of ResNet-18. "contract_bench [threads] [filter]"; prints GFLOP/s, the fraction of the
// peak and the milliseconds that compiling took.

#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Target/CPU/KernelLibrary.h"
#include "tc/Target/CPU/ObjectCode.h"

#include "mlir/Parser/Parser.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <functional>
#include <thread>

using namespace mlir;

namespace {

/// Time that this thread ran, so that a busy machine can be measured on.
double getThreadTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

/// Calls `body(thread)` on all threads at once, spinning between calls; gives the least time of a call, which is that
/// of the slowest thread.
double measure(unsigned threads, double budget, const std::function<void(unsigned)> &body) {
  std::atomic<int64_t> round = 0, done = 0;
  std::atomic<bool> stop = false;
  std::vector<double> times(threads);
  auto timed = [&](unsigned thread) {
    double before = getThreadTime();
    body(thread);
    times[thread] = getThreadTime() - before;
  };
  std::vector<std::thread> team;
  for (unsigned thread = 1; thread < threads; ++thread)
    team.emplace_back([&, thread] {
      for (int64_t seen = 0; !stop;) {
        if (round == seen) {
          std::this_thread::yield();
          continue;
        }
        ++seen;
        timed(thread);
        ++done;
      }
    });
  double best = 1e9, start = getThreadTime();
  for (int64_t call = 1; call < 4 || getThreadTime() - start < budget; ++call) {
    ++round;
    timed(0);
    while (done < call * (threads - 1))
      std::this_thread::yield();
    best = std::min(best, *std::max_element(times.begin(), times.end()));
  }
  stop = true;
  for (std::thread &thread : team)
    thread.join();
  return best;
}

/// A loop of independent multiply-adds in registers, as a function of a pointer to store to and a count.
std::string getPeakText(int64_t lanes) {
  std::string type = "vector<" + std::to_string(lanes) + "xf32>", names, initial, types, body, total = "%r#0";
  for (int i = 0; i < 12; ++i) {
    std::string n = std::to_string(i), comma = i ? ", " : "";
    names += comma + "%s" + n;
    initial += comma + "%s" + n + " = %c" + n;
    types += comma + type;
    body += "%t" + n + " = vector.fma %s" + n + ", %a, %b : " + type + "\n";
  }
  std::string text =
      "func.func @peak(%p: !llvm.ptr, %n: index) {\n%zero = arith.constant 0 : index\n%one = arith.constant 1 : index\n"
      "%a = llvm.load %p : !llvm.ptr -> " +
      type + "\n%b = arith.addf %a, %a : " + type + "\n";
  for (int i = 0; i < 12; ++i)
    text += "%c" + std::to_string(i) + " = arith.constant dense<" + std::to_string(i) + ".0> : " + type + "\n";
  std::string next = names;
  for (size_t i = 0; (i = next.find("%s", i)) != std::string::npos; ++i)
    next.replace(i, 2, "%t");
  text += "%r:12 = scf.for %i = %zero to %n step %one iter_args(" + initial + ") -> (" + types + ") {\n" + body +
          "scf.yield " + next + " : " + types + "\n}\n";
  for (int i = 1; i < 12; ++i) {
    text += "%u" + std::to_string(i) + " = arith.addf " + total + ", %r#" + std::to_string(i) + " : " + type + "\n";
    total = "%u" + std::to_string(i);
  }
  return text + "llvm.store " + total + ", %p : " + type + ", !llvm.ptr\nreturn\n}\n";
}

double getPeak(unsigned threads, const tc::cpu::Target &target, tc::cpu::KernelLibrary &library, MLIRContext &context) {
  constexpr int64_t steps = 200000;
  auto module = parseSourceString<ModuleOp>(getPeakText(target.getLanes(32)), &context);
  if (!module || failed(tc::cpu::convertToLLVM(*module, target)))
    return 0;
  auto object = tc::cpu::compileToObject(*module, target);
  if (failed(object))
    return 0;
  llvm::cantFail(library.add(*object));
  auto run = reinterpret_cast<void (*)(void *, int64_t)>(llvm::cantFail(library.lookup("peak")));
  double best = measure(threads, 0.5, [&](unsigned) {
    alignas(64) float memory[64] = {};
    run(memory, steps);
  });
  return steps * 12.0 * 2 * target.getLanes(32) * threads / best / 1e9;
}

struct Problem {
  std::string name, text;
  std::vector<int64_t> elements; ///< of inputs, then results
  double flops;
};

std::string str(int64_t value) { return std::to_string(value); }

Problem matmul(int64_t m, int64_t n, int64_t k, const std::string &layout) {
  int64_t width = n >= 64 ? 64 : (n + 15) / 16 * 16, blocks = (n + width - 1) / width;
  std::string lhs = "tensor<" + str(m) + "x" + str(k) + "xf32>", out = "tensor<" + str(m) + "x" + str(n) + "xf32>", rhs,
              read;
  if (layout == "packed") {
    rhs = "tensor<" + str(blocks) + "x" + str(k) + "x" + str(width) + "xf32>";
    read = "%jo = loop.index affine_map<(d0) -> (d0 floordiv " + str(width) +
           ")>(%j) where []\n%ji = loop.index affine_map<(d0) -> (d0 mod " + str(width) +
           ")>(%j) where []\n%w = loop.read %b[%jo, %k, %ji]";
  } else {
    rhs = "tensor<" + (layout == "nn" ? str(k) + "x" + str(n) : str(n) + "x" + str(k)) + "xf32>";
    read = std::string("%w = loop.read %b[") + (layout == "nn" ? "%k, %j]" : "%j, %k]");
  }
  std::string types = "(" + lhs + ", " + rhs + ") -> " + out;
  return {layout + " " + str(m) + "x" + str(n) + "x" + str(k),
          "func.func @f(%f_x: " + lhs + ", %f_y: " + rhs + ") {\n%f_r = fusion.kernel \"k\"(%f_x, %f_y) {\n^bb0(%a: " +
              lhs + ", %b: " + rhs + "):\n%0 = loop.contract (%i, %j : %k) in [" + str(m) + ", " + str(n) + " : " +
              str(k) + "] {\n" + "%v = loop.read %a[%i, %k] : " + lhs + " -> f32\n" + read + " : " + rhs +
              " -> f32\nloop.yield %v, %w : f32, f32\n} : " + out + "\nfusion.yield %0 : " + out + "\n} : " + types +
              "\nreturn\n}\n",
          {m * k, layout == "packed" ? blocks * width * k : n * k, m * n},
          2.0 * m * n * k};
}

Problem convolution(int64_t h, int64_t c, int64_t o, int64_t r, int64_t stride, int64_t pad) {
  int64_t p = (h + 2 * pad - r) / stride + 1, blocks = (o + 63) / 64;
  std::string lhs = "tensor<1x" + str(h) + "x" + str(h) + "x" + str(c) + "xf32>",
              out = "tensor<1x" + str(p) + "x" + str(p) + "x" + str(o) + "xf32>";
  bool slides = r > 1;
  std::string window = slides ? str(r) + "x" + str(r) + "x" : "";
  std::string rhs = "tensor<" + str(blocks) + "x" + window + str(c) + "x64xf32>", body;
  std::string map = slides ? "affine_map<(d0, d1) -> (d0 * " + str(stride) + " + d1 - " + str(pad) + ")>"
                           : "affine_map<(d0) -> (d0 * " + str(stride) + ")>";
  body += "%h = loop.index " + map + (slides ? "(%y, %r)" : "(%y)") + " where []\n%w = loop.index " + map +
          (slides ? "(%x, %s)" : "(%x)") + " where []\n";
  std::string read = "loop.read %a[%n, %h, %w, %c] : " + lhs + " -> f32\n";
  if (pad)
    body += "%lo = arith.constant 0 : index\n%hi = arith.constant " + str(h) +
            " : index\n"
            "%c0 = arith.cmpi sge, %h, %lo : index\n%c1 = arith.cmpi slt, %h, %hi : index\n"
            "%c2 = arith.cmpi sge, %w, %lo : index\n%c3 = arith.cmpi slt, %w, %hi : index\n"
            "%d0 = arith.andi %c0, %c1 : i1\n%d1 = arith.andi %c2, %c3 : i1\n%d2 = arith.andi %d0, %d1 : i1\n"
            "%v = scf.if %d2 -> (f32) {\n%t = " +
            read + "scf.yield %t : f32\n} else {\n%z = arith.constant 0.0 : f32\nscf.yield %z : f32\n}\n";
  else
    body += "%v = " + read;
  body += "%oo = loop.index affine_map<(d0) -> (d0 floordiv 64)>(%o) where []\n%oi = loop.index affine_map<(d0) -> (d0 "
          "mod 64)>(%o) where []\n";
  body += "%f = loop.read %b[%oo, " + std::string(slides ? "%r, %s, " : "") + "%c, %oi] : " + rhs +
          " -> f32\nloop.yield %v, %f : f32, f32\n";
  std::string depth = slides ? str(r) + ", " + str(r) + ", " + str(c) : str(c);
  return {"conv " + str(h) + "x" + str(c) + "->" + str(o) + " " + str(r) + "x" + str(r) + "/" + str(stride),
          "func.func @f(%f_x: " + lhs + ", %f_y: " + rhs + ") {\n%f_r = fusion.kernel \"k\"(%f_x, %f_y) {\n^bb0(%a: " +
              lhs + ", %b: " + rhs + "):\n%0 = loop.contract (%n, %y, %x, %o : " + (slides ? "%r, %s, " : "") +
              "%c) in [1, " + str(p) + ", " + str(p) + ", " + str(o) + " : " + depth + "] {\n" + body + "} : " + out +
              "\nfusion.yield %0 : " + out + "\n} : (" + lhs + ", " + rhs + ") -> " + out + "\nreturn\n}\n",
          {h * h * c, blocks * 64 * r * r * c, p * p * o},
          2.0 * p * p * o * r * r * c};
}

std::vector<Problem> getProblems() {
  std::vector<Problem> problems;
  for (auto [m, n, k] : {std::array<int64_t, 3>{512, 512, 512},
                         {1024, 1024, 1024},
                         {128, 768, 768},
                         {128, 3072, 768},
                         {128, 768, 3072},
                         {1, 768, 768},
                         {1, 4096, 4096},
                         {4, 4096, 4096},
                         {512, 64, 512},
                         {512, 512, 64},
                         {1000, 10, 512}})
    problems.push_back(matmul(m, n, k, "packed"));
  for (std::string layout : {"nn", "nt"})
    for (auto [m, n, k] :
         {std::array<int64_t, 3>{512, 512, 512}, {1, 4096, 4096}, {4, 4096, 4096}, {128, 128, 64}, {1, 1000, 512}})
      problems.push_back(matmul(m, n, k, layout));
  for (auto [h, c, o, r, stride, pad] : {std::array<int64_t, 6>{56, 64, 64, 3, 1, 1},
                                         {28, 128, 128, 3, 1, 1},
                                         {14, 256, 256, 3, 1, 1},
                                         {7, 512, 512, 3, 1, 1},
                                         {56, 64, 128, 3, 2, 1},
                                         {14, 256, 512, 3, 2, 1},
                                         {224, 3, 64, 7, 2, 3},
                                         {56, 64, 128, 1, 2, 0},
                                         {14, 256, 512, 1, 2, 0},
                                         {56, 64, 256, 1, 1, 0}})
    problems.push_back(convolution(h, c, o, r, stride, pad));
  return problems;
}

} // namespace

int main(int argc, char **argv) {
  unsigned threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  std::string filter = argc > 2 ? argv[2] : "";
  DialectRegistry registry;
  tc::cpu::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  tc::cpu::Target target = llvm::cantFail(tc::cpu::Target::get("host"));
  auto library = llvm::cantFail(tc::cpu::KernelLibrary::create());
  double peak = getPeak(threads, target, *library, context);
  std::printf("peak %.1f GFLOP/s on %u threads\n", peak, threads);
  int64_t number = 0;
  for (const Problem &problem : getProblems()) {
    if (problem.name.find(filter) == std::string::npos)
      continue;
    auto module = parseSourceString<ModuleOp>(problem.text, &context);
    tc::fusion::KernelOp kernel;
    if (module)
      module->walk([&](tc::fusion::KernelOp found) { kernel = found; });
    if (!kernel)
      return 1;
    double start = getThreadTime();
    auto compiled = tc::cpu::compileKernel(kernel, target, "kernel" + str(number++));
    double compileTime = getThreadTime() - start;
    if (failed(compiled))
      return 1;
    llvm::cantFail(library->add(compiled->object));
    std::vector<void *> buffers;
    for (int64_t count : problem.elements) {
      float *buffer = static_cast<float *>(std::aligned_alloc(4096, (count * 4 + 8191) / 4096 * 4096));
      for (int64_t i = 0; i < count; ++i)
        buffer[i] = float(i % 17) * 0.01f;
      buffers.push_back(buffer);
    }
    double time = 0;
    for (const tc::cpu::KernelPhase &phase : compiled->kernel.phases) {
      auto run = reinterpret_cast<void (*)(void *const *, const int64_t *, int64_t, int64_t, void *)>(
          llvm::cantFail(library->lookup(phase.function)));
      int64_t extent = *phase.extent.getConstant(), scratchBytes = *phase.scratchBytes.getConstant();
      int64_t parts = std::clamp<int64_t>(extent / phase.grain, 1, threads);
      std::vector<void *> scratch;
      for (unsigned thread = 0; thread < threads; ++thread)
        scratch.push_back(std::aligned_alloc(4096, (scratchBytes + 8191) / 4096 * 4096));
      time += measure(threads, 0.3, [&](unsigned thread) {
        int64_t begin = extent * thread / parts, end = extent * (thread + 1) / parts;
        if (thread < parts)
          run(buffers.data(), nullptr, begin, end, scratch[thread]);
      });
    }
    double rate = problem.flops / time / 1e9;
    std::printf("%-26s %8.1f us %7.1f GF/s %5.1f%%  compile %4.0f ms  %lld units\n", problem.name.c_str(), time * 1e6,
                rate, 100 * rate / peak, compileTime * 1e3,
                static_cast<long long>(*compiled->kernel.phases.back().extent.getConstant()));
    std::fflush(stdout);
    for (void *buffer : buffers)
      std::free(buffer);
  }
}
