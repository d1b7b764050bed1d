// Tensors in host memory.

#include "Array.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Error.h"

#include <cstring>
#include <new>

using namespace tc::runtime;

namespace tc::tool {

std::vector<int64_t> getRowMajorStrides(llvm::ArrayRef<int64_t> sizes) {
  std::vector<int64_t> strides(sizes.size(), 1);
  for (size_t dim = sizes.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * std::max<int64_t>(sizes[dim], 1);
  return strides;
}

llvm::Expected<Array> Array::allocate(DType dtype, std::vector<int64_t> sizes, std::vector<int64_t> strides) {
  int64_t last = 0, bytes, reach;
  bool empty = false;
  for (auto [size, stride] : llvm::zip_equal(sizes, strides)) {
    empty |= size == 0;
    if (size < 0 || stride < 0 || __builtin_mul_overflow(std::max<int64_t>(size - 1, 0), stride, &reach) ||
        __builtin_add_overflow(last, reach, &last))
      return llvm::createStringError("sizes or strides are negative or too large");
  }
  if (last == INT64_MAX || __builtin_mul_overflow(empty ? 0 : last + 1, getByteSize(dtype), &bytes) ||
      bytes > INT64_MAX - 64)
    return llvm::createStringError("sizes are too large");
  Array array;
  array.dtype = dtype;
  array.sizes = std::move(sizes);
  array.strides = std::move(strides);
  array.memory.reset(new (std::nothrow) std::byte[bytes + 64]());
  if (!array.memory)
    return llvm::createStringError("out of memory: " + std::to_string(bytes) + " bytes");
  auto address = reinterpret_cast<uintptr_t>(array.memory.get());
  array.data = reinterpret_cast<void *>((address + 63) / 64 * 64);
  return array;
}

int64_t Array::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

int64_t Array::getNumBytes() const {
  int64_t last = 0;
  for (auto [size, stride] : llvm::zip_equal(sizes, strides))
    last += (size - 1) * stride;
  return llvm::is_contained(sizes, 0) ? 0 : (last + 1) * getByteSize(dtype);
}

TensorView Array::getView() const {
  return {data, dtype, Device(), static_cast<int32_t>(sizes.size()), sizes.data(), strides.data()};
}

void forEachElement(const TensorView &tensor, llvm::function_ref<void(char *)> visit) {
  llvm::ArrayRef<int64_t> sizes(tensor.sizes, tensor.rank);
  if (llvm::is_contained(sizes, 0))
    return;
  std::vector<int64_t> rowMajor = getRowMajorStrides(sizes), index(tensor.rank, 0);
  const int64_t *strides = tensor.strides ? tensor.strides : rowMajor.data();
  int64_t bytes = getByteSize(tensor.dtype), offset = 0;
  while (true) {
    visit(static_cast<char *>(tensor.data) + offset * bytes);
    int32_t dim = tensor.rank - 1;
    for (; dim >= 0; --dim) {
      offset += strides[dim];
      if (++index[dim] < sizes[dim])
        break;
      offset -= index[dim] * strides[dim];
      index[dim] = 0;
    }
    if (dim < 0)
      return;
  }
}

/// LLVM's name for the format of a type; null if it is none.
static const llvm::fltSemantics *getSemantics(DType dtype) {
  switch (dtype) {
  case DType::F16:
  case DType::C32:
    return &llvm::APFloat::IEEEhalf();
  case DType::BF16:
    return &llvm::APFloat::BFloat();
  case DType::F32:
  case DType::C64:
    return &llvm::APFloat::IEEEsingle();
  case DType::F64:
  case DType::C128:
    return &llvm::APFloat::IEEEdouble();
  case DType::F8E4M3FN:
    return &llvm::APFloat::Float8E4M3FN();
  case DType::F8E5M2:
    return &llvm::APFloat::Float8E5M2();
  case DType::F8E4M3FNUZ:
    return &llvm::APFloat::Float8E4M3FNUZ();
  case DType::F8E5M2FNUZ:
    return &llvm::APFloat::Float8E5M2FNUZ();
  case DType::F8E8M0FNU:
    return &llvm::APFloat::Float8E8M0FNU();
  default:
    return nullptr;
  }
}

void fillRandomly(const Array &array, std::mt19937_64 &generator, int64_t maxInt) {
  const llvm::fltSemantics *semantics = getSemantics(array.dtype);
  int64_t bytes = getByteSize(array.dtype);
  // A complex number is two; distributions of the standard library differ between libraries, so none is used.
  int64_t part = semantics ? llvm::APFloat::semanticsSizeInBits(*semantics) / 8 : bytes;
  forEachElement(array.getView(), [&](char *element) {
    for (int64_t offset = 0; offset < bytes; offset += part) {
      uint64_t bits = generator();
      if (semantics) {
        llvm::APFloat value(static_cast<double>(bits >> 11) * 0x1p-52 - 1.0);
        bool inexact;
        value.convert(*semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
        bits = value.bitcastToAPInt().getZExtValue();
      } else if (array.dtype == DType::Bool) {
        bits >>= 63;
      } else {
        bits = (bits >> 1) % (static_cast<uint64_t>(maxInt) + 1);
      }
      std::memcpy(element + offset, &bits, part); // little-endian
    }
  });
}

double toDouble(DType dtype, const void *element) {
  uint64_t bits = 0;
  const llvm::fltSemantics *semantics = getSemantics(dtype);
  unsigned width = semantics ? llvm::APFloat::semanticsSizeInBits(*semantics) : getByteSize(dtype) * 8;
  std::memcpy(&bits, element, width / 8);
  if (semantics) {
    llvm::APFloat value(*semantics, llvm::APInt(width, bits));
    bool inexact;
    value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &inexact);
    return value.convertToDouble();
  }
  bool isSigned = dtype == DType::I8 || dtype == DType::I16 || dtype == DType::I32 || dtype == DType::I64;
  return isSigned ? static_cast<double>(llvm::APInt(width, bits).getSExtValue()) : static_cast<double>(bits);
}

} // namespace tc::tool
