// Copies between layouts, against an element-by-element copy.

#include "StridedCopy.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using namespace tc::runtime;

using Ints = std::vector<int64_t>;

static int64_t getExtent(const Ints &sizes, const Ints &strides) {
  int64_t last = 0;
  for (size_t i = 0; i < sizes.size(); ++i)
    last += (sizes[i] - 1) * strides[i];
  return last + 1;
}

/// Dense strides with dimension order[0] slowest.
static Ints denseStrides(const Ints &sizes, const Ints &order) {
  Ints strides(sizes.size());
  int64_t stride = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[order[i]] = stride;
    stride *= sizes[order[i]];
  }
  return strides;
}

template <typename T> static void check(ThreadPool &pool, const Ints &sizes, const Ints &to, const Ints &from) {
  std::vector<T> source(getExtent(sizes, from)), destination(getExtent(sizes, to)), expected(destination.size());
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = T(i * 7 + 1);
  Ints index(sizes.size(), 0);
  bool more = true;
  while (more) {
    int64_t t = std::inner_product(index.begin(), index.end(), to.begin(), int64_t(0));
    int64_t f = std::inner_product(index.begin(), index.end(), from.begin(), int64_t(0));
    expected[t] = source[f];
    more = false;
    for (size_t d = sizes.size(); d-- > 0 && !more;) {
      more = ++index[d] < sizes[d];
      if (!more)
        index[d] = 0;
    }
  }
  copyStrided(pool, 0, destination.data(), source.data(), sizeof(T), sizes, to, from);
  ASSERT_EQ(destination, expected);
}

TEST(StridedCopy, RandomPermutations) {
  ThreadPool pool(2);
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    size_t rank = random() % 5;
    Ints sizes(rank), a(rank), b(rank);
    for (int64_t &size : sizes)
      size = 1 + random() % (rank > 3 ? 9 : 40);
    std::iota(a.begin(), a.end(), 0);
    std::iota(b.begin(), b.end(), 0);
    std::shuffle(a.begin(), a.end(), random);
    std::shuffle(b.begin(), b.end(), random);
    Ints to = denseStrides(sizes, a), from = denseStrides(sizes, b);
    if (round % 3 == 1)
      for (int64_t &stride : from)
        stride *= 2;
    if (round % 5 == 2 && rank > 0)
      from[random() % rank] = 0;
    switch (round % 4) {
    case 0:
      check<uint8_t>(pool, sizes, to, from);
      break;
    case 1:
      check<uint16_t>(pool, sizes, to, from);
      break;
    case 2:
      check<uint32_t>(pool, sizes, to, from);
      break;
    case 3:
      check<uint64_t>(pool, sizes, to, from);
      break;
    }
  }
}

TEST(StridedCopy, LargeTranspose) {
  ThreadPool pool(2);
  check<uint32_t>(pool, {517, 300}, {300, 1}, {1, 517});
  check<uint16_t>(pool, {2, 65, 33, 64}, denseStrides({2, 65, 33, 64}, {0, 2, 3, 1}),
                  denseStrides({2, 65, 33, 64}, {0, 1, 2, 3}));
}

TEST(StridedCopy, Empty) {
  ThreadPool pool(1);
  copyStrided(pool, 0, nullptr, nullptr, 4, Ints{3, 0}, Ints{1, 1}, Ints{0, 1});
}
