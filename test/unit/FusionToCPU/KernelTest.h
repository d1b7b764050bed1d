// Compiles kernels from text, runs them, and compares with the interpreter.
#ifndef TC_TEST_UNIT_FUSIONTOCPU_KERNELTEST_H
#define TC_TEST_UNIT_FUSIONTOCPU_KERNELTEST_H

#include "Interpreter.h"
#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Target/CPU/KernelLibrary.h"
#include "gtest/gtest.h"

namespace tc::test {

/// The text of a kernel in a function, and how its inputs are filled.
struct Case {
  std::string text;
  Symbols symbols = {};
  /// Integer inputs are in [0, integerLimit).
  int64_t integerLimit = 4;
  double tolerance = 2e-6;
};

/// Runs the case on every target this machine runs, with its units in one range and in several.
void check(const Case &c);

/// The text of a function with one kernel. Arguments are "%a: type; %b: type", results "type, type"; the schedule is
/// empty or "schedule <…>".
std::string kernel(const std::string &schedule, const std::string &arguments, const std::string &results,
                   const std::string &body);

/// Compiled for one target, ready to run.
class Runner {
public:
  Runner(const std::string &text, const std::string &target);
  bool ok() const { return library != nullptr; }
  void run(const std::vector<void *> &buffers, const Symbols &symbols, int parts = 1);
  tc::fusion::KernelOp kernel;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  tc::cpu::CpuKernel code;
  std::unique_ptr<tc::cpu::KernelLibrary> library;
  std::vector<void *> functions;
};

mlir::MLIRContext &getContext();

} // namespace tc::test

#endif
