// What a CPU has that code generation cares about. A plain value: no pass asks the machine it runs on.
#ifndef TC_TARGET_CPU_TARGET_H
#define TC_TARGET_CPU_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tc::cpu {

/// Instruction sets that code is generated for, each a superset of the one before.
enum class ISA { Baseline, AVX2, AVX512 };

struct Target {
  std::string name = "baseline"; ///< "baseline", "avx2", "avx512", "avx512bf16"
  std::string triple;            ///< of LLVM
  std::string cpu = "x86-64";    ///< LLVM's name of the CPU, for scheduling
  std::string features;          ///< LLVM's feature string
  ISA isa = ISA::Baseline;
  int64_t vectorBits = 128;
  int64_t vectorRegisters = 16;
  bool hasFMA = false;
  bool hasRounding = false; ///< SSE4.1 rounding instructions
  bool hasF16C = false;     ///< conversions between f16 and f32
  bool hasBF16 = false;     ///< AVX512_BF16: conversions, dot products of pairs
  bool hasAMX = false;      ///< bf16 tiles
  int64_t l1Bytes = 32 << 10;
  int64_t l2Bytes = 512 << 10; ///< of one core
  int64_t l3Bytes = 8 << 20;   ///< shared
  int64_t cacheLineBytes = 64;
  unsigned cores = 1; ///< that this process may run on

  /// Lanes of a vector of elements of `bits` bits.
  int64_t getLanes(int64_t bits) const { return vectorBits / bits; }
  /// Whether loads and stores under a mask are single instructions for every element type.
  bool hasMasks() const { return isa == ISA::AVX512; }
  /// Whether this machine can run code for the target.
  bool runsHere() const;

  /// The machine this process runs on.
  static llvm::Expected<Target> getHost();
  /// "host", "baseline", "avx2", "avx512" or "avx512bf16"; an error for anything else. Caches and cores of a named
  /// target are those of the host, so that code for it can be measured here.
  static llvm::Expected<Target> get(llvm::StringRef name);
  static std::vector<llvm::StringRef> getNames();
};

} // namespace tc::cpu

#endif
