// Kernels as text, for the code generators of all targets: what to run them on, and what must come out.
#ifndef TC_TEST_UNIT_FUSIONTOCPU_KERNELCASES_H
#define TC_TEST_UNIT_FUSIONTOCPU_KERNELCASES_H

#include "Interpreter.h"

namespace tc::test {

/// The text of a kernel in a function, and how its inputs are filled.
struct Case {
  std::string text;
  Symbols symbols = {};
  /// Integer inputs are in [0, integerLimit).
  int64_t integerLimit = 4;
  double tolerance = 2e-6;
};

/// Compiles the case for every target that the test is about, runs it, and compares with the interpreter.
void check(const Case &c);

/// The text of a function with one kernel. Arguments are "%a: type; %b: type", results "type, type"; the schedule is
/// empty or "schedule <…>".
std::string kernel(const std::string &schedule, const std::string &arguments, const std::string &results,
                   const std::string &body);

tc::fusion::KernelOp findKernel(mlir::ModuleOp module);
std::vector<Tensor> makeInputs(tc::fusion::KernelOp kernel, const Case &c);
/// Differences are failures of the test.
void compare(const Case &c, const Tensor &expected, const Tensor &found, const std::string &what);

} // namespace tc::test

#endif
