// Fibers switch, and hold nothing once they have ended.

#include "Emulator/Fiber.h"
#include "gtest/gtest.h"

#include <fstream>
#include <unistd.h>

using namespace tc::emulator;

namespace {

struct Counter {
  Fiber fiber;
  int steps = 0;
};

void countTo2(void *opaque) {
  auto &counter = *static_cast<Counter *>(opaque);
  ++counter.steps;
  // On the fake stack, where AddressSanitizer keeps one.
  volatile char buffer[100];
  for (volatile char &c : buffer)
    c = 1;
  counter.fiber.suspend();
  counter.steps += buffer[50];
  counter.fiber.finish();
}

size_t getResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST(Fiber, RunsUntilItSuspends) {
  FiberStacks stacks(1);
  Counter counter;
  counter.fiber.start(stacks.get(0), countTo2, &counter);
  EXPECT_EQ(counter.steps, 0);
  counter.fiber.resume();
  EXPECT_EQ(counter.steps, 1);
  counter.fiber.resume();
  EXPECT_EQ(counter.steps, 2);
}

// Each start took a fake stack of AddressSanitizer's that was never released: 20 kB and more, 400 MB here.
TEST(Fiber, HoldsNothingOnceEnded) {
  FiberStacks stacks(1);
  Counter counter;
  size_t before = getResidentBytes();
  ASSERT_GT(before, 0u);
  for (int i = 0; i < 20000; ++i) {
    counter.fiber.start(stacks.get(0), countTo2, &counter);
    counter.fiber.resume();
    counter.fiber.resume();
  }
  EXPECT_EQ(counter.steps, 40000);
  EXPECT_LT(getResidentBytes(), before + (64u << 20));
}

} // namespace
