// Descriptions of CPUs: the host's from LLVM's detection, named ones from the x86-64 levels.

#include "tc/Target/CPU/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <sched.h>
#include <unistd.h>

using namespace tc::cpu;

static unsigned countCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return std::max(1, CPU_COUNT(&set));
  return 1;
}

static int64_t cacheSize(int name, int64_t fallback) {
  long bytes = sysconf(name);
  return bytes > 0 ? bytes : fallback;
}

/// What every target on this machine shares.
static Target getMachine() {
  Target target;
  target.triple = llvm::sys::getProcessTriple();
  target.l1Bytes = cacheSize(_SC_LEVEL1_DCACHE_SIZE, target.l1Bytes);
  target.l2Bytes = cacheSize(_SC_LEVEL2_CACHE_SIZE, target.l2Bytes);
  target.l3Bytes = cacheSize(_SC_LEVEL3_CACHE_SIZE, target.l3Bytes);
  target.cores = countCores();
  return target;
}

static void setISA(Target &target, ISA isa) {
  target.isa = isa;
  target.name = isa == ISA::AVX512 ? "avx512" : isa == ISA::AVX2 ? "avx2" : "baseline";
  target.vectorBits = isa == ISA::AVX512 ? 512 : isa == ISA::AVX2 ? 256 : 128;
  target.vectorRegisters = isa == ISA::AVX512 ? 32 : 16;
  target.hasFMA = target.hasRounding = target.hasF16C = isa >= ISA::AVX2;
}

/// The highest instruction set whose every feature is there.
static ISA classify(const llvm::StringMap<bool> &features) {
  auto has = [&](std::initializer_list<llvm::StringRef> names) {
    return llvm::all_of(names, [&](llvm::StringRef name) { return features.lookup(name); });
  };
  if (!has({"avx2", "fma", "f16c", "bmi", "bmi2"}))
    return ISA::Baseline;
  return has({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}) ? ISA::AVX512 : ISA::AVX2;
}

static llvm::Error requireX86(const Target &target) {
  if (llvm::Triple(target.triple).getArch() == llvm::Triple::x86_64)
    return llvm::Error::success();
  return llvm::createStringError("unsupported CPU target: expected x86_64, found " + target.triple);
}

llvm::Expected<Target> Target::getHost() {
  Target target = getMachine();
  if (llvm::Error error = requireX86(target))
    return error;
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  setISA(target, classify(features));
  target.cpu = llvm::sys::getHostCPUName().str();
  // Sorted, so that equal machines have equal descriptions.
  std::vector<std::string> names;
  for (const auto &feature : features)
    names.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(names);
  target.features = llvm::join(names, ",");
  target.hasBF16 = target.isa == ISA::AVX512 && features.lookup("avx512bf16");
  target.hasAMX = features.lookup("amx-tile") && features.lookup("amx-bf16");
  return target;
}

llvm::Expected<Target> Target::get(llvm::StringRef name) {
  if (name == "host")
    return getHost();
  Target target = getMachine();
  if (llvm::Error error = requireX86(target))
    return error;
  if (name == "baseline" || name == "x86-64") {
    setISA(target, ISA::Baseline);
    target.cpu = "x86-64";
  } else if (name == "avx2" || name == "x86-64-v3") {
    setISA(target, ISA::AVX2);
    target.cpu = "x86-64-v3";
  } else if (name == "avx512" || name == "x86-64-v4") {
    setISA(target, ISA::AVX512);
    target.cpu = "x86-64-v4";
  } else if (name == "avx512bf16") {
    setISA(target, ISA::AVX512);
    target.name = "avx512bf16";
    target.cpu = "x86-64-v4";
    target.features = "+avx512bf16";
    target.hasBF16 = true;
  } else {
    return llvm::createStringError(
        llvm::formatv("unsupported CPU target '{0}': expected one of {1}", name, llvm::join(getNames(), ", ")).str());
  }
  return target;
}

std::vector<llvm::StringRef> Target::getNames() { return {"host", "baseline", "avx2", "avx512", "avx512bf16"}; }

bool Target::runsHere() const {
  llvm::StringMap<bool> here = llvm::sys::getHostCPUFeatures();
  return isa <= classify(here) && (!hasBF16 || here.lookup("avx512bf16")) && (!hasAMX || here.lookup("amx-bf16"));
}
