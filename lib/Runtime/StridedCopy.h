// Copies a tensor to one of the same sizes and other strides, on the pool.
#ifndef TC_LIB_RUNTIME_STRIDEDCOPY_H
#define TC_LIB_RUNTIME_STRIDEDCOPY_H

#include "tc/Runtime/ThreadPool.h"

#include <span>

namespace tc::runtime {

/// Strides are in elements of `elementBytes` bytes, at most maxRank of them. The two tensors do not
/// overlap.
void copyStrided(ThreadPool &pool, unsigned threads, void *destination, const void *source, int64_t elementBytes,
                 std::span<const int64_t> sizes, std::span<const int64_t> destinationStrides,
                 std::span<const int64_t> sourceStrides);

/// memcpy, in parallel where that pays.
void copyBytes(ThreadPool &pool, unsigned threads, void *destination, const void *source, int64_t bytes);

} // namespace tc::runtime

#endif
