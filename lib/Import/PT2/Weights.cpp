// Bounds checks and reordering of stored tensors.
#include "tc/Import/PT2/Weights.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <functional>
#include <numeric>

using namespace tc::pt2;

int64_t StoredTensor::elementCount() const {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

std::optional<llvm::SmallVector<int64_t>> StoredTensor::densePermutation() const {
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, sizes.size()));
  if (elementCount() == 0)
    return order;
  // Dimensions of size 1 have arbitrary strides; they keep their places, the others are ordered by
  // stride.
  llvm::SmallVector<int64_t> places;
  for (int64_t dim : order)
    if (sizes[dim] != 1)
      places.push_back(dim);
  llvm::SmallVector<int64_t> sorted = places;
  llvm::sort(sorted, [&](int64_t a, int64_t b) { return std::tuple(-strides[a], a) < std::tuple(-strides[b], b); });
  for (auto [place, dim] : llvm::zip_equal(places, sorted))
    order[place] = dim;
  int64_t expected = 1;
  for (int64_t dim : llvm::reverse(order)) {
    if (sizes[dim] == 1)
      continue;
    if (strides[dim] != expected)
      return std::nullopt;
    expected *= sizes[dim];
  }
  return order;
}

bool StoredTensor::isContiguous() const {
  auto order = densePermutation();
  return order && llvm::is_sorted(*order);
}

llvm::ArrayRef<char> StoredTensor::denseBytes() const {
  return storage.slice(offset * byteWidth(dtype), elementCount() * byteWidth(dtype));
}

std::vector<char> StoredTensor::gather() const {
  unsigned width = byteWidth(dtype);
  int64_t count = elementCount();
  std::vector<char> result(count * width);
  llvm::SmallVector<int64_t> index(sizes.size(), 0);
  int64_t source = offset;
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(result.data() + i * width, storage.data() + source * width, width);
    for (int64_t dim = static_cast<int64_t>(sizes.size()) - 1; dim >= 0; --dim) {
      source += strides[dim];
      if (++index[dim] < sizes[dim])
        break;
      source -= strides[dim] * sizes[dim];
      index[dim] = 0;
    }
  }
  return result;
}

llvm::Expected<StoredTensor> tc::pt2::loadTensor(const Archive &archive, llvm::StringRef name, const Payload &payload) {
  auto error = [&](const llvm::Twine &reason) {
    return archive.error(payload.entry, "tensor '" + name + "': " + reason);
  };
  if (payload.isPickled)
    return error("it is a pickle (use_pickle), which is never loaded");
  if (!payload.meta)
    return error("it has no tensor_meta");
  auto storage = archive.bytes(payload.entry);
  if (!storage)
    return storage.takeError();

  StoredTensor tensor;
  tensor.dtype = payload.meta->dtype;
  tensor.storage = *storage;
  const TensorMeta &meta = *payload.meta;
  if (!meta.storageOffset.expression.empty() || meta.storageOffset.value < 0)
    return error("expected a storage offset that is a number and not negative");
  tensor.offset = meta.storageOffset.value;
  int64_t last = tensor.offset, count = 1;
  bool overflows = false, isEmpty = false;
  for (auto [size, stride] : llvm::zip_equal(meta.sizes, meta.strides)) {
    if (!size.expression.empty() || !stride.expression.empty() || size.value < 0 || stride.value < 0)
      return error("expected sizes and strides that are numbers and not negative");
    isEmpty |= size.value == 0;
    int64_t extent = 0;
    overflows |= llvm::MulOverflow(std::max<int64_t>(size.value - 1, 0), stride.value, extent);
    overflows |= llvm::AddOverflow(last, extent, last);
    overflows |= llvm::MulOverflow(count, std::max<int64_t>(size.value, 1), count);
    tensor.sizes.push_back(size.value);
    tensor.strides.push_back(stride.value);
  }
  if (isEmpty && !overflows) {
    tensor.offset = 0;
    return tensor;
  }
  uint64_t capacity = storage->size() / byteWidth(tensor.dtype);
  if (overflows || static_cast<uint64_t>(last) >= capacity)
    return error(llvm::formatv("its sizes reach beyond the {0} bytes of its storage", storage->size()));
  // A broadcast (stride 0) may have more elements than its storage; it is copied, and a small file must not fill the
  // memory.
  constexpr uint64_t maxCopiedBytes = uint64_t(1) << 30;
  if (static_cast<uint64_t>(count) > std::max<uint64_t>(capacity, maxCopiedBytes / byteWidth(tensor.dtype)))
    return error(llvm::formatv("its {0} bytes of storage are repeated to {1} elements, more than {2} bytes",
                               storage->size(), count, maxCopiedBytes));
  return tensor;
}
