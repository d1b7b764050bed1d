// The whole way down: a captured module in, an executable out.
#ifndef TC_PIPELINE_COMPILER_H
#define TC_PIPELINE_COMPILER_H

#include "mlir/IR/BuiltinOps.h"
#include "tc/Conversion/HostProgram/HostProgram.h"
#include "tc/Runtime/Executable.h"

namespace tc {

struct CompileOptions {
  /// A CPU ("host", "avx512", "avx2", "x86-64"), or a GPU: "cuda", whatever chip the device is, or "sm_80", "sm_90a",
  /// "sm_120"; of device 0 unless its number follows, as in "cuda:1".
  std::string target = "host";
  /// What the CUDA driver is given: LLVM IR is for one that emulates a GPU.
  enum class GPUCode { PTX, LLVMIR } gpuCode = GPUCode::PTX;
  /// Threads that generate code; 0: one a core.
  unsigned threads = 0;
  /// Check the contract of each stage after it.
  bool verifyContracts = false;
};

struct StageTime {
  std::string stage;
  double milliseconds;
};

class KernelCode;

/// A graph that is ready to run, with the code of its kernels.
class CompiledGraph {
public:
  CompiledGraph();
  ~CompiledGraph();

  runtime::Executable &getExecutable() { return *executable; }
  const runtime::Executable &getExecutable() const { return *executable; }
  /// Where it runs.
  runtime::Device getDevice() const;

  struct KernelRow {
    std::string name, kind, inputs, results, notFused;
  };
  /// Distinct kernels, for people.
  std::vector<KernelRow> kernels;
  struct Extern {
    std::string name, argumentsJSON;
  };
  std::vector<Extern> externs;
  std::vector<StageTime> times;

  /// Outlives the executable, which runs it.
  std::unique_ptr<KernelCode> code;
  std::unique_ptr<runtime::Executable> executable;
};

/// Lowers the module's one public function in place and compiles it. Problems are diagnostics. `owner` keeps the
/// module's context alive for constants that are used in place.
mlir::FailureOr<std::unique_ptr<CompiledGraph>> compile(mlir::ModuleOp module, const CompileOptions &options,
                                                        runtime::Runtime &runtime, std::shared_ptr<const void> owner);

} // namespace tc

#endif
