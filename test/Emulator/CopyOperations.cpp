// Asynchronous copies from global to shared memory. They happen as late as they may, when they are waited for, so that
// a kernel that does not wait finds what was there before.

#include "Operations.h"

#include <cstring>

namespace tc::emulator {

static void check(Thread &thread, const char *data, uint32_t bytes, uint32_t alignment, Access kind, uint32_t site) {
  if (bytes > 0)
    if (auto problem = thread.block->checker.access(thread, data, bytes, alignment, kind, site))
      thread.block->failThread(thread, std::move(*problem));
}

/// Operands: destination, source, and where there are fewer bytes to copy than to fill: how many.
template <uint32_t size, bool hasCount> static void begin(Thread &thread, uint64_t *slots) {
  AsyncCopy copy{reinterpret_cast<char *>(slots[0]), reinterpret_cast<const char *>(slots[1]), size, size, thread.site};
  if (hasCount)
    copy.bytes = std::min<uint32_t>(slots[2], size);
  // Others may still read what will be overwritten: a race, whenever the copy really happens.
  check(thread, copy.from, copy.bytes, copy.bytes == size ? size : 1, Access::Read, copy.site);
  check(thread, copy.to, size, size, Access::Write, copy.site);
  if (thread.copies.empty())
    thread.copies.emplace_back();
  thread.copies.back().push_back(copy);
}

static void commit(Thread &thread, uint64_t *) {
  if (thread.copies.empty())
    thread.copies.emplace_back();
  thread.copies.emplace_back();
}

static void finish(Thread &thread, size_t groups) {
  for (size_t i = 0; i < groups; ++i)
    for (const AsyncCopy &copy : thread.copies[i]) {
      std::memcpy(copy.to, copy.from, copy.bytes);
      std::memset(copy.to + copy.bytes, 0, copy.filled - copy.bytes);
      check(thread, copy.to, copy.filled, copy.filled, Access::Write, copy.site);
    }
  thread.copies.erase(thread.copies.begin(), thread.copies.begin() + groups);
}

static void waitGroup(Thread &thread, uint64_t *slots) {
  // The open group does not count.
  size_t committed = thread.copies.empty() ? 0 : thread.copies.size() - 1, pending = slots[0];
  if (committed > pending)
    finish(thread, committed - pending);
}

static void waitAll(Thread &thread, uint64_t *) { finish(thread, thread.copies.size()); }

llvm::ArrayRef<Operation> getCopyOperations() {
  constexpr auto immediate = Operation::Kind::Immediate;
  static const Operation operations[] = {
      {"cp.async.ca.shared.global.4", immediate, begin<4, false>},
      {"cp.async.ca.shared.global.8", immediate, begin<8, false>},
      {"cp.async.ca.shared.global.16", immediate, begin<16, false>},
      {"cp.async.cg.shared.global.16", immediate, begin<16, false>},
      {"cp.async.ca.shared.global.4.s", immediate, begin<4, true>},
      {"cp.async.ca.shared.global.8.s", immediate, begin<8, true>},
      {"cp.async.ca.shared.global.16.s", immediate, begin<16, true>},
      {"cp.async.cg.shared.global.16.s", immediate, begin<16, true>},
      {"cp.async.commit.group", immediate, commit},
      {"cp.async.wait.group", immediate, waitGroup},
      {"cp.async.wait.all", immediate, waitAll},
  };
  return operations;
}

} // namespace tc::emulator
