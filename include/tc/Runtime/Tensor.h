// What crosses between a program and its embedder: tensors and scalars going in, results coming
// out, and the callbacks for output memory and for operations that the embedder runs.
#ifndef TC_RUNTIME_TENSOR_H
#define TC_RUNTIME_TENSOR_H

#include "tc/Runtime/DType.h"
#include "tc/Runtime/Error.h"

#include <cstdint>
#include <span>

namespace tc::runtime {

/// Most dimensions a tensor can have here.
inline constexpr int32_t maxRank = 16;

enum class DeviceKind : uint8_t { CPU, CUDA };

struct Device {
  DeviceKind kind = DeviceKind::CPU;
  int32_t ordinal = 0;
  friend bool operator==(const Device &, const Device &) = default;
};

/// A tensor in memory owned by someone else. Strides are in elements; null strides mean row-major.
struct TensorView {
  void *data = nullptr;
  DType dtype = DType::F32;
  Device device;
  int32_t rank = 0;
  const int64_t *sizes = nullptr;
  const int64_t *strides = nullptr;
};

/// One argument of a run, or of an extern call.
struct Argument {
  enum class Kind : uint8_t { Tensor, Int, Float, Bool };
  Kind kind = Kind::Tensor;
  TensorView tensor;
  int64_t intValue = 0; ///< Int, and Bool as 0 or 1
  double floatValue = 0;

  Argument() = default;
  Argument(const TensorView &tensor) : kind(Kind::Tensor), tensor(tensor) {}
  static Argument ofInt(int64_t value);
  static Argument ofFloat(double value);
  static Argument ofBool(bool value);
};

/// One output of a run. `data` of a Tensor is what the OutputAllocator gave; of an alias, the place
/// of the first element inside the memory of the input or output that `index` names.
struct Result {
  enum class Kind : uint8_t { Tensor, AliasInput, AliasOutput, Int };
  Kind kind = Kind::Tensor;
  uint32_t index = 0; ///< the aliased input or output
  DType dtype = DType::F32;
  Device device;
  void *data = nullptr;
  int64_t intValue = 0;
  int64_t offset = 0; ///< of an alias: elements from the aliased tensor's first element
  int32_t rank = 0;
  int64_t sizes[maxRank];
  int64_t strides[maxRank]; ///< in elements

  TensorView getView() const { return {data, dtype, device, rank, sizes, strides}; }
};

/// What an OutputAllocator is asked for: memory that holds `bytes` bytes, for a tensor whose
/// elements are dense in some order of the dimensions.
struct OutputRequest {
  uint32_t output = 0; ///< index among the program's outputs
  DType dtype = DType::F32;
  Device device;
  int32_t rank = 0;
  const int64_t *sizes = nullptr;
  const int64_t *strides = nullptr; ///< in elements
  int64_t bytes = 0;
};

/// Gives memory for outputs. `allocate` sets `*data` (64-byte alignment is best); it is called for
/// zero-size outputs too, where null is fine. `release`, if given, takes back what was allocated by
/// a run that then failed. Neither may throw.
struct OutputAllocator {
  void *context = nullptr;
  Error (*allocate)(void *context, const OutputRequest &request, void **data) = nullptr;
  void (*release)(void *context, uint32_t output, void *data) = nullptr;
};

/// One result of an extern call. On entry `tensor` is the destination; its data is null (and its
/// sizes unknown where `sizesKnown` is false) for results whose memory the callee provides. The
/// callee either writes the destination, or replaces `tensor` by its own and sets `handle`, which
/// is released after the run; sizes and strides stay valid till then. An integer result (a symbol)
/// goes to `intValue`.
struct ExternResult {
  TensorView tensor;
  bool sizesKnown = true;
  void *handle = nullptr;
  int64_t intValue = 0;
};

/// Runs operations that have no lowering, by their number in the program. May not throw.
struct ExternHandler {
  void *context = nullptr;
  Error (*call)(void *context, uint32_t callback, std::span<const Argument> arguments, std::span<ExternResult> results,
                void *stream) = nullptr;
  void (*release)(void *context, void *handle) = nullptr;
};

/// Gives device memory for arenas, so that a program shares the embedder's pool. Without one the
/// driver is asked.
struct DeviceAllocator {
  void *context = nullptr;
  Error (*allocate)(void *context, Device device, int64_t bytes, void *stream, void **data) = nullptr;
  void (*release)(void *context, Device device, void *data) = nullptr;
};

} // namespace tc::runtime

#endif
