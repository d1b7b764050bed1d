// The outputs of a run, as DLPack tensors. Small ones come from torch's allocator. Large ones come from the runtime's
// cache, and go back to it with the tensor: the C library gives such blocks back to the system, and touching them anew
// costs more than most graphs do (2 ms a megabyte were measured on a virtual machine).
#ifndef TC_PYTHON_OUTPUTS_H
#define TC_PYTHON_OUTPUTS_H

#include "bindings.h"

#include <ATen/dlpack.h>

#include <array>
#include <memory>

namespace tcpy {

class Outputs {
public:
  Outputs(const DLPackExchangeAPI *api, std::shared_ptr<TcRuntime> runtime, size_t count);
  ~Outputs();
  Outputs(const Outputs &) = delete;

  /// For one run; it must not outlive this object.
  TcOutputAllocator getAllocator() { return {this, allocate, release}; }
  /// A Python tensor, which owns the memory from here on.
  nanobind::object take(uint32_t output);

private:
  static int allocate(void *context, uint32_t output, const TcDLTensor *requested, void **data);
  static void release(void *context, uint32_t output, void *);
  DLManagedTensorVersioned *&at(uint32_t i) { return many.empty() ? few[i] : many[i]; }

  const DLPackExchangeAPI *api;
  std::shared_ptr<TcRuntime> runtime;
  std::array<DLManagedTensorVersioned *, 8> few{};
  std::vector<DLManagedTensorVersioned *> many;
};

} // namespace tcpy

#endif
