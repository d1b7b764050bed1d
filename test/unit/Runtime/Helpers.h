// Small kernels, and tensors with memory of their own, for the runtime's tests.
#ifndef TC_TEST_UNIT_RUNTIME_HELPERS_H
#define TC_TEST_UNIT_RUNTIME_HELPERS_H

#include "tc/Runtime/Executable.h"

#include "gtest/gtest.h"

#include <numeric>

namespace tc::runtime {

struct Tensor {
  std::vector<float> data;
  std::vector<int64_t> sizes, strides;

  explicit Tensor(std::vector<int64_t> sizes, std::vector<int64_t> strides = {})
      : sizes(std::move(sizes)), strides(std::move(strides)) {
    int64_t count = 1;
    for (size_t i = 0; i < this->sizes.size(); ++i)
      count = this->strides.empty() ? count * this->sizes[i] : count + (this->sizes[i] - 1) * this->strides[i];
    data.resize(std::max<int64_t>(count, 0));
    std::iota(data.begin(), data.end(), 1.0f);
  }
  operator Argument() {
    TensorView view;
    view.data = data.data();
    view.rank = sizes.size();
    view.sizes = sizes.data();
    view.strides = strides.empty() ? nullptr : strides.data();
    return view;
  }
};

// y[i] = x[i] + 1
inline void addOne(void *const *buffers, const int64_t *, int64_t begin, int64_t end, void *) {
  for (int64_t i = begin; i < end; ++i)
    static_cast<float *>(buffers[1])[i] = static_cast<const float *>(buffers[0])[i] + 1;
}

// z[i] = x[i] + y[i]
inline void add(void *const *buffers, const int64_t *, int64_t begin, int64_t end, void *) {
  auto *x = static_cast<const float *>(buffers[0]), *y = static_cast<const float *>(buffers[1]);
  auto *z = static_cast<float *>(buffers[2]);
  for (int64_t i = begin; i < end; ++i)
    z[i] = x[i] + y[i];
}

/// A launch of kernel `kernel` over `extent` elements: reads all buffers but the last, which it writes.
inline Launch makeLaunch(uint32_t kernel, std::vector<ValueId> values, SizeExpr extent) {
  Launch launch;
  launch.kernel = kernel;
  for (ValueId value : values)
    launch.buffers.push_back({value, Access::Read});
  launch.buffers.back().access = Access::Write;
  launch.extent = std::move(extent);
  launch.grain = 64;
  return launch;
}

inline std::unique_ptr<Executable> makeExecutable(Runtime &runtime, Program program, std::vector<KernelFn> kernels,
                                                  const ExecutableOptions &options = {}) {
  Expected<std::unique_ptr<Executable>> executable = Executable::create(runtime, std::move(program), kernels, options);
  if (!executable) {
    ADD_FAILURE() << executable.message();
    return nullptr;
  }
  return std::move(*executable);
}

inline std::vector<float> toVector(const Result &result, int64_t count) {
  auto *data = static_cast<const float *>(result.data);
  return std::vector<float>(data, data + count);
}

} // namespace tc::runtime

#endif
