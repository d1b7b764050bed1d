// Compiles kernels for CPUs and runs them.
#ifndef TC_TEST_UNIT_FUSIONTOCPU_KERNELTEST_H
#define TC_TEST_UNIT_FUSIONTOCPU_KERNELTEST_H

#include "KernelCases.h"
#include "tc/Conversion/FusionToCPU/FusionToCPU.h"
#include "tc/Target/CPU/KernelLibrary.h"
#include "gtest/gtest.h"

namespace tc::test {

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
