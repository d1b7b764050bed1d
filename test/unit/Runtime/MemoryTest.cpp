// The memory plan as properties over random lives, and the allocators.

#include "tc/Runtime/Memory.h"

#include "gtest/gtest.h"

#include <cstring>
#include <numeric>
#include <random>

using namespace tc::runtime;

static int64_t alignUp(int64_t value) { return (value + bufferAlignment - 1) / bufferAlignment * bufferAlignment; }

static void checkPlan(const std::vector<Interval> &lives, const std::vector<int64_t> &sizes) {
  MemoryPlan plan = planMemory(lives, sizes);
  ASSERT_EQ(plan.offsets.size(), lives.size());
  int64_t sum = 0;
  for (size_t i = 0; i < lives.size(); ++i) {
    sum += alignUp(sizes[i]);
    ASSERT_EQ(plan.offsets[i] % bufferAlignment, 0);
    ASSERT_GE(plan.offsets[i], 0);
    ASSERT_LE(plan.offsets[i] + sizes[i], plan.bytes);
    for (size_t j = 0; j < i; ++j) {
      bool together = lives[i].begin <= lives[j].end && lives[j].begin <= lives[i].end;
      bool overlap = plan.offsets[i] < plan.offsets[j] + sizes[j] && plan.offsets[j] < plan.offsets[i] + sizes[i];
      ASSERT_FALSE(together && overlap && sizes[i] > 0 && sizes[j] > 0) << i << " and " << j;
    }
  }
  ASSERT_LE(plan.bytes, sum);
  ASSERT_GE(plan.bytes, plan.peak);
}

TEST(MemoryPlan, NoOverlapOnRandomLives) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Interval> lives;
    std::vector<int64_t> sizes;
    for (int i = random() % 60; i > 0; --i) {
      uint32_t begin = random() % 50;
      lives.push_back({begin, begin + uint32_t(random() % 12)});
      sizes.push_back(random() % 10 == 0 ? 0 : random() % 5000);
    }
    checkPlan(lives, sizes);
  }
}

// Eager frees a tensor after its last use, so its peak is that of the lives. Graphs whose operators read what was made
// shortly before, mostly.
TEST(MemoryPlan, StaysNearEagersPeakOnRandomGraphs) {
  std::mt19937 random(3);
  constexpr int numGraphs = 500;
  int64_t planned = 0, needed = 0;
  int numAbove = 0;
  for (int graph = 0; graph < numGraphs; ++graph) {
    std::vector<Interval> lives;
    std::vector<int64_t> sizes;
    for (uint32_t op = 0, e = 5 + random() % 60; op < e; ++op) {
      for (int reads = op ? 1 + random() % 2 : 0; reads; --reads) {
        uint32_t back = random() % 5 ? 1 + random() % 4 : 1 + random() % op;
        lives[op - std::min(back, op)].end = op;
      }
      lives.push_back({op, op});
      sizes.push_back(random() % 4 ? int64_t(64) << (random() % 11) : 1 + random() % 70000);
    }
    checkPlan(lives, sizes);
    MemoryPlan plan = planMemory(lives, sizes);
    EXPECT_LE(plan.bytes, plan.peak * 5 / 4);
    planned += plan.bytes;
    needed += plan.peak;
    numAbove += plan.bytes > plan.peak;
  }
  EXPECT_LE(planned, needed + needed / 200);
  EXPECT_LE(numAbove, numGraphs / 20);
}

TEST(MemoryPlan, ChainsNeedTwoBuffers) {
  std::vector<Interval> lives;
  std::vector<int64_t> sizes;
  for (uint32_t i = 0; i < 20; ++i) {
    lives.push_back({i, i + 1});
    sizes.push_back(1024);
  }
  MemoryPlan plan = planMemory(lives, sizes);
  EXPECT_EQ(plan.bytes, 2048);
  EXPECT_EQ(plan.peak, 2048);
}

TEST(MemoryPlan, BestFit) {
  // A gap of 128 and one of 256 bytes are free at time 2; the small buffer goes to the small one.
  std::vector<Interval> lives = {{0, 0}, {0, 5}, {0, 0}, {0, 5}, {2, 3}};
  std::vector<int64_t> sizes = {256, 4096, 128, 100, 100};
  checkPlan(lives, sizes);
  EXPECT_EQ(planMemory(lives, sizes).bytes, planMemory(lives, sizes).peak);
}

TEST(MemoryPlan, IsDeterministic) {
  std::vector<Interval> lives(40, Interval{0, 3});
  std::vector<int64_t> sizes(40, 100);
  EXPECT_EQ(planMemory(lives, sizes).offsets, planMemory(lives, sizes).offsets);
}

TEST(HostBlock, AlignsAndMoves) {
  EXPECT_EQ(HostBlock::allocate(0).data(), nullptr);
  EXPECT_EQ(HostBlock::allocate(-5).data(), nullptr);
  EXPECT_EQ(HostBlock::allocate(INT64_MAX).data(), nullptr);
  HostBlock small = HostBlock::allocate(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(small.data()) % 64, 0u);
  HostBlock large = HostBlock::allocate(5 << 20);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(large.data()) % (2 << 20), 0u);
  std::memset(large.data(), 1, large.size());
  small = std::move(large);
  EXPECT_EQ(small.size(), 5 << 20);
  EXPECT_EQ(int(small.data()[(5 << 20) - 1]), 1);
}

TEST(CachingAllocator, ReusesBlocks) {
  CachingAllocator allocator;
  for (int64_t bytes : {1, 64, 65, 256, 257, 1000, 4097, 1 << 20, 5 << 20}) {
    void *first = allocator.allocate(bytes);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
    std::memset(first, 0xab, bytes);
    allocator.deallocate(first);
    void *second = allocator.allocate(bytes);
    EXPECT_EQ(first, second);
    EXPECT_GE(allocator.getAllocatedBytes(), bytes);
    EXPECT_LE(allocator.getAllocatedBytes(), 2 * bytes + 256);
    allocator.deallocate(second);
    EXPECT_EQ(allocator.getAllocatedBytes(), 0);
    allocator.trim();
    EXPECT_EQ(allocator.getCachedBytes(), 0);
  }
  EXPECT_EQ(allocator.allocate(0), nullptr);
  EXPECT_EQ(allocator.allocate(INT64_MAX), nullptr);
  allocator.deallocate(nullptr);
}

TEST(CachingAllocator, KeepsNoMoreThanItsLimit) {
  CachingAllocator allocator(1 << 20);
  void *blocks[4];
  for (void *&block : blocks)
    block = allocator.allocate(400 << 10);
  for (void *block : blocks)
    allocator.deallocate(block);
  EXPECT_LE(allocator.getCachedBytes(), 1 << 20);
  EXPECT_GT(allocator.getCachedBytes(), 0);
}
