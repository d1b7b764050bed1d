// A CUDA driver in host memory, for tests: the entry points that the runtime calls, with two devices. A module is LLVM
// IR, which the emulator runs with its checks on, or text that names some of the kernels below. "syntax error" in it
// fails to compile, with a log. The test asks fakeCudaLog for the calls made so far, and for what the emulator found.

#include "Emulator/Emulator.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

enum {
  Success = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  InvalidContext = 201,
  InvalidPtx = 218,
  NotFound = 500,
  LaunchFailed = 719
};

struct Context {
  int device;
};

struct Module;

struct Function {
  std::string name;
  unsigned maxShared = 48 << 10;
  const Module *module = nullptr;
  const tc::emulator::Kernel *kernel = nullptr;
};

struct Module {
  std::string text;
  Function addOne{"add_one"}, count{"count"};
  std::unique_ptr<tc::emulator::Emulator> emulator;
  std::map<std::string, Function> functions = {};
};

struct Driver {
  std::mutex mutex;
  Context contexts[2] = {{0}, {1}};
  int retained = 0, modules = 0;
  std::map<unsigned long long, size_t> memory;
  std::string log, problems;
  int capability = 90;
  tc::emulator::Options emulation{.check = true};
};

// A driver is one a process; the runtime under test has no such state.
Driver driver;
thread_local Context *current = nullptr;

// y[i] = x[i] + 1 over n elements
void runAddOne(void **arguments, uint64_t threads) {
  auto *x = *static_cast<float **>(arguments[0]);
  auto *y = *static_cast<float **>(arguments[1]);
  int64_t n = *static_cast<int64_t *>(arguments[2]);
  for (int64_t i = 0; i < n && uint64_t(i) < threads; ++i)
    y[i] = x[i] + 1;
}

// *result = number of positive ones among n elements
void runCount(void **arguments, uint64_t) {
  auto *x = *static_cast<float **>(arguments[0]);
  auto *result = *static_cast<int64_t **>(arguments[1]);
  int64_t n = *static_cast<int64_t *>(arguments[2]), found = 0;
  for (int64_t i = 0; i < n; ++i)
    found += x[i] > 0;
  *result = found;
}

struct LaunchConfig {
  unsigned grid[3], block[3], shared;
  void *stream;
  struct Attribute {
    int id;
    int pad;
    unsigned cluster[16];
  } *attributes;
  unsigned numAttributes;
};

int emulate(const Function &function, const LaunchConfig &config, void **arguments) {
  std::vector<tc::emulator::Range> memory;
  for (auto [begin, size] : driver.memory)
    memory.push_back({uintptr_t(begin), uintptr_t(begin + size)});
  tc::emulator::Launch launch;
  std::copy_n(config.grid, 3, launch.grid);
  std::copy_n(config.block, 3, launch.block);
  launch.sharedBytes = config.shared;
  launch.arguments = arguments;
  launch.memory = memory;
  if (llvm::Error error = function.module->emulator->run(*function.kernel, launch)) {
    driver.problems += llvm::toString(std::move(error)) + "\n";
    return LaunchFailed;
  }
  return Success;
}

int launch(Function *function, const LaunchConfig &config, void **arguments) {
  if (!current)
    return InvalidContext;
  if (config.shared > function->maxShared || config.block[0] * config.block[1] * config.block[2] > 1024)
    return InvalidValue;
  char line[160];
  std::snprintf(line, sizeof(line), "%s grid %u %u %u block %u shared %u stream %p", function->name.c_str(),
                config.grid[0], config.grid[1], config.grid[2], config.block[0], config.shared, config.stream);
  driver.log += line;
  if (config.numAttributes)
    driver.log += " cluster " + std::to_string(config.attributes[0].cluster[0]);
  driver.log += "\n";
  if (function->kernel)
    return emulate(*function, config, arguments);
  uint64_t threads = uint64_t(config.grid[0]) * config.block[0];
  function->name != "count" ? runAddOne(arguments, threads) : runCount(arguments, threads);
  return Success;
}

} // namespace

extern "C" {

int cuInit(unsigned) { return Success; }
int cuDriverGetVersion(int *version) { return *version = 12040, Success; }
int cuDeviceGetCount(int *count) { return *count = 2, Success; }

int cuGetErrorName(int code, const char **name) {
  static const std::map<int, const char *> names = {
      {InvalidValue, "CUDA_ERROR_INVALID_VALUE"},     {OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {InvalidContext, "CUDA_ERROR_INVALID_CONTEXT"}, {InvalidPtx, "CUDA_ERROR_INVALID_PTX"},
      {LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED"},     {NotFound, "CUDA_ERROR_NOT_FOUND"}};
  auto found = names.find(code);
  return found == names.end() ? InvalidValue : (*name = found->second, Success);
}

int cuGetErrorString(int code, const char **text) {
  static std::string problems;
  if (code == LaunchFailed)
    problems = std::exchange(driver.problems, "");
  return code == OutOfMemory    ? (*text = "out of memory", Success)
         : code == LaunchFailed ? (*text = problems.c_str(), Success)
                                : InvalidValue;
}

int cuDeviceGet(int *device, int ordinal) {
  return ordinal < 0 || ordinal > 1 ? InvalidValue : (*device = ordinal, Success);
}

int cuDeviceGetAttribute(int *value, int attribute, int) {
  return *value = attribute == 75 ? driver.capability / 10 : attribute == 76 ? driver.capability % 10 : -1, Success;
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
  ++driver.retained;
  return *context = &driver.contexts[device], Success;
}

int cuDevicePrimaryCtxRelease_v2(int) { return --driver.retained, Success; }
int cuCtxGetCurrent(void **context) { return *context = current, Success; }
int cuCtxSetCurrent(void *context) { return current = static_cast<Context *>(context), Success; }

int cuModuleLoadDataEx(void **module, const void *image, unsigned numOptions, int *options, void **values) {
  if (!current)
    return InvalidContext;
  std::string text(static_cast<const char *>(image));
  auto fail = [&](const std::string &message) {
    for (unsigned i = 0; i < numOptions; ++i)
      if (options[i] == 5)
        std::strncpy(static_cast<char *>(values[i]), message.c_str(), 1000);
    return InvalidPtx;
  };
  if (text.find("syntax error") != std::string::npos)
    return fail("ptxas error : line 3: syntax error\n");
  std::unique_ptr<tc::emulator::Emulator> emulator;
  if (text.find("target triple") != std::string::npos) {
    llvm::Expected<std::unique_ptr<tc::emulator::Emulator>> loaded =
        tc::emulator::Emulator::load(text, driver.emulation);
    if (!loaded)
      return fail(llvm::toString(loaded.takeError()));
    emulator = std::move(*loaded);
  }
  ++driver.modules;
  return *module = new Module{std::move(text), {"add_one"}, {"count"}, std::move(emulator)}, Success;
}

int cuModuleUnload(void *module) {
  --driver.modules;
  delete static_cast<Module *>(module);
  return Success;
}

int cuModuleGetFunction(void **function, void *opaque, const char *name) {
  auto *module = static_cast<Module *>(opaque);
  if (module->emulator) {
    const tc::emulator::Kernel *kernel = module->emulator->find(name);
    if (!kernel)
      return NotFound;
    return *function = &module->functions.try_emplace(name, Function{name, 48 << 10, module, kernel}).first->second,
           Success;
  }
  if (module->text.find(name) == std::string::npos)
    return NotFound;
  if (!std::strcmp(name, "add_one"))
    return *function = &module->addOne, Success;
  if (!std::strcmp(name, "count"))
    return *function = &module->count, Success;
  return NotFound;
}

int cuFuncSetAttribute(void *function, int attribute, int value) {
  if (attribute != 8 || value > (227 << 10))
    return InvalidValue;
  return static_cast<Function *>(function)->maxShared = value, Success;
}

int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, void *stream, void **arguments, void **) {
  std::lock_guard<std::mutex> lock(driver.mutex);
  return launch(static_cast<Function *>(function), {{gx, gy, gz}, {bx, by, bz}, shared, stream, nullptr, 0}, arguments);
}

int cuLaunchKernelEx(const void *config, void *function, void **arguments, void **) {
  std::lock_guard<std::mutex> lock(driver.mutex);
  return launch(static_cast<Function *>(function), *static_cast<const LaunchConfig *>(config), arguments);
}

int cuMemAlloc_v2(unsigned long long *data, size_t bytes) {
  std::lock_guard<std::mutex> lock(driver.mutex);
  if (!current)
    return InvalidContext;
  if (bytes > (size_t(1) << 30))
    return OutOfMemory;
  *data = reinterpret_cast<unsigned long long>(std::malloc(bytes));
  driver.memory[*data] = bytes;
  return Success;
}

int cuMemFree_v2(unsigned long long data) {
  std::lock_guard<std::mutex> lock(driver.mutex);
  if (!driver.memory.erase(data))
    return InvalidValue;
  std::free(reinterpret_cast<void *>(data));
  return Success;
}

int cuMemcpyAsync(unsigned long long destination, unsigned long long source, size_t bytes, void *) {
  std::memcpy(reinterpret_cast<void *>(destination), reinterpret_cast<void *>(source), bytes);
  return Success;
}

int cuStreamSynchronize(void *) {
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.log += "synchronize\n";
  return Success;
}

/// What happened since the last call.
const char *fakeCudaLog() {
  static std::string taken;
  std::lock_guard<std::mutex> lock(driver.mutex);
  taken = std::exchange(driver.log, "");
  return taken.c_str();
}

/// The compute capability of all devices, as 10 * major + minor.
void fakeCudaSetCapability(int capability) { driver.capability = capability; }

/// Of modules that are loaded from now on.
void fakeCudaSetEmulation(bool check, uint64_t seed) { driver.emulation = {.check = check, .seed = seed}; }

/// Contexts, modules and allocations that were not given back.
int fakeCudaAlive() { return driver.retained + driver.modules + int(driver.memory.size()); }
}
