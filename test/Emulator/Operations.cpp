// Finding operations, and the scalar functions that only GPUs have as instructions.

#include "Operations.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/bit.h"

#include <cmath>

namespace tc::emulator {

// Approximations are computed as exactly as the CPU can.
template <float (*function)(float)> static void runFloat(Thread &, uint64_t *slots) {
  slots[0] = llvm::bit_cast<uint32_t>(function(llvm::bit_cast<float>(uint32_t(slots[0]))));
}
static float rsqrt(float x) { return float(1 / std::sqrt(double(x))); }
static float reciprocal(float x) { return 1 / x; }

/// Ten bits of mantissa are kept; ties go away from zero, as rna says.
static void roundToTF32(Thread &, uint64_t *slots) {
  auto bits = uint32_t(slots[0]);
  bool isFinite = (bits & 0x7f800000) != 0x7f800000;
  slots[0] = (isFinite ? bits + 0x1000 : bits) & ~0x1fffu;
}

llvm::ArrayRef<Operation> getScalarOperations() {
  constexpr auto immediate = Operation::Kind::Immediate;
  static const Operation operations[] = {
      {"ex2.approx.f", immediate, runFloat<std::exp2>},    {"ex2.approx.ftz.f", immediate, runFloat<std::exp2>},
      {"ex2.approx.f32", immediate, runFloat<std::exp2>},  {"ex2.approx.ftz.f32", immediate, runFloat<std::exp2>},
      {"lg2.approx.f", immediate, runFloat<std::log2>},    {"lg2.approx.ftz.f", immediate, runFloat<std::log2>},
      {"sin.approx.f", immediate, runFloat<std::sin>},     {"sin.approx.ftz.f", immediate, runFloat<std::sin>},
      {"cos.approx.f", immediate, runFloat<std::cos>},     {"cos.approx.ftz.f", immediate, runFloat<std::cos>},
      {"tanh.approx.f32", immediate, runFloat<std::tanh>}, {"rsqrt.approx.f", immediate, runFloat<rsqrt>},
      {"rsqrt.approx.ftz.f", immediate, runFloat<rsqrt>},  {"rcp.approx.ftz.f", immediate, runFloat<reciprocal>},
      {"rcp.rn.f", immediate, runFloat<reciprocal>},       {"f2tf32.rna", immediate, roundToTF32},
      {"sqrt.approx.f", immediate, runFloat<std::sqrt>},   {"sqrt.approx.ftz.f", immediate, runFloat<std::sqrt>},
  };
  return operations;
}

const Operation *findOperation(llvm::StringRef name) {
  static const auto *table = [] {
    auto *created = new llvm::StringMap<const Operation *>();
    for (auto list : {getWarpOperations(), getMatrixOperations(), getCopyOperations(), getScalarOperations()})
      for (const Operation &operation : list)
        created->try_emplace(operation.name, &operation);
    return created;
  }();
  name.consume_front("llvm.nvvm.");
  for (;;) {
    if (const Operation *found = table->lookup(name))
      return found;
    // The suffixes of overloaded intrinsics: ".p3".
    size_t dot = name.rfind('.');
    if (dot == llvm::StringRef::npos || !name.substr(dot + 1).starts_with("p") ||
        name.substr(dot + 2).find_first_not_of("0123456789") != llvm::StringRef::npos)
      return nullptr;
    name = name.substr(0, dot);
  }
}

} // namespace tc::emulator
