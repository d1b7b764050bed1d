// The CUDA side of programs, over a driver in host memory (FakeCuda).

#include "Helpers.h"

#include <dlfcn.h>

using namespace tc::runtime;

static const SizeExpr s0 = SizeExpr::symbol(0);
static constexpr Device cuda0{DeviceKind::CUDA, 0};

namespace {

class Cuda : public testing::Test {
protected:
  void *library = dlopen(TC_FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
  std::string takeLog() { return reinterpret_cast<const char *(*)()>(dlsym(library, "fakeCudaLog"))(); }
  int countAlive() { return reinterpret_cast<int (*)()>(dlsym(library, "fakeCudaAlive"))(); }

  void SetUp() override {
    ASSERT_TRUE(library) << dlerror();
    takeLog();
  }
  void TearDown() override { EXPECT_EQ(countAlive(), 0); }
  RuntimeOptions options{.maxThreads = 1, .maxCachedBytes = 1 << 20, .cudaLibrary = TC_FAKE_CUDA};
};

/// The driver's memory is the host's, so a tensor can claim to be on the device.
Argument onDevice(Tensor &tensor, int ordinal = 0) {
  Argument argument = tensor;
  argument.tensor.device = {DeviceKind::CUDA, ordinal};
  return argument;
}

CudaLaunch makeCudaLaunch(uint32_t kernel, ValueId from, ValueId to, SizeExpr count) {
  CudaLaunch launch;
  launch.kernel = kernel;
  launch.buffers = {{from, Access::Read}, {to, Access::Write}};
  launch.symbols = {count};
  launch.grid[0] = ceilDiv(count, 128);
  launch.block[0] = 128;
  return launch;
}

/// y = x + 1 + 1 on the device.
Program makeProgram() {
  Program p;
  p.name = "p";
  p.addSymbol("s0");
  p.cudaModules.push_back({"m", ".entry add_one .entry count"});
  p.cudaKernels = {{"add_one"}, {"count"}};
  ValueId x = p.addTensorInput("x", DType::F32, {s0}, {}, cuda0);
  ValueId a = p.addArena(s0 * 4, "a", cuda0);
  ValueId y = p.addTensorOutput("y", DType::F32, {s0}, {}, cuda0);
  p.body.push_back(makeCudaLaunch(0, x, a, s0));
  p.body.push_back(makeCudaLaunch(0, a, y, s0));
  return p;
}

struct OutputBuffer {
  std::vector<float> data = std::vector<float>(4096);
  OutputAllocator allocator{.context = this, .allocate = [](void *context, const OutputRequest &, void **data) {
                              *data = static_cast<OutputBuffer *>(context)->data.data();
                              return Error();
                            }};
};

} // namespace

TEST_F(Cuda, AbsentDriver) {
  Runtime runtime({.maxThreads = 1, .cudaLibrary = "libnot-a-driver.so.1"});
  Expected<CudaDriver *> driver = runtime.getCuda();
  ASSERT_FALSE(driver);
  EXPECT_EQ(driver.message().rfind("no CUDA driver: cannot open libnot-a-driver.so.1: ", 0), 0u) << driver.message();
  Expected<std::unique_ptr<Executable>> executable = Executable::create(runtime, makeProgram(), {});
  EXPECT_EQ(executable.message(), driver.message());
}

TEST_F(Cuda, NotADriver) {
  Runtime runtime({.maxThreads = 1, .cudaLibrary = "libm.so.6"});
  EXPECT_EQ(runtime.getCuda().message(), "the CUDA driver libm.so.6 has no cuInit");
}

TEST_F(Cuda, DescribesDevices) {
  Runtime runtime(options);
  Expected<CudaDriver *> driver = runtime.getCuda();
  ASSERT_TRUE(driver) << driver.message();
  EXPECT_EQ(*(*driver)->getVersion(), 12040);
  EXPECT_EQ(*(*driver)->getDeviceCount(), 2);
  EXPECT_EQ(*(*driver)->getComputeCapability(1), 90);
  EXPECT_EQ((*driver)->activate(7).message(), "there is no CUDA device 7: the driver has 2");
}

TEST_F(Cuda, RunsOnTheGivenStream) {
  Runtime runtime(options);
  auto executable = makeExecutable(runtime, makeProgram(), {});
  ASSERT_TRUE(executable);
  OutputBuffer output;
  for (auto [stream, n] : {std::pair<uintptr_t, int64_t>{0x10, 300}, {0x10, 300}, {0x20, 5}}) {
    takeLog();
    Tensor x({n});
    Argument arguments[] = {onDevice(x)};
    Result results[1];
    auto *handle = reinterpret_cast<void *>(stream);
    Error error = executable->run(arguments, results, {.stream = handle, .outputs = &output.allocator});
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(output.data[n - 1], n + 2);
    EXPECT_EQ(results[0].device, cuda0);
    std::string line = "add_one grid " + std::string(n > 128 ? "3" : "1") + " 1 1 block 128 shared 0 stream " +
                       (stream == 0x10 ? "0x10" : "0x20") + "\n";
    std::string log = takeLog();
    EXPECT_NE(log.find(line + line), std::string::npos) << log;
  }
}

TEST_F(Cuda, EmptyGridsAreNotLaunched) {
  Runtime runtime(options);
  auto executable = makeExecutable(runtime, makeProgram(), {});
  OutputBuffer output;
  Tensor x({0});
  Argument arguments[] = {onDevice(x)};
  Result results[1];
  ASSERT_FALSE(executable->run(arguments, results, {.outputs = &output.allocator}));
  EXPECT_EQ(takeLog().find("add_one"), std::string::npos);
}

TEST_F(Cuda, UploadsConstantsAndKeepsOnceValues) {
  Program p = makeProgram();
  float weights[] = {10, 20, 30};
  ValueId w = p.addConstant(Constant::copy("w", weights, sizeof(weights)), cuda0);
  ValueId once = p.addOnce(12, "packed", cuda0);
  ValueId z = p.addTensorOutput("z", DType::F32, {3}, {}, cuda0);
  p.init.push_back(makeCudaLaunch(0, w, once, 3));
  p.body.push_back(makeCudaLaunch(0, once, z, 3));
  Runtime runtime(options);
  auto executable = makeExecutable(runtime, p, {});
  for (int i = 0; i < 2; ++i) {
    OutputBuffer output;
    Tensor x({0});
    Argument arguments[] = {onDevice(x)};
    Result results[2];
    ASSERT_FALSE(executable->run(arguments, results, {.outputs = &output.allocator}));
    EXPECT_EQ(output.data[2], 32);
    std::string log = takeLog();
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), i == 0 ? 3 : 1) << log;
  }
}

TEST_F(Cuda, SharedMemoryAndClusters) {
  Program p = makeProgram();
  auto &launch = std::get<CudaLaunch>(p.body[0].op);
  launch.sharedBytes = s0 * 1024;
  launch.cluster[0] = 2;
  Runtime runtime(options);
  auto executable = makeExecutable(runtime, p, {});
  OutputBuffer output;
  Tensor small({100}), large({300});
  Argument fits[] = {onDevice(small)}, over[] = {onDevice(large)};
  Result results[1];
  Error error = executable->run(fits, results, {.outputs = &output.allocator});
  ASSERT_FALSE(error) << error.message();
  EXPECT_NE(takeLog().find("shared 102400 stream (nil) cluster 2"), std::string::npos);
  EXPECT_EQ(executable->run(over, results, {.outputs = &output.allocator}).message(),
            "kernel add_one: cuFuncSetAttribute failed: CUDA_ERROR_INVALID_VALUE");
}

TEST_F(Cuda, SymbolsFromTheDevice) {
  Program p = makeProgram();
  p.addSymbol("u0");
  ValueId number = p.addArena(8, "number", cuda0);
  p.body.push_back(makeCudaLaunch(1, 0, number, s0));
  p.body.push_back(BindSymbol{.symbol = 1, .source = number});
  ValueId late = p.addArena(SizeExpr::symbol(1) * 4, "late", cuda0);
  p.body.push_back(makeCudaLaunch(0, 0, late, SizeExpr::symbol(1)));
  ValueId host = p.addArena(4, "host");
  p.body.push_back(Copy{host, late, 4});
  p.outputs.push_back({.kind = Output::Kind::Int, .sizes = {SizeExpr::symbol(1)}});
  Runtime runtime(options);
  auto executable = makeExecutable(runtime, p, {});
  OutputBuffer output;
  Tensor x({9});
  x.data[0] = -1;
  Argument arguments[] = {onDevice(x)};
  Result results[2];
  Error error = executable->run(arguments, results, {.outputs = &output.allocator});
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(results[1].intValue, 8);
}

TEST_F(Cuda, Errors) {
  Runtime runtime(options);
  Program p = makeProgram();
  p.cudaModules[0].image = "syntax error";
  EXPECT_EQ(Executable::create(runtime, p, {}).message(),
            "CUDA module m: cuModuleLoadDataEx failed: CUDA_ERROR_INVALID_PTX: ptxas error : line 3: syntax error");
  p = makeProgram();
  p.cudaKernels[0].name = "other";
  EXPECT_EQ(Executable::create(runtime, p, {}).message(),
            "CUDA kernel other: cuModuleGetFunction failed: CUDA_ERROR_NOT_FOUND");
  auto executable = makeExecutable(runtime, makeProgram(), {});
  OutputBuffer output;
  Tensor x({3});
  Argument cpu[] = {x}, second[] = {onDevice(x, 1)}, strided[] = {onDevice(x)};
  Result results[1];
  EXPECT_EQ(executable->run(cpu, results).message(), "input 0 (x): expected device cuda:0, got cpu");
  EXPECT_EQ(executable->run(second, results).message(), "input 0 (x): expected device cuda:0, got cuda:1");
  int64_t stride = 2;
  strided[0].tensor.strides = &stride;
  EXPECT_EQ(executable->run(strided, results).message(),
            "input 0 (x): its strides differ from those the program was compiled for");
  // More than the fake driver has: the arena cannot be allocated, and the program stays usable.
  int64_t size = int64_t(1) << 30;
  Argument huge[] = {onDevice(x)};
  huge[0].tensor.sizes = &size;
  EXPECT_EQ(executable->run(huge, results).message(), "cuMemAlloc failed: CUDA_ERROR_OUT_OF_MEMORY (out of memory)");
  Argument good[] = {onDevice(x)};
  EXPECT_FALSE(executable->run(good, results, {.outputs = &output.allocator}));
}

TEST_F(Cuda, MisalignedInputsAreCopied) {
  Program p = makeProgram();
  p.inputs[0].alignment = 16;
  p.inputs[0].isMutated = true;
  ValueId y = 2;
  p.body.push_back(Copy{0, y, s0 * 4});
  Runtime runtime(options);
  auto executable = makeExecutable(runtime, p, {});
  ASSERT_TRUE(executable);
  OutputBuffer output;
  std::vector<float> memory(64, 5.f);
  // The second element of an aligned vector.
  size_t first = (16 - reinterpret_cast<uintptr_t>(memory.data()) % 16) / 4 % 4 + 1;
  Tensor x({9});
  Argument arguments[] = {onDevice(x)};
  arguments[0].tensor.data = memory.data() + first;
  Result results[1];
  Error error = executable->run(arguments, results, {.outputs = &output.allocator});
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(output.data[8], 7);
  // Mutations reach the caller's memory, and nothing beside it.
  EXPECT_EQ(memory[first - 1], 5);
  EXPECT_EQ(memory[first], 7);
  EXPECT_EQ(memory[first + 8], 7);
  EXPECT_EQ(memory[first + 9], 5);
}

TEST_F(Cuda, EmbeddersDeviceMemory) {
  struct Pool {
    int alive = 0;
  } pool;
  DeviceAllocator allocator;
  allocator.context = &pool;
  allocator.allocate = [](void *context, Device, int64_t bytes, void *, void **data) {
    ++static_cast<Pool *>(context)->alive;
    *data = malloc(bytes);
    return Error();
  };
  allocator.release = [](void *context, Device, void *data) {
    --static_cast<Pool *>(context)->alive;
    free(data);
  };
  Runtime runtime(options);
  {
    auto executable = makeExecutable(runtime, makeProgram(), {}, {.deviceAllocator = &allocator});
    OutputBuffer output;
    Tensor x({30});
    Argument arguments[] = {onDevice(x)};
    Result results[1];
    ASSERT_FALSE(executable->run(arguments, results, {.outputs = &output.allocator}));
    EXPECT_EQ(output.data[29], 32);
    EXPECT_EQ(pool.alive, 1);
  }
  EXPECT_EQ(pool.alive, 0);
}
