// What an Executable is inside, and the parts of a run, each in its own file.
#ifndef TC_LIB_RUNTIME_EXECUTABLESTATE_H
#define TC_LIB_RUNTIME_EXECUTABLESTATE_H

#include "Frame.h"

#include <atomic>
#include <mutex>

namespace tc::runtime {

struct LoadedCudaKernel {
  CudaFunction function = nullptr;
  std::unique_ptr<std::atomic<uint32_t>> sharedBytes; // most that was allowed so far
};

struct ExecutableState {
  ExecutableState(Runtime &runtime, Program program, const ExecutableOptions &options)
      : runtime(runtime), program(std::move(program)), options(options) {}
  ~ExecutableState();

  Runtime &runtime;
  Program program;
  ExecutableOptions options;
  Prepared prepared;

  std::mutex mutex;                               // of the two lists
  std::vector<std::shared_ptr<const Plan>> plans; // most recent first
  std::vector<std::unique_ptr<Frame>> idle;

  std::mutex initMutex;
  std::atomic<bool> isInitialised{false};
  std::vector<HostBlock> onceBlocks;
  std::vector<void *> deviceBlocks; // once-computed values and constants on the device
  std::vector<void *> staticValues; // by value: constants and once-computed ones, null otherwise

  bool usesCuda = false;
  Device cudaDevice;
  CudaDriver *cuda = nullptr;
  std::vector<CudaModule> cudaModules;
  std::vector<LoadedCudaKernel> cudaKernels;

  // Frames (Frame.cpp).
  Expected<std::unique_ptr<Frame>> acquireFrame(std::span<const int64_t> symbols, void *stream);
  void releaseFrame(std::unique_ptr<Frame> frame);
  Error bindFrame(Frame &frame, std::shared_ptr<const Plan> plan, const Section &section, const Placement &placement);
  void freeDeviceArena(Frame &frame);
  Expected<void *> allocateDevice(Device device, int64_t bytes, void *stream);
  void releaseDevice(Device device, void *data);

  // The init section (Init.cpp).
  Error loadCuda();
  Error initialise(const std::shared_ptr<const Plan> &plan, const RunOptions &options);
};

/// One run: its arguments, and what must be undone or finished at its end.
class Run {
public:
  Run(ExecutableState &state, std::span<const Argument> arguments, std::span<Result> results, const RunOptions &options)
      : state(state), program(state.program), prepared(state.prepared), arguments(arguments), results(results),
        options(options) {}

  Error run();
  /// The init section, in a frame of its own.
  Error runInit(Frame &initFrame);

private:
  // Arguments (Entry.cpp).
  Error checkKinds() const;
  Error bindSymbols(int64_t *symbols) const;
  Error checkSizes();
  Error checkTensor(uint32_t input);
  Error setScalar(uint32_t input);
  Error copyInput(uint32_t input, bool sameStrides);
  Error copyBack();
  template <typename... Parts> Error failInput(uint32_t input, Parts &&...parts) const;

  // Results (Outputs.cpp).
  Error allocateOutput(uint32_t output);
  Error allocateOutputs();
  Error fillResults();
  void releaseOutputs();

  // Steps (Interpreter.cpp, LateValues.cpp, ExternCall.cpp).
  Error execute(const Section &section);
  Error launch(const Step &step, void *const *buffers, const int64_t *slots);
  Error launchCuda(const Step &step, void *const *buffers, const int64_t *slots);
  int64_t countBytes(const Step &step) const;
  Error copy(const Step &step, void *const *buffers, const int64_t *slots);
  Error copyStrided(const Step &step, void *const *buffers, const int64_t *slots);
  Error readSymbol(const Step &step, void *const *buffers, const int64_t *slots);
  Error bindSymbol(uint32_t symbol, int64_t value);
  Error callExtern(const Step &step, const Section &section);
  Error prepareLate(const Step &step, const Section &section);
  Error evaluateLate(uint32_t slot);
  Expected<void *> placeLate(ValueId value);
  void releaseLate(ValueId value);
  Error copyMemory(ValueId destinationValue, void *destination, ValueId sourceValue, const void *source, int64_t bytes);
  void linkValues();
  void finish();

  struct InputCopy {
    uint32_t input;
    void *data;
    int64_t bytes;
  };

  ExecutableState &state;
  const Program &program;
  const Prepared &prepared;
  std::span<const Argument> arguments;
  std::span<Result> results;
  const RunOptions &options;
  Frame *frame = nullptr;
  unsigned threads = 1;
  std::vector<InputCopy> copies;
  uint32_t *allocatedOutputs = nullptr; // those that have memory, in order
  uint32_t numAllocated = 0;
};

/// "s0 * 2" with the program's names.
std::string toText(const Program &program, const SizeExpr &expr);

} // namespace tc::runtime

#endif
