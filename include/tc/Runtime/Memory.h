// Memory of the runtime: the plan that places buffers with disjoint lives on the same bytes, and
// the blocks behind it.
#ifndef TC_RUNTIME_MEMORY_H
#define TC_RUNTIME_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tc::runtime {

/// Every buffer starts at a multiple of this: a cache line and an AVX-512 vector.
inline constexpr int64_t bufferAlignment = 64;

/// The life of a buffer in instruction numbers, both ends included.
struct Interval {
  uint32_t begin;
  uint32_t end;
};

struct MemoryPlan {
  std::vector<int64_t> offsets; ///< one a buffer, multiples of bufferAlignment
  int64_t bytes = 0;            ///< size of the arena
  int64_t peak = 0;             ///< most bytes alive at one time: no plan can be smaller
};

/// Places buffers so that those alive at the same time do not overlap: largest first, each into the
/// tightest gap that fits. Deterministic. Buffers without bytes take no room.
MemoryPlan planMemory(std::span<const Interval> lives, std::span<const int64_t> sizes);

/// A block of host memory, 64-byte aligned; from 2 MiB on aligned to huge pages, which are asked
/// for. Not initialised.
class HostBlock {
public:
  HostBlock() = default;
  ~HostBlock() { reset(); }
  HostBlock(HostBlock &&other) noexcept;
  HostBlock &operator=(HostBlock &&other) noexcept;

  /// Null data when memory is short, or `bytes` is 0 or negative.
  static HostBlock allocate(int64_t bytes);

  std::byte *data() const { return start; }
  int64_t size() const { return length; }
  void reset();

private:
  std::byte *start = nullptr;
  int64_t length = 0;
};

/// Hands out host memory and keeps freed blocks for requests of the same size class. Thread-safe.
class CachingAllocator {
public:
  /// `maxCachedBytes`: freed memory kept at most.
  explicit CachingAllocator(int64_t maxCachedBytes = int64_t(1) << 30);
  ~CachingAllocator();
  CachingAllocator(const CachingAllocator &) = delete;
  CachingAllocator &operator=(const CachingAllocator &) = delete;

  /// Null when memory is short; for 0 bytes null too.
  void *allocate(int64_t bytes);
  /// `data` from allocate of this allocator, or null.
  void deallocate(void *data);
  /// Gives cached blocks back to the system.
  void trim();
  int64_t getAllocatedBytes() const;
  int64_t getCachedBytes() const;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tc::runtime

#endif
