// The tensors among a .pt2 file's weights and constants, checked against the bytes that are there.
#ifndef TC_IMPORT_PT2_WEIGHTS_H
#define TC_IMPORT_PT2_WEIGHTS_H

#include "tc/Import/PT2/Program.h"

namespace tc::pt2 {

/// A tensor over the bytes of a storage that it may share with others.
struct StoredTensor {
  ScalarType dtype = ScalarType::Float;
  llvm::SmallVector<int64_t> sizes, strides; ///< strides in elements
  int64_t offset = 0;                        ///< in elements
  llvm::ArrayRef<char> storage;

  int64_t elementCount() const;
  bool isContiguous() const;
  /// The order of dimensions in which the tensor is contiguous (channels last, a transposed matrix), outermost first;
  /// none when it has gaps or overlaps.
  std::optional<llvm::SmallVector<int64_t>> densePermutation() const;
  /// The elements of a tensor that has a dense permutation, in storage order.
  llvm::ArrayRef<char> denseBytes() const;
  /// A copy of the elements, row-major.
  std::vector<char> gather() const;
};

/// Refuses pickles, symbolic sizes and tensors that reach beyond their storage; `name` is for the message.
llvm::Expected<StoredTensor> loadTensor(const Archive &archive, llvm::StringRef name, const Payload &payload);

} // namespace tc::pt2

#endif // TC_IMPORT_PT2_WEIGHTS_H
