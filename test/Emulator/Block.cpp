// Runs threads until each waits or has ended, and lets those go on whose partners have come.

#include "Block.h"

#include "Operations.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace tc::emulator {

static uint32_t product(const uint32_t (&sizes)[3]) { return sizes[0] * sizes[1] * sizes[2]; }

Block::Block(Entry entry, const Launch &launch, const Options &options, char *shared, uint32_t sharedBytes,
             llvm::ArrayRef<std::string> sites)
    : entry(entry), launch(launch), options(options), shared(shared), sharedBytes(sharedBytes), sites(sites),
      threads(product(launch.block)), warps((threads.size() + 31) / 32), stacks(threads.size()),
      checker(*this, options.check), random(options.seed) {}

void Block::reset(const uint32_t (&number)[3]) {
  std::copy_n(number, 3, id);
  for (Barrier &barrier : barriers)
    barrier = {};
  for (auto [i, warp] : llvm::enumerate(warps)) {
    warp = {};
    warp.number = i;
    warp.threads = &threads[i * 32];
    warp.clock.start(i);
  }
  for (auto [i, thread] : llvm::enumerate(threads)) {
    Registers &registers = thread.registers;
    uint32_t tid[] = {uint32_t(i) % launch.block[0], uint32_t(i) / launch.block[0] % launch.block[1],
                      uint32_t(i) / launch.block[0] / launch.block[1]};
    std::copy_n(tid, 3, registers.tid);
    std::copy_n(launch.block, 3, registers.ntid);
    std::copy_n(id, 3, registers.ctaid);
    std::copy_n(launch.grid, 3, registers.nctaid);
    registers.lane = i % 32;
    registers.warp = i / 32;
    registers.shared = shared;
    thread.block = this;
    thread.warp = &warps[i / 32];
    thread.warp->lanes |= 1u << registers.lane;
    thread.number = i;
    thread.state = Thread::State::Ready;
    thread.copies.clear();
    thread.fiber.start(
        stacks.get(i),
        [](void *opaque) {
          auto &self = *static_cast<Thread *>(opaque);
          self.block->entry(&self, self.block->launch.arguments);
          self.state = Thread::State::Done;
          self.fiber.finish();
        },
        &thread);
  }
  live = threads.size();
  checker.startBlock();
}

std::optional<std::string> Block::run(const uint32_t (&number)[3]) {
  reset(number);
  std::vector<uint32_t> order(warps.size());
  for (auto [i, warp] : llvm::enumerate(order))
    warp = i;
  while (live > 0) {
    if (options.seed != 0)
      std::shuffle(order.begin(), order.end(), random);
    bool hasRun = false;
    for (uint32_t warp : order) {
      // As far as the warp gets on its own.
      bool again = true;
      while (again) {
        again = false;
        uint32_t first = options.seed != 0 ? random() % 32 : 0;
        for (uint32_t i = 0; i < 32; ++i) {
          size_t thread = warp * 32 + (i + first) % 32;
          if (thread >= threads.size() || threads[thread].state != Thread::State::Ready)
            continue;
          again = hasRun = true;
          runThread(threads[thread]);
          if (failure)
            return failure;
        }
      }
    }
    if (!hasRun && live > 0)
      return describeDeadlock();
  }
  return std::nullopt;
}

void Block::runThread(Thread &thread) {
  thread.fiber.resume();
  if (failure)
    return;
  if (thread.state == Thread::State::Done)
    exit(thread);
  else if (thread.state == Thread::State::Waiting)
    arrive(thread);
}

void Block::exit(Thread &thread) {
  --live;
  thread.warp->exited |= 1u << thread.registers.lane;
  for (const auto &group : thread.copies)
    if (!group.empty())
      return fail(thread, "ends with a copy that it has not waited for");
  for (Barrier &barrier : barriers)
    if (!barrier.waiting.empty() && barrier.expected == threads.size())
      return fail(thread, "ends while thread " + std::to_string(barrier.waiting.front()->number) +
                              " waits for all threads at a barrier");
}

void Block::wait(Thread &thread, const Operation &operation, uint32_t site, uint64_t *slots) {
  thread.operation = &operation;
  thread.site = site;
  thread.slots = slots;
  if (operation.kind == Operation::Kind::Immediate)
    return operation.run(thread, slots);
  thread.state = Thread::State::Waiting;
  thread.fiber.suspend();
}

void Block::arrive(Thread &thread) {
  const Operation &operation = *thread.operation;
  if (operation.kind == Operation::Kind::Barrier)
    return arriveAtBarrier(thread);
  Warp &warp = *thread.warp;
  uint32_t lane = 1u << thread.registers.lane;
  // Masks may name lanes that a last, smaller warp does not have.
  uint32_t mask = (operation.count < 0 ? ~0u : uint32_t(thread.slots[operation.count])) & warp.lanes;
  if (!(mask & lane))
    return fail(thread, "is not in the mask of its " + std::string(operation.name));
  if (mask & warp.exited)
    return fail(thread, "waits in " + std::string(operation.name) + " for lanes that have ended");
  auto found = llvm::find_if(warp.gatherings, [&](const Gathering &other) {
    return other.operation == &operation && other.site == thread.site && other.mask == mask;
  });
  if (found == warp.gatherings.end())
    found = warp.gatherings.insert(found, {&operation, thread.site, mask, 0});
  found->arrived |= lane;
  if (found->arrived != mask)
    return;
  warp.gatherings.erase(found);
  Group group{warp, mask};
  operation.runGroup(group);
  if (operation.ordersMemory)
    warp.clock.syncWarp();
  group.forEach([&](uint32_t i) { warp.threads[i].state = Thread::State::Ready; });
}

void Block::arriveAtBarrier(Thread &thread) {
  const Operation &operation = *thread.operation;
  uint64_t number = thread.slots[0];
  if (number >= std::size(barriers))
    return fail(thread, "uses barrier " + std::to_string(number) + ", there are 16");
  uint32_t expected = operation.count < 0 ? threads.size() : uint32_t(thread.slots[operation.count]);
  Barrier &barrier = barriers[number];
  if (barrier.arrived > 0 && barrier.expected != expected)
    return fail(thread, "expects " + std::to_string(expected) + " threads at a barrier where others expect " +
                            std::to_string(barrier.expected));
  if (expected == threads.size() && live < expected)
    return fail(thread, "waits at a barrier for threads that have ended");
  for (Thread *other : barrier.waiting)
    if (other->warp == thread.warp && other->site != thread.site)
      return fail(thread, "waits at another barrier (" + sites[thread.site] + ") than thread " +
                              std::to_string(other->number) + " of its warp (" + sites[other->site] + ")");
  barrier.expected = expected;
  thread.warp->clock.release(barrier.clock);
  if (operation.isArrival)
    thread.state = Thread::State::Ready;
  else
    barrier.waiting.push_back(&thread);
  if (++barrier.arrived < expected)
    return;
  Warp *last = nullptr;
  for (Thread *other : barrier.waiting) {
    other->state = Thread::State::Ready;
    if (std::exchange(last, other->warp) != other->warp)
      other->warp->clock.acquire(barrier.clock);
  }
  barrier = {};
}

std::string Block::describeDeadlock() const {
  std::map<std::string, std::pair<uint32_t, uint32_t>> waits; // operation -> threads, first thread
  for (const Thread &thread : threads)
    if (thread.state == Thread::State::Waiting) {
      auto &[count, first] = waits[std::string(thread.operation->name) + " (" + sites[thread.site] + ")"];
      if (count++ == 0)
        first = thread.number;
    }
  std::string text = "deadlock:";
  for (const auto &[operation, count] : waits)
    text += (text.back() == ':' ? " " : ", ") + std::to_string(count.first) + " threads from " +
            std::to_string(count.second) + " wait in " + operation;
  return text;
}

void Block::fail(const Thread &thread, const std::string &what) {
  if (!failure)
    failure = "thread " + std::to_string(thread.number) + " " + what;
}

void Block::failThread(Thread &thread, std::string what) {
  fail(thread, what);
  // Nothing on this stack is needed again, nor destroyed.
  std::string().swap(what); // assignment would keep its memory
  for (;;)
    thread.fiber.suspend();
}

} // namespace tc::emulator
