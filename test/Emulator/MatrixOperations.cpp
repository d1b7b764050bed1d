// Tensor cores: matrices whose elements are spread over the registers of a warp.

#include "Operations.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

#include <cstring>

namespace tc::emulator {

//===----------------------------------------------------------------------===//
// ldmatrix: lanes 8 m to 8 m + 7 give the rows of matrix m
//===----------------------------------------------------------------------===//

template <unsigned count, bool isTransposed> static void loadMatrices(const Group &group) {
  const char *rows[32];
  group.forEach([&](uint32_t lane) {
    rows[lane] = reinterpret_cast<const char *>(group.slots(lane)[0]);
    Thread &thread = group.warp.threads[lane];
    if (lane < count * 8)
      if (auto problem = thread.block->checker.access(thread, rows[lane], 16, 16, Access::Read, thread.site))
        thread.block->fail(thread, *problem);
  });
  if (group.warp.threads[0].block->failure)
    return;
  group.forEach([&](uint32_t lane) {
    for (unsigned matrix = 0; matrix < count; ++matrix) {
      uint32_t word = 0;
      for (unsigned half = 0; half < 2; ++half) {
        unsigned row = lane / 4, column = lane % 4 * 2 + half;
        if (isTransposed)
          std::swap(row, column);
        uint16_t element;
        std::memcpy(&element, rows[matrix * 8 + row] + column * 2, 2);
        word |= uint32_t(element) << (half * 16);
      }
      group.slots(lane)[matrix] = word;
    }
  });
}

//===----------------------------------------------------------------------===//
// mma: D = A B + C of 16 x depth, depth x 8 and 16 x 8 elements
//===----------------------------------------------------------------------===//

enum class Element { F16, BF16, TF32 };

static constexpr unsigned getBits(Element element) { return element == Element::TF32 ? 32 : 16; }

static float halfToFloat(uint16_t bits) {
  llvm::APFloat value(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits));
  bool isInexact;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &isInexact);
  return value.convertToFloat();
}

static uint16_t floatToHalf(float number) {
  llvm::APFloat value(number);
  bool isInexact;
  value.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven, &isInexact);
  return value.bitcastToAPInt().getZExtValue();
}

/// Element `number` of a register.
template <Element element> static double unpack(uint64_t word, unsigned number) {
  auto bits = uint32_t(word) >> (number * (getBits(element) % 32));
  switch (element) {
  case Element::F16:
    return halfToFloat(bits);
  case Element::BF16:
    return llvm::bit_cast<float>(bits << 16);
  case Element::TF32:
    return llvm::bit_cast<float>(bits & ~0x1fffu);
  }
}

template <Element element, unsigned depth, bool hasHalfResults = false> static void multiply(const Group &group) {
  constexpr unsigned perWord = 32 / getBits(element), wordsA = 16 * depth / 32 / perWord,
                     wordsB = 8 * depth / 32 / perWord;
  double a[16][depth], b[depth][8];
  group.forEach([&](uint32_t lane) {
    const uint64_t *slots = group.slots(lane);
    unsigned major = lane / 4, minor = lane % 4 * perWord;
    for (unsigned i = 0; i < perWord; ++i) {
      for (unsigned word = 0; word < wordsA; ++word)
        a[major + 8 * (word & 1)][minor + i + 4 * perWord * (word >> 1)] = unpack<element>(slots[word], i);
      for (unsigned word = 0; word < wordsB; ++word)
        b[minor + i + 4 * perWord * word][major] = unpack<element>(slots[wordsA + word], i);
    }
  });
  group.forEach([&](uint32_t lane) {
    uint64_t *slots = group.slots(lane);
    uint64_t results[4] = {};
    for (unsigned i = 0; i < 4; ++i) {
      unsigned row = lane / 4 + 8 * (i >> 1), column = lane % 4 * 2 + (i & 1);
      double sum = 0;
      for (unsigned k = 0; k < depth; ++k)
        sum += a[row][k] * b[k][column];
      const uint64_t *c = slots + wordsA + wordsB;
      if (hasHalfResults)
        results[i / 2] |= uint64_t(floatToHalf(float(halfToFloat(c[i / 2] >> (i % 2 * 16)) + sum))) << (i % 2 * 16);
      else
        results[i] = llvm::bit_cast<uint32_t>(float(llvm::bit_cast<float>(uint32_t(c[i])) + sum));
    }
    std::memcpy(slots, results, sizeof(uint64_t) * (hasHalfResults ? 2 : 4));
  });
}

llvm::ArrayRef<Operation> getMatrixOperations() {
  constexpr auto collective = Operation::Kind::Collective;
  static const Operation operations[] = {
      {"ldmatrix.sync.aligned.m8n8.x1.b16", collective, nullptr, loadMatrices<1, false>},
      {"ldmatrix.sync.aligned.m8n8.x2.b16", collective, nullptr, loadMatrices<2, false>},
      {"ldmatrix.sync.aligned.m8n8.x4.b16", collective, nullptr, loadMatrices<4, false>},
      {"ldmatrix.sync.aligned.m8n8.x1.trans.b16", collective, nullptr, loadMatrices<1, true>},
      {"ldmatrix.sync.aligned.m8n8.x2.trans.b16", collective, nullptr, loadMatrices<2, true>},
      {"ldmatrix.sync.aligned.m8n8.x4.trans.b16", collective, nullptr, loadMatrices<4, true>},
      {"mma.m16n8k16.row.col.f32.f32", collective, nullptr, multiply<Element::F16, 16>},
      {"mma.m16n8k8.row.col.f32.f32", collective, nullptr, multiply<Element::F16, 8>},
      {"mma.m16n8k16.row.col.f16.f16", collective, nullptr, multiply<Element::F16, 16, true>},
      {"mma.m16n8k8.row.col.f16.f16", collective, nullptr, multiply<Element::F16, 8, true>},
      {"mma.m16n8k16.row.col.bf16", collective, nullptr, multiply<Element::BF16, 16>},
      {"mma.m16n8k8.row.col.bf16", collective, nullptr, multiply<Element::BF16, 8>},
      {"mma.m16n8k8.row.col.tf32", collective, nullptr, multiply<Element::TF32, 8>},
      {"mma.m16n8k4.row.col.tf32", collective, nullptr, multiply<Element::TF32, 4>},
  };
  return operations;
}

} // namespace tc::emulator
