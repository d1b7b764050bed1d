// Tensors of tools: in NumPy's .npy files, or made up.
#ifndef TC_TOOLS_ARRAYS_ARRAY_H
#define TC_TOOLS_ARRAYS_ARRAY_H

#include "tc/Runtime/Tensor.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstddef>
#include <memory>
#include <random>
#include <vector>

namespace tc::tool {

/// A tensor and its memory, 64-byte aligned.
struct Array {
  runtime::DType dtype = runtime::DType::F32;
  std::vector<int64_t> sizes, strides; ///< strides in elements, none negative
  std::unique_ptr<std::byte[]> memory;
  void *data = nullptr;

  /// Fails where the bytes cannot be counted, or memory is short. Filled with zeros.
  static llvm::Expected<Array> allocate(runtime::DType dtype, std::vector<int64_t> sizes, std::vector<int64_t> strides);
  int64_t getNumElements() const;
  /// From the first byte to the last.
  int64_t getNumBytes() const;
  runtime::TensorView getView() const;
};

std::vector<int64_t> getRowMajorStrides(llvm::ArrayRef<int64_t> sizes);

/// Calls `visit` with the address of each element in row-major order.
void forEachElement(const runtime::TensorView &tensor, llvm::function_ref<void(char *)> visit);

/// Numbers in [-1, 1) for floats, in [0, maxInt] for integers, either truth value for booleans. The same generator
/// gives the same numbers on every machine, whatever the strides are.
void fillRandomly(const Array &array, std::mt19937_64 &generator, int64_t maxInt);

/// Element number `index` in memory, as a number; a complex one's real part.
double toDouble(runtime::DType dtype, const void *element);

/// Reads a file written by numpy.save. Element types that NumPy lacks (bf16, fp8) come as bytes of their width: they
/// are taken for `expected`.
llvm::Expected<Array> readNpy(llvm::StringRef path, runtime::DType expected);
llvm::Error writeNpy(llvm::StringRef path, const runtime::TensorView &tensor);

} // namespace tc::tool

#endif
