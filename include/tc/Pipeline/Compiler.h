// The whole way down: a captured module in, an executable out.
#ifndef TC_PIPELINE_COMPILER_H
#define TC_PIPELINE_COMPILER_H

#include "mlir/IR/BuiltinOps.h"
#include "tc/Conversion/HostProgram/HostProgram.h"
#include "tc/Runtime/Executable.h"

namespace tc {

struct CompileOptions {
  /// A CPU ("host", "avx512bf16", "avx512", "avx2", "x86-64"), or a GPU: "cuda", whatever chip the device is, or
  /// "sm_80", "sm_90a", "sm_120"; of device 0 unless its number follows, as in "cuda:1".
  std::string target = "host";
  /// What the CUDA driver is given: LLVM IR is for one that emulates a GPU.
  enum class GPUCode { PTX, LLVMIR } gpuCode = GPUCode::PTX;
  /// The stage that the module is the result of; empty: it is as captured.
  std::string startAfter;
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

  /// A kernel for people.
  struct KernelRow {
    std::string name, kind, inputs, results;
    /// Module and line of each op that went into it, "layer1.0.conv1 (resnet.py:92)".
    std::vector<std::string> sources;
    /// "contract_add: why it is not in one kernel with this one".
    std::vector<std::string> notFused;
    /// In one run, and in the first run only, on what depends on constants alone.
    unsigned launches = 0, onceLaunches = 0;
    /// Of one launch, over the program's symbols: bytes that have to be read and written (each element once), and
    /// operations on floating-point numbers, a multiplication with an addition counting as two.
    runtime::SizeExpr bytes, flops;
  };
  /// Distinct kernels.
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

/// Runs the stages after `options.startAfter` up to `stopAfter`, or to the last if that is empty, in place, and appends
/// their times. Problems are diagnostics.
mlir::LogicalResult runStages(mlir::ModuleOp module, const CompileOptions &options, llvm::StringRef stopAfter,
                              std::vector<StageTime> &times);

/// Lowers the module's one public function in place and compiles it. Problems are diagnostics. `owner` keeps the
/// module's context alive for constants that are used in place.
mlir::FailureOr<std::unique_ptr<CompiledGraph>> compile(mlir::ModuleOp module, const CompileOptions &options,
                                                        runtime::Runtime &runtime, std::shared_ptr<const void> owner);

} // namespace tc

#endif
