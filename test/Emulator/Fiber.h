// Fibers: stacks of their own between which one thread switches. x86-64, System V.
#ifndef TC_TEST_EMULATOR_FIBER_H
#define TC_TEST_EMULATOR_FIBER_H

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define TC_EMULATOR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TC_EMULATOR_ASAN 1
#endif
#endif

namespace tc::emulator {

/// The stacks of a number of fibers, mapped once and reused.
class FiberStacks {
public:
  /// Enough for the registers that a kernel spills.
  static constexpr size_t bytes = 128 << 10;
  explicit FiberStacks(size_t count);
  ~FiberStacks();
  FiberStacks(const FiberStacks &) = delete;
  char *get(size_t number) const { return memory + number * bytes; }

private:
  char *memory;
  size_t size;
};

class Fiber {
public:
  /// The next resume begins `entry(argument)`, which must not return: it ends with a finish.
  void start(char *stack, void (*entry)(void *), void *argument);
  /// Called outside: runs the fiber until it suspends.
  void resume();
  /// Called by the fiber.
  void suspend();
  /// Called by the fiber, last: what AddressSanitizer holds for it is released. It can be started again.
  [[noreturn]] void finish();

private:
  void *own = nullptr, *caller = nullptr;
  char *stack = nullptr;
#ifdef TC_EMULATOR_ASAN
  // AddressSanitizer must know on which stack it is.
  void *ownFake = nullptr, *callerFake = nullptr;
  const void *callerStack = nullptr;
  size_t callerBytes = 0;
#endif
  void (*entry)(void *) = nullptr;
  void *argument = nullptr;
  static void begin(void *self);
};

} // namespace tc::emulator

#endif
