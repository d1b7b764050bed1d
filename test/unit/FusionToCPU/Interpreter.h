// A plain interpreter of kernels: every body one point after the other, in row-major order. The tests' reference.
#ifndef TC_TEST_UNIT_FUSIONTOCPU_INTERPRETER_H
#define TC_TEST_UNIT_FUSIONTOCPU_INTERPRETER_H

#include "tc/Dialect/Fusion/IR/Fusion.h"

#include <map>
#include <string>
#include <vector>

namespace tc::test {

/// A scalar: floats are kept as double rounded to their type, integers and indices sign-extended (booleans 0 or 1).
struct Scalar {
  double f = 0;
  int64_t i = 0;
};

struct Tensor {
  mlir::Type element;
  std::vector<int64_t> sizes;
  std::vector<Scalar> data;
  int64_t count() const;
};

using Symbols = std::map<std::string, int64_t>;
int64_t evaluate(tc::SizeAttr size, const Symbols &symbols);

/// A float of this width rounded to its type.
Scalar roundTo(mlir::Type type, Scalar value);
std::vector<Tensor> interpret(tc::fusion::KernelOp kernel, const std::vector<Tensor> &inputs, const Symbols &symbols);

/// Elements as they lie in memory, and back.
std::vector<char> toBytes(const Tensor &tensor);
void fromBytes(Tensor &tensor, const char *bytes);

} // namespace tc::test

#endif
