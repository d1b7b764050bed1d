// The copy of tensors between layouts. Dimensions are sorted by the destination's strides and
// merged where both sides allow it; what is left is a set of rows (memcpy, or a strided loop), or,
// where the two sides disagree on the fastest dimension, a set of square tiles that go through a
// buffer, so that both sides see whole cache lines.

#include "StridedCopy.h"

#include "tc/Runtime/Tensor.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <tuple>

namespace tc::runtime {

namespace {

struct Dim {
  int64_t size;
  int64_t to;   // stride of the destination
  int64_t from; // stride of the source
};

struct Element16 {
  uint64_t words[2];
};

/// Bytes worth handing to another thread.
constexpr int64_t grainBytes = 64 << 10;
constexpr int64_t tile = 32;

struct Copier {
  Dim dims[maxRank]; // fastest of the destination first
  int rank = 0;
  int across = -1; // the source's fastest dimension, if it is not the destination's

  void normalise(std::span<const int64_t> sizes, std::span<const int64_t> to, std::span<const int64_t> from);
  template <typename T> void run(ThreadPool &pool, unsigned threads, T *destination, const T *source) const;
  template <typename T> void copyRow(T *destination, const T *source) const;
  template <typename T> void copyTile(T *destination, const T *source, int64_t row, int64_t column) const;
};

} // namespace

void Copier::normalise(std::span<const int64_t> sizes, std::span<const int64_t> to, std::span<const int64_t> from) {
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] != 1)
      dims[rank++] = {sizes[i], to[i], from[i]};
  std::sort(dims, dims + rank, [](const Dim &a, const Dim &b) {
    return std::tuple(std::abs(a.to), std::abs(a.from), a.size) < std::tuple(std::abs(b.to), std::abs(b.from), b.size);
  });
  int kept = 0;
  for (int i = 1; i < rank; ++i) {
    Dim &last = dims[kept];
    if (dims[i].to == last.to * last.size && dims[i].from == last.from * last.size)
      last.size *= dims[i].size;
    else
      dims[++kept] = dims[i];
  }
  if (rank == 0)
    dims[0] = {1, 1, 1};
  rank = kept + 1;
  // A transpose pays where the source has another dimension of stride 1 and both are longer than a
  // few elements.
  if (dims[0].to == 1 && dims[0].from != 1 && dims[0].size >= 8)
    for (int i = 1; i < rank; ++i)
      if (dims[i].from == 1 && dims[i].size >= 8)
        across = i;
}

template <typename T> void Copier::copyRow(T *destination, const T *source) const {
  const Dim &dim = dims[0];
  if (dim.to == 1 && dim.from == 1) {
    std::memcpy(destination, source, dim.size * sizeof(T));
    return;
  }
  if (dim.to == 1 && dim.from == 0) {
    std::fill_n(destination, dim.size, *source);
    return;
  }
  for (int64_t i = 0; i < dim.size; ++i)
    destination[i * dim.to] = source[i * dim.from];
}

template <typename T> void Copier::copyTile(T *destination, const T *source, int64_t row, int64_t column) const {
  const Dim &fast = dims[0], &slow = dims[across];
  int64_t columns = std::min(tile, fast.size - column), rows = std::min(tile, slow.size - row);
  source += column * fast.from + row;
  destination += row * slow.to + column;
  T buffer[tile][tile];
  for (int64_t j = 0; j < columns; ++j)
    for (int64_t i = 0; i < rows; ++i)
      buffer[i][j] = source[j * fast.from + i];
  for (int64_t i = 0; i < rows; ++i)
    std::memcpy(destination + i * slow.to, buffer[i], columns * sizeof(T));
}

template <typename T> void Copier::run(ThreadPool &pool, unsigned threads, T *destination, const T *source) const {
  auto tiles = [](int64_t size) { return (size + tile - 1) / tile; };
  // One iteration is a row, or a tile of the plane of dims[0] and dims[across].
  int64_t planeColumns = across < 0 ? 1 : tiles(dims[0].size);
  int64_t plane = across < 0 ? 1 : planeColumns * tiles(dims[across].size);
  int64_t extent = plane;
  for (int i = 1; i < rank; ++i)
    if (i != across)
      extent *= dims[i].size;
  int64_t elements = across < 0 ? dims[0].size : tile * tile;
  int64_t grain = std::max<int64_t>(1, grainBytes / std::max<int64_t>(1, elements * int64_t(sizeof(T))));
  pool.forEach(extent, grain, threads, [&](int64_t begin, int64_t end, unsigned) {
    for (int64_t i = begin; i < end; ++i) {
      T *to = destination;
      const T *from = source;
      int64_t rest = i / plane;
      for (int d = 1; d < rank; ++d) {
        if (d == across)
          continue;
        int64_t position = rest % dims[d].size;
        rest /= dims[d].size;
        to += position * dims[d].to;
        from += position * dims[d].from;
      }
      if (across < 0)
        copyRow(to, from);
      else
        copyTile(to, from, i % plane / planeColumns * tile, i % plane % planeColumns * tile);
    }
  });
}

void copyBytes(ThreadPool &pool, unsigned threads, void *destination, const void *source, int64_t bytes) {
  if (bytes <= 0 || destination == source)
    return;
  if (bytes < 4 * grainBytes) {
    std::memcpy(destination, source, bytes);
    return;
  }
  pool.forEach(bytes, grainBytes, threads, [&](int64_t begin, int64_t end, unsigned) {
    std::memcpy(static_cast<char *>(destination) + begin, static_cast<const char *>(source) + begin, end - begin);
  });
}

void copyStrided(ThreadPool &pool, unsigned threads, void *destination, const void *source, int64_t elementBytes,
                 std::span<const int64_t> sizes, std::span<const int64_t> destinationStrides,
                 std::span<const int64_t> sourceStrides) {
  if (std::ranges::any_of(sizes, [](int64_t size) { return size <= 0; }))
    return;
  Copier copier;
  copier.normalise(sizes, destinationStrides, sourceStrides);
  if (copier.rank == 1 && copier.dims[0].to == 1 && copier.dims[0].from == 1)
    return copyBytes(pool, threads, destination, source, copier.dims[0].size * elementBytes);
  auto run = [&]<typename T>(T) {
    copier.run(pool, threads, static_cast<T *>(destination), static_cast<const T *>(source));
  };
  switch (elementBytes) {
  case 1:
    return run(uint8_t());
  case 2:
    return run(uint16_t());
  case 4:
    return run(uint32_t());
  case 8:
    return run(uint64_t());
  case 16:
    return run(Element16());
  }
}

} // namespace tc::runtime
