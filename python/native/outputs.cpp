// Output tensors, from torch's allocator or from the runtime's cache.

#include "outputs.h"

#include <algorithm>
#include <new>
#include <numeric>

namespace nb = nanobind;

namespace tcpy {

namespace {

/// From this size on, outputs are in the runtime's memory.
constexpr int64_t largeBytes = int64_t(1) << 16;
constexpr int maxRank = 16;

/// A tensor in the runtime's memory, which it keeps alive.
struct Large {
  DLManagedTensorVersioned tensor{};
  std::shared_ptr<TcRuntime> runtime;
  std::array<int64_t, maxRank> sizes, strides;
};

} // namespace

static void ignoreError(void *, const char *, const char *) {}

/// Bytes, of a tensor without gaps.
static int64_t countBytes(const DLTensor &tensor) {
  int64_t elements = std::accumulate(tensor.shape, tensor.shape + tensor.ndim, int64_t(1), std::multiplies<>());
  return elements * ((tensor.dtype.bits * tensor.dtype.lanes + 7) / 8);
}

static DLManagedTensorVersioned *allocateLarge(const DLTensor &prototype, const std::shared_ptr<TcRuntime> &runtime,
                                               int64_t bytes) {
  void *data = tcRuntimeAllocate(runtime.get(), bytes);
  if (!data)
    return nullptr;
  auto *large = new (std::nothrow) Large;
  if (!large) {
    tcRuntimeFree(runtime.get(), data);
    return nullptr;
  }
  large->runtime = runtime;
  large->tensor.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  large->tensor.manager_ctx = large;
  large->tensor.deleter = [](DLManagedTensorVersioned *self) {
    auto *owner = static_cast<Large *>(self->manager_ctx);
    tcRuntimeFree(owner->runtime.get(), owner->tensor.dl_tensor.data);
    delete owner;
  };
  std::copy_n(prototype.shape, prototype.ndim, large->sizes.begin());
  std::copy_n(prototype.strides, prototype.ndim, large->strides.begin());
  large->tensor.dl_tensor = prototype;
  large->tensor.dl_tensor.data = data;
  large->tensor.dl_tensor.shape = large->sizes.data();
  large->tensor.dl_tensor.strides = large->strides.data();
  large->tensor.dl_tensor.byte_offset = 0;
  return &large->tensor;
}

/// torch allocates row-major; other strides are a permutation of the same memory.
static DLManagedTensorVersioned *allocateSmall(const DLTensor &prototype, const DLPackExchangeAPI *api) {
  int rank = prototype.ndim;
  std::array<int64_t, maxRank> sizes;
  std::array<int, maxRank> order;
  std::iota(order.begin(), order.begin() + rank, 0);
  std::sort(order.begin(), order.begin() + rank,
            [&](int a, int b) { return std::pair(-prototype.strides[a], a) < std::pair(-prototype.strides[b], b); });
  for (int i = 0; i < rank; ++i)
    sizes[i] = prototype.shape[order[i]];
  DLTensor request = prototype;
  request.shape = sizes.data();
  request.strides = nullptr;
  DLManagedTensorVersioned *tensor = nullptr;
  if (api->managed_tensor_allocator(&request, &tensor, nullptr, ignoreError) || !tensor)
    return nullptr;
  std::copy_n(prototype.shape, rank, tensor->dl_tensor.shape);
  if (tensor->dl_tensor.strides)
    std::copy_n(prototype.strides, rank, tensor->dl_tensor.strides);
  return tensor;
}

Outputs::Outputs(const DLPackExchangeAPI *api, std::shared_ptr<TcRuntime> runtime, size_t count)
    : api(api), runtime(std::move(runtime)) {
  if (count > few.size())
    many.resize(count);
}

Outputs::~Outputs() {
  for (uint32_t i = 0, e = many.empty() ? few.size() : many.size(); i < e; ++i)
    release(this, i, nullptr);
}

int Outputs::allocate(void *context, uint32_t output, const TcDLTensor *requested, void **data) {
  auto &self = *static_cast<Outputs *>(context);
  auto &prototype = *static_cast<const DLTensor *>(requested);
  int64_t bytes = countBytes(prototype);
  bool isLarge = prototype.device.device_type == kDLCPU && bytes >= largeBytes;
  DLManagedTensorVersioned *tensor =
      isLarge ? allocateLarge(prototype, self.runtime, bytes) : allocateSmall(prototype, self.api);
  if (!tensor)
    return 1;
  self.at(output) = tensor;
  *data = static_cast<char *>(tensor->dl_tensor.data) + tensor->dl_tensor.byte_offset;
  return 0;
}

void Outputs::release(void *context, uint32_t output, void *) {
  DLManagedTensorVersioned *&tensor = static_cast<Outputs *>(context)->at(output);
  if (tensor && tensor->deleter)
    tensor->deleter(tensor);
  tensor = nullptr;
}

nb::object Outputs::take(uint32_t output) {
  void *object = nullptr;
  DLManagedTensorVersioned *tensor = std::exchange(at(output), nullptr);
  if (api->managed_tensor_to_py_object_no_sync(tensor, &object)) {
    PyErr_Clear();
    throw std::runtime_error("torch did not take an output tensor");
  }
  return nb::steal(static_cast<PyObject *>(object));
}

} // namespace tcpy
