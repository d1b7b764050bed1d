// Bottom-up merge sort of indices by an order-preserving integer key: stable, no allocation, NaN last.

#include "Sort.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace tc::cpu {

namespace {

/// A float's bits as an unsigned integer that orders as the floats do, NaN greatest and equal to one another, -0 equal
/// to 0.
template <typename Bits> Bits keyOfFloat(Bits bits, Bits infinity) {
  constexpr Bits sign = Bits(1) << (8 * sizeof(Bits) - 1);
  if ((bits & ~sign) > infinity)
    return ~Bits(0);
  if ((bits & ~sign) == 0)
    return sign;
  return bits & sign ? ~bits : bits | sign;
}

template <typename Element, typename Key>
void sortRow(const void *inputBytes, void *valueBytes, int64_t *indices, int64_t *scratch, int64_t count,
             bool descending, Key key) {
  const Element *input = static_cast<const Element *>(inputBytes);
  Element *values = static_cast<Element *>(valueBytes);
  auto before = [&](int64_t a, int64_t b) {
    auto x = key(input[a]), y = key(input[b]);
    return descending ? x > y : x < y;
  };
  // Runs of 16 by insertion, then merges.
  constexpr int64_t run = 16;
  for (int64_t begin = 0; begin < count; begin += run) {
    int64_t end = std::min(begin + run, count);
    for (int64_t i = begin; i < end; ++i) {
      int64_t j = i;
      for (; j > begin && before(i, indices[j - 1]); --j)
        indices[j] = indices[j - 1];
      indices[j] = i;
    }
  }
  int64_t *from = indices, *to = scratch;
  for (int64_t width = run; width < count; width *= 2, std::swap(from, to))
    for (int64_t begin = 0; begin < count; begin += 2 * width) {
      int64_t middle = std::min(begin + width, count), end = std::min(begin + 2 * width, count);
      std::merge(from + begin, from + middle, from + middle, from + end, to + begin, before);
    }
  if (from != indices)
    std::memcpy(indices, from, count * sizeof(int64_t));
  for (int64_t i = 0; i < count; ++i)
    values[i] = input[indices[i]];
}

} // namespace

extern "C" void tc_cpu_sort(const void *input, void *values, int64_t *indices, int64_t *scratch, int64_t count,
                            int32_t type, int32_t descending) {
  auto integer = [&]<typename Element>(Element) {
    sortRow<Element>(input, values, indices, scratch, count, descending, [](Element x) { return x; });
  };
  auto floating = [&]<typename Bits>(Bits infinity) {
    sortRow<Bits>(input, values, indices, scratch, count, descending,
                  [=](Bits x) { return keyOfFloat<Bits>(x, infinity); });
  };
  switch (static_cast<SortType>(type)) {
  case SortType::F32:
    return floating(uint32_t(0x7f800000));
  case SortType::F64:
    return floating(uint64_t(0x7ff0000000000000));
  case SortType::F16:
    return floating(uint16_t(0x7c00));
  case SortType::BF16:
    return floating(uint16_t(0x7f80));
  case SortType::I8:
    return integer(int8_t());
  case SortType::I16:
    return integer(int16_t());
  case SortType::I32:
    return integer(int32_t());
  case SortType::I64:
    return integer(int64_t());
  case SortType::U8:
  case SortType::Bool:
    return integer(uint8_t());
  case SortType::U16:
    return integer(uint16_t());
  case SortType::U32:
    return integer(uint32_t());
  case SortType::U64:
    return integer(uint64_t());
  }
}

} // namespace tc::cpu
