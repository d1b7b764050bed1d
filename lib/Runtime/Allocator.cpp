// Blocks of host memory, and the allocator that keeps freed ones.

#include "tc/Runtime/Memory.h"

#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace tc::runtime {

/// From this size on, huge pages are asked for.
static constexpr int64_t hugePage = int64_t(2) << 20;

HostBlock::HostBlock(HostBlock &&other) noexcept
    : start(std::exchange(other.start, nullptr)), length(std::exchange(other.length, 0)) {}

HostBlock &HostBlock::operator=(HostBlock &&other) noexcept {
  std::swap(start, other.start);
  std::swap(length, other.length);
  return *this;
}

HostBlock HostBlock::allocate(int64_t bytes) {
  HostBlock block;
  if (bytes <= 0 || bytes > INT64_MAX - hugePage)
    return block;
  int64_t alignment = bytes >= hugePage ? hugePage : bufferAlignment;
  void *data = nullptr;
  if (posix_memalign(&data, alignment, bytes) != 0)
    return block;
  if (bytes >= hugePage)
    madvise(data, bytes / hugePage * hugePage, MADV_HUGEPAGE); // a hint: may fail
  block.start = static_cast<std::byte *>(data);
  block.length = bytes;
  return block;
}

void HostBlock::reset() {
  free(start);
  start = nullptr;
  length = 0;
}

namespace {

/// In front of every block that the allocator gives; as large as the alignment.
struct alignas(bufferAlignment) Header {
  Header *next;
  unsigned sizeClass;
  int64_t bytes; // with the header
};
static_assert(sizeof(Header) == bufferAlignment);

constexpr unsigned numClasses = 256;

/// Four classes an octave: at most a quarter is wasted.
unsigned getSizeClass(int64_t bytes, int64_t &rounded) {
  auto units = static_cast<uint64_t>((bytes + bufferAlignment - 1) / bufferAlignment);
  if (units <= 4) {
    rounded = units * bufferAlignment;
    return units;
  }
  unsigned shift = std::bit_width(units - 1) - 3;
  uint64_t steps = ((units - 1) >> shift) + 1; // 5 to 8
  rounded = (steps << shift) * bufferAlignment;
  return shift * 4 + steps;
}

} // namespace

struct CachingAllocator::State {
  mutable std::mutex mutex;
  Header *free[numClasses] = {};
  int64_t maxCached = 0;
  int64_t cached = 0;
  int64_t allocated = 0;
};

CachingAllocator::CachingAllocator(int64_t maxCachedBytes) : state(std::make_unique<State>()) {
  state->maxCached = maxCachedBytes;
}

CachingAllocator::~CachingAllocator() { trim(); }

void *CachingAllocator::allocate(int64_t bytes) {
  if (bytes <= 0 || bytes > INT64_MAX / 2)
    return nullptr;
  int64_t rounded;
  unsigned sizeClass = getSizeClass(bytes, rounded);
  rounded += sizeof(Header);
  {
    std::lock_guard<std::mutex> lock(state->mutex);
    if (Header *header = state->free[sizeClass]) {
      state->free[sizeClass] = header->next;
      state->cached -= rounded;
      state->allocated += rounded;
      return header + 1;
    }
  }
  void *data = nullptr;
  if (posix_memalign(&data, rounded >= hugePage ? hugePage : bufferAlignment, rounded) != 0)
    return nullptr;
  if (rounded >= hugePage)
    madvise(data, rounded / hugePage * hugePage, MADV_HUGEPAGE);
  auto *header = new (data) Header{nullptr, sizeClass, rounded};
  std::lock_guard<std::mutex> lock(state->mutex);
  state->allocated += rounded;
  return header + 1;
}

void CachingAllocator::deallocate(void *data) {
  if (!data)
    return;
  Header *header = static_cast<Header *>(data) - 1;
  {
    std::lock_guard<std::mutex> lock(state->mutex);
    state->allocated -= header->bytes;
    if (state->cached + header->bytes <= state->maxCached) {
      state->cached += header->bytes;
      header->next = state->free[header->sizeClass];
      state->free[header->sizeClass] = header;
      return;
    }
  }
  free(header);
}

void CachingAllocator::trim() {
  std::lock_guard<std::mutex> lock(state->mutex);
  for (Header *&list : state->free)
    while (Header *header = list) {
      list = header->next;
      state->cached -= header->bytes;
      free(header);
    }
}

int64_t CachingAllocator::getAllocatedBytes() const {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->allocated;
}

int64_t CachingAllocator::getCachedBytes() const {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->cached;
}

} // namespace tc::runtime
