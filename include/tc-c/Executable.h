/* Compiling modules and running the result on DLPack tensors. */
#ifndef TC_C_EXECUTABLE_H
#define TC_C_EXECUTABLE_H

#include "tc-c/Module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Stands for DLPack's DLTensor, which is an unnamed struct and cannot be declared without its header. */
typedef void TcDLTensor;

typedef struct TcExecutable TcExecutable;

/* What executables share at run time: a pool of threads, cached memory, the CUDA driver. A process needs one. It may be
 * destroyed before its executables. */
typedef struct TcRuntime TcRuntime;
TC_EXPORT TcRuntime *tcRuntimeCreate(unsigned maxThreads); /* 0: one thread a core */
TC_EXPORT void tcRuntimeDestroy(TcRuntime *runtime);
/* Memory from the runtime's cache, aligned to 64 bytes, in huge pages where it is large: for an output allocator. Null
 * if there is no memory, or bytes <= 0. tcRuntimeFree gives it back to the cache, from any thread. */
TC_EXPORT void *tcRuntimeAllocate(TcRuntime *runtime, int64_t bytes);
TC_EXPORT void tcRuntimeFree(TcRuntime *runtime, void *data);
/* Bytes that wait in the cache (1 GiB at most), and giving them back to the system. */
TC_EXPORT int64_t tcRuntimeGetCachedBytes(const TcRuntime *runtime);
TC_EXPORT void tcRuntimeTrim(TcRuntime *runtime);

typedef struct TcCompileOptions {
  const char *target;  /* "host", "avx512", "avx2", "baseline", or a GPU: "cuda", "sm_80", "sm_90a", "sm_120", of device
                        * 0 unless its number follows, as in "cuda:1"; null: "host" */
  unsigned threads;    /* that compile; 0: one a core */
  int verifyContracts; /* check each stage's contract */
  int printTimes;      /* report the stages' times as remarks */
} TcCompileOptions;

/* Compiles the public function of a module, as captured; the module is lowered in place. Null after an error. */
TC_EXPORT TcExecutable *tcCompile(TcModule *module, TcRuntime *runtime, const TcCompileOptions *options);
TC_EXPORT void tcExecutableDestroy(TcExecutable *executable);

/* A table of kernels and buffers for people; free with tcStringFree. */
TC_EXPORT char *tcExecutableDescribe(const TcExecutable *executable);
/* Counts: kernels launched a run, distinct kernels, calls back into the embedder, bytes of the arena; and the number of
 * the CUDA device that it runs on, -1 for the CPU. */
typedef struct TcExecutableInfo {
  size_t inputs, outputs, launches, kernels, externs;
  int64_t arenaBytes;
  double compileMilliseconds;
  int32_t cudaDevice;
} TcExecutableInfo;
TC_EXPORT TcExecutableInfo tcExecutableGetInfo(const TcExecutable *executable);
/* The operator of call back `index`, and its arguments as JSON: {"tensor": k}, {"size": k}, {"dtype": "f32"}, numbers,
 * strings, true, false, null and lists. Owned by the executable. */
TC_EXPORT const char *tcExecutableGetExternName(const TcExecutable *executable, size_t index);
TC_EXPORT const char *tcExecutableGetExternArguments(const TcExecutable *executable, size_t index);

/* An input: a tensor, or an integer (tensor null). */
typedef struct TcInput {
  const TcDLTensor *tensor;
  int64_t integer;
} TcInput;

/* How a result is to be read. */
typedef enum TcResultKind {
  TC_RESULT_TENSOR,       /* memory from the allocator */
  TC_RESULT_ALIAS_INPUT,  /* a view of input `index` */
  TC_RESULT_ALIAS_OUTPUT, /* a view of output `index` */
  TC_RESULT_INTEGER       /* `integer` */
} TcResultKind;

typedef struct TcResult {
  TcResultKind kind;
  uint32_t index;
  void *data;
  int64_t integer;
  int64_t offset; /* of an alias, in elements */
  int32_t rank;
  int64_t sizes[16];
  int64_t strides[16];          /* in elements */
  uint8_t dtypeCode, dtypeBits; /* DLPack's */
} TcResult;

/* Memory for output number `output`: `prototype` has no data; write the address to `data`, 64-byte aligned. Nonzero:
 * failed. */
typedef struct TcOutputAllocator {
  void *context;
  int (*allocate)(void *context, uint32_t output, const TcDLTensor *prototype, void **data);
  void (*release)(void *context, uint32_t output, void *data); /* called if the run fails after it */
} TcOutputAllocator;

/* A result of a call back: a tensor kept alive by `handle` until `release`, or an integer. `tensor` is filled in before
 * the call with the expected sizes where they are known. */
typedef struct TcExternResult {
  TcDLTensor *tensor;
  void *handle;
  int64_t integer;
} TcExternResult;

/* Runs operators that have no lowering. Nonzero: failed; `message` receives up to `messageSize` characters of the
 * reason. */
typedef struct TcExternHandler {
  void *context;
  int (*call)(void *context, size_t index, size_t numInputs, const TcInput *inputs, size_t numResults,
              TcExternResult *results, char *message, size_t messageSize);
  void (*release)(void *context, void *handle);
} TcExternHandler;

/* Told of each instruction of a run, in order, once the run is over: the kernel (or other operation), the time it took,
 * and the bytes of the buffers it was given. */
typedef struct TcProfiler {
  void *context;
  void (*record)(void *context, const char *name, int64_t nanoseconds, int64_t bytes);
} TcProfiler;

typedef struct TcRunOptions {
  unsigned threads; /* 0: all */
  void *stream;     /* CUstream; null: the default one */
  const TcOutputAllocator *outputs;
  const TcExternHandler *externs;
  const TcProfiler *profiler; /* null: none */
} TcRunOptions;

/* Runs. Returns null, or an error message to free with tcStringFree. Without an allocator outputs come from tc's own,
 * and are freed with tcExecutableFreeOutput. May be called by several threads at once. */
TC_EXPORT char *tcExecutableRun(TcExecutable *executable, size_t numInputs, const TcInput *inputs, size_t numResults,
                                TcResult *results, const TcRunOptions *options);
TC_EXPORT void tcExecutableFreeOutput(TcExecutable *executable, void *data);

#ifdef __cplusplus
}
#endif

#endif
