// What the tests of every target's kernels have in common.

#include "KernelCases.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace tc;
using namespace tc::test;

fusion::KernelOp tc::test::findKernel(ModuleOp module) {
  fusion::KernelOp found;
  module.walk([&](fusion::KernelOp kernel) { found = kernel; });
  return found;
}

std::string tc::test::kernel(const std::string &schedule, const std::string &arguments, const std::string &results,
                             const std::string &body) {
  // "%a: tensor<4xf32>, …" becomes operands, arguments and types.
  std::string names, types;
  size_t position = 0;
  while (position < arguments.size()) {
    size_t colon = arguments.find(": ", position), end = arguments.find("; ", position);
    end = end == std::string::npos ? arguments.size() : end;
    names += (names.empty() ? "" : ", ") + std::string("%f_") + arguments.substr(position + 1, colon - position - 1);
    types += (types.empty() ? "" : ", ") + arguments.substr(colon + 2, end - colon - 2);
    position = end + 2;
  }
  std::string list = arguments, outer;
  for (size_t i; (i = list.find("; ")) != std::string::npos;)
    list.replace(i, 2, ", ");
  outer = list;
  for (size_t i = 0; (i = outer.find('%', i)) != std::string::npos; i += 3)
    outer.replace(i, 1, "%f_");
  std::string resultList = "(" + results + ")";
  // One name a result: commas outside brackets.
  int depth = 0, count = 1;
  for (char c : results) {
    depth += c == '<' || c == '[' ? 1 : c == '>' || c == ']' ? -1 : 0;
    count += c == ',' && depth == 0;
  }
  std::string resultNames = "%r:" + std::to_string(count);
  return "func.func @f(" + outer + ") {\n  " + resultNames + " = fusion.kernel \"k\"(" + names + ")" + schedule +
         " {\n^bb0(" + list + "):\n" + body + "} : (" + types + ") -> " + resultList + "\n  return\n}\n";
}

std::vector<Tensor> tc::test::makeInputs(fusion::KernelOp kernel, const Case &c) {
  std::vector<Tensor> inputs;
  std::mt19937_64 random(1);
  for (Type type : kernel.getInputs().getTypes()) {
    Tensor &tensor = inputs.emplace_back();
    tensor.element = cast<RankedTensorType>(type).getElementType();
    for (SizeAttr size : getSizes(type))
      tensor.sizes.push_back(evaluate(size, c.symbols));
    tensor.data.resize(tensor.count());
    for (Scalar &value : tensor.data) {
      if (isa<FloatType>(tensor.element))
        value.f = std::uniform_real_distribution<double>(-2, 2)(random);
      else
        value.i = std::uniform_int_distribution<int64_t>(0, c.integerLimit - 1)(random);
      value = roundTo(tensor.element, value);
    }
  }
  return inputs;
}

void tc::test::compare(const Case &c, const Tensor &expected, const Tensor &found, const std::string &what) {
  double tolerance = expected.element.isBF16() ? 8e-3 : expected.element.isF16() ? 1e-3 : c.tolerance;
  double scale = 0;
  for (const Scalar &value : expected.data)
    if (std::isfinite(value.f))
      scale = std::max(scale, std::abs(value.f));
  for (size_t i = 0; i < expected.data.size(); ++i) {
    const Scalar &a = expected.data[i], &b = found.data[i];
    bool same =
        isa<FloatType>(expected.element)
            ? (std::isnan(a.f) ? std::isnan(b.f) : a.f == b.f || std::abs(a.f - b.f) <= tolerance * (scale + 1e-30))
            : a.i == b.i;
    if (!same) {
      ADD_FAILURE() << what << ": element " << i << " of " << expected.data.size() << ": expected " << a.f << " " << a.i
                    << ", found " << b.f << " " << b.i;
      return;
    }
  }
}
