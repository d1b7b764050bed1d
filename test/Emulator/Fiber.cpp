// Switching stacks: the registers that a call preserves are pushed, the stack pointers exchanged, and popped.

#include "Fiber.h"

#include "llvm/Support/ErrorHandling.h"

#include <cstdint>
#include <sys/mman.h>

#ifdef TC_EMULATOR_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" {
void tcEmulatorSwitch(void **save, void *to);
void tcEmulatorBegin();
}

asm(R"(
  .text
  .globl tcEmulatorSwitch
  .type tcEmulatorSwitch, @function
tcEmulatorSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size tcEmulatorSwitch, .-tcEmulatorSwitch
  .globl tcEmulatorBegin
  .type tcEmulatorBegin, @function
tcEmulatorBegin:
  movq %r12, %rdi
  call *%rbx
  ud2
  .size tcEmulatorBegin, .-tcEmulatorBegin
)");

namespace tc::emulator {

FiberStacks::FiberStacks(size_t count) : size(count * bytes) {
  void *mapped =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED)
    llvm::report_fatal_error("no memory for the stacks of a block");
  memory = static_cast<char *>(mapped);
}

FiberStacks::~FiberStacks() { munmap(memory, size); }

void Fiber::start(char *memory, void (*function)(void *), void *value) {
  stack = memory;
  entry = function;
  argument = value;
#ifdef TC_EMULATOR_ASAN
  ownFake = nullptr;
#endif
  // The registers in the order in which they are popped, then the address to return to. The stack is aligned to 16
  // bytes where begin is called. Starts are staggered, or all threads' frames would share a few cache sets.
  auto top = reinterpret_cast<uintptr_t>(memory) + FiberStacks::bytes;
  top -= 64 + (top / FiberStacks::bytes % 61) * 192;
  auto **frame = reinterpret_cast<void **>(top & ~uintptr_t(15));
  *--frame = reinterpret_cast<void *>(&tcEmulatorBegin);
  *--frame = nullptr;                                 // rbp
  *--frame = reinterpret_cast<void *>(&Fiber::begin); // rbx
  *--frame = this;                                    // r12
  for (int i = 0; i < 3; ++i)
    *--frame = nullptr;
  own = frame;
}

void Fiber::begin(void *opaque) {
  auto *self = static_cast<Fiber *>(opaque);
#ifdef TC_EMULATOR_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &self->callerStack, &self->callerBytes);
#endif
  self->entry(self->argument);
  llvm_unreachable("a fiber returned");
}

void Fiber::resume() {
#ifdef TC_EMULATOR_ASAN
  __sanitizer_start_switch_fiber(&callerFake, stack, FiberStacks::bytes);
#endif
  tcEmulatorSwitch(&caller, own);
#ifdef TC_EMULATOR_ASAN
  __sanitizer_finish_switch_fiber(callerFake, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
#ifdef TC_EMULATOR_ASAN
  __sanitizer_start_switch_fiber(&ownFake, callerStack, callerBytes);
#endif
  tcEmulatorSwitch(&own, caller);
#ifdef TC_EMULATOR_ASAN
  __sanitizer_finish_switch_fiber(ownFake, &callerStack, &callerBytes);
#endif
}

// Not instrumented: its own frame could lie on the fake stack that it gives back.
__attribute__((no_sanitize("address"))) void Fiber::finish() {
#ifdef TC_EMULATOR_ASAN
  __sanitizer_start_switch_fiber(nullptr, callerStack, callerBytes);
#endif
  tcEmulatorSwitch(&own, caller);
  llvm_unreachable("a fiber that has ended was resumed");
}

} // namespace tc::emulator
